using System.Diagnostics;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;

namespace HotPath.Bench.Grow;

/// <summary>
/// The process that is measured, and killed: it (1) warms up on a ledger of its own, (2) fills the book to a mark, (3) measures a window
/// of payments, and so on to the end, then (4) waits.
/// </summary>
internal sealed class BookFiller(GrowPlan plan, string directory, TextWriter news)
{
    /// <summary>The series of the trades' order numbers.</summary>
    internal const char Series = 'g';

    private const int Concurrency = 256;
    private const int Finds = 2_000;
    private const int LongestChunk = 25_000;
    private const int WaitsPerPayment = 2;

    // A checkpoint that was under way when the last measurement ended is told of by then.
    private static readonly TimeSpan LastCheckpoint = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan CompilersPause = TimeSpan.FromMilliseconds(300);

    private readonly List<CheckpointSpan> _checkpoints = [];
    private readonly LedgerWaits _waits = new(plan.Window * WaitsPerPayment);

    internal async Task RunAsync()
    {
        await WarmUpAsync();
        await using EmbeddedLedger ledger = Open(plan.Options(directory), Listen);
        var trades = new TradeMaker(ledger, Series);
        Callers payers = Payers(ledger, trades);
        long beganAt = Stopwatch.GetTimestamp();
        int paid = 0;
        GrowStep? measured = null;
        foreach (int mark in plan.Marks)
        {
            await PayAsync(payers, paid, mark);
            paid = mark + plan.Window;
            // Only now: a checkpoint may have ended after the window that it began in.
            Tell(measured);
            measured = await MeasureAsync(payers, mark, paid);
            measured = measured with { FindMicroseconds = await FindAsync(ledger, trades, paid) };
        }
        double seconds = Stopwatch.GetElapsedTime(beganAt).TotalSeconds;
        await Task.Delay(LastCheckpoint);
        Tell(measured);
        CheckpointSpan[] taken = Checkpoints();
        new GrowFilled(paid, seconds, taken.Length, Longest(taken)).Tell(news);
        await Task.Delay(Timeout.InfiniteTimeSpan);
    }

    /// <summary>Opens the ledger as the gateway does.</summary>
    internal static EmbeddedLedger Open(EmbeddedLedgerOptions options, Action<LedgerEvent> tell) =>
        EmbeddedLedger.Open(options, ThreadScheduler.Instance, TimeProvider.System, new GatewayMetrics("grow"), tell);

    // Code that has not run often is still being compiled, and compiled better: that is not what a payment costs.
    private async Task WarmUpAsync()
    {
        string scratch = Path.TrimEndingDirectorySeparator(directory) + "-warm-up";
        // Small: what its hash index took would stay in the process and look like the book's.
        var options = new EmbeddedLedgerOptions { DataDirectory = scratch, MaxTrades = plan.Window * 2, IndexMemoryBytes = 4 << 20 };
        await using (EmbeddedLedger ledger = Open(options, static _ => { }))
        {
            Callers payers = Payers(ledger, new TradeMaker(ledger, Series));
            int half = plan.Window / 2;
            await payers.RunAsync(0, half);
            await Task.Delay(CompilersPause);
            await payers.RunAsync(half, plan.Window);
        }
        Directory.Delete(scratch, recursive: true);
    }

    private Callers Payers(EmbeddedLedger ledger, TradeMaker trades) =>
        new([.. Enumerable.Range(0, Concurrency).Select(_ => new GrowPayer(ledger, trades, _waits))]);

    private async Task PayAsync(Callers payers, int first, int end)
    {
        for (int at = first; at < end; at += LongestChunk)
        {
            int chunkEnd = Math.Min(at + LongestChunk, end);
            await payers.RunAsync(at, chunkEnd);
            new GrowProgress(chunkEnd).Tell(news);
        }
    }

    private async Task<GrowStep> MeasureAsync(Callers payers, int first, int end)
    {
        _waits.Begin();
        TimeSpan cpuBefore = Environment.CpuUsage.TotalTime;
        long beganAt = Stopwatch.GetTimestamp();
        await PayAsync(payers, first, end);
        double seconds = Stopwatch.GetElapsedTime(beganAt).TotalSeconds;
        double cpuMicroseconds = (Environment.CpuUsage.TotalTime - cpuBefore).TotalMicroseconds;
        int payments = end - first;
        return new GrowStep(first, payments, payments / seconds, cpuMicroseconds / payments)
        {
            ResidentBytes = Environment.WorkingSet,
            JournalBytes = BytesOf("journal"),
            IndexBytes = BytesOf("index"),
            TradesOnDisk = end,
        };
    }

    private static async Task<double> FindAsync(EmbeddedLedger ledger, TradeMaker trades, int paid)
    {
        var found = new Trade();
        byte[] order = new byte[TradeMaker.OrderBytes];
        // Always the same ones of the same book.
        var random = new Random(paid);
        long beganAt = Stopwatch.GetTimestamp();
        for (int i = 0; i < Finds; i++)
        {
            trades.WriteOrder(random.Next(paid), order);
            if (!await ledger.FindByOrderAsync(TradeMaker.Institution, order, found))
            {
                throw new InvalidOperationException("a recorded trade was not found");
            }
        }
        return Stopwatch.GetElapsedTime(beganAt).TotalMicroseconds / Finds;
    }

    private void Tell(GrowStep? measured)
    {
        if (measured is not null)
        {
            CheckpointSpan[] checkpoints = Checkpoints();
            (WaitFigures outside, WaitFigures during) = _waits.Split(checkpoints);
            CheckpointSpan[] touched = [.. checkpoints.Where(_waits.Overlaps)];
            (measured with { Outside = outside, During = during, CheckpointSeconds = Longest(touched) }).Tell(news);
        }
    }

    private long BytesOf(string folder) =>
        new DirectoryInfo(Path.Combine(directory, folder)).EnumerateFiles("*", SearchOption.AllDirectories).Sum(static file => file.Length);

    private void Listen(LedgerEvent told)
    {
        if (told.Kind == LedgerEventKind.CheckpointTaken)
        {
            long now = Stopwatch.GetTimestamp();
            lock (_checkpoints)
            {
                _checkpoints.Add(new CheckpointSpan(now - (long)(told.Took.TotalSeconds * Stopwatch.Frequency), now));
            }
        }
    }

    private CheckpointSpan[] Checkpoints()
    {
        lock (_checkpoints)
        {
            return [.. _checkpoints];
        }
    }

    private static double Longest(CheckpointSpan[] checkpoints) => checkpoints.Length == 0 ? 0 : checkpoints.Max(one => one.Took.TotalSeconds);
}
