namespace HotPath.Core.Admission;

/// <summary>So many a second, and how long unused ones are kept. Immutable: a rate that changes is replaced whole.</summary>
public sealed class Rate
{
    // A rate below one a century is none; it keeps the arithmetic far from overflow.
    private const double MaxSecondsEach = 1e6;

    /// <param name="perSecond">Greater than 0; fractions are fine.</param>
    /// <param name="burst">How much of the rate may be used at once, as time: 1 s at 50/s is 50. Never less than one.</param>
    public Rate(double perSecond, TimeSpan burst, TimeProvider clock)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(perSecond);
        PerSecond = perSecond;
        TicksEach = Math.Max(1, (long)(clock.TimestampFrequency * Math.Min(1 / perSecond, MaxSecondsEach)));
        ToleranceTicks = Math.Max(0, (long)(clock.TimestampFrequency * burst.TotalSeconds) - TicksEach);
    }

    public double PerSecond { get; }

    /// <summary>Timestamp ticks from one to the next.</summary>
    internal long TicksEach { get; }

    /// <summary>How far ahead of its time one may come, in timestamp ticks.</summary>
    internal long ToleranceTicks { get; }
}

/// <summary>
/// Lets through as many as a rate allows: the one algorithm behind signing budgets, ceilings, guarantees and what goes beyond them.
/// </summary>
/// <remarks>The generic cell rate algorithm (ITU-T I.371) on one number moved by compare-and-swap: no lock, no timer.</remarks>
public sealed class RateGate(Rate rate, TimeProvider clock)
{
    // The theoretical arrival time of the next one.
    private long _nextAt = long.MinValue;

    /// <summary>True when this one is within the gate's rate.</summary>
    public bool TryTake() => TryTake(rate);

    /// <summary>True when this one is within <paramref name="current"/>, which may be another one each time.</summary>
    public bool TryTake(Rate current)
    {
        long seen = Volatile.Read(ref _nextAt);
        while (true)
        {
            // After the field, each time: who looked at the clock before somebody else took would find a debt that is none, and cut it.
            long now = clock.GetTimestamp();
            long next = Math.Max(seen, now);
            long mostAhead = current.ToleranceTicks + current.TicksEach;
            if (next - now > mostAhead)
            {
                // A debt made at a slower rate: the rate of now knows none so large.
                seen = Swap(seen, now + mostAhead);
                continue;
            }
            if (next - now > current.ToleranceTicks)
            {
                return false;
            }
            long before = Interlocked.CompareExchange(ref _nextAt, next + current.TicksEach, seen);
            if (before == seen)
            {
                return true;
            }
            seen = before;
        }
    }

    /// <summary>Takes what has been used already, up to all there is; less than the gate has on its account changes nothing.</summary>
    public void Charge(Rate current, double used)
    {
        long now = clock.GetTimestamp();
        long owed = now + (long)Math.Min(used * current.TicksEach, current.ToleranceTicks + current.TicksEach);
        long seen = Volatile.Read(ref _nextAt);
        while (seen < owed && Interlocked.CompareExchange(ref _nextAt, owed, seen) is long before && before != seen)
        {
            seen = before;
        }
    }

    // What the field holds afterwards, whoever put it there.
    private long Swap(long seen, long next)
    {
        long before = Interlocked.CompareExchange(ref _nextAt, next, seen);
        return before == seen ? next : before;
    }
}
