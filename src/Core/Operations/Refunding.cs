using System.Runtime.CompilerServices;
using HotPath.Core.Auth;
using HotPath.Core.Buffers;
using HotPath.Core.Clearing;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Wire;

namespace HotPath.Core.Operations;

/// <summary>REFUND and REFUND_QUERY (2.3.3, 2.4): which refund, what is reserved, what goes to the channel, and what its word means.</summary>
public sealed class Refunding(ILedger ledger)
{
    /// <summary>Fills the slot's refund by refund_id, by refund_no, or by both, which must then denote one; false when there is none (B006).</summary>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    public async ValueTask<bool> FindAsync(RequestSlot slot, Institution institution)
    {
        bool isFound = slot.Has(Member.RefundId)
            ? await ledger.FindRefundAsync(TradeNo.Parse(slot[Member.RefundId]), slot.Refund)
            : await ledger.FindRefundByNoAsync(institution.InstId, slot.Memory(Member.RefundNo), slot.Refund);
        return isFound && slot.Refund.InstId == institution.InstId &&
            (!slot.Has(Member.RefundNo) || slot.Refund.RefundNo.Span.SequenceEqual(slot[Member.RefundNo]));
    }

    /// <summary>Reads refund_amount in the trade's currency; None, C002 (more fraction digits than it has) or C003.</summary>
    public static RespCode TryReadAmount(RequestSlot slot)
    {
        AmountForm form = Amount.TryParse(slot[Member.RefundAmount], slot.Trade.Currency.Exponent, out Amount amount);
        slot.Amount = amount;
        return MemberCheck.FromAmountForm(form);
    }

    /// <summary>Whether a refund that is known by the request's refund_no is what the request asks for (otherwise C004).</summary>
    public static bool IsAskedFor(RequestSlot slot, Refund known) =>
        known.TradeNo == slot.Trade.TradeNo && known.Amount == slot.Amount && known.RefundType == TypeOf(slot);

    /// <summary>Fills the slot's refund with everything that is reserved.</summary>
    public static void FillReservation(RequestSlot slot, Digest fingerprint, TradeNo refundId, long nowMs)
    {
        (Trade trade, Refund refund) = (slot.Trade, slot.Refund);
        // The recall may have left an older refund in it, whose req_id has expired.
        refund.Clear();
        refund.RefundId = refundId;
        refund.TradeNo = trade.TradeNo;
        refund.InstId = trade.InstId;
        refund.ReqId.Set(slot[Member.ReqId]);
        refund.RefundNo.Set(slot[Member.RefundNo]);
        refund.OrderNo.Set(trade.OrderNo.Span);
        refund.Fingerprint = fingerprint;
        refund.RefundType = TypeOf(slot);
        refund.Amount = slot.Amount;
        refund.Currency = trade.Currency;
        refund.ChannelId = trade.ChannelId;
        refund.AcceptedAtMs = nowMs;
    }

    /// <summary>What identifies the refund at its channel.</summary>
    public static ClearingReference ReferenceOf(Refund refund) => new(refund.RefundId, refund.Amount, refund.Currency, refund.TradeNo);

    /// <summary>Hands the reserved refund to its channel.</summary>
    public static ValueTask<ClearingResult> Send(RequestSlot slot, Channel channel, TimeSpan budget) =>
        channel.RefundAsync(new RefundOrder(ReferenceOf(slot.Refund), slot.Refund.InstId), budget);

    /// <summary>
    /// Puts a channel's word into the refund, and what is refunded of the trade with it. False, and nothing changed, while it is in doubt.
    /// </summary>
    /// <param name="refund">PENDING.</param>
    /// <param name="refunded">What is refunded of the trade now.</param>
    /// <param name="result">What the channel said.</param>
    /// <param name="nowMs">Now, Unix milliseconds.</param>
    /// <param name="notSent">Why it failed when nothing was delivered: A003 when that is the first answer to it, which frees its req_id; B001 later.</param>
    public static bool TrySettle(Refund refund, in RefundTotals refunded, in ClearingResult result, long nowMs, RespCode notSent)
    {
        (TradeStatus status, RespCode failCode) = ChannelWord.Of(result, notSent);
        if (status == TradeStatus.Pending)
        {
            return false;
        }
        refund.Status = status;
        refund.FailCode = failCode;
        refund.FinalAtMs = Math.Max(nowMs, refund.AcceptedAtMs);
        refund.ChannelRefundNo = result.ChannelTradeNo;
        refund.Totals = refunded.Settle(refund.Amount, status);
        return true;
    }

    private static RefundType TypeOf(RequestSlot slot) => slot[Member.RefundType].SequenceEqual("01"u8) ? RefundType.Full : RefundType.Partial;
}
