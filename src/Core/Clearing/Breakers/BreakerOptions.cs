namespace HotPath.Core.Clearing.Breakers;

/// <summary>When a channel is left alone, and when it is tried again (specification 4.4; protocol, section 6).</summary>
public sealed record BreakerOptions
{
    /// <summary>False: only operators open it. Default true.</summary>
    public bool OpensByItself { get; init; } = true;

    /// <summary>Share of technical errors over which it opens: over, not at. Default 0.3. Range above 0, below 1.</summary>
    public double ErrorRatio { get; init; } = 0.3;

    /// <summary>The window of <see cref="ErrorRatio"/>; it slides by tenths. Default 10 min.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Calls in the window below which no share is judged. Default 20. At least 2.</summary>
    public int FewestCalls { get; init; } = 20;

    /// <summary>A call that takes longer is slow. Default 10 s.</summary>
    public TimeSpan SlowAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Slow calls in a row that open it. Default 5.</summary>
    public int SlowCalls { get; init; } = 5;

    /// <summary>How long nothing but errors may come from it. Default 1 min.</summary>
    public TimeSpan UnavailableFor { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>From the opening to the first probe, and from the beginning of each probe to that of the next. Default 30 s.</summary>
    public TimeSpan ProbeEvery { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A probe without an answer after this time has failed. Default 10 s. Shorter than <see cref="ProbeEvery"/>.</summary>
    public TimeSpan ProbeDeadline { get; init; } = TimeSpan.FromSeconds(10);
}
