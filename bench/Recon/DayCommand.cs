using System.Diagnostics;
using System.Globalization;
using HotPath.Core.DayFiles;
using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;

namespace HotPath.Bench.Recon;

/// <summary>
/// <c>day TRADES DIRECTORY</c>: makes a book of so many payments of yesterday (Beijing), one institution's, over twenty hours, and the day files that follow from it,
/// so that a gateway started there has a large day behind it. Says what the feed and the day files cost for each payment.
/// </summary>
internal static class DayCommand
{
    internal const string Name = "day";

    private const char Series = 'd';
    private const int Concurrency = 256;
    private static readonly TimeSpan Length = TimeSpan.FromHours(20);

    internal static async Task<int> RunAsync(string[] args, TextWriter output)
    {
        if (args is not [_, var text, var directory] || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count == 0)
        {
            await output.WriteLineAsync("day TRADES DIRECTORY");
            return 2;
        }
        var clock = new DayClock(BeijingDay.Of(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()) - 1, Length / count);
        var metrics = new GatewayMetrics("day");
        var options = new EmbeddedLedgerOptions { DataDirectory = directory };
        await using EmbeddedLedger ledger = EmbeddedLedger.Open(options, ThreadScheduler.Instance, clock, metrics, static _ => { });
        var watch = Stopwatch.StartNew();
        await new Callers([.. Enumerable.Range(0, Concurrency).Select(_ => new DayPayer(ledger, clock))]).RunAsync(0, count);
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{count} payments in {watch.Elapsed.TotalSeconds:F1} s"));

        using DayStore days = DayStore.Open(directory, clock, metrics, NullLogger<DayStore>.Instance);
        TimeSpan cpuBefore = Environment.CpuUsage.TotalTime;
        watch.Restart();
        using (var feed = new ChangeFeed(ledger, [days], ThreadScheduler.Instance, clock, NullLogger<ChangeFeed>.Instance))
        {
            await feed.CatchUpAsync(days, CancellationToken.None);
        }
        double cpu = (Environment.CpuUsage.TotalTime - cpuBefore).TotalMicroseconds / count;
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"feed and day files: {watch.Elapsed.TotalSeconds:F1} s, {cpu:F2} µs of CPU a payment"));
        return 0;
    }

    /// <summary>Its time is that of the payment under way; intervals are real.</summary>
    private sealed class DayClock(BeijingDay day, TimeSpan step) : TimeProvider
    {
        private long _ticks = DateTimeOffset.FromUnixTimeMilliseconds(day.StartMs).Ticks;

        public override DateTimeOffset GetUtcNow() => new(Volatile.Read(ref _ticks), TimeSpan.Zero);

        internal void Next() => Interlocked.Add(ref _ticks, step.Ticks);
    }

    private sealed class DayPayer(EmbeddedLedger ledger, DayClock clock) : ICaller
    {
        private readonly Recorder _recorder = new(new TradeMaker(ledger, Series), ledger);

        public ValueTask CallAsync(int index)
        {
            clock.Next();
            return _recorder.CallAsync(index);
        }
    }
}
