namespace HotPath.Core.Model;

/// <summary>refund_type of a refund.</summary>
public enum RefundType : byte
{
    None = 0,

    /// <summary>01: the whole amount, and nothing was refunded before.</summary>
    Full = 1,

    /// <summary>02: any amount up to what is left.</summary>
    Partial = 2,
}

/// <summary>
/// One refund as the ledger keeps it: what was reserved, and, once it is final, the result and the answer that was signed for it.
/// Mutable and reused, like <see cref="Trade"/>.
/// </summary>
public sealed class Refund
{
    // The reservation: written once, before anything leaves the house.

    /// <summary>refund_id, the channel's idempotency key. Of the same series as trade numbers: no number is both.</summary>
    public TradeNo RefundId;

    /// <summary>The trade that is refunded (orig_trade_no).</summary>
    public TradeNo TradeNo;
    public InstId InstId;
    public ShortText ReqId;
    public ShortText RefundNo;

    /// <summary>The trade's out_trade_no.</summary>
    public ShortText OrderNo;
    public Digest Fingerprint;
    public RefundType RefundType;
    public Amount Amount;
    public Currency Currency;

    /// <summary>The trade's channel: money goes back the way it came.</summary>
    public ShortText ChannelId;
    public long AcceptedAtMs;

    // The result: written once, when the outcome is certain. A refund is never CANCELLED.
    public TradeStatus Status;
    public RespCode FailCode;
    public long FinalAtMs;
    public ShortText ChannelRefundNo;

    /// <summary>
    /// What is refunded of the trade with this refund: set by the ledger when it is reserved, and by whoever settles it
    /// (total_refunded_amount is <see cref="RefundTotals.Succeeded"/>).
    /// </summary>
    public RefundTotals Totals;

    /// <summary>The final answer's parts that cannot be rendered again: a replay must be the same bytes for ever.</summary>
    public RecordedAnswer Answer = new();

    public bool IsFinal => Status != TradeStatus.Pending;

    /// <summary>refund_time: when it became final, or, while PENDING, when it was accepted.</summary>
    public long TimeMs => IsFinal ? FinalAtMs : AcceptedAtMs;

    /// <summary>
    /// Its call could not be sent and nothing changed (A003): the request was not executed, and its req_id may be used again (protocol, section 3).
    /// </summary>
    public bool WasNeverSent => FailCode == RespCode.NetworkError;

    /// <summary>What was reserved, without a result.</summary>
    public Refund CopyOfReservation() => new()
    {
        RefundId = RefundId,
        TradeNo = TradeNo,
        InstId = InstId,
        ReqId = ReqId,
        RefundNo = RefundNo,
        OrderNo = OrderNo,
        Fingerprint = Fingerprint,
        RefundType = RefundType,
        Amount = Amount,
        Currency = Currency,
        ChannelId = ChannelId,
        AcceptedAtMs = AcceptedAtMs,
        Totals = Totals,
    };

    /// <summary>Takes a result back that could not be recorded: the refund is PENDING as before, and so much is refunded of its trade.</summary>
    public void Reopen(in RefundTotals totals)
    {
        Totals = totals;
        Status = TradeStatus.Pending;
        FailCode = RespCode.None;
        FinalAtMs = 0;
        ChannelRefundNo = default;
        Answer.Clear();
    }

    /// <summary>Forgets everything, so that the next owner starts from nothing.</summary>
    public void Clear()
    {
        RefundId = default;
        TradeNo = default;
        InstId = default;
        ReqId = default;
        RefundNo = default;
        OrderNo = default;
        Fingerprint = default;
        RefundType = default;
        Amount = default;
        Currency = default;
        ChannelId = default;
        AcceptedAtMs = 0;
        Reopen(default);
    }
}

/// <summary>What is refunded of one trade.</summary>
/// <param name="Held">Sum of the refunds that are SUCCESS or PENDING, in minor units: what may not be given back again.</param>
/// <param name="Succeeded">Sum of those that are SUCCESS, in minor units.</param>
/// <param name="Count">How many are SUCCESS or PENDING.</param>
public readonly record struct RefundTotals(long Held, long Succeeded, int Count)
{
    public RefundTotals Reserve(Amount amount) => this with { Held = Held + amount.MinorUnits, Count = Count + 1 };

    /// <summary>refund_status of a trade: by what succeeded.</summary>
    public static ReadOnlySpan<byte> StatusOf(Trade trade) =>
        trade.Refunded.Succeeded == 0 ? "NONE"u8 : trade.Refunded.Succeeded == trade.Amount.MinorUnits ? "FULL"u8 : "PARTIAL"u8;

    /// <summary>The refund of <paramref name="amount"/> ends: it is given back, or its amount can be refunded again.</summary>
    public RefundTotals Settle(Amount amount, TradeStatus status) => status == TradeStatus.Success
        ? this with { Succeeded = Succeeded + amount.MinorUnits }
        : this with { Held = Held - amount.MinorUnits, Count = Count - 1 };
}

/// <summary>When a trade that succeeded can be refunded (protocol, section 5).</summary>
public static class RefundRules
{
    /// <summary>Last day on which a refund is taken; day 0 is the Beijing date of the trade's trade_time.</summary>
    public const int LastDay = 180;

    /// <summary>Most refunds of one trade that are SUCCESS or PENDING at the same time.</summary>
    public const int MaxRefunds = 50;

    /// <summary>
    /// B010 after 24:00 Beijing of day 180, B009 beyond 50 refunds, B008 above what is left (of a full refund: when anything else was refunded), in this order;
    /// None when it may be reserved.
    /// </summary>
    /// <param name="refund">What is asked for.</param>
    /// <param name="trade">The trade, SUCCESS.</param>
    /// <param name="totals">What is refunded of it.</param>
    /// <param name="nowMs">Now, Unix milliseconds.</param>
    public static RespCode Check(Refund refund, Trade trade, in RefundTotals totals, long nowMs)
    {
        if (BeijingTime.DayNumber(nowMs) - BeijingTime.DayNumber(trade.FinalAtMs) > LastDay)
        {
            return RespCode.RefundExpired;
        }
        if (totals.Count >= MaxRefunds)
        {
            return RespCode.RefundsExhausted;
        }
        bool fits = refund.RefundType == RefundType.Full
            ? refund.Amount == trade.Amount && totals.Held == 0
            : refund.Amount.MinorUnits <= trade.Amount.MinorUnits - totals.Held;
        return fits ? RespCode.None : RespCode.RefundAmountExceeded;
    }
}
