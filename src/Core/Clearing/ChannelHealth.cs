namespace HotPath.Core.Clearing;

/// <summary>
/// How well a channel has done lately, from 0.05 to 1: what its weight among routes of the same priority is multiplied by. Its success rate to the eighth
/// power, times its pace; both from calls that lose half their say in 30 s (docs/decisions/0025-routing.md).
/// </summary>
/// <remarks>
/// Calls add to three counters; whoever comes 100 ms after the last fold folds them in, alone, while the others go on: no lock, nothing waits. Monotonic
/// time only. What is folded in had its say from the fold before: whoever adds has looked first whether one is due.
/// </remarks>
public sealed class ChannelHealth
{
    /// <summary>The least health: what lets a recovering channel show that it recovers.</summary>
    // One payment in 20 at equal weights: at 100 a second five tell what is so within a second, and 5 % of payments is what a sick channel may still cost.
    public const double Floor = 0.05;

    /// <summary>In which a call loses half its say.</summary>
    // As often as an open breaker is probed. Much shorter is noise at one payment a second, much longer sends payments to what broke a minute ago.
    public static readonly TimeSpan HalfLife = TimeSpan.FromSeconds(30);

    /// <summary>Mean time of an answer up to which a channel is as good as any: the specification's average of a payment (6.1).</summary>
    // Below it speed is no reason to leave the shares that weights were agreed for.
    public static readonly TimeSpan GoodPace = TimeSpan.FromMilliseconds(500);

    // A success rate of 0.9 leaves 43 % of the weight, one of 0.7, where the breaker opens, 6 %: in proportion, it would still get 41 % of two equals.
    private const int Steepness = 8;

    // Good calls that every channel begins with, as many as a breaker wants to see before it judges: the first failure of a quiet hour is no verdict.
    private const double Prior = 20;

    // All the say that calls can have: 200 tell a rate to a point or two. Without an end, a busy channel's failures would outweigh everything for minutes
    // after it has recovered; so new calls push old ones out, sooner the more there are.
    private const double MostEvidence = 200;

    private static readonly TimeSpan FoldEvery = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider _clock;

    // Added to by every call that ends.
    private long _newSuccesses;
    private long _newFailures;
    private long _newMicroseconds;

    // Written by whoever moved _isFolding from 0 to 1; value and time are read by all.
    private int _isFolding;
    private long _foldedAt;
    private double _successes;
    private double _failures;
    private double _seconds;
    private double _value = 1;

    public ChannelHealth(TimeProvider clock)
    {
        _clock = clock;
        _foldedAt = clock.GetTimestamp();
    }

    /// <summary>Now, at most 100 ms old.</summary>
    public double Value
    {
        get
        {
            FoldWhenDue();
            return Volatile.Read(ref _value);
        }
    }

    /// <summary>A payment or refund has ended at the channel. As breakers judge: Unknown and NotDelivered are failures, a business decline is none.</summary>
    public void Ended(ClearingOutcome outcome, TimeSpan took)
    {
        FoldWhenDue();
        if (outcome is ClearingOutcome.Unknown or ClearingOutcome.NotDelivered)
        {
            Interlocked.Increment(ref _newFailures);
        }
        else
        {
            Interlocked.Increment(ref _newSuccesses);
            Interlocked.Add(ref _newMicroseconds, (long)took.TotalMicroseconds);
        }
    }

    private void FoldWhenDue()
    {
        long now = _clock.GetTimestamp();
        TimeSpan since = _clock.GetElapsedTime(Volatile.Read(ref _foldedAt), now);
        if (since < FoldEvery || Interlocked.Exchange(ref _isFolding, 1) != 0)
        {
            return;
        }
        Fold(now);
        Volatile.Write(ref _isFolding, 0);
    }

    private void Fold(long now)
    {
        double successes = _successes + Interlocked.Exchange(ref _newSuccesses, 0);
        double failures = _failures + Interlocked.Exchange(ref _newFailures, 0);
        double seconds = _seconds + (Interlocked.Exchange(ref _newMicroseconds, 0) / 1e6);
        // Another may have folded since the caller looked: then this is a fold of next to nothing.
        double kept = Math.Pow(0.5, Math.Max(0, _clock.GetElapsedTime(_foldedAt, now) / HalfLife)) * Math.Min(1, MostEvidence / Math.Max(1, successes + failures));
        _successes = successes * kept;
        _failures = failures * kept;
        _seconds = seconds * kept;
        double rate = (_successes + Prior) / (_successes + _failures + Prior);
        double mean = _seconds / (_successes + Prior);
        double pace = mean > GoodPace.TotalSeconds ? GoodPace.TotalSeconds / mean : 1;
        Volatile.Write(ref _value, Math.Max(Floor, Math.Pow(rate, Steepness) * pace));
        Volatile.Write(ref _foldedAt, now);
    }
}
