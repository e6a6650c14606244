using System.Text.Json;
using HotPath.Host.Client;
using HotPath.Host.Composition;
using HotPath.Host.Configuration;
using HotPath.Host.Sandbox;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HotPath.Host.Tests;

/// <summary><c>hotpath explain-route</c>, asked of a running gateway, of a journal and of a configuration.</summary>
[Collection(SandboxFixture.Name)]
public sealed class ExplainRouteTests(SandboxFixture sandbox) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Trade_IsExplained_AlikeByTheGatewayAndByItsJournal()
    {
        using var folder = new TemporaryFolder();
        string trade;
        CommandLineRun asked, askedAsJson;
        await using (SandboxGateway own = await SandboxGateway.StartAsync(
            new SandboxOptions { Data = folder.Path, Port = 0, AdminPort = 0, ChannelLatency = TimeSpan.Zero, MaxTrades = 100_000, IndexMemoryMib = 4, Notifies = false },
            NullLoggerFactory.Instance, TimeProvider.System))
        {
            using InstitutionClient client = own.NewClient(SandboxGateway.Domestic);
            trade = (await client.CallAsync(Requests.ScanPay(SandboxGateway.Domestic, "88.80", "CNY", TimeProvider.System))).Answer!["trade_no"]!;
            string admin = own.Gateway.AdminAddress.AbsoluteUri;
            asked = await CommandLineRun.RunAsync("explain-route", "--trade", trade, "--admin", admin);
            askedAsJson = await CommandLineRun.RunAsync("explain-route", "--trade", trade, "--admin", admin, "--json");
            CommandLineRun unknown = await CommandLineRun.RunAsync("explain-route", "--trade", trade[..^1] + "9", "--admin", admin);
            Assert.Equal((1, "hotpath: no such trade\n"), (unknown.ExitCode, unknown.Error));
        }
        Assert.Equal(0, asked.ExitCode);
        Assert.Contains($"trade {trade}, SUCCESS, ", asked.Output, StringComparison.Ordinal);
        Assert.Contains("  route simulator.4 to channel simulator, by table ", asked.Output, StringComparison.Ordinal);
        Assert.Contains("    closed.3 is for a drill's amounts\n", asked.Output, StringComparison.Ordinal);
        Assert.Equal(asked.Output, (await CommandLineRun.RunAsync("explain-route", "--trade", trade, "--data", folder.Path)).Output);
        Assert.Equal(askedAsJson.Output, (await CommandLineRun.RunAsync("explain-route", "--trade", trade, "--data", folder.Path, "--json")).Output);
        using var json = JsonDocument.Parse(askedAsJson.Output);
        JsonElement attempt = json.RootElement.GetProperty("attempts")[0];
        Assert.Equal(("simulator.4", "simulator", "drill"), (
            attempt.GetProperty("route").GetString(), attempt.GetProperty("channel").GetString(), attempt.GetProperty("rejected")[0].GetProperty("reason").GetString()));
    }

    [Fact]
    public async Task Draft_IsExplained_ByTheRunningTable_WithHowItsChannelsDo_AndNothingIsSent()
    {
        string file = Draft();
        CommandLineRun run = await CommandLineRun.RunAsync("explain-route", file, "--admin", sandbox.Admin.AbsoluteUri);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("takes simulator.4 to channel simulator\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("simulator.4 (priority 4, weight 1, channel simulator) takes it; breaker closed, health ", run.Output, StringComparison.Ordinal);
        Assert.Contains("simulator.2 (priority 2, weight 1, channel simulator) is for other codes, by their scheme", run.Output, StringComparison.Ordinal);

        // A signed one too, as it went over the wire.
        Dictionary<string, string> signed = sandbox.Domestic.ScanPay();
        sandbox.Domestic.Sign(signed);
        string sent = _folder.Write("signed.json", System.Text.Encoding.UTF8.GetString(new SignedMessage(signed).ToJson()));
        Assert.Equal(0, (await CommandLineRun.RunAsync("explain-route", sent, "--admin", sandbox.Admin.AbsoluteUri)).ExitCode);
    }

    [Theory]
    [InlineData("total_amount", "1.234", "it is refused before it is routed: C002 total_amount")]
    [InlineData("biz_type", "TRADE_QUERY", "it is refused before it is routed: C003 body")]
    [InlineData("inst_id", "XX000001", "no such institution")]
    public async Task Draft_ThatDoesNotComeToItsRoute_Is1AndSaysWhy(string member, string value, string reason)
    {
        CommandLineRun run = await CommandLineRun.RunAsync("explain-route", Draft((member, value)), "--admin", sandbox.Admin.AbsoluteUri);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(reason, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Draft_IsExplained_ByAConfiguration_ThatNeverStarted()
    {
        string config = Configuration(
            """[ { "id": "a", "channel": "one", "currencies": ["CNY"], "priority": 1, "weight": 3 }, { "id": "b", "channel": "two", "currencies": ["CNY"], "priority": 1 },""" +
            """  { "id": "in", "channel": "two", "currencies": ["CNY"], "priority": 1, "direction": "inbound" }, { "id": "big", "channel": "two", "currencies": ["CNY"], "priority": 2, "min_minor_units": 10000 } ]""");
        Assert.StartsWith("ok: 2 institutions, 3 channels, 4 routes", (await CommandLineRun.RunAsync("check", "--config", config)).Output, StringComparison.Ordinal);
        CommandLineRun run = await CommandLineRun.RunAsync("explain-route", Draft(), "--config", config);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("takes one of a to one (75 %), b to two (25 %)\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("  in (priority 1, weight 1, channel two) is for payments of the other direction\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("  big (priority 2, weight 1, channel two) has a higher minimum: the amount is under it\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("how the channels do is not known here", run.Output, StringComparison.Ordinal);

        // From Hong Kong it is the other way round; in a currency that nobody clears it is refused, as the gateway would.
        Assert.Contains("  in (priority 1, weight 1, channel two) takes it\n", (await CommandLineRun.RunAsync("explain-route", Draft(("inst_id", "HK000001")), "--config", config)).Output, StringComparison.Ordinal);
        CommandLineRun yen = await CommandLineRun.RunAsync("explain-route", Draft(("currency", "JPY"), ("total_amount", "88")), "--config", config, "--json");
        using var json = JsonDocument.Parse(yen.Output);
        Assert.Equal(("C003", "currency", false), (
            json.RootElement.GetProperty("resp_code").GetString(), json.RootElement.GetProperty("member").GetString(), json.RootElement.GetProperty("live").GetBoolean()));
    }

    [Fact]
    public async Task Draft_IsExplained_AsTheGatewayOfThatConfigurationWould_WhateverItsChannelsSpeak()
    {
        // An ISO 8583 channel carries no face and no amount of more than twelve digits, and its route is no candidate for those.
        string config = Configuration(
            """[ { "id": "iso", "channel": "three", "currencies": ["CNY", "JPY"], "priority": 1 }, { "id": "web", "channel": "one", "currencies": ["CNY"], "priority": 2 } ]""");
        (GatewayConfiguration? read, _) = ConfigurationFile.Read(config);
        await using (Gateway gateway = await Gateway.StartAsync(ConfigurationCheck.Run(read!, TimeProvider.System).Settings!, NullLoggerFactory.Instance, TimeProvider.System))
        {
            using var table = JsonDocument.Parse((await AdminListener.AskAsync(gateway.AdminAddress, "GET", "/routes")).Text);
            using var dry = JsonDocument.Parse((await CommandLineRun.RunAsync("explain-route", Draft(), "--config", config, "--json")).Output);
            Assert.Equal(table.RootElement.GetProperty("table").GetString(), dry.RootElement.GetProperty("table").GetString());
        }
        CommandLineRun face = await CommandLineRun.RunAsync("explain-route", FaceDraft(), "--config", config);
        Assert.Contains("takes web to channel one\n", face.Output, StringComparison.Ordinal);
        Assert.Contains("takes iso to channel three\n", (await CommandLineRun.RunAsync("explain-route", Draft(("total_amount", "9999999999.99")), "--config", config)).Output, StringComparison.Ordinal);
        Assert.Contains("takes web to channel one\n", (await CommandLineRun.RunAsync("explain-route", Draft(("total_amount", "10000000000.00")), "--config", config)).Output, StringComparison.Ordinal);
        CommandLineRun yen = await CommandLineRun.RunAsync("explain-route", Draft(("currency", "JPY"), ("total_amount", "1000000000000")), "--config", config);
        Assert.Contains("refused: B003\n", yen.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Draft_ByFace_IsRead_AsLargeAsAFaceMayBe()
    {
        string config = Configuration("""[ { "id": "a", "channel": "one", "currencies": ["CNY"] } ]""");
        CommandLineRun run = await CommandLineRun.RunAsync("explain-route", FaceDraft(faceBytes: 40 * 1024), "--config", config);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("takes a to channel one\n", run.Output, StringComparison.Ordinal);
        CommandLineRun large = await CommandLineRun.RunAsync("explain-route", Draft(("body", new string('x', 17 * 1024))), "--config", config);
        Assert.Contains("bytes are too large", large.Output + large.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_OfRoutesThatTheirChannelsCannotCarry_Is2_WithLineAndReason()
    {
        string config = Configuration(
            "[ { \"channel\": \"three\", \"currencies\": [\"CNY\"],\n \"biz_type\": \"FACE_PAY\" },\n { \"channel\": \"three\", \"currencies\": [\"CNY\"],\n \"min_minor_units\": 1000000000000 },\n" +
            " { \"channel\": \"three\", \"currencies\": [\"CNY\"], \"biz_type\": \"SCAN_PAY\", \"min_minor_units\": 999999999999 },\n { \"channel\": \"one\", \"currencies\": [\"CNY\"], \"biz_type\": \"FACE_PAY\" } ]");
        CommandLineRun run = await CommandLineRun.RunAsync("check", "--config", config);
        Assert.Equal(2, run.ExitCode);
        Assert.Matches("routes\\[0\\]\\.biz_type: .*three.* no face.*\\(line \\d+\\)\n", run.Error);
        Assert.Matches("routes\\[1\\]\\.min_minor_units: .*999999999999.*\\(line \\d+\\)\n", run.Error);
        Assert.DoesNotContain("routes[2]", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("routes[3]", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_OfAFaultyConfiguration_Is2_AndSaysEveryLine()
    {
        string config = Configuration("[ { \"channel\": \"nobodys\",\n \"currencies\": [] } ]");
        CommandLineRun run = await CommandLineRun.RunAsync("check", "--config", config);
        Assert.Equal(2, run.ExitCode);
        Assert.Matches("routes\\[0\\]\\.channel: no channel has the id nobodys \\(line \\d+\\)\n", run.Error);
        Assert.Matches("routes\\[0\\]\\.currencies: needs at least one \\(line \\d+\\)\n", run.Error);
        Assert.Equal(2, (await CommandLineRun.RunAsync("explain-route", Draft(), "--config", config)).ExitCode);
    }

    [Theory]
    [InlineData("explain-route")]
    [InlineData("explain-route --trade 2026092010300000000700000001 --config x.json")]
    [InlineData("explain-route x.json --data d")]
    [InlineData("explain-route --trade 1234")]
    [InlineData("explain-route nothing.json")]
    [InlineData("check")]
    public async Task CommandLine_ThatSaysNothingSensible_Is2(string line) => Assert.NotEqual(0, (await CommandLineRun.RunAsync(line.Split(' '))).ExitCode);

    [Theory]
    [InlineData("GET", "/routes", 200)]
    [InlineData("POST", "/routes/reload?who=ann&why=drill", 409)]
    [InlineData("GET", "/routes/reload", 405)]
    [InlineData("GET", "/routes/explain?trade_no=1", 400)]
    [InlineData("GET", "/routes/explain?inst_id=CN000001&biz_type=REFUND&currency=CNY&minor_units=1", 400)]
    [InlineData("GET", "/routes/explain?inst_id=CN000001&biz_type=SCAN_PAY&currency=CNY&minor_units=0", 400)]
    [InlineData("GET", "/routes/explain?inst_id=CN000001&biz_type=FACE_PAY&currency=CNY&minor_units=1", 200)]
    [InlineData("GET", "/routes/nothing", 404)]
    public async Task Wishes_AreAnsweredByTheirKind(string method, string path, int status) =>
        Assert.Equal(status, (await AdminListener.AskAsync(sandbox.Admin, method, path)).Status);

    private string FaceDraft(int faceBytes = 100)
    {
        var members = new Dictionary<string, string>
        {
            ["biz_type"] = "FACE_PAY",
            ["inst_id"] = "CN000001",
            ["out_trade_no"] = "T1",
            ["total_amount"] = "88.80",
            ["currency"] = "CNY",
            ["trade_type"] = "FACEPAY",
            ["face_data"] = new string('A', faceBytes),
            ["face_device_id"] = "D01",
            ["terminal_id"] = "T01",
            ["merchant_id"] = "M01",
        };
        return _folder.Write("face.json", System.Text.Encoding.UTF8.GetString(new SignedMessage(members).ToJson()));
    }

    private string Draft(params (string Name, string Value)[] changes)
    {
        var members = new Dictionary<string, string>
        {
            ["biz_type"] = "SCAN_PAY",
            ["inst_id"] = "CN000001",
            ["out_trade_no"] = "T1",
            ["total_amount"] = "88.80",
            ["currency"] = "CNY",
            ["trade_type"] = "SCAN",
            ["qr_type"] = "02",
            ["qr_content"] = "opaque",
            ["body"] = "tea",
            ["terminal_type"] = "01",
            ["terminal_id"] = "T01",
        };
        foreach ((string name, string value) in changes)
        {
            members[name] = value;
        }
        return _folder.Write("draft.json", System.Text.Encoding.UTF8.GetString(new SignedMessage(members).ToJson()));
    }

    private string Configuration(string routes)
    {
        SandboxFolder keys = sandbox.Sandbox.Folder;
        InstitutionConfiguration Institution(string id, string region) => new()
        {
            InstId = id,
            Region = region,
            Currencies = ["CNY", "JPY"],
            Keys = [new InstitutionKeyConfiguration { KeyId = "key-1", Path = keys.PublicKeyOf(id) }],
        };
        var configuration = new GatewayConfiguration
        {
            Listen = new ListenConfiguration { Address = "127.0.0.1", Port = 0, Certificate = keys.Certificate, CertificateKey = keys.CertificateKey },
            Admin = new AdminConfiguration { Port = 0 },
            DataDirectory = Path.Combine(_folder.Path, "data"),
            MaxTrades = 100_000,
            IndexMemoryMib = 4,
            SigningKey = new KeyFileConfiguration { KeyId = "gw-1", Path = keys.GatewayPrivateKey },
            Institutions = [Institution("CN000001", "domestic"), Institution("HK000001", "overseas")],
            Channels =
            [
                new ChannelConfiguration { Id = "one", Url = "https://one.example/" }, new ChannelConfiguration { Id = "two", Url = "https://two.example/" },
                new ChannelConfiguration { Id = "three", Protocol = "iso8583", Url = "tcp://127.0.0.1:1" },
            ],
        };
        string json = JsonSerializer.Serialize(configuration, ConfigurationJson.Default.GatewayConfiguration);
        return _folder.Write("gateway.json", json.Replace("\"routes\":[]", "\"routes\":\n" + routes, StringComparison.Ordinal));
    }
}
