using System.Diagnostics;
using HdrHistogram;

namespace HotPath.Bench.Grow;

/// <summary>
/// Every single wait for the ledger in one measurement. Kept one by one, because only afterwards it is known which of them a checkpoint
/// fell into: it is told of at its end.
/// </summary>
internal sealed class LedgerWaits
{
    private const double MicrosecondsPerMillisecond = 1000;

    private static readonly long LongestMicroseconds = (long)TimeSpan.FromMinutes(1).TotalMicroseconds;

    private readonly (long BeganAt, long EndedAt)[] _waits;
    private int _count;

    internal LedgerWaits(int capacity)
    {
        _waits = new (long, long)[capacity];
        // Its pages are there from the beginning: resident memory must not grow by it.
        Array.Fill(_waits, (1, 1));
        _count = capacity;
    }

    /// <summary>Forgets what was; from now on waits count.</summary>
    internal void Begin() => Volatile.Write(ref _count, 0);

    /// <summary>Any thread; what does not fit is not kept.</summary>
    internal void Add(long beganAt)
    {
        if (Volatile.Read(ref _count) < _waits.Length)
        {
            int at = Interlocked.Increment(ref _count) - 1;
            if (at < _waits.Length)
            {
                _waits[at] = (beganAt, Stopwatch.GetTimestamp());
            }
        }
    }

    /// <summary>The waits that overlap none of <paramref name="checkpoints"/>, and the others.</summary>
    internal (WaitFigures Outside, WaitFigures During) Split(IReadOnlyList<CheckpointSpan> checkpoints)
    {
        var outside = new LongHistogram(LongestMicroseconds, 3);
        var during = new LongHistogram(LongestMicroseconds, 3);
        foreach ((long beganAt, long endedAt) in _waits.AsSpan(0, Math.Min(_count, _waits.Length)))
        {
            bool isDuring = false;
            foreach (CheckpointSpan checkpoint in checkpoints)
            {
                isDuring |= checkpoint.Overlaps(beganAt, endedAt);
            }
            long microseconds = (long)Stopwatch.GetElapsedTime(beganAt, endedAt).TotalMicroseconds;
            (isDuring ? during : outside).RecordValue(Math.Min(microseconds, LongestMicroseconds));
        }
        return (Figures(outside), Figures(during));
    }

    /// <summary>Whether a wait of this measurement fell into the checkpoint.</summary>
    internal bool Overlaps(CheckpointSpan checkpoint)
    {
        foreach ((long beganAt, long endedAt) in _waits.AsSpan(0, Math.Min(_count, _waits.Length)))
        {
            if (checkpoint.Overlaps(beganAt, endedAt))
            {
                return true;
            }
        }
        return false;
    }

    private static WaitFigures Figures(LongHistogram of)
    {
        double At(double percentile) => of.TotalCount == 0 ? 0 : of.GetValueAtPercentile(percentile) / MicrosecondsPerMillisecond;
        return new WaitFigures(of.TotalCount, At(50), At(99), At(99.9), At(100));
    }
}

/// <summary>When a checkpoint ran, in <see cref="Stopwatch"/> ticks.</summary>
internal readonly record struct CheckpointSpan(long BeganAt, long EndedAt)
{
    internal bool Overlaps(long beganAt, long endedAt) => beganAt <= EndedAt && endedAt >= BeganAt;

    internal TimeSpan Took => Stopwatch.GetElapsedTime(BeganAt, EndedAt);
}
