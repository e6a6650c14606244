using System.Text.Json;
using HotPath.Core.Ledger.Embedded;
using HotPath.Host.Client;
using HotPath.Host.Sandbox;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HotPath.Host.Tests;

/// <summary>What is PENDING, by the admin listener and the command line, on a whole gateway.</summary>
[Collection(SandboxFixture.Name)]
public sealed class PendingEndpointTests(SandboxFixture sandbox)
{
    // The simulator answers HTTP 500, and does not know it.
    private const string Lost = "88.08";
    private const string Nobodys = "2026091910300000000700000000";

    [Theory]
    [InlineData("GET", "/pending", null, 200)]
    [InlineData("GET", "/pending?limit=0", null, 400)]
    [InlineData("GET", "/pending?limit=1001", null, 400)]
    [InlineData("GET", "/pending?older_than=soon", null, 400)]
    [InlineData("GET", "/pending?after=12", null, 400)]
    [InlineData("GET", "/pending?channel=nobodys", null, 404)]
    [InlineData("GET", "/pending?channel=simulator&older_than=24h&limit=1000&after=" + Nobodys, null, 200)]
    [InlineData("POST", "/pending/inquire?trade=" + Nobodys + "&who=ann&why=x", null, 403)]
    [InlineData("POST", "/pending/inquire?trade=" + Nobodys + "&who=ann&why=x", "1", 404)]
    [InlineData("POST", "/pending/inquire?trade=" + Nobodys + "&who=ann", "1", 400)]
    [InlineData("POST", "/pending/inquire?trade=1&who=ann&why=x", "1", 400)]
    [InlineData("POST", "/pending/resolve?trade=" + Nobodys + "&who=ann&why=x", "1", 400)]
    [InlineData("POST", "/pending/resolve?trade=" + Nobodys + "&who=ann&why=x&as=CANCELLED", "1", 400)]
    [InlineData("POST", "/pending/resolve?trade=" + Nobodys + "&who=ann&why=x&as=FAILED&channel_confirmed=yes", "1", 400)]
    [InlineData("POST", "/pending/resolve?trade=" + Nobodys + "&who=ann&why=x&as=FAILED&channel_trade_no=a%20b", "1", 400)]
    [InlineData("POST", "/pending/resolve?trade=" + Nobodys + "&who=ann&why=two%0Alines&as=FAILED", "1", 400)]
    [InlineData("POST", "/pending/resolve?trade=" + Nobodys + "&who=ann&why=x&as=FAILED", "1", 404)]
    [InlineData("POST", "/pending", "1", 405)]
    [InlineData("GET", "/pending/resolve", null, 405)]
    [InlineData("GET", "/pending/others", null, 404)]
    public async Task Wishes_AreOperatorsOnly_AndWhole(string method, string path, string? header, int status) =>
        Assert.Equal(status, (await AdminListener.AskAsync(sandbox.Admin, method, path, header)).Status);

    [Theory]
    [InlineData("pending", "resolve", "--trade", Nobodys, "--as", "CANCELLED", "--who", "ann", "--why", "x")]
    [InlineData("pending", "resolve", "--trade", Nobodys, "--as", "FAILED", "--who", "ann")]
    [InlineData("pending", "list", "--limit", "0")]
    public async Task CommandLine_ThatIsWrong_AsksNobody(params string[] args) =>
        Assert.Equal(2, (await CommandLineRun.RunAsync(args)).ExitCode);

    [Fact]
    public async Task Pending_IsListed_Inquired_AndResolved_AndEveryWishIsInTheJournalBeforeItsEffect()
    {
        using var folder = new TemporaryFolder();
        string first, second;
        await using (SandboxGateway own = await SandboxGateway.StartAsync(
            new SandboxOptions { Data = folder.Path, Port = 0, AdminPort = 0, ChannelLatency = TimeSpan.Zero, MaxTrades = 100_000, IndexMemoryMib = 4, Notifies = false },
            NullLoggerFactory.Instance, TimeProvider.System))
        {
            string admin = own.Gateway.AdminAddress.ToString();
            using var client = new InstitutionClient(
                own.Gateway.ApiAddress, own.Folder.LoadPrivateKeyOf(SandboxGateway.Domestic), own.Folder.LoadGatewayKey(), own.Folder.LoadCa());
            async Task<string> PayAsync() => (await client.CallAsync(Requests.ScanPay(SandboxGateway.Domestic, Lost, "CNY", TimeProvider.System))) is
            { RespCode: "0001" } told ? told.Answer!["trade_no"]! : throw new InvalidOperationException("it was to be PENDING");
            (first, second) = (await PayAsync(), await PayAsync());
            // Nobody but the operators is to end these.
            await AdminListener.AskAsync(own.Gateway.AdminAddress, "POST", "/channels/simulator/open?who=ann&why=test", "1");

            JsonElement[] rows = [.. (await Verb(0, "list", "--json", "--admin", admin)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
            Assert.Equal([first, second], rows.Select(row => row.GetProperty("number").GetString()!));
            Assert.All(rows, row => Assert.Equal(("trade", "simulator", 8_808), (row.GetProperty("kind").GetString(), row.GetProperty("channel").GetString(), row.GetProperty("minor_units").GetInt64())));
            Assert.Equal(second, (await Verb(0, "list", "--after", first, "--admin", admin))[..28]);

            Assert.StartsWith("hotpath: left_alone", await Verb(1, "inquire", "--trade", first, "--who", "ann", "--why", "the merchant called", "--admin", admin), StringComparison.Ordinal);
            Assert.StartsWith("hotpath: left_alone", await Verb(1, "resolve", "--trade", first, "--as", "FAILED", "--who", "ann", "--why", "they are gone", "--admin", admin), StringComparison.Ordinal);
            JsonElement ended = JsonDocument.Parse(await Verb(
                0, "resolve", "--trade", first, "--as", "SUCCESS", "--channel-confirmed", "--channel-trade-no", "HK-1", "--who", "ann", "--why", "their file of last night", "--admin", admin)).RootElement;
            Assert.Equal((first, "SUCCESS"), (ended.GetProperty("number").GetString(), ended.GetProperty("status").GetString()));
            Assert.StartsWith("hotpath: has_ended", await Verb(1, "resolve", "--trade", first, "--as", "FAILED", "--channel-confirmed", "--who", "bob", "--why", "no", "--admin", admin), StringComparison.Ordinal);
            SignedMessage query = Requests.TradeQuery(SandboxGateway.Domestic, TimeProvider.System);
            query["trade_no"] = first;
            Assert.Equal("SUCCESS", (await client.CallAsync(query)).Answer!["trade_status"]);
        }
        JournalEntry[] journal = [.. JournalDump.Read(folder.Path)];
        Assert.Equal(
            [
                ("pending-inquire", first, "ann", "the merchant called"), ("pending-failed", first, "ann", "they are gone"),
                ("pending-success-confirmed", first, "ann", "their file of last night"), ("pending-failed-confirmed", first, "bob", "no"),
            ],
            journal.Where(entry => entry.Act is { } act && act.Act.StartsWith("pending", StringComparison.Ordinal)).Select(entry => (entry.Act!.Act, entry.Act.Subject, entry.Act.Who, entry.Act.Why)));
        long decided = journal.Single(entry => entry.Act?.Act == "pending-success-confirmed").Sequence;
        JournalEntry result = journal.Single(entry => entry.Kind == JournalEntryKind.Result && entry.Trade?.TradeNo.ToString() == first);
        Assert.True(decided < result.Sequence);
        Assert.Equal("HK-1", result.Trade!.ChannelTradeNo.ToString());
    }

    private static async Task<string> Verb(int code, params string[] args)
    {
        CommandLineRun run = await CommandLineRun.RunAsync(["pending", .. args]);
        Assert.Equal((code, run.Output + run.Error), (run.ExitCode, run.Output + run.Error));
        return run.Output + run.Error;
    }
}
