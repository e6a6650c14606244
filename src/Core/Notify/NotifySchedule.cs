namespace HotPath.Core.Notify;

/// <summary>When a notification that was not acknowledged is sent again (protocol, section 5, "Notification").</summary>
public static class NotifySchedule
{
    /// <summary>How far a delay may be off, either way, as a share of it: those that failed together do not come back together.</summary>
    public const double Jitter = 0.1;

    private static readonly TimeSpan[] Delays =
    [
        TimeSpan.FromSeconds(15), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(10),
        TimeSpan.FromHours(1), TimeSpan.FromHours(2), TimeSpan.FromHours(6), TimeSpan.FromHours(15),
    ];

    /// <summary>How often it is sent before it is a dead letter: once, and once after each delay.</summary>
    public static int MaxAttempts => Delays.Length + 1;

    /// <summary>The whole schedule with every delay at its longest: 26 h 51 min 47 s. After this nobody is tried any more who never answered.</summary>
    public static TimeSpan Length { get; } = TimeSpan.FromTicks((long)(Delays.Sum(delay => delay.Ticks) * (1 + Jitter)));

    /// <summary>The pause after the last of <paramref name="attempts"/> failed; null when it was the last one.</summary>
    /// <param name="attempts">Attempts that failed, 1 and up.</param>
    /// <param name="chance">Where the jitter comes from.</param>
    public static TimeSpan? DelayAfter(int attempts, Random chance) =>
        attempts > Delays.Length ? null : Delays[attempts - 1] * (1 + (Jitter * ((2 * chance.NextDouble()) - 1)));
}
