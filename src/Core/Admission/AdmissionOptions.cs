namespace HotPath.Core.Admission;

/// <summary>When the gateway calls itself overloaded, and what every institution has then.</summary>
public sealed record AdmissionOptions
{
    /// <summary>What an institution is guaranteed while the machine can do it, in calls a second (protocol, section 6).</summary>
    public const int GuaranteePerSecond = 1000;

    /// <summary>How long work may wait for a thread, on average, while several institutions call. Default 5 ms. Range 1 ms to 1 s.</summary>
    // A payment waits about nine times, measured: 45 ms of its answer. Saturated on 2 cores the average wait is 2.7 ms with 128 connections in closed
    // loop, which is the knee and nobody's fault, 4.5 ms with 256, 11 ms with 512.
    public TimeSpan TargetWait { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>The same while one institution calls: its queue is nobody's but its own. Default 20 ms. Range 1 ms to 1 s.</summary>
    // 180 ms of its answer, well within the 500 ms that a payment may take on average (6.1).
    public TimeSpan TargetWaitAlone { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// With fewer calls that want a thread a long wait is not our queue (a neighbour has the cores), and refusing would not shorten it. Calls that
    /// wait for their channel or for another call's result want none. Default 64. Range 0 to 4,096.
    /// </summary>
    // At the target 180 stand in line on 2 cores (nine waits of 5 ms, 4,000 calls/s), 43 at the knee (128 connections less 85 at a channel of 20 ms).
    // Of a long wait with 64 in line, 1.8 ms are ours.
    public int LeastInLine { get; init; } = 64;
}
