using HotPath.Core.Ledger.Embedded;

namespace HotPath.Bench.Grow;

/// <summary>How far a book grows, and where it is looked at: some trades are paid from each mark on, and what they cost is measured.</summary>
internal sealed class GrowPlan
{
    // The journal gets two records a trade, and the ledger takes a checkpoint every 500,000: each window holds one.
    private const int LongestWindow = 250_000;

    private static readonly int[] UsualMarks = [100_000, 1_000_000, 2_000_000, 5_000_000];

    internal GrowPlan(int trades)
    {
        Trades = trades;
        Window = Math.Min(LongestWindow, trades / 4);
        int last = trades - Window;
        int[] early = trades / 4 < UsualMarks[0] ? [trades / 4] : UsualMarks;
        Marks = [.. early.Where(mark => mark + Window <= last), last];
    }

    /// <summary>Trades in the end.</summary>
    internal int Trades { get; }

    /// <summary>Payments of a measurement.</summary>
    internal int Window { get; }

    /// <summary>Trades in the book when a measurement begins.</summary>
    internal IReadOnlyList<int> Marks { get; }

    /// <summary>The ledger as it is by default; only a larger book is allowed for, a small one takes checkpoints in time, and a disk that others use too is not refused for it.</summary>
    internal EmbeddedLedgerOptions Options(string directory)
    {
        var standard = new EmbeddedLedgerOptions { DataDirectory = directory };
        return new EmbeddedLedgerOptions
        {
            DataDirectory = directory,
            MaxTrades = Math.Max(standard.MaxTrades, Trades),
            CheckpointEveryRecords = Math.Clamp(Window * 2, 100, standard.CheckpointEveryRecords),
            SlowStep = TimeSpan.FromDays(1),
        };
    }
}
