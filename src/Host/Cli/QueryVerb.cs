using System.CommandLine;
using HotPath.Host.Client;

namespace HotPath.Host.Cli;

/// <summary><c>hotpath query</c>: what became of a trade.</summary>
internal static class QueryVerb
{
    internal static Command Create(TextWriter output, TextWriter error)
    {
        var trade = new Option<string>("--trade") { Description = "trade_no" };
        var order = new Option<string>("--order") { Description = "out_trade_no" };
        var client = new ClientOptions();
        var verb = new Command("query", "Ask for a trade by --trade, --order, or both") { trade, order };
        client.AddTo(verb);
        verb.Validators.Add(result =>
        {
            if (result.GetResult(trade) is null && result.GetResult(order) is null)
            {
                result.AddError("query needs --trade or --order");
            }
        });
        verb.SetAction((parsed, stop) =>
        {
            SignedMessage request = Requests.TradeQuery(client.Inst(parsed), TimeProvider.System);
            request["trade_no"] = parsed.GetValue(trade);
            request["out_trade_no"] = parsed.GetValue(order);
            return client.CallAsync(parsed, request, output, error, stop);
        });
        return verb;
    }
}
