using System.CommandLine;
using HotPath.Host.Client;

namespace HotPath.Host.Cli;

/// <summary><c>hotpath pay</c>: one signed scan payment, its verified answer.</summary>
internal static class PayVerb
{
    internal static Command Create(TextWriter output, TextWriter error)
    {
        var amount = new Option<string>("--amount") { Description = "major units, as in 88.80", Required = true };
        var currency = new Option<string>("--currency") { DefaultValueFactory = _ => "CNY" };
        var qr = new Option<string>("--qr") { Description = "content of the code" };
        var qrType = new Option<string>("--qr-type") { Description = "01 dynamic, 02 static", DefaultValueFactory = _ => "02" };
        var order = new Option<string>("--order") { Description = "out_trade_no; default: a new one" };
        var client = new ClientOptions();
        var verb = new Command("pay", "Sign and send one scan payment") { amount, currency, qr, qrType, order };
        client.AddTo(verb);
        verb.SetAction((parsed, stop) =>
        {
            SignedMessage request = Requests.ScanPay(
                client.Inst(parsed), parsed.GetRequiredValue(amount), parsed.GetRequiredValue(currency), TimeProvider.System);
            request["qr_type"] = parsed.GetRequiredValue(qrType);
            request["qr_content"] = parsed.GetValue(qr) ?? request["qr_content"];
            request["out_trade_no"] = parsed.GetValue(order) ?? request["out_trade_no"];
            return client.CallAsync(parsed, request, output, error, stop);
        });
        return verb;
    }
}
