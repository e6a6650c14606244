using HotPath.Core.Model;
using HotPath.Core.Wire;

namespace HotPath.Core.Operations;

/// <summary>TRADE_CANCEL (撤单): what is recorded of the wish, and what its end says.</summary>
public static class Cancelling
{
    /// <summary>Fills the slot's wish with everything that is recorded before a reversal is sent.</summary>
    public static void FillWish(RequestSlot slot, Digest fingerprint, TradeNo cancelNo, long nowMs)
    {
        Cancellation cancel = slot.Cancel;
        // The recall may have left an older wish in it, whose req_id has expired.
        cancel.Clear();
        cancel.CancelNo = cancelNo;
        cancel.TradeNo = slot.Trade.TradeNo;
        cancel.InstId = slot.Trade.InstId;
        cancel.ReqId.Set(slot[Member.ReqId]);
        cancel.Fingerprint = fingerprint;
        cancel.AcceptedAtMs = nowMs;
    }

    /// <summary>Ends the wish as its trade has ended: 0000 where no money moved, B007 where it did.</summary>
    public static void End(Cancellation cancel, Trade trade, long nowMs) =>
        End(cancel, trade.Status, trade.Status == TradeStatus.Success ? RespCode.TradeSucceeded : RespCode.Success, nowMs);

    /// <summary>Ends the wish because its reversal certainly was not sent: nothing changed, the trade is PENDING (A003).</summary>
    public static void EndUnsent(Cancellation cancel, long nowMs) => End(cancel, TradeStatus.Pending, RespCode.NetworkError, nowMs);

    private static void End(Cancellation cancel, TradeStatus tradeStatus, RespCode code, long nowMs)
    {
        cancel.TradeStatus = tradeStatus;
        cancel.Code = code;
        cancel.FinalAtMs = Math.Max(nowMs, cancel.AcceptedAtMs);
    }
}
