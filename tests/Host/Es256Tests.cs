using System.Text.Json;
using HotPath.Signing;
using Xunit;

namespace HotPath.Host.Tests;

/// <summary>A sandbox of ES256 and the command line with it: the same verbs, told by their keys what to do.</summary>
public sealed class Es256Tests(Es256SandboxFixture sandbox) : IClassFixture<Es256SandboxFixture>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string PrivateKey => sandbox.Sandbox.Folder.PrivateKeyOf("CN000001");

    private string PublicKey => sandbox.Sandbox.Folder.PublicKeyOf("CN000001");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Pay_SignsWithWhatItsKeyIs_AndIsAnsweredAlike()
    {
        CommandLineRun pay = await CommandLineRun.RunAsync("pay", "--amount", "88.80", "--url", sandbox.Api.ToString(), "--data", sandbox.Folder);
        Assert.Equal(0, pay.ExitCode);
        using JsonDocument json = JsonDocument.Parse(pay.Output);
        JsonElement answer = json.RootElement.GetProperty("answer");
        Assert.Equal("ES256", json.RootElement.GetProperty("request").GetProperty("sign_type").GetString());
        Assert.Equal("gw-es256-1", answer.GetProperty("key_id").GetString());
        Assert.Equal(64, answer.GetProperty("sign").GetBytesFromBase64().Length);
        Assert.True(json.RootElement.GetProperty("verified").GetBoolean());
    }

    [Fact]
    public async Task Payment_RepeatedAndQueried_IsTheSameBytes()
    {
        Dictionary<string, string> payment = sandbox.Domestic.ScanPay();
        byte[] body = sandbox.Domestic.Sign(payment);
        RawAnswer first = (await sandbox.Domestic.PostAsync(body))!;
        RawAnswer again = (await sandbox.Domestic.PostAsync(sandbox.Domestic.Sign(payment)))!;
        Assert.Equal("0000", sandbox.Domestic.Verified(first.Body)["resp_code"]);
        Assert.Equal(first.Body, again.Body);
        Assert.Equal("SUCCESS", (await sandbox.Domestic.CallAsync(sandbox.Domestic.Query(payment["out_trade_no"])))["trade_status"]);
    }

    [Fact]
    public async Task Stranger_WhoseSignTypeCouldNotBeRead_IsAnsweredWithTheGatewaysRsa2Key()
    {
        RawAnswer answer = (await sandbox.Domestic.PostAsync("{}"u8.ToArray()))!;
        Client.SignedMessage message = Client.SignedMessage.Parse(answer.Body);
        VerifyingKey rsa2 = PemKeys.ReadPublic(File.ReadAllText(sandbox.Sandbox.Folder.GatewayRsa2PublicKeyBeside));
        Assert.Equal(("C001", "gw-1"), (message["resp_code"], message["key_id"]));
        Assert.True(message.IsSignedBy(rsa2));
    }

    [Fact]
    public async Task Sandbox_InAFolderOfTheOtherSignType_Is1InOneLine()
    {
        string folder = Path.Combine(_folder.Path, "other");
        new Sandbox.SandboxFolder(folder).Furnish(["CN000001"], TimeProvider.System, SignType.Es256);
        CommandLineRun run = await CommandLineRun.RunAsync("sandbox", "--data", folder, "--port", "0", "--admin-port", "0");
        Assert.Equal(1, run.ExitCode);
        Assert.Equal($"hotpath: {folder} was made with --sign-type ES256: start it with that, or give another folder with --data", run.Error.Trim());
    }

    [Fact]
    public async Task Sign_ThenVerifyAndExplain_IsValidUntilSomethingChanges()
    {
        CommandLineRun signed = await CommandLineRun.RunAsync("sign", _folder.Write("a.json", """{"b":"咖啡","sign_type":"ES256"}"""), "--key", PrivateKey);
        Assert.Equal(0, signed.ExitCode);
        string file = _folder.Write("s.json", signed.Output);
        Assert.Equal("valid", (await CommandLineRun.RunAsync("verify", file, "--key", PublicKey)).Output.Trim());
        Assert.Equal("valid", (await CommandLineRun.RunAsync("verify", file, "--key", PublicKey, "--sign-type", "ES256")).Output.Trim());
        string explained = (await CommandLineRun.RunAsync("explain", file, "--key", PublicKey)).Output;
        Assert.Contains("checked: ES256, ECDSA on P-256 with SHA-256", explained, StringComparison.Ordinal);
        Assert.Contains("sign: valid", explained, StringComparison.Ordinal);

        string changed = _folder.Write("t.json", signed.Output.Replace("咖啡", "茶", StringComparison.Ordinal));
        CommandLineRun invalid = await CommandLineRun.RunAsync("verify", changed, "--key", PublicKey);
        Assert.Equal(("invalid", 1), (invalid.Output.Trim(), invalid.ExitCode));
    }

    [Fact]
    public async Task Sign_WithAKeyOfTheOtherType_Is2_UnlessTheTypeIsSetToo()
    {
        string file = _folder.Write("r.json", """{"a":"1","sign_type":"RSA2"}""");
        CommandLineRun refused = await CommandLineRun.RunAsync("sign", file, "--key", PrivateKey);
        Assert.Equal((2, "hotpath: sign_type is RSA2, the key is one of ES256"), (refused.ExitCode, refused.Error.Trim()));

        CommandLineRun signed = await CommandLineRun.RunAsync("sign", file, "--key", PrivateKey, "--sign-type", "ES256");
        Assert.Equal(0, signed.ExitCode);
        Assert.Contains("\"sign_type\":\"ES256\"", signed.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await CommandLineRun.RunAsync("sign", file, "--key", PrivateKey, "--sign-type", "RSA2")).ExitCode);
    }

    [Fact]
    public async Task Verify_OfAnAnswer_DecidesByTheKey_AndOfAnotherType_SaysSo()
    {
        RawAnswer answer = (await sandbox.Domestic.PostAsync(sandbox.Domestic.Sign(sandbox.Domestic.ScanPay())))!;
        string file = _folder.Write("answer.json", System.Text.Encoding.UTF8.GetString(answer.Body));
        string gateway = sandbox.Sandbox.Folder.GatewayPublicKey;
        Assert.Equal(("valid", 0), Of(await CommandLineRun.RunAsync("verify", file, "--key", gateway)));
        Assert.Equal(
            ("invalid: --sign-type is RSA2, the key is one of ES256", 1), Of(await CommandLineRun.RunAsync("verify", file, "--key", gateway, "--sign-type", "RSA2")));
        string request = _folder.Write("request.json", """{"a":"1","sign":"AAAA","sign_type":"RSA2"}""");
        Assert.Equal(("invalid: sign_type is RSA2, the key is one of ES256", 1), Of(await CommandLineRun.RunAsync("verify", request, "--key", gateway)));
    }

    [Fact]
    public async Task Verify_WhatTheGatewayWouldAnswerD001_IsInvalid_WhateverSignTypeIsAskedFor()
    {
        // Signed with an EC key over a text that says RSA2, as an integrator's first try does.
        var message = Client.SignedMessage.Parse("""{"a":"1","sign_type":"RSA2"}"""u8.ToArray());
        message.SignWith(PemKeys.ReadPrivate("", File.ReadAllText(PrivateKey)));
        string file = _folder.Write("d001.json", System.Text.Encoding.UTF8.GetString(message.ToJson()));

        Assert.Equal(("invalid: sign_type is RSA2, the key is one of ES256", 1), Of(await CommandLineRun.RunAsync("verify", file, "--key", PublicKey, "--sign-type", "ES256")));
        string explained = (await CommandLineRun.RunAsync("explain", file, "--key", PublicKey, "--sign-type", "ES256")).Output;
        Assert.Contains("why: sign_type is RSA2", explained, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MEUCIQDlUO", "not standard Base64")]
    [InlineData("MEQCIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAiABAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ==", "it is DER")]
    [InlineData("AAAA", "sign is 3 bytes long, this key's signatures are 64")]
    [InlineData("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ==", "another key, or another signing string")]
    public async Task Explain_OfASignatureThatIsNone_SaysWhatIsWrongWithIt(string sign, string reason)
    {
        string file = _folder.Write("e.json", $$"""{"a":"1","sign_type":"ES256","sign":"{{sign}}"}""");
        string explained = (await CommandLineRun.RunAsync("explain", file, "--key", PublicKey)).Output;
        Assert.Contains("sign: invalid for this key", explained, StringComparison.Ordinal);
        Assert.Contains(reason, explained, StringComparison.Ordinal);
    }

    private static (string Output, int ExitCode) Of(CommandLineRun run) => (run.Output.Trim(), run.ExitCode);
}
