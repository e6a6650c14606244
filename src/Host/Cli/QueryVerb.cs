using System.CommandLine;
using HotPath.Host.Client;

namespace HotPath.Host.Cli;

/// <summary><c>hotpath query</c>: what became of a trade or a refund.</summary>
internal static class QueryVerb
{
    internal static Command Create(TextWriter output, TextWriter error)
    {
        var trade = new Option<string>("--trade") { Description = "trade_no" };
        var order = new Option<string>("--order") { Description = "out_trade_no" };
        var refund = new Option<string>("--refund") { Description = "refund_no" };
        var refundId = new Option<string>("--refund-id") { Description = "refund_id" };
        var client = new ClientOptions();
        var verb = new Command("query", "Ask for a trade by --trade, --order, or both, or for a refund by --refund, --refund-id, or both") { trade, order, refund, refundId };
        client.AddTo(verb);
        verb.Validators.Add(result =>
        {
            bool isOfTrade = result.GetResult(trade) is not null || result.GetResult(order) is not null;
            bool isOfRefund = result.GetResult(refund) is not null || result.GetResult(refundId) is not null;
            if (isOfTrade == isOfRefund)
            {
                result.AddError("query needs --trade or --order, or --refund or --refund-id");
            }
        });
        verb.SetAction((parsed, stop) =>
        {
            bool isOfRefund = parsed.GetResult(refund) is not null || parsed.GetResult(refundId) is not null;
            SignedMessage request = isOfRefund
                ? Requests.RefundQuery(client.Inst(parsed), TimeProvider.System)
                : Requests.TradeQuery(client.Inst(parsed), TimeProvider.System);
            request["trade_no"] = parsed.GetValue(trade);
            request["out_trade_no"] = parsed.GetValue(order);
            request["refund_no"] = parsed.GetValue(refund);
            request["refund_id"] = parsed.GetValue(refundId);
            return client.CallAsync(parsed, request, output, error, stop);
        });
        return verb;
    }
}
