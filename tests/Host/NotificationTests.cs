using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using HotPath.Host.Client;
using HotPath.Host.Receiver;
using HotPath.Host.Sandbox;
using HotPath.Host.Server;
using HotPath.Host.Tests.Crash;
using HotPath.Signing;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HotPath.Host.Tests;

/// <summary>Notifications of a whole gateway: change feed, store, TLS, receiver; the operators' door; a kill in between.</summary>
[Collection(SandboxFixture.Name)]
public sealed class NotificationTests(SandboxFixture sandbox)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task EveryFinalPaymentAndRefund_ReachesItsInstitution_SignedAndFinal()
    {
        IReadOnlyDictionary<string, string> paid = await sandbox.Domestic.CallAsync(sandbox.Domestic.ScanPay());
        IReadOnlyDictionary<string, string> failed = await sandbox.Overseas.CallAsync(sandbox.Overseas.ScanPay("1.02"));
        var refund = new Dictionary<string, string>(Requests.Refund(
            sandbox.Domestic.InstId, paid["trade_no"], paid["out_trade_no"], "1.00", TimeProvider.System).Members)
        { ["sign_type"] = "RSA2" };
        IReadOnlyDictionary<string, string> refunded = await sandbox.Domestic.CallAsync(refund);
        JsonElement told = await ToldAsync(sandbox.Folder, sandbox.Domestic.InstId, "T" + paid["trade_no"]);
        Assert.Equal("SUCCESS", told.GetProperty("trade_status").GetString());
        told = await ToldAsync(sandbox.Folder, sandbox.Overseas.InstId, "T" + failed["trade_no"]);
        Assert.Equal("B002", told.GetProperty("fail_code").GetString());
        told = await ToldAsync(sandbox.Folder, sandbox.Domestic.InstId, "R" + refunded["refund_id"]);
        Assert.Equal(("REFUND_NOTIFY", "SUCCESS", "1.00"), (
            told.GetProperty("notify_type").GetString(), told.GetProperty("refund_status").GetString(), told.GetProperty("total_refunded_amount").GetString()));
    }

    [Theory]
    [InlineData("POST", "/notifications/resend?id=T2026010100000000000100000001", null, null, 403)]
    [InlineData("POST", "/notifications/resend?id=T2026010100000000000100000001", "1", "https://evil.example", 403)]
    [InlineData("POST", "/notifications/resend?id=T2026010100000000000100000001", "1", null, 404)]
    [InlineData("POST", "/notifications/resend?id=nonsense", "1", null, 400)]
    [InlineData("POST", "/notifications/resend?inst=CN000001", "1", null, 400)]
    [InlineData("POST", "/notifications/resend?inst=CN000001&all_dead=true", "1", null, 200)]
    [InlineData("POST", "/notifications/resend?inst=NOBODY&all_dead=true", "1", null, 409)]
    [InlineData("GET", "/notifications", null, null, 200)]
    [InlineData("GET", "/notifications?limit=0", null, null, 400)]
    [InlineData("GET", "/notifications?state=other", null, null, 400)]
    [InlineData("GET", "/notifications?inst=..%2F", null, null, 400)]
    [InlineData("GET", "/notifications/resend", null, null, 405)]
    [InlineData("GET", "/notifications/other", null, null, 404)]
    public async Task TheOperatorsDoor_TakesWishesOfOperatorsOnly(string method, string path, string? header, string? origin, int status)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(sandbox.Admin, path));
        if (header is not null)
        {
            request.Headers.Add("X-HotPath-Admin", header);
        }
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }
        using HttpResponseMessage answer = await http.SendAsync(request);
        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task TheOperatorsDoor_IsClosedToANameThatWasBentToThisMachine()
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(sandbox.Admin, "/notifications")) { Headers = { Host = "evil.example" } };
        using HttpResponseMessage answer = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task OneInstitutionThatRefuses_IsListed_AndHoldsUpNoOther_AndIsSentAgainByHand()
    {
        using var folder = new TemporaryFolder();
        var refuses = new ConcurrentDictionary<string, bool> { [SandboxGateway.Domestic] = true };
        await using SandboxGateway own = await SandboxGateway.StartAsync(
            new SandboxOptions
            {
                Data = folder.Path,
                Port = 0,
                AdminPort = 0,
                ChannelLatency = TimeSpan.Zero,
                MaxTrades = 100_000,
                IndexMemoryMib = 4,
                ReceiverAnswer = message => refuses.ContainsKey(message["inst_id"]!) ? new ReceiverAnswer(200, "no") : ReceiverAnswer.Success,
            },
            NullLoggerFactory.Instance, TimeProvider.System);
        string[] refused = await PayAsync(own, SandboxGateway.Domestic, 3);
        string[] taken = await PayAsync(own, SandboxGateway.Overseas, 3);
        foreach (string number in taken)
        {
            await ToldAsync(folder.Path, SandboxGateway.Overseas, "T" + number);
        }
        foreach (string number in refused)
        {
            await ToldAsync(folder.Path, SandboxGateway.Domestic, "T" + number, "no");
        }
        string admin = own.Gateway.AdminAddress.AbsoluteUri;
        CommandLineRun list = await CommandLineRun.RunAsync("notify", "list", "--inst", SandboxGateway.Domestic, "--pending", "--admin", admin);
        Assert.Equal(0, list.ExitCode);
        Assert.Equal(refused.Select(number => "T" + number).Order(), list.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("notify_id").GetString()!).Order());
        refuses.Clear();
        CommandLineRun resend = await CommandLineRun.RunAsync("notify", "resend", "--id", "T" + refused[0], "--admin", admin);
        Assert.Equal((0, "{\"resent\":1}\n"), (resend.ExitCode, resend.Output));
        await ToldAsync(folder.Path, SandboxGateway.Domestic, "T" + refused[0]);
    }

    [Fact]
    public async Task AnInstitutionWithAReceiverOfItsOwn_IsToldThere_AndTheOthersWhereTheyWere()
    {
        using var folder = new TemporaryFolder();
        var furnished = new SandboxFolder(folder.Path);
        furnished.Furnish([SandboxGateway.Domestic, SandboxGateway.Overseas], TimeProvider.System);
        string apart = Path.Combine(folder.Path, "apart");
        var certificate = new ServerCertificate(X509Certificate2.CreateFromPemFile(furnished.Certificate, furnished.CertificateKey), []);
        await using NotificationReceiver own = await NotificationReceiver.StartAsync(
            new SandboxFolder(apart).Notifications, certificate, furnished.LoadGatewayKey(), 0, NullLoggerFactory.Instance, TimeProvider.System);
        await using SandboxGateway gateway = await SandboxGateway.StartAsync(
            new SandboxOptions
            {
                Data = folder.Path,
                Port = 0,
                AdminPort = 0,
                ChannelLatency = TimeSpan.Zero,
                MaxTrades = 100_000,
                IndexMemoryMib = 4,
                ReceiverUrls = new Dictionary<string, Uri> { [SandboxGateway.Overseas] = own.BaseAddress },
            },
            NullLoggerFactory.Instance, TimeProvider.System);
        string domestic = (await PayAsync(gateway, SandboxGateway.Domestic, 1))[0];
        string overseas = (await PayAsync(gateway, SandboxGateway.Overseas, 1))[0];
        await ToldAsync(folder.Path, SandboxGateway.Domestic, "T" + domestic);
        await ToldAsync(apart, SandboxGateway.Overseas, "T" + overseas);
        Assert.False(File.Exists(own.FileOf(SandboxGateway.Domestic)));
    }

    [Theory]
    [InlineData("CN000001")]
    [InlineData("CN000001=http://127.0.0.1:1")]
    [InlineData("=https://127.0.0.1:1")]
    [InlineData("CN000001=https://example.com")]
    public async Task AReceiverOfItsOwn_ThatIsNoneOfThisMachine_IsRefused(string given)
    {
        CommandLineRun run = await CommandLineRun.RunAsync("sandbox", "--receiver-url-of", given);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("is not an institution, = and an https address of this machine", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KilledBeforeItWasDelivered_ItArrivesAfterTheRestart_WithTheSameId()
    {
        using var folder = new TemporaryFolder();
        var furnished = new SandboxFolder(folder.Path);
        string number;
        // Nobody takes it: the address is a port without a listener.
        using (SandboxProcess first = await SandboxProcess.StartAsync(folder.Path, "--receiver-url", "https://127.0.0.1:9"))
        {
            using var client = new InstitutionClient(
                first.Api, furnished.LoadPrivateKeyOf(SandboxGateway.Domestic), furnished.LoadGatewayKey(), furnished.LoadCa());
            Exchange exchange = await client.CallAsync(Requests.ScanPay(SandboxGateway.Domestic, "88.80", "CNY", TimeProvider.System));
            Assert.Equal("0000", exchange.RespCode);
            number = exchange.Answer!["trade_no"]!;
            await first.KillAsync();
        }
        using SandboxProcess second = await SandboxProcess.StartAsync(folder.Path);
        JsonElement told = await ToldAsync(folder.Path, SandboxGateway.Domestic, "T" + number, limit: TimeSpan.FromSeconds(40));
        Assert.Equal("SUCCESS", told.GetProperty("trade_status").GetString());
        Assert.Equal(0, await second.TerminateAsync());
    }

    [Fact]
    public async Task AReceiverWithoutItsCertificate_SaysSo()
    {
        CommandLineRun run = await CommandLineRun.RunAsync(
            "receiver", "--key", new SandboxFolder(sandbox.Folder).GatewayPublicKey, "--certificate", new SandboxFolder(sandbox.Folder).GatewayPublicKey, "--certificate-key", new SandboxFolder(sandbox.Folder).GatewayPublicKey);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("are no certificate and its key", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NotifyVerb_WithoutAGateway_SaysSo()
    {
        CommandLineRun run = await CommandLineRun.RunAsync("notify", "list", "--admin", "http://127.0.0.1:9");
        Assert.Equal(3, run.ExitCode);
        Assert.Contains("no gateway at http://127.0.0.1:9", run.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await CommandLineRun.RunAsync("notify", "resend", "--inst", "CN000001")).ExitCode);
        Assert.Equal(2, (await CommandLineRun.RunAsync("notify", "list", "--admin", "http://10.0.0.1:9464")).ExitCode);
    }

    private static async Task<string[]> PayAsync(SandboxGateway gateway, string instId, int count)
    {
        using InstitutionClient client = gateway.NewClient(instId);
        var numbers = new List<string>();
        for (int i = 0; i < count; i++)
        {
            numbers.Add((await client.CallAsync(Requests.ScanPay(instId, "88.80", "CNY", TimeProvider.System))).Answer!["trade_no"]!);
        }
        return [.. numbers];
    }

    /// <summary>Waits until the receiver has this notification, verified and answered so.</summary>
    private static async Task<JsonElement> ToldAsync(string folder, string instId, string notifyId, string answer = "success", TimeSpan? limit = null)
    {
        string path = Path.Combine(new SandboxFolder(folder).Notifications, instId + ".jsonl");
        using var ends = new CancellationTokenSource(limit ?? Limit);
        while (true)
        {
            if (File.Exists(path))
            {
                await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                using var reader = new StreamReader(file);
                foreach (string line in (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries))
                {
                    JsonElement told = JsonDocument.Parse(line).RootElement;
                    JsonElement notification = told.GetProperty("notification");
                    Assert.True(told.GetProperty("verified").GetBoolean());
                    if (notification.GetProperty("notify_id").GetString() == notifyId && told.GetProperty("answer").GetString() == answer)
                    {
                        return notification;
                    }
                }
            }
            await Task.Delay(50, ends.Token);
        }
    }
}
