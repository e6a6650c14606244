using System.Globalization;
using System.Text.Json;
using HotPath.Core.Ledger.Embedded;
using HotPath.Host.Cli;
using Xunit;

namespace HotPath.Host.Tests;

/// <summary>The verbs as a shell sees them: exit codes, and what stands on stdout.</summary>
[Collection(SandboxFixture.Name)]
public sealed class CommandLineTests(SandboxFixture sandbox) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("88.80", "0000", 0)]
    [InlineData("1.05", "0001", 0)]
    [InlineData("1.02", "B002", 1)]
    [InlineData("0.00", "C003", 1)]
    public async Task Pay_PrintsRequestAndVerifiedAnswer(string amount, string code, int exitCode)
    {
        CommandLineRun pay = await CallAsync("pay", "--amount", amount);
        Assert.Equal(exitCode, pay.ExitCode);
        using JsonDocument json = JsonDocument.Parse(pay.Output);
        Assert.True(json.RootElement.GetProperty("verified").GetBoolean());
        Assert.Equal(code, json.RootElement.GetProperty("answer").GetProperty("resp_code").GetString());
        Assert.Equal(amount, json.RootElement.GetProperty("request").GetProperty("total_amount").GetString());
    }

    [Fact]
    public async Task Pay_ByFace_SendsTheFileInBase64_OrTheTextAsItIs()
    {
        string file = Path.Combine(_folder.Path, "face.bin");
        Directory.CreateDirectory(_folder.Path);
        await File.WriteAllBytesAsync(file, [0, 1, 2, 0xFF]);
        foreach ((string option, string value, string sent) in new[] { ("--face", file, "AAEC/w=="), ("--face-data", "a \"face\"", "a \"face\"") })
        {
            CommandLineRun pay = await CallAsync("pay", "--amount", "88.80", option, value, "--device", "F-9", "--merchant", "M-9");
            Assert.Equal(0, pay.ExitCode);
            using JsonDocument json = JsonDocument.Parse(pay.Output);
            JsonElement request = json.RootElement.GetProperty("request");
            Assert.Equal(("FACE_PAY", sent), (request.GetProperty("biz_type").GetString(), request.GetProperty("face_data").GetString()));
            Assert.Equal(("F-9", "M-9"), (request.GetProperty("face_device_id").GetString(), request.GetProperty("merchant_id").GetString()));
            Assert.Equal("SUCCESS", json.RootElement.GetProperty("answer").GetProperty("trade_status").GetString());
        }
        Assert.Equal(2, (await CallAsync("pay", "--amount", "1", "--face", file, "--qr", "x")).ExitCode);
        Assert.Equal(2, (await CallAsync("pay", "--amount", "1", "--face", file + ".none")).ExitCode);
    }

    /// <summary>What got lost on its way to the channel is cancelled, by either number; what succeeded is not.</summary>
    [Fact]
    public async Task Cancel_ByOrderOrTrade_PrintsTheVerifiedAnswer()
    {
        Assert.Equal(0, (await CallAsync("pay", "--amount", "1.10", "--order", "cli-lost")).ExitCode);
        CommandLineRun byOrder = await CallAsync("cancel", "--order", "cli-lost");
        Assert.Equal(0, byOrder.ExitCode);
        Assert.Contains("\"trade_status\":\"CANCELLED\"", byOrder.Output, StringComparison.Ordinal);

        using JsonDocument paid = JsonDocument.Parse((await CallAsync("pay", "--amount", "88.80", "--order", "cli-paid")).Output);
        string tradeNo = paid.RootElement.GetProperty("answer").GetProperty("trade_no").GetString()!;
        CommandLineRun byTrade = await CallAsync("cancel", "--trade", tradeNo, "--order", "cli-paid");
        Assert.Equal(1, byTrade.ExitCode);
        Assert.Contains("\"resp_code\":\"B007\"", byTrade.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await CallAsync("cancel")).ExitCode);
    }

    [Fact]
    public async Task Pay_WithEveryOption_SendsThem()
    {
        CommandLineRun pay = await CallAsync(
            "pay", "--amount", "120", "--currency", "JPY", "--qr", "https://qr.example.jp/1", "--qr-type", "02", "--order", "cli-order",
            "--req-id", "cli-req", "--inst", "HK000001");
        Assert.Equal(0, pay.ExitCode);
        Assert.Contains("\"req_id\":\"cli-req\"", pay.Output, StringComparison.Ordinal);
        CommandLineRun query = await CallAsync("query", "--order", "cli-order", "--inst", "HK000001");
        Assert.Equal(0, query.ExitCode);
        Assert.Contains("\"trade_status\":\"SUCCESS\"", query.Output, StringComparison.Ordinal);
        CommandLineRun foreign = await CallAsync("query", "--order", "cli-order");
        Assert.Equal(1, foreign.ExitCode);
    }

    [Fact]
    public async Task BatchQuery_AsksByNumbersAndByWindow_AndAllGoesThroughThePages()
    {
        string from = DateTimeOffset.UtcNow.AddHours(8).ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);
        string to = DateTimeOffset.UtcNow.AddHours(9).ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);
        foreach (string order in (string[])["cli-batch-1", "cli-batch-2", "cli-batch-3"])
        {
            Assert.Equal(0, (await CallAsync("pay", "--amount", "5", "--order", order)).ExitCode);
        }
        CommandLineRun list = await CallAsync("batch-query", "--orders", "cli-batch-3", "none", "cli-batch-1");
        Assert.Equal(0, list.ExitCode);
        Assert.Contains("\"total_count\":\"2\"", list.Output, StringComparison.Ordinal);
        CommandLineRun all = await CallAsync("batch-query", "--from", from, "--to", to, "--page-size", "2", "--status", "SUCCESS", "--all");
        Assert.Equal(0, all.ExitCode);
        string[] pages = all.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(pages.Length >= 2);
        Assert.Contains("\"has_more\":\"false\"", pages[^1], StringComparison.Ordinal);
        Assert.All((string[])["cli-batch-1", "cli-batch-2", "cli-batch-3"], order => Assert.Single(pages, page => page.Contains(order, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Pay_WithoutAGateway_Is3()
    {
        CommandLineRun pay = await CommandLineRun.RunAsync("pay", "--amount", "1", "--url", "https://127.0.0.1:1/api", "--data", sandbox.Folder);
        Assert.Equal(3, pay.ExitCode);
        Assert.Contains("\"verified\":false", pay.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pay_ToAGatewayOfAnotherCa_Is3()
    {
        new Sandbox.SandboxFolder(_folder.Path).Furnish(["CN000001"], TimeProvider.System);
        Assert.Equal(3, (await CommandLineRun.RunAsync("pay", "--amount", "1", "--url", sandbox.Api.ToString(), "--data", _folder.Path)).ExitCode);
    }

    [Fact]
    public async Task Pay_ToAGatewayOfAnotherKey_Is3()
    {
        var stranger = new Sandbox.SandboxFolder(_folder.Path);
        stranger.Furnish(["CN000001"], TimeProvider.System);
        File.Copy(sandbox.Sandbox.Folder.CaCertificate, stranger.CaCertificate, overwrite: true);
        CommandLineRun pay = await CommandLineRun.RunAsync("pay", "--amount", "1", "--url", sandbox.Api.ToString(), "--data", _folder.Path);
        Assert.Equal(3, pay.ExitCode);
        Assert.Contains("signature", pay.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("dance")]
    [InlineData("pay")]
    [InlineData("pay --amount 1 --data /nowhere")]
    [InlineData("pay --amount 1 --url ftp://x")]
    [InlineData("query")]
    [InlineData("batch-query")]
    [InlineData("batch-query --from 20260919000000")]
    [InlineData("batch-query --orders T1 --trades 2026091910300000000000000001")]
    [InlineData("run")]
    [InlineData("run --config /nowhere.json")]
    [InlineData("sandbox --port seven")]
    [InlineData("sandbox --port 65536")]
    [InlineData("sandbox --channel-latency 20")]
    [InlineData("sandbox --log-level LOUD")]
    [InlineData("sandbox --sign-type ES384")]
    [InlineData("sandbox --channel-url ftp://127.0.0.1:1")]
    [InlineData("sandbox --channel-url http://channel.example")]
    [InlineData("sandbox --channel-url https://channel.example")]
    [InlineData("sandbox --channel-url http://user@127.0.0.1:1")]
    [InlineData("simulator --channel-latency 11s")]
    [InlineData("sign")]
    [InlineData("sign /nowhere.json --key /nowhere.pem")]
    [InlineData("verify /nowhere.json --key /nowhere.pem")]
    [InlineData("explain /nowhere.json")]
    [InlineData("journal verify")]
    [InlineData("journal verify /nowhere")]
    [InlineData("journal dump /nowhere")]
    [InlineData("journal dump . --trade 12")]
    [InlineData("journal dump . --from x")]
    [InlineData("journal cut")]
    [InlineData("journal cut .")]
    [InlineData("journal cut . --after 1")]
    [InlineData("journal cut /nowhere --after 1 --i-have-read-the-runbook")]
    public async Task Usage_Wrong_Is2(string line)
    {
        CommandLineRun run = await CommandLineRun.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(2, run.ExitCode);
        Assert.NotEmpty(run.Error);
        Assert.Empty(run.Output);
    }

    [Theory]
    [InlineData("sandbox --channel-url http://127.0.0.1:1 --in-process-channel", "--channel-url and --in-process-channel exclude each other")]
    [InlineData("sandbox --channel-url http://127.0.0.1:1 --channel-latency 5ms", "--channel-latency is to be given to the simulator")]
    public async Task Sandbox_ChannelInAnotherProcess_AndOneInThis_Is2AndSaysWhy(string line, string reason)
    {
        CommandLineRun run = await CommandLineRun.RunAsync(line.Split(' '));
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(reason, run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task Run_OfAnUnsafeConfiguration_Is2AndSaysWhy()
    {
        CommandLineRun run = await CommandLineRun.RunAsync("run", "--config", _folder.Write("config.json", """{"admin":{"address":"0.0.0.0"}}"""));
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("admin.address: 0.0.0.0 is not loopback", run.Error, StringComparison.Ordinal);
        Assert.Contains("listen: is missing", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"institutions":[null]}""", "institutions[0]")]
    [InlineData("""{"institutions":[{},{"keys":[null]}]}""", "institutions[1].keys[0]")]
    [InlineData("""{"institutions":[{"currencies":["CNY",null]}]}""", "institutions[0].currencies[1]")]
    [InlineData("""{"channels":[null],"routes":[{"channel":"x"}]}""", "channels[0]")]
    [InlineData("""{"routes":[null]}""", "routes[0]")]
    [InlineData("""{"routes":[{"currencies":[null]}]}""", "routes[0].currencies[0]")]
    public async Task Run_OfAListWithANull_Is2AndSaysWhere(string json, string path)
    {
        CommandLineRun run = await CommandLineRun.RunAsync("run", "--config", _folder.Write("config.json", json));
        Assert.Equal(2, run.ExitCode);
        Assert.Contains($": {path}: is null", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_OfASignatureWithABlank_IsInvalidAsAtTheGateway()
    {
        string publicKey = sandbox.Sandbox.Folder.PublicKeyOf("CN000001");
        Dictionary<string, string> members = sandbox.Domestic.ScanPay();
        sandbox.Domestic.Sign(members);
        members["sign"] = members["sign"][..8] + " " + members["sign"][8..];
        byte[] message = new Client.SignedMessage(members).ToJson();
        string file = _folder.Write("blank.json", System.Text.Encoding.UTF8.GetString(message));
        CommandLineRun verify = await CommandLineRun.RunAsync("verify", file, "--key", publicKey);
        Assert.Equal(("invalid", 1), (verify.Output.Trim(), verify.ExitCode));
        Assert.Contains("sign: invalid", (await CommandLineRun.RunAsync("explain", file, "--key", publicKey)).Output, StringComparison.Ordinal);
        Assert.Equal("D001", sandbox.Domestic.Verified((await sandbox.Domestic.PostAsync(message))!.Body)["resp_code"]);
    }

    [Fact]
    public async Task Sandbox_InUse_Is1InOneLine()
    {
        CommandLineRun run = await CommandLineRun.RunAsync("sandbox", "--data", sandbox.Folder, "--port", "0", "--admin-port", "0");
        Assert.Equal(1, run.ExitCode);
        Assert.Equal($"hotpath: {sandbox.Folder} is in use by another sandbox", run.Error.Trim());
    }

    [Fact]
    public async Task Sign_ThenVerify_IsValidUntilSomethingChanges()
    {
        string key = sandbox.Sandbox.Folder.PrivateKeyOf("CN000001");
        string publicKey = sandbox.Sandbox.Folder.PublicKeyOf("CN000001");
        CommandLineRun signed = await CommandLineRun.RunAsync("sign", _folder.Write("a.json", """{"b":"咖啡","a":"1"}"""), "--key", key);
        Assert.Equal(0, signed.ExitCode);
        CommandLineRun valid = await CommandLineRun.RunAsync("verify", _folder.Write("s.json", signed.Output), "--key", publicKey);
        Assert.Equal(("valid", 0), (valid.Output.Trim(), valid.ExitCode));
        CommandLineRun invalid = await CommandLineRun.RunAsync("verify", _folder.Write("t.json", signed.Output.Replace("\"1\"", "\"2\"", StringComparison.Ordinal)), "--key", publicKey);
        Assert.Equal(("invalid", 1), (invalid.Output.Trim(), invalid.ExitCode));
    }

    [Fact]
    public async Task Explain_OfTheProtocolsVector_ShowsItsDigest()
    {
        string file = _folder.Write("vector.json", """
            {"version":"1.3","biz_type":"SCAN_PAY","body":"\u5496\u5561 A&B","charset":"UTF-8","currency":"HKD","inst_id":"CN0001",
             "out_trade_no":"T1001","qr_content":"https:\/\/qr.example.hk\/p?m=1&o=2","qr_type":"01","req_id":"R202609190001",
             "req_time":"20260919103000","sign":"x","sign_type":"RSA2","terminal_id":"T01","terminal_type":"01","total_amount":"88.80",
             "trade_type":"SCAN"}
            """);
        CommandLineRun run = await CommandLineRun.RunAsync("explain", file);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("sha256: 0e25fef90638c544eb4bf67d1bac5fce60f5d10eb57463fcf973d05bd92f57ed", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a=1&b=咖啡/?&sign_type=RSA2", "given: the same")]
    [InlineData("b=咖啡/?&a=1&sign_type=RSA2", "order: a must come before b")]
    [InlineData("a=1&b=咖啡/?", "missing member: sign_type (it is signed")]
    [InlineData("a=1&b=\\u5496\\u5561\\/?&sign_type=RSA2", "JSON escapes")]
    [InlineData("a=1&b=%E5%92%96%E5%95%A1%2F%3F&sign_type=RSA2", "URL encoding")]
    [InlineData("a=1&b=å\u0092\u0096å\u0095¡/?&sign_type=RSA2", "encoding: the bytes must be UTF-8")]
    [InlineData("a=1&b=咖啡/?&sign=x&sign_type=RSA2", "sign is in it")]
    [InlineData("a=1&b=咖啡/?&sign_type=RSA2\n", "blanks or a line break")]
    [InlineData("a=2&b=咖啡/?&sign_type=RSA2", "differs first at character 3, in a")]
    [InlineData("a=1&b=咖啡/?&c=3&sign_type=RSA2", "member that the message does not have: c")]
    public async Task Explain_OfAnotherString_SaysWhatIsWrongWithIt(string given, string reason)
    {
        string file = _folder.Write("e.json", """{"a":"1","b":"咖啡/?","sign_type":"RSA2"}""");
        Assert.Contains(reason, (await CommandLineRun.RunAsync("explain", file, "--given", given)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JournalVerify_OfAStoppedSandbox_IsCleanAndOfABentOneIsNot()
    {
        await using (Sandbox.SandboxGateway other = await SandboxFixture.StartAsync(_folder.Path))
        {
            using Client.InstitutionClient client = other.NewClient("CN000001");
            for (int i = 0; i < 3; i++)
            {
                Assert.Equal("0000", (await client.CallAsync(Client.Requests.ScanPay("CN000001", "1.00", "CNY", TimeProvider.System))).RespCode);
            }
        }
        CommandLineRun clean = await CommandLineRun.RunAsync("journal", "verify", _folder.Path);
        Assert.Equal(0, clean.ExitCode);
        Assert.Contains("records ACCEPTED: 3", clean.Output, StringComparison.Ordinal);
        Assert.Contains("last sequence: ", clean.Output, StringComparison.Ordinal);

        string segment = Directory.GetFiles(Path.Combine(_folder.Path, "journal")).Order().First();
        using (FileStream file = File.OpenWrite(segment))
        {
            // Behind the header block of 4 KiB, in the first records.
            file.Position = 4096 + 100;
            file.WriteByte(0xA5);
        }
        CommandLineRun damaged = await CommandLineRun.RunAsync("journal", "verify", _folder.Path);
        Assert.Equal(1, damaged.ExitCode);
        Assert.Contains("damaged: ", damaged.Output, StringComparison.Ordinal);
    }

    /// <summary>The disk fails between the ledger's opening and the first payment: a line and an exit code, not an abort with a stack trace.</summary>
    [Fact]
    public void LedgerThatStopsDuringTheStart_IsToldInALine()
    {
        Assert.True(CommandLine.IsForPeople(new LedgerUnavailableException("the ledger is closed or stopped")));
    }

    private Task<CommandLineRun> CallAsync(params string[] args) => CommandLineRun.RunAsync([.. args, "--url", sandbox.Api.ToString(), "--data", sandbox.Folder]);
}
