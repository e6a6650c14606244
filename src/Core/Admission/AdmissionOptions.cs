namespace HotPath.Core.Admission;

/// <summary>When the gateway calls itself overloaded, and what every institution has then.</summary>
public sealed record AdmissionOptions
{
    /// <summary>What an institution is guaranteed while the machine can do it, in calls a second (protocol, section 6).</summary>
    public const int GuaranteePerSecond = 1000;

    /// <summary>The longest that work may stand in line for a thread, at each of its hops. Default 10 ms. Range 1 ms to 1 s.</summary>
    public TimeSpan TargetWait { get; init; } = TimeSpan.FromMilliseconds(1000);

    /// <summary>
    /// With fewer calls under way a long wait is not our queue (a neighbour has the cores), and refusing would not shorten it. Default 64. Range 0 to 4,096.
    /// </summary>
    public int LeastInFlight { get; init; } = 64;
}
