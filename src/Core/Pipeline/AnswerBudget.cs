using HotPath.Core.Model;
using HotPath.Core.Wire;

namespace HotPath.Core.Pipeline;

/// <summary>How much of a call's answer budget is left: after it the answer is 0001, and what was begun lives on.</summary>
public sealed class AnswerBudget(PipelineOptions options, TimeProvider clock)
{
    /// <summary>What a commit takes at most on a disk that is not slow.</summary>
    internal static readonly TimeSpan LeastForCommit = TimeSpan.FromMilliseconds(250);

    /// <summary>With less of the budget left no further channel is tried: a commit, and as long again for a call that is as quick as most are.</summary>
    internal static readonly TimeSpan LeastForAttempt = 2 * LeastForCommit;

    /// <summary>
    /// So long after its acceptance a payment or a refund is handed to its channel at the latest. It is accepted when its claim begins; what becomes durable after that time, or with another
    /// channel after it, is not sent.
    /// </summary>
    internal TimeSpan LatestSend(BizType type) => options.BudgetOf(type);

    public TimeSpan Left(RequestSlot slot) => options.BudgetOf(slot.BizType) - clock.GetElapsedTime(slot.ArrivedAt);

    // Late in the budget a commit still gets that: half a second is left for the way back.
    public TimeSpan LeftForCommit(RequestSlot slot) => Left(slot) > LeastForCommit ? Left(slot) : LeastForCommit;
}
