using System.Diagnostics;
using System.Globalization;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;

namespace HotPath.Bench.Grow;

/// <summary>
/// <c>pending TRADES DIRECTORY CHANNEL</c>: makes a book of so many trades that were accepted two hours ago for a channel and have no result, as a long outage leaves it.
/// </summary>
internal static class PendingCommand
{
    internal const string Name = "pending";

    private const char Series = 'p';
    private const int Concurrency = 256;
    private static readonly TimeSpan Ago = TimeSpan.FromHours(2);

    internal static async Task<int> RunAsync(string[] args, TextWriter output)
    {
        if (args is not [_, var text, var directory, var channel] || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count == 0)
        {
            await output.WriteLineAsync("pending TRADES DIRECTORY CHANNEL");
            return 2;
        }
        var options = new EmbeddedLedgerOptions { DataDirectory = directory };
        await using EmbeddedLedger ledger = EmbeddedLedger.Open(options, ThreadScheduler.Instance, new EarlierClock(), new GatewayMetrics("pending"), static _ => { });
        var watch = Stopwatch.StartNew();
        await new Callers([.. Enumerable.Range(0, Concurrency).Select(_ => new Claimer(new TradeMaker(ledger, Series, channel), ledger))]).RunAsync(0, count);
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{count} trades without a result in {watch.Elapsed.TotalSeconds:F1} s"));
        return 0;
    }

    /// <summary>Intervals are real.</summary>
    private sealed class EarlierClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() - Ago;
    }
}
