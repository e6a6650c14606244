using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using HotPath.Host.Client;
using HotPath.Host.Sandbox;
using HotPath.Host.Tests.Crash;
using Xunit;

namespace HotPath.Host.Tests;

/// <summary>Through the front door over ISO 8583: the sandbox's channel for Thai bill payments.</summary>
[Collection(SandboxFixture.Name)]
public sealed class Iso8583ChannelTests(SandboxFixture sandbox)
{
    // PromptPay bill payment (A000000677010112), static, in THB.
    internal const string BillCode = "00020101021130460016A00000067701011201150107536000315080203REF53037645802TH63049483";

    [Theory]
    [InlineData("88.80", "0000", "SUCCESS")]
    [InlineData("88.02", "B002", "FAILED")]
    [InlineData("88.05", "0001", "PENDING")]
    [InlineData("88.08", "0001", "PENDING")]
    [InlineData("88.11", "B001", "FAILED")]
    public async Task PaymentOfABill_HasTheOutcomeOfItsAmount(string amount, string code, string status)
    {
        using InstitutionClient client = sandbox.Sandbox.NewClient(SandboxGateway.Domestic);

        Exchange paid = await client.CallAsync(Bill(amount));

        Assert.Equal((code, status), (paid.RespCode, paid.Answer!["trade_status"]));
    }

    [Fact]
    public async Task BillPaidRefundedCancelledAndQueried_AsThroughAnyChannel()
    {
        using InstitutionClient client = sandbox.Sandbox.NewClient(SandboxGateway.Domestic);
        SignedMessage paid = (await client.CallAsync(Bill("100.00"))).Answer!;
        SignedMessage doubtful = (await client.CallAsync(Bill("88.08"))).Answer!;

        Exchange refunded = await client.CallAsync(Requests.Refund(SandboxGateway.Domestic, paid["trade_no"]!, paid["out_trade_no"]!, "40.00", TimeProvider.System));
        Exchange tooMuch = await client.CallAsync(Requests.Refund(SandboxGateway.Domestic, paid["trade_no"]!, paid["out_trade_no"]!, "60.02", TimeProvider.System));
        SignedMessage cancel = Requests.TradeCancel(SandboxGateway.Domestic, TimeProvider.System);
        cancel["orig_trade_no"] = doubtful["trade_no"];
        Exchange cancelled = await client.CallAsync(cancel);
        SignedMessage query = Requests.TradeQuery(SandboxGateway.Domestic, TimeProvider.System);
        query["trade_no"] = paid["trade_no"];
        SignedMessage queried = (await client.CallAsync(query)).Answer!;

        Assert.Equal("0000", refunded.RespCode);
        Assert.Equal("B008", tooMuch.RespCode);
        Assert.Equal(("0000", "CANCELLED"), (cancelled.RespCode, cancelled.Answer!["trade_status"]));
        Assert.Equal(("SUCCESS", "40.00"), (queried["trade_status"], queried["total_refunded_amount"]));
    }

    [Theory]
    [InlineData("not hexadecimal")]
    [InlineData("00ff")]
    [InlineData(null)]
    public async Task SimulatorsKeyFile_ThatIsNoKey_IsNamedWithTheReason_AndNothingStarts(string? text)
    {
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "mac.key");
        if (text is not null)
        {
            await File.WriteAllTextAsync(file, text);
        }

        CommandLineRun run = await CommandLineRun.RunAsync(["simulator", "--iso8583-port", "0", "--iso8583-mac-key", file, "--books", Path.Combine(folder.Path, "books")]);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains($"--iso8583-mac-key {file}: ", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder.Path, "books")));
    }

    internal static SignedMessage Bill(string amount)
    {
        SignedMessage bill = Requests.ScanPay(SandboxGateway.Domestic, amount, "THB", TimeProvider.System);
        bill["qr_content"] = BillCode;
        return bill;
    }
}

/// <summary>Gateway and channel as processes of their own, with a channel that is killed in the middle of its answers.</summary>
public sealed partial class Iso8583ProcessTests : IDisposable
{
    private const int Payments = 400;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private readonly TemporaryFolder _books = new();
    private readonly TemporaryFolder _data = new();

    public void Dispose()
    {
        _books.Dispose();
        _data.Dispose();
    }

    [Fact]
    public async Task ChannelKilledInTheMiddle_EveryPaymentEndsAsItsBooksSay_AndTheConnectionsComeBackByThemselves()
    {
        using var limit = new CancellationTokenSource(Limit);
        (Process first, string http, string iso) = await StartSimulatorAsync("0", "0", limit.Token);
        using SandboxProcess sandbox = await SandboxProcess.StartAsync(_data.Path, "--channel-url", http, "--iso8583-url", iso, "--no-notify");
        using InstitutionClient client = NewClient(sandbox);

        // Some are paid before it dies, however slow this machine is just now; some while it does, some are tried while it is dead.
        int succeeded = 0;
        var someArePaid = new TaskCompletionSource();
        Task<(string? TradeNo, string? Code)>[] paying = [.. Enumerable.Range(0, Payments).Select(async number =>
        {
            await Task.Delay(number * 5, limit.Token);
            Exchange paid = await client.CallAsync(Iso8583ChannelTests.Bill("88.80"), limit.Token);
            if (paid.RespCode == "0000" && Interlocked.Increment(ref succeeded) == Payments / 10)
            {
                someArePaid.SetResult();
            }
            return (paid.Answer?["trade_no"], paid.RespCode);
        })];
        await someArePaid.Task.WaitAsync(limit.Token);
        first.Kill();
        await first.WaitForExitAsync(limit.Token);
        await Task.Delay(300, limit.Token);
        (Process second, _, _) = await StartSimulatorAsync(new Uri(http).Port.ToString(System.Globalization.CultureInfo.InvariantCulture), new Uri(iso).Port.ToString(System.Globalization.CultureInfo.InvariantCulture), limit.Token);
        (string? TradeNo, string? Code)[] paid = await Task.WhenAll(paying);
        // The last one finds the channel again.
        Assert.Equal("0000", (await PayUntilAsync(client, "0000", limit.Token)).RespCode);

        string[] trades = [.. paid.Select(one => one.TradeNo).OfType<string>()];
        var status = new Dictionary<string, string>();
        foreach (string trade in trades)
        {
            status[trade] = await FinalStatusAsync(client, trade, limit.Token);
        }
        second.Kill();
        await second.WaitForExitAsync(limit.Token);
        Dictionary<string, (bool Executed, int Pays)> books = ReadBooks();

        Assert.Contains("SUCCESS", status.Values);
        Assert.Contains(paid, one => one.Code != "0000");
        Assert.All(status, trade => Assert.Equal(trade.Value == "SUCCESS", books.GetValueOrDefault(trade.Key).Executed));
        // Nothing was sent twice.
        Assert.All(books, trade => Assert.InRange(trade.Value.Pays, 0, 1));
        Assert.All(paid.Where(one => one.Code == "0000"), one => Assert.Equal("SUCCESS", status[one.TradeNo!]));
    }

    private static async Task<Exchange> PayUntilAsync(InstitutionClient client, string code, CancellationToken limit)
    {
        while (true)
        {
            Exchange paid = await client.CallAsync(Iso8583ChannelTests.Bill("88.80"), limit);
            if (paid.RespCode == code)
            {
                return paid;
            }
            await Task.Delay(100, limit);
        }
    }

    private static async Task<string> FinalStatusAsync(InstitutionClient client, string tradeNo, CancellationToken limit)
    {
        while (true)
        {
            SignedMessage query = Requests.TradeQuery(SandboxGateway.Domestic, TimeProvider.System);
            query["trade_no"] = tradeNo;
            string status = (await client.CallAsync(query, limit)).Answer?["trade_status"] ?? "";
            if (status is "SUCCESS" or "FAILED" or "CANCELLED")
            {
                return status;
            }
            await Task.Delay(250, limit);
        }
    }

    private Dictionary<string, (bool Executed, int Pays)> ReadBooks()
    {
        var books = new Dictionary<string, (bool Executed, int Pays)>();
        foreach (JsonElement line in File.ReadLines(Path.Combine(_books.Path, "books.jsonl")).Select(line => JsonDocument.Parse(line).RootElement))
        {
            string reference = line.GetProperty("reference").GetString()!;
            int pays = books.GetValueOrDefault(reference).Pays + (line.GetProperty("event").GetString() == "pay" ? 1 : 0);
            books[reference] = (line.GetProperty("executed").GetBoolean(), pays);
        }
        return books;
    }

    private InstitutionClient NewClient(SandboxProcess sandbox)
    {
        var folder = new SandboxFolder(_data.Path);
        return new InstitutionClient(sandbox.Api, folder.LoadPrivateKeyOf(SandboxGateway.Domestic), folder.LoadGatewayKey(), folder.LoadCa());
    }

    private async Task<(Process Process, string Http, string Iso8583)> StartSimulatorAsync(string port, string isoPort, CancellationToken limit)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                "exec", Path.Combine(AppContext.BaseDirectory, "hotpath.dll"), "simulator", "--port", port, "--iso8583-port", isoPort, "--books", _books.Path,
                "--channel-latency", "5ms",
            },
            RedirectStandardOutput = true,
        };
        Process process = Process.Start(start)!;
        string iso = "";
        while (await process.StandardOutput.ReadLineAsync(limit) is { } line)
        {
            iso = Iso8583Line().Match(line) is { Success: true } spoken ? spoken.Groups[1].Value : iso;
            if (ReadyLine().Match(line) is { Success: true } ready)
            {
                return (process, ready.Groups[1].Value, iso);
            }
        }
        throw new InvalidOperationException("the simulator ended before it was ready");
    }

    [GeneratedRegex(@"^hotpath simulator iso8583 (tcp://127\.0\.0\.1:\d+)$")]
    private static partial Regex Iso8583Line();

    [GeneratedRegex(@"^hotpath simulator ready (http://\S+) pid \d+$")]
    private static partial Regex ReadyLine();
}
