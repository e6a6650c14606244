namespace HotPath.Core.DayFiles;

/// <summary>
/// The moment that the journal has come to, as far as it can be believed. A clock may leap by days and come back, and what was recorded meanwhile bears
/// its time for ever. So only claims say what time it is, for an institution's clock had to agree before one was accepted (req_time), and a claim's
/// moment counts only once another one was made an hour later, with none from before it in between. A function of the journal alone: the same after a
/// restart, and when the day files are made again. The feed's thread; any may ask.
/// </summary>
internal sealed class JournalTime
{
    /// <summary>How much later the claim must be that another one's moment counts by. 1 hour.</summary>
    // Ten hours after a day's end, when its files are given out, it is closed.
    private const long SettledMs = 3600 * 1000L;

    private long _comeToMs;

    /// <summary>The latest moment that counts, Unix milliseconds; 0 before there is one.</summary>
    internal long ComeToMs => Volatile.Read(ref _comeToMs);

    /// <summary>The claim that waits for another to agree with it.</summary>
    internal long WaitingMs { get; private set; } = long.MaxValue;

    internal void Claimed(long ms)
    {
        if (ms < WaitingMs)
        {
            // The clock was set back, or has come back from where it was: what waited is not to be believed.
            WaitingMs = ms;
        }
        else if (ms - WaitingMs >= SettledMs)
        {
            Volatile.Write(ref _comeToMs, Math.Max(_comeToMs, WaitingMs));
            WaitingMs = ms;
        }
    }

    /// <summary>As it was kept; <c>Set()</c>: at the beginning of a journal.</summary>
    internal void Set(long comeToMs = 0, long waitingMs = long.MaxValue)
    {
        Volatile.Write(ref _comeToMs, comeToMs);
        WaitingMs = waitingMs;
    }
}
