using HotPath.Signing;

namespace HotPath.LoadTest.Efficiency;

/// <summary>How efficiency is measured.</summary>
internal sealed record EfficiencyOptions
{
    public SignType SignType { get; init; } = SignType.Rsa2;

    /// <summary>Repetitions; the medians count. Default 3.</summary>
    public int Rounds { get; init; } = 3;

    /// <summary>Each measured phase. Default 10 s.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Before each of them. Default 20 s: at saturation the JIT's last methods come that late, because it gets no core.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Keep-alive connections. Default 384: with the channel's 20 ms, 128 leave the cores idle for a sixth of the time.</summary>
    public int Connections { get; init; } = 384;

    /// <summary>Payments a second that saturation will certainly not exceed: so many are signed ahead. Default 6,000.</summary>
    public int AtMostPerSecond { get; init; } = 6000;

    /// <summary>Share of saturation at which latency is looked at. Default 0.7.</summary>
    public double PartialLoad { get; init; } = 0.7;
}
