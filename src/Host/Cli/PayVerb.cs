using System.CommandLine;
using HotPath.Host.Client;

namespace HotPath.Host.Cli;

/// <summary><c>hotpath pay</c>: one signed payment, by code or by face, its verified answer.</summary>
internal static class PayVerb
{
    internal static Command Create(TextWriter output, TextWriter error)
    {
        var amount = new Option<string>("--amount") { Description = "major units, as in 88.80", Required = true };
        var currency = new Option<string>("--currency") { DefaultValueFactory = _ => "CNY" };
        var qr = new Option<string>("--qr") { Description = "content of the code" };
        var qrType = new Option<string>("--qr-type") { Description = "01 dynamic, 02 static", DefaultValueFactory = _ => "02" };
        var face = new Option<FileInfo>("--face") { Description = "pay by face: file of the ciphertext, sent in Base64" }.AcceptExistingOnly();
        var faceData = new Option<string>("--face-data") { Description = "pay by face: face_data as it is sent" };
        var device = new Option<string>("--device") { Description = "face_device_id", DefaultValueFactory = _ => "F01" };
        var merchant = new Option<string>("--merchant") { Description = "merchant_id of a payment by face", DefaultValueFactory = _ => "M01" };
        var order = new Option<string>("--order") { Description = "out_trade_no; default: a new one" };
        var client = new ClientOptions();
        var verb = new Command("pay", "Sign and send one payment, by code, or with --face or --face-data by face")
        {
            amount, currency, qr, qrType, face, faceData, device, merchant, order,
        };
        client.AddTo(verb);
        verb.Validators.Add(result =>
        {
            if (new Option[] { qr, face, faceData }.Count(option => result.GetResult(option) is not null) > 1)
            {
                result.AddError("pay takes one of --qr, --face and --face-data");
            }
        });
        verb.SetAction((parsed, stop) =>
        {
            string? ciphertext = parsed.GetValue(face) is { } file ? Convert.ToBase64String(File.ReadAllBytes(file.FullName)) : parsed.GetValue(faceData);
            (string instId, string paid, string of) = (client.Inst(parsed), parsed.GetRequiredValue(amount), parsed.GetRequiredValue(currency));
            SignedMessage request;
            if (ciphertext is not null)
            {
                request = Requests.FacePay(instId, paid, of, ciphertext, TimeProvider.System);
                request["face_device_id"] = parsed.GetRequiredValue(device);
                request["merchant_id"] = parsed.GetRequiredValue(merchant);
            }
            else
            {
                request = Requests.ScanPay(instId, paid, of, TimeProvider.System);
                request["qr_type"] = parsed.GetRequiredValue(qrType);
                request["qr_content"] = parsed.GetValue(qr) ?? request["qr_content"];
            }
            request["out_trade_no"] = parsed.GetValue(order) ?? request["out_trade_no"];
            return client.CallAsync(parsed, request, output, error, stop);
        });
        return verb;
    }
}
