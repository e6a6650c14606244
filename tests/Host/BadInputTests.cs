using System.Net.Security;
using System.Security.Cryptography;
using System.Text;
using Xunit;

namespace HotPath.Host.Tests;

/// <summary>
/// Every refusal of sections 1 to 4 of the protocol, from outside, over a real connection. After each the same connection or the next one
/// serves a payment, the channel was not asked, and the refused order is unknown.
/// </summary>
[Collection(SandboxFixture.Name)]
public sealed class BadInputTests(SandboxFixture sandbox)
{
    public static TheoryData<string, string> BrokenForms => new()
    {
        { "a number", "\"total_amount\":88.80" },
        { "a boolean", "\"total_amount\":true" },
        { "null", "\"total_amount\":null" },
        { "an object", "\"total_amount\":{\"v\":\"1\"}" },
        { "an array", "\"total_amount\":[\"88.80\"]" },
        { "an empty string", "\"total_amount\":\"\"" },
        { "a duplicate", "\"total_amount\":\"88.80\",\"total_amount\":\"1.00\"" },
        { "an escaped duplicate", "\"total_amount\":\"88.80\",\"total\\u005famount\":\"1.00\"" },
        { "a control character", "\"total_amount\":\"88\\u0000.80\"" },
        { "a lone surrogate", "\"total_amount\":\"\\ud800\"" },
        { "deep nesting", "\"total_amount\":" + new string('[', 4000) + new string(']', 4000) },
        { "a comment", "/* */\"total_amount\":\"88.80\"" },
        { "a trailing comma", "\"total_amount\":\"88.80\"," },
    };

    [Theory]
    [MemberData(nameof(BrokenForms))]
    public async Task Form_ThatIsNoFlatObjectOfStrings_IsC002(string what, string member)
    {
        Dictionary<string, string> payment = sandbox.Domestic.ScanPay();
        string json = Encoding.UTF8.GetString(sandbox.Domestic.Sign(payment));
        string amount = $"\"total_amount\":\"{payment["total_amount"]}\"";
        Assert.Contains(amount, json, StringComparison.Ordinal);
        // At the end, so that everything else has been read: the answer can echo it.
        string rest = json.Replace("," + amount, "", StringComparison.Ordinal);
        await RefusedAsync(what, Encoding.UTF8.GetBytes(rest[..^1] + "," + member + "}"), "C002", payment);
    }

    [Fact]
    public async Task Bytes_ThatAreNoJson_AreC002()
    {
        Dictionary<string, string> payment = sandbox.Domestic.ScanPay();
        byte[] good = sandbox.Domestic.Sign(payment);
        await RefusedAsync("nothing but a brace", "{"u8.ToArray(), "C002", payment);
        await RefusedAsync("an array", "[]"u8.ToArray(), "C002", payment);
        await RefusedAsync("text", "hello"u8.ToArray(), "C002", payment);
        await RefusedAsync("trailing data", [.. good, .. "{}"u8], "C002", payment);
        await RefusedAsync("a byte-order mark", [0xEF, 0xBB, 0xBF, .. good], "C002", payment);
        await RefusedAsync("invalid UTF-8", [.. good[..^1], .. ",\"x\":\""u8, 0xC3, 0x28, .. "\"}"u8], "C002", payment);
        await RefusedAsync("cut in the middle", good[..(good.Length / 2)], "C002", payment);
    }

    [Theory]
    [InlineData("version")]
    [InlineData("charset")]
    [InlineData("sign_type")]
    [InlineData("sign")]
    [InlineData("biz_type")]
    [InlineData("req_time")]
    [InlineData("req_id")]
    [InlineData("inst_id")]
    [InlineData("out_trade_no")]
    [InlineData("total_amount")]
    [InlineData("currency")]
    [InlineData("trade_type")]
    [InlineData("qr_type")]
    [InlineData("qr_content")]
    [InlineData("body")]
    [InlineData("terminal_type")]
    [InlineData("terminal_id")]
    public async Task Member_LeftOut_IsC001WithItsName(string name)
    {
        Dictionary<string, string> payment = sandbox.Domestic.ScanPay();
        string order = payment["out_trade_no"];
        payment.Remove(name);
        byte[] body = name == "sign"
            ? Encoding.UTF8.GetBytes(System.Text.Json.JsonSerializer.Serialize(payment))
            : sandbox.Domestic.Sign(payment);
        payment["out_trade_no"] = order;
        IReadOnlyDictionary<string, string> answer = await RefusedAsync("without " + name, body, "C001", payment);
        Assert.Equal("参数缺失: " + name, answer["resp_msg"]);
    }

    [Theory]
    [InlineData("total_amount", "1e2", "C002")]
    [InlineData("total_amount", "1,000.00", "C002")]
    [InlineData("total_amount", "+1", "C002")]
    [InlineData("total_amount", " 1", "C002")]
    [InlineData("total_amount", "01", "C002")]
    [InlineData("total_amount", "1.001", "C002")]
    [InlineData("total_amount", "0", "C003")]
    [InlineData("total_amount", "12345678901234", "C002")]
    [InlineData("total_amount", "-1", "C002")]
    [InlineData("total_amount", "１００", "C002")]
    [InlineData("req_time", "20260230103000", "C002")]
    [InlineData("req_time", "20260919246060", "C002")]
    [InlineData("req_time", "2026-09-19", "C002")]
    [InlineData("req_time", "20200101000000", "D002")]
    [InlineData("req_time", "20990101000000", "D002")]
    [InlineData("version", "2.0", "C003")]
    [InlineData("charset", "GBK", "C003")]
    [InlineData("sign_type", "RSA", "C003")]
    [InlineData("biz_type", "REFUND_ALL", "C003")]
    [InlineData("req_id", "a b", "C002")]
    [InlineData("inst_id", "CN/1", "C002")]
    [InlineData("inst_id", "NOBODY", "D001")]
    [InlineData("nonce", "short", "C002")]
    [InlineData("key_id", "unknown", "D001")]
    [InlineData("out_trade_no", "日", "C002")]
    [InlineData("currency", "cny", "C002")]
    [InlineData("currency", "ZZZ", "C003")]
    [InlineData("currency", "CHF", "C003")]
    [InlineData("trade_type", "FACEPAY", "C003")]
    [InlineData("qr_type", "03", "C003")]
    [InlineData("terminal_type", "03", "C003")]
    [InlineData("trade_status", "SUCCESS", "C003")]
    [InlineData("trade_no", "2026091910300012300700000042", "C003")]
    public async Task Value_OutOfItsForm_IsRefusedWithItsCode(string name, string value, string code)
    {
        Dictionary<string, string> payment = sandbox.Domestic.ScanPay();
        string order = payment["out_trade_no"];
        payment[name] = value;
        byte[] body = sandbox.Domestic.Sign(payment);
        payment["out_trade_no"] = order;
        IReadOnlyDictionary<string, string> answer = await RefusedAsync($"{name}={value}", body, code, payment);
        Assert.True(!code.StartsWith('C') || answer["resp_msg"].EndsWith(": " + name, StringComparison.Ordinal), answer["resp_msg"]);
    }

    [Fact]
    public async Task Amount_WithAFractionOfYen_IsC002()
    {
        Dictionary<string, string> payment = sandbox.Domestic.ScanPay("1.0", "JPY");
        await RefusedAsync("1.0 JPY", sandbox.Domestic.Sign(payment), "C002", payment);
    }

    [Theory]
    [InlineData("req_id", 65)]
    [InlineData("inst_id", 33)]
    [InlineData("out_trade_no", 65)]
    [InlineData("qr_content", 513)]
    [InlineData("body", 257)]
    [InlineData("terminal_id", 33)]
    public async Task Value_OneTooLong_IsC002(string name, int length)
    {
        Dictionary<string, string> payment = sandbox.Domestic.ScanPay();
        string order = payment["out_trade_no"];
        payment[name] = new string('a', length);
        byte[] body = sandbox.Domestic.Sign(payment);
        payment["out_trade_no"] = order;
        await RefusedAsync($"{name} of {length}", body, "C002", payment);
    }

    [Fact]
    public async Task Signature_ThatIsNotThisInstitutions_IsD001_AlwaysTheSame()
    {
        Dictionary<string, string> payment = sandbox.Domestic.ScanPay();
        byte[] good = sandbox.Domestic.Sign(payment);
        string sign = payment["sign"];
        string text = string.Join('&', payment.Where(m => m.Key != "sign").OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => $"{m.Key}={m.Value}"));
        using var own = RSA.Create();
        own.ImportFromPem(File.ReadAllText(Path.Combine(sandbox.Folder, "institutions", sandbox.Domestic.InstId, "private.pem")));
        using var other = RSA.Create(2048);
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        byte[] flipped = Convert.FromBase64String(sign);
        flipped[100] ^= 1;
        string[] bad =
        [
            Convert.ToBase64String(flipped),
            Convert.ToBase64String(other.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)),
            Convert.ToBase64String(own.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)),
            Convert.ToBase64String(own.SignData(bytes, HashAlgorithmName.SHA1, RSASignaturePadding.Pkcs1)),
            sandbox.Overseas.SignText(text),
            "not base64!", sign[..8] + " " + sign[8..], sign + " ", sign.TrimEnd('='), sign[..^4], sign.Replace('+', '-').Replace('/', '_') + "-", "AAAA",
        ];
        var messages = new HashSet<string>();
        foreach (string broken in bad)
        {
            string json = Encoding.UTF8.GetString(good).Replace(JsonText(sign), JsonText(broken), StringComparison.Ordinal);
            Assert.NotEqual(Encoding.UTF8.GetString(good), json);
            messages.Add((await RefusedAsync(broken, Encoding.UTF8.GetBytes(json), "D001", payment))["resp_msg"]);
        }
        Assert.Single(messages);
        // The good one was never used up by the bad ones.
        Assert.Equal("0000", sandbox.Domestic.Verified((await sandbox.Domestic.PostAsync(good))!.Body)["resp_code"]);
    }

    [Fact]
    public async Task Body_TooLarge_Is413_AndTheNextConnectionServes()
    {
        RawAnswer? answer = await sandbox.Domestic.PostAsync(Encoding.UTF8.GetBytes("{\"body\":\"" + new string('a', 17 * 1024) + "\"}"));
        Assert.Equal(413, answer!.Status);
        Assert.Equal("0000", (await sandbox.Domestic.CallAsync(sandbox.Domestic.ScanPay()))["resp_code"]);
    }

    private static string JsonText(string value) => System.Text.Json.JsonSerializer.Serialize(value, Relaxed);

    private static readonly System.Text.Json.JsonSerializerOptions Relaxed =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // One connection: the bad request, then a good payment, then the question whether the bad one left anything.
    private async Task<IReadOnlyDictionary<string, string>> RefusedAsync(string what, byte[] body, string code, Dictionary<string, string> payment)
    {
        long paysBefore = sandbox.Sandbox.Simulator.PaysReceived;
        await using SslStream connection = await sandbox.ConnectAsync();
        IReadOnlyDictionary<string, string> refusal = await ExchangeAsync(connection, body);
        Assert.True(code == refusal["resp_code"], $"{what}: {refusal["resp_code"]} {refusal["resp_msg"]}");
        Assert.Equal(paysBefore, sandbox.Sandbox.Simulator.PaysReceived);
        Assert.False(refusal.ContainsKey("trade_no"));

        Dictionary<string, string> query = sandbox.Domestic.Query(payment["out_trade_no"]);
        Assert.Equal("B006", (await ExchangeAsync(connection, sandbox.Domestic.Sign(query)))["resp_code"]);
        Assert.Equal("0000", (await ExchangeAsync(connection, sandbox.Domestic.Sign(sandbox.Domestic.ScanPay())))["resp_code"]);
        return refusal;
    }

    private async Task<IReadOnlyDictionary<string, string>> ExchangeAsync(SslStream connection, byte[] body)
    {
        await connection.WriteAsync(TestInstitution.Post(body));
        RawAnswer answer = await SandboxFixture.ReadAnswerAsync(connection) ?? throw new InvalidOperationException("no answer");
        Assert.Equal(200, answer.Status);
        return sandbox.Domestic.Verified(answer.Body);
    }
}
