namespace HotPath.Core.Auth;

/// <summary>
/// How many signed refusals a second somebody gets. A signature costs fifteen times a verification, so an attacker who gets one for
/// every refusal decides how busy the gateway is. Above the budget the refusal is HTTP 429, unsigned.
/// </summary>
/// <remarks>The generic cell rate algorithm (ITU-T I.371) with a burst of one second, on one number: no lock, no timer.</remarks>
public sealed class SigningBudget
{
    /// <summary>Refusals before the caller is known, for all callers together, per second (protocol, section 1).</summary>
    public const int DefaultUnauthenticated = 300;

    /// <summary>Refusals for capacity (A001, D004) of one institution, per second (protocol, section 1).</summary>
    public const int DefaultPerInstitution = 50;

    private readonly TimeProvider _clock;
    private readonly long _ticksEach;
    private readonly long _burstTicks;

    // The theoretical arrival time of the next refusal; moved by compare-and-swap.
    private long _nextAt;

    public SigningBudget(int perSecond, TimeProvider clock)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(perSecond, 1);
        _clock = clock;
        _ticksEach = Math.Max(1, clock.TimestampFrequency / perSecond);
        _burstTicks = clock.TimestampFrequency - _ticksEach;
        _nextAt = long.MinValue;
    }

    /// <summary>True when this refusal may be signed.</summary>
    public bool TryTake()
    {
        long now = _clock.GetTimestamp();
        long seen = Volatile.Read(ref _nextAt);
        while (true)
        {
            long next = Math.Max(seen, now);
            if (next - now > _burstTicks)
            {
                return false;
            }
            long before = Interlocked.CompareExchange(ref _nextAt, next + _ticksEach, seen);
            if (before == seen)
            {
                return true;
            }
            seen = before;
        }
    }
}
