using HotPath.Core.Clearing;
using HotPath.Core.Model;

namespace HotPath.Core.Operations;

/// <summary>What a channel's word means for a trade or refund.</summary>
internal static class ChannelWord
{
    internal static bool IsInDoubt(in ClearingResult result) => Of(result, RespCode.None).Status == TradeStatus.Pending;

    /// <summary>
    /// The status it proves, PENDING while it is in doubt: FAILED only when it is certain that no money moved, SUCCESS only when it did.
    /// </summary>
    /// <param name="result">What the channel said.</param>
    /// <param name="notSent">Why it failed when nothing was delivered.</param>
    internal static (TradeStatus Status, RespCode FailCode) Of(in ClearingResult result, RespCode notSent) => result.Outcome switch
    {
        ClearingOutcome.Succeeded => (TradeStatus.Success, RespCode.None),
        ClearingOutcome.Failed => (TradeStatus.Failed, result.FailCode),
        ClearingOutcome.NotDelivered => (TradeStatus.Failed, notSent),
        ClearingOutcome.Reversed => (TradeStatus.Failed, RespCode.TradeTimeout),
        _ => (TradeStatus.Pending, RespCode.None),
    };

    /// <summary>Whether it says of what has ended that it ended otherwise: somebody's book is wrong.</summary>
    internal static bool Contradicts(in ClearingResult result, TradeStatus final) =>
        result.Outcome == ClearingOutcome.Succeeded ? final != TradeStatus.Success
        : result.Outcome is ClearingOutcome.Reversed or ClearingOutcome.Failed && final == TradeStatus.Success;
}
