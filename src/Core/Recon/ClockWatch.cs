namespace HotPath.Core.Recon;

/// <summary>
/// Whether the wall clock can be believed for what nobody asked for: a machine counts its seconds beside it, and a clock that has leapt ahead of them may
/// come back. Look often. One thread's own.
/// </summary>
internal sealed class ClockWatch(TimeProvider clock)
{
    /// <summary>How long a clock that has leapt ahead must stay there. 1 hour.</summary>
    // A file that nobody asked for is wanted at ten, and begun at ten past midnight.
    internal static readonly TimeSpan Settling = TimeSpan.FromHours(1);

    // What a clock is set by in ordinary life: a leap second, a slew.
    private static readonly TimeSpan Ordinary = TimeSpan.FromMinutes(1);

    private readonly long _beganAt = clock.GetTimestamp();
    private DateTimeOffset _lastSeen = clock.GetUtcNow();
    private long _lastSeenAt = clock.GetTimestamp();
    private TimeSpan _ahead;
    private long _leaptAt;

    /// <summary>It has been watched for as long as that.</summary>
    internal bool IsWatchedLong => clock.GetElapsedTime(_beganAt) >= Settling;

    /// <summary>What it says, Unix milliseconds; false while it is ahead of where it was, for an hour at most.</summary>
    internal bool IsBelieved(out long unixMs)
    {
        (DateTimeOffset now, long at) = Read();
        unixMs = now.ToUnixTimeMilliseconds();
        TimeSpan leap = now - _lastSeen - clock.GetElapsedTime(_lastSeenAt, at);
        (_lastSeen, _lastSeenAt) = (now, at);
        if (leap.Duration() > Ordinary)
        {
            // Back to where it was, or behind: nothing is to be feared of that.
            _ahead = _ahead + leap > Ordinary ? _ahead + leap : TimeSpan.Zero;
            _leaptAt = leap > Ordinary ? at : _leaptAt;
        }
        if (clock.GetElapsedTime(_leaptAt, at) >= Settling)
        {
            _ahead = TimeSpan.Zero;
        }
        return _ahead == TimeSpan.Zero;
    }

    // Both at one moment: what passes between two readings is no leap.
    private (DateTimeOffset Now, long At) Read()
    {
        (DateTimeOffset Now, long At) read;
        do
        {
            read.At = clock.GetTimestamp();
            read.Now = clock.GetUtcNow();
        }
        while (clock.GetElapsedTime(read.At) >= Ordinary / 2);
        return read;
    }
}
