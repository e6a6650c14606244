using System.CommandLine;
using HotPath.Host.Client;

namespace HotPath.Host.Cli;

/// <summary><c>hotpath cancel</c>: one signed cancel (撤单), its verified answer.</summary>
internal static class CancelVerb
{
    internal static Command Create(TextWriter output, TextWriter error)
    {
        var trade = new Option<string>("--trade") { Description = "trade_no of the payment (orig_trade_no)" };
        var order = new Option<string>("--order") { Description = "out_trade_no of the payment" };
        var client = new ClientOptions();
        var verb = new Command("cancel", "Cancel a payment that has not succeeded, by --trade, --order, or both") { trade, order };
        client.AddTo(verb);
        verb.Validators.Add(result =>
        {
            if (result.GetResult(trade) is null && result.GetResult(order) is null)
            {
                result.AddError("cancel needs --trade or --order");
            }
        });
        verb.SetAction((parsed, stop) =>
        {
            SignedMessage request = Requests.TradeCancel(client.Inst(parsed), TimeProvider.System);
            request["orig_trade_no"] = parsed.GetValue(trade);
            request["out_trade_no"] = parsed.GetValue(order);
            return client.CallAsync(parsed, request, output, error, stop);
        });
        return verb;
    }
}
