using System.CommandLine;
using HotPath.Host.Client;

namespace HotPath.Host.Cli;

/// <summary><c>hotpath refund</c>: one signed refund, its verified answer.</summary>
internal static class RefundVerb
{
    internal static Command Create(TextWriter output, TextWriter error)
    {
        var trade = new Option<string>("--trade") { Description = "trade_no of the payment (orig_trade_no)", Required = true };
        var order = new Option<string>("--order") { Description = "out_trade_no of the payment", Required = true };
        var amount = new Option<string>("--amount") { Description = "major units, as in 88.80", Required = true };
        var type = new Option<string>("--type") { Description = "01 full, 02 partial", DefaultValueFactory = _ => "02" };
        var refund = new Option<string>("--refund") { Description = "refund_no; default: a new one" };
        var client = new ClientOptions();
        var verb = new Command("refund", "Sign and send one refund") { trade, order, amount, type, refund };
        client.AddTo(verb);
        verb.SetAction((parsed, stop) =>
        {
            SignedMessage request = Requests.Refund(
                client.Inst(parsed), parsed.GetRequiredValue(trade), parsed.GetRequiredValue(order), parsed.GetRequiredValue(amount), TimeProvider.System);
            request["refund_type"] = parsed.GetRequiredValue(type);
            request["refund_no"] = parsed.GetValue(refund) ?? request["refund_no"];
            return client.CallAsync(parsed, request, output, error, stop);
        });
        return verb;
    }
}
