using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using HotPath.Host.Client;
using HotPath.Host.Sandbox;
using Xunit;

namespace HotPath.Host.Tests.Crash;

/// <summary>
/// kill -9 under load, at random moments, again and again: every acknowledged answer is there afterwards with the same bytes, no trade was
/// executed twice, what was cancelled stays so and every cancel is told how its payment ended, and the journal is clean. Three rounds by default; CI does ten, <c>./dev crash</c> twenty.
/// </summary>
[Trait("Category", "Crash")]
public sealed class CrashTests
{
    private const int Clients = 24;

    // Of what takes seconds: the slowest is executed without an answer (1.09), inquired 3 s after it was accepted, here perhaps for the first time after the last start. A machine that is
    // busy with other things takes longer over as much.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    // Mostly success; a decline, a late result, and one that is executed without ever an answer.
    private static readonly string[] Amounts = ["88.80", "12.34", "7.00", "100.01", "5.55", "1.02", "1.05", "1.09"];

    private static int Rounds => int.Parse(Environment.GetEnvironmentVariable("HOTPATH_CRASH_ROUNDS") ?? "3", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Kill9_UnderLoad_LosesNoAcknowledgedAnswer_AndPaysNothingTwice()
    {
        using var folder = new TemporaryFolder();
        int seed = Environment.TickCount;
        var random = new Random(seed);
        var sent = new ConcurrentDictionary<string, Sent>();
        var cancels = new ConcurrentDictionary<string, Sent>();
        for (int round = 0; round < Rounds; round++)
        {
            using SandboxProcess gateway = await SandboxProcess.StartAsync(folder.Path);
            using InstitutionClient client = Client(gateway, folder);
            await AssertKeptAsync(client, sent.Values.Concat(cancels.Values).Where(one => one.Final is not null).OrderBy(_ => random.Next()).Take(500), seed);
            // At any moment, be it before the first answer; but once at least when somebody has been told of a cancel: on a machine that is slow to start no other round may come so far.
            await LoadUntilKilledAsync(gateway, client, sent, cancels, TimeSpan.FromMilliseconds(random.Next(50, 1500)), isLast: round == Rounds - 1);
        }

        using SandboxProcess last = await SandboxProcess.StartAsync(folder.Path);
        using (InstitutionClient client = Client(last, folder))
        {
            await AssertKeptAsync(client, sent.Values.Concat(cancels.Values).Where(one => one.Final is not null), seed);
            await EndAllAsync(client, sent.Values, seed);
            // Of those that came before their payment, or were never answered: it has ended by now.
            await EndAllAsync(client, cancels.Values, seed);
        }
        Assert.Equal(0, await last.TerminateAsync());
        Assert.True(sent.Values.Count(payment => payment.Final is not null) > Rounds * 10, "too little was acknowledged to mean anything");
        AssertExecutedOnce(folder.Path, sent.Values);
        Assert.All(cancels.Values, cancel => Assert.Equal((sent[cancel.OrderNo].TradeNo, sent[cancel.OrderNo].Status), (cancel.TradeNo, cancel.Status)));
        Assert.Contains(cancels.Values, cancel => cancel.Status == "CANCELLED");
        Assert.Equal(0, await JournalVerifyAsync(folder.Path));
    }

    private static InstitutionClient Client(SandboxProcess gateway, TemporaryFolder folder)
    {
        var sandbox = new SandboxFolder(folder.Path);
        return new InstitutionClient(gateway.Api, sandbox.LoadPrivateKeyOf(SandboxGateway.Domestic), sandbox.LoadGatewayKey(), sandbox.LoadCa());
    }

    private static async Task LoadUntilKilledAsync(
        SandboxProcess gateway, InstitutionClient client, ConcurrentDictionary<string, Sent> sent, ConcurrentDictionary<string, Sent> cancels, TimeSpan killAfter, bool isLast)
    {
        using var stop = new CancellationTokenSource();
        Task[] clients = [.. Enumerable.Range(0, Clients).Select(n => Task.Run(async () =>
        {
            for (int i = n; !stop.IsCancellationRequested; i++)
            {
                var payment = new Sent(Requests.ScanPay(SandboxGateway.Domestic, Amounts[i % Amounts.Length], "HKD", TimeProvider.System));
                sent[payment.OrderNo] = payment;
                // Every third has second thoughts, while it is under way or just after it.
                Task cancelling = i % 3 == 0 ? CancelAsync(client, payment, cancels, TimeSpan.FromMilliseconds(i % 7 * 20)) : Task.CompletedTask;
                payment.Learn(await client.CallAsync(payment.Request, CancellationToken.None));
                await cancelling;
            }
        }))];
        long begin = Stopwatch.GetTimestamp();
        while (isLast && !cancels.Values.Any(cancel => cancel.Status == "CANCELLED"))
        {
            Assert.True(Stopwatch.GetElapsedTime(begin) < Patience, "no cancel is answered");
            await Task.Delay(5);
        }
        await Task.Delay(killAfter);
        await gateway.KillAsync();
        await stop.CancelAsync();
        await Task.WhenAll(clients);
    }

    private static async Task CancelAsync(InstitutionClient client, Sent payment, ConcurrentDictionary<string, Sent> cancels, TimeSpan after)
    {
        SignedMessage request = Requests.TradeCancel(SandboxGateway.Domestic, TimeProvider.System);
        request["out_trade_no"] = payment.OrderNo;
        var cancel = new Sent(request);
        cancels[payment.OrderNo] = cancel;
        await Task.Delay(after);
        cancel.Learn(await client.CallAsync(request, CancellationToken.None));
    }

    private static async Task AssertKeptAsync(InstitutionClient client, IEnumerable<Sent> payments, int seed)
    {
        await Parallel.ForEachAsync(payments, new ParallelOptions { MaxDegreeOfParallelism = Clients }, async (payment, _) =>
        {
            Exchange again = await AnsweredAsync(client, payment.Request);
            Assert.True(again.IsVerified, $"seed {seed}: {again.Problem}");
            Assert.True(payment.Final == Text(again.Answer!), $"seed {seed}: {payment.Final} became {Text(again.Answer!)}");
        });
    }

    /// <summary>Asks until there is an answer that says something: a gateway whose machine is too busy says so, or nothing, and may be asked again.</summary>
    private static async Task<Exchange> AnsweredAsync(InstitutionClient client, SignedMessage request)
    {
        long begin = Stopwatch.GetTimestamp();
        while (true)
        {
            Exchange exchange = await client.CallAsync(request, CancellationToken.None);
            bool isBusy = exchange.Answer is null || (exchange.IsVerified && exchange.RespCode == "A001");
            if (!isBusy || Stopwatch.GetElapsedTime(begin) > Patience)
            {
                return exchange;
            }
            await Task.Delay(20);
        }
    }

    // What was never answered, or was PENDING: repeated until it is final. All at once: each has its own times to wait for.
    private static async Task EndAllAsync(InstitutionClient client, IEnumerable<Sent> payments, int seed)
    {
        using var limit = new CancellationTokenSource(Patience);
        await Task.WhenAll(payments.Where(payment => payment.Status.Length == 0).Select(async payment =>
        {
            while (payment.Status.Length == 0)
            {
                Assert.False(limit.IsCancellationRequested, $"seed {seed}: order {payment.OrderNo} does not end");
                payment.Learn(await client.CallAsync(payment.Request, CancellationToken.None));
                await Task.Delay(TimeSpan.FromMilliseconds(200));
            }
        }));
    }

    private static void AssertExecutedOnce(string folder, IEnumerable<Sent> payments)
    {
        var dispatched = new Dictionary<string, int>();
        foreach (string line in File.ReadLines(Path.Combine(folder, "simulator", "books.jsonl")))
        {
            using var entry = JsonDocument.Parse(line);
            if (entry.RootElement.GetProperty("event").GetString() == "pay")
            {
                string reference = entry.RootElement.GetProperty("reference").GetString()!;
                dispatched[reference] = dispatched.GetValueOrDefault(reference) + 1;
            }
        }
        Assert.DoesNotContain(dispatched, reference => reference.Value != 1);
        var tradeNos = payments.Select(payment => payment.TradeNo).ToHashSet();
        Assert.Equal(payments.Count(), tradeNos.Count);
        Assert.DoesNotContain(dispatched.Keys, reference => !tradeNos.Contains(reference));
        Assert.DoesNotContain(payments, payment => payment.Status == "SUCCESS" && !dispatched.ContainsKey(payment.TradeNo!));
    }

    private static async Task<int> JournalVerifyAsync(string folder)
    {
        using Process verify = Process.Start("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "hotpath.dll"), "journal", "verify", folder]);
        await verify.WaitForExitAsync();
        return verify.ExitCode;
    }

    private static string Text(SignedMessage answer) => Encoding.UTF8.GetString(answer.ToJson());

    /// <summary>One payment, or one cancel, and what its institution was told.</summary>
    private sealed class Sent(SignedMessage request)
    {
        internal SignedMessage Request { get; } = request;

        internal string OrderNo { get; } = request["out_trade_no"]!;

        /// <summary>The final answer's bytes, once there was one that is kept. A cancel of what has succeeded is refused, and leaves none.</summary>
        internal string? Final { get; private set; }

        internal string? TradeNo { get; private set; }

        /// <summary>How the trade ended, once that was told; empty before.</summary>
        internal string Status { get; private set; } = "";

        internal void Learn(Exchange exchange)
        {
            if (exchange.Answer is not { } answer)
            {
                return;
            }
            Assert.True(exchange.IsVerified, exchange.Problem);
            if (answer["trade_no"] is null)
            {
                // A cancel that came before its payment, or a refusal.
                return;
            }
            Assert.True(TradeNo is null || TradeNo == answer["trade_no"], $"order {OrderNo} was {TradeNo}, now {answer["trade_no"]}");
            TradeNo = answer["trade_no"];
            if (answer["trade_status"] is { } status and ("SUCCESS" or "FAILED" or "CANCELLED"))
            {
                Status = status;
                Final = answer["resp_code"] == "B007" ? null : Text(answer);
            }
        }
    }
}
