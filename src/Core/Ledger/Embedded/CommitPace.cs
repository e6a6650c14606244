using HotPath.Core.Runtime;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>How long the ledger thread waits for company before it commits again: one sync for many is the whole group commit.</summary>
internal sealed class CommitPace
{
    /// <summary>
    /// Commands a batch on average from which it pays to wait for more: below it a payment should not wait for strangers.
    /// </summary>
    // One caller alone never has more than one command in a batch, and would lose 2 ms a payment by waiting. From two on somebody else gains:
    // measured with 128 connections, 2 against 16 took a payment from 458 to 386 µs (15 records a commit instead of 2.6).
    private const int LingerFromCommands = 2;

    /// <summary>Commands a batch on average from which CPU is what is short, and not time: fewer and larger commits.</summary>
    // At 70 % of saturation a batch has 5, at saturation 20. Half the linger there takes 0.7 of 3.7 ms off the median answer, for 20 µs more CPU
    // a payment, which is idle at that load; at saturation the longer one costs nobody anything (docs/performance.md).
    private const int LongLingerFromCommands = 8;

    private static readonly TimeSpan LingerTime = TimeSpan.FromMilliseconds(0.5);
    private static readonly TimeSpan LongLingerTime = TimeSpan.FromMilliseconds(1);

    // Four times the moving average of commands a step.
    private int _load;

    /// <summary>Before the next step, while there is work.</summary>
    internal WorkerPause Pause =>
        _load >= LongLingerFromCommands * 4 ? WorkerPause.Linger(LongLingerTime)
        : _load >= LingerFromCommands * 4 ? WorkerPause.Linger(LingerTime)
        : WorkerPause.None;

    /// <summary>A step took so many commands.</summary>
    internal void Took(int commands) => _load = ((_load * 3) + (commands * 4)) / 4;
}
