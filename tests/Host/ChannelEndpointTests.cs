using System.Text.Json;
using HotPath.Core.Ledger.Embedded;
using HotPath.Host.Client;
using HotPath.Host.Sandbox;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HotPath.Host.Tests;

/// <summary>Breakers by hand, on a whole gateway.</summary>
[Collection(SandboxFixture.Name)]
public sealed class ChannelEndpointTests(SandboxFixture sandbox)
{
    [Theory]
    [InlineData("GET", "/channels", null, 200)]
    [InlineData("POST", "/channels/closed/open?who=ann&why=drill", null, 403)]
    [InlineData("POST", "/channels/closed/open?who=ann", "1", 400)]
    [InlineData("POST", "/channels/closed/open?who=ann&why=two%0Alines", "1", 400)]
    [InlineData("POST", "/channels/nobodys/open?who=ann&why=drill", "1", 404)]
    [InlineData("POST", "/channels/closed/close?who=ann&why=drill", "1", 200)]
    [InlineData("POST", "/channels", "1", 405)]
    [InlineData("GET", "/channels/closed/open?who=ann&why=drill", null, 405)]
    [InlineData("GET", "/channels/closed", null, 404)]
    public async Task Wishes_AreOperatorsOnly_AndWhole(string method, string path, string? header, int status) =>
        Assert.Equal(status, (await AdminListener.AskAsync(sandbox.Admin, method, path, header)).Status);

    [Fact]
    public async Task BreakerOpenedByHand_AnswersA002_IsShown_AndIsInTheJournal_WithWhoAndWhy()
    {
        using var folder = new TemporaryFolder();
        await using (SandboxGateway own = await SandboxGateway.StartAsync(
            new SandboxOptions { Data = folder.Path, Port = 0, AdminPort = 0, ChannelLatency = TimeSpan.Zero, MaxTrades = 100_000, IndexMemoryMib = 4, Notifies = false },
            NullLoggerFactory.Instance, TimeProvider.System))
        {
            Uri admin = own.Gateway.AdminAddress;
            using var client = new InstitutionClient(
                own.Gateway.ApiAddress, own.Folder.LoadPrivateKeyOf(SandboxGateway.Domestic), own.Folder.LoadGatewayKey(), own.Folder.LoadCa());
            async Task<string?> PayAsync() => (await client.CallAsync(Requests.ScanPay(SandboxGateway.Domestic, "88.80", "CNY", TimeProvider.System))).RespCode;
            Assert.Equal("0000", await PayAsync());

            Assert.Equal("{\"changed\":true}\n", (await AdminListener.AskAsync(admin, "POST", "/channels/simulator/open?who=ann&why=their%20night%20shift%20called", "1")).Text);
            Assert.Equal("{\"changed\":false}\n", (await AdminListener.AskAsync(admin, "POST", "/channels/simulator/open?who=bob&why=again", "1")).Text);
            Assert.Equal("A002", await PayAsync());
            JsonElement shown = JsonDocument.Parse((await AdminListener.AskAsync(admin, "GET", "/channels", null)).Text).RootElement
                .EnumerateArray().Single(one => one.GetProperty("channel").GetString() == "simulator");
            Assert.Equal(("open", true), (shown.GetProperty("state").GetString(), shown.GetProperty("by_hand").GetBoolean()));
            Assert.Equal("by ann: their night shift called", shown.GetProperty("history")[0].GetProperty("reason").GetString());
            JsonElement opening = shown.GetProperty("opening");
            Assert.Equal(("manual", "by ann: their night shift called"), (opening.GetProperty("cause").GetString(), opening.GetProperty("reason").GetString()));
            Assert.Equal(shown.GetProperty("history")[0].GetProperty("at").GetString(), opening.GetProperty("since").GetString());
            string metrics = (await AdminListener.AskAsync(admin, "GET", "/metrics", null)).Text;
            Assert.Contains("hotpath_breaker_state{channel=\"simulator\",state=\"open\"} 1", metrics, StringComparison.Ordinal);
            Assert.Contains("hotpath_breaker_opened_total{channel=\"simulator\",cause=\"manual\"} 1", metrics, StringComparison.Ordinal);

            Assert.Equal("{\"changed\":true}\n", (await AdminListener.AskAsync(admin, "POST", "/channels/simulator/close?who=bob&why=they%20are%20back", "1")).Text);
            string closed = (await AdminListener.AskAsync(admin, "GET", "/channels", null)).Text;
            Assert.Contains("{\"channel\":\"simulator\",\"state\":\"closed\",\"recovering\":true,", closed, StringComparison.Ordinal);
            Assert.DoesNotContain("\"opening\"", closed, StringComparison.Ordinal);
            for (int i = 0; i < 20; i++)
            {
                Assert.Equal("0000", await PayAsync());
            }
            Assert.Contains("{\"channel\":\"simulator\",\"state\":\"closed\",\"recovering\":false,", (await AdminListener.AskAsync(admin, "GET", "/channels", null)).Text, StringComparison.Ordinal);
        }
        Assert.Equal(
            [("breaker-open", "simulator", "ann", "their night shift called"), ("breaker-close", "simulator", "bob", "they are back")],
            JournalDump.Read(folder.Path).Where(entry => entry.Act is not null).Select(entry => (entry.Act!.Act, entry.Act.Subject, entry.Act.Who, entry.Act.Why)));
    }
}
