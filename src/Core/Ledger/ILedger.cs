using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;

namespace HotPath.Core.Ledger;

/// <summary>
/// The book of trades, shaped around its atomic steps so that engines can be exchanged. <b>Returned = durable</b>: what a call
/// answers survives the loss of power the moment it answers. Every engine passes the same contract tests.
/// </summary>
/// <remarks>
/// A <see cref="Trade"/> or <see cref="Refund"/> handed in belongs to the ledger until the call returns, and for good when the call returns
/// <see cref="ClaimState.Unknown"/> or <see cref="CompleteState.Late"/>: the ledger may still read it. Failures are values of the answer:
/// refused (no room), unavailable (nothing happened), unknown (repeat the call with the same trade_no).
/// </remarks>
public interface ILedger : IAsyncDisposable
{
    /// <summary>True from the end of recovery until a stop or a failure.</summary>
    bool IsReady { get; }

    /// <summary>How long the commit under way has taken; zero between two. Seconds mean that the disk is stuck.</summary>
    TimeSpan CommitTime { get; }

    /// <summary>Completes with the reason when the engine has stopped itself: a write failed, and nothing more is acknowledged.</summary>
    Task<string> Failure { get; }

    /// <summary>A number never given before on this node, greater than all before: for trade_no and resp_id.</summary>
    TradeNo NextNo();

    /// <summary>What is known of this institution's req_id. <paramref name="into"/> is filled for Replay and InFlight.</summary>
    ValueTask<ReqIdState> RecallAsync(InstId instId, ReadOnlyMemory<byte> reqId, Digest fingerprint, Trade into);

    /// <summary>
    /// Takes req_id, order number and single-use code in one step and records the trade as PENDING. Nothing may be sent to a channel
    /// before this has returned <see cref="ClaimState.Won"/>. Returns within <paramref name="atMost"/>, whatever the disk does; null waits.
    /// </summary>
    ValueTask<Claim> ClaimAsync(Trade trade, TimeSpan? atMost = null);

    /// <summary>
    /// Records that the trade goes to a further channel (<see cref="Trade.GoTo"/>), since the one before certainly did not get it. Nothing may be sent there
    /// before this has returned <see cref="CompleteState.Recorded"/>. <see cref="CompleteState.WishChanged"/>: somebody wishes to cancel it, and it goes
    /// nowhere; <see cref="CompleteState.AlreadyFinal"/>: it has ended, and the recorded result counts; <see cref="CompleteState.Late"/>: the book may say
    /// that channel yet, and nothing may be sent there. Returns within <paramref name="atMost"/>, whatever the disk does; null waits.
    /// </summary>
    ValueTask<CompleteState> RedirectAsync(Trade trade, TimeSpan? atMost = null);

    /// <summary>
    /// Keeps what an operator did by hand: <see cref="CompleteState.Recorded"/>, or it was not; <see cref="CompleteState.Late"/>: it may be yet. Returns within
    /// <paramref name="atMost"/>, whatever the disk does; null waits.
    /// </summary>
    ValueTask<CompleteState> RecordAsync(OperatorAct act, TimeSpan? atMost = null);

    /// <summary>Whom to tell of a claim that became durable after its caller had gone: it is PENDING, and nobody sends it.</summary>
    void WhenClaimedLate(Action<TradeNo> tell);

    /// <summary>
    /// Records the final status, result and signed answer in <paramref name="trade"/> if the trade is still PENDING, and at this channel.
    /// Nobody may be told the result before this has returned <see cref="CompleteState.Recorded"/>. Returns within <paramref name="atMost"/>,
    /// whatever the disk does; null waits.
    /// </summary>
    ValueTask<CompleteState> CompleteAsync(Trade trade, TimeSpan? atMost = null);

    /// <inheritdoc cref="RecallAsync"/>
    ValueTask<ReqIdState> RecallRefundAsync(InstId instId, ReadOnlyMemory<byte> reqId, Digest fingerprint, Refund into);

    /// <summary>
    /// Takes req_id and refund number, holds the amount in one step and records the refund as PENDING: whatever is asked at once, refunds that are
    /// SUCCESS or PENDING never sum up to more than the trade (<see cref="RefundRules"/>). Nothing may be sent to a channel before this has returned
    /// <see cref="ClaimState.Won"/>. Returns within <paramref name="atMost"/>, whatever the disk does; null waits.
    /// </summary>
    /// <param name="refund">What is asked for, for a trade of the same institution and order.</param>
    /// <param name="trade">That trade, as it was found.</param>
    /// <param name="atMost">How long to wait.</param>
    ValueTask<Claim> ReserveRefundAsync(Refund refund, Trade trade, TimeSpan? atMost = null);

    /// <summary>Whom to tell of a reservation that became durable after its caller had gone: it is PENDING, and nobody sends it.</summary>
    void WhenReservedLate(Action<TradeNo> tell);

    /// <summary>
    /// Records the final status, result and signed answer in <paramref name="refund"/> if it is still PENDING. FAILED gives the amount back.
    /// <see cref="Refund.Totals"/> must say what is refunded of the trade with this result, since the answer says so too; when another refund ended in
    /// between it is <see cref="CompleteState.TotalsChanged"/>, and nothing happened. Nobody may be told the result before this has returned
    /// <see cref="CompleteState.Recorded"/>.
    /// </summary>
    ValueTask<CompleteState> SettleRefundAsync(Refund refund, TimeSpan? atMost = null);

    /// <summary>Fills <paramref name="into"/> with the refund of this number (refund_id); false when there is none.</summary>
    ValueTask<bool> FindRefundAsync(TradeNo refundId, Refund into);

    /// <summary>Fills <paramref name="into"/> with the newest refund of this institution's refund number; false when there is none.</summary>
    ValueTask<bool> FindRefundByNoAsync(InstId instId, ReadOnlyMemory<byte> refundNo, Refund into);

    /// <summary>Fills <paramref name="into"/> with the trade of this number, and with what is refunded of it; false when there is none.</summary>
    ValueTask<bool> FindAsync(TradeNo tradeNo, Trade into);

    /// <summary>Fills <paramref name="into"/> with the trade of this institution's order number, and with what is refunded of it; false when there is none.</summary>
    ValueTask<bool> FindByOrderAsync(InstId instId, ReadOnlyMemory<byte> orderNo, Trade into);

    /// <summary>Every accepted trade without a result, oldest first. Read at start, so that none is ever forgotten.</summary>
    ValueTask<IReadOnlyList<TradeNo>> PendingAsync();

    /// <summary>Every refund without a result, oldest first.</summary>
    ValueTask<IReadOnlyList<TradeNo>> PendingRefundsAsync();

    /// <summary>The wishes to cancel a trade.</summary>
    ICancelBook Cancels { get; }

    /// <summary>Money too much.</summary>
    ISurplusBook Surpluses { get; }

    /// <summary>Where the feed of changes ends now, as <see cref="FeedPosition.Address"/>: everything before is durable.</summary>
    long FeedEnd { get; }

    /// <summary>
    /// Shows <paramref name="visitor"/> durable changes from <paramref name="from"/> on, in order and at most a portion of them, none at or after
    /// <paramref name="before"/>. One thread at a time.
    /// </summary>
    /// <returns>The place after what was shown; <paramref name="from"/> itself when there is nothing new.</returns>
    /// <exception cref="LedgerUnavailableException">The ledger is closed.</exception>
    /// <exception cref="JournalDamagedException">There is no change of this ledger at <paramref name="from"/>, or it is not as it was recorded.</exception>
    FeedPosition ReadFeed(in FeedPosition from, long before, IFeedVisitor visitor);
}

/// <summary>What the ledger knows of a req_id.</summary>
public enum ReqIdState : byte
{
    /// <summary>Never seen, or final for more than 24 hours.</summary>
    Free = 0,

    /// <summary>Same content, the trade is final: answer with the recorded bytes.</summary>
    Replay,

    /// <summary>Same content, the trade is PENDING.</summary>
    InFlight,

    /// <summary>The req_id was used for something else (C004).</summary>
    OtherContent,
}

/// <summary>What became of a claim, or of a refund's reservation.</summary>
public enum ClaimState : byte
{
    /// <summary>The storage is at its configured end or a queue is full: nothing happened, try again later (A001).</summary>
    Refused = 0,

    /// <summary>The trade or refund is recorded and durable; the caller, and nobody else, sends it to a channel.</summary>
    Won,

    /// <summary>This req_id, same content, final: <see cref="Claim.TradeNo"/> is the trade.</summary>
    Replay,

    /// <summary>This req_id, same content, not final yet.</summary>
    InFlight,

    /// <summary>This req_id, or this refund number, other content (C004).</summary>
    OtherContent,

    /// <summary>The institution used this order number for <see cref="Claim.TradeNo"/> (B005).</summary>
    OrderExists,

    /// <summary>The single-use code was used for <see cref="Claim.TradeNo"/>, perhaps another institution's (B005).</summary>
    CodeUsed,

    /// <summary>The institution used this refund number, same content, for <see cref="Claim.TradeNo"/>, which has not failed: answer with that refund.</summary>
    RefundExists,

    /// <summary>The trade cannot be refunded so: <see cref="Claim.Reason"/> says why (B006, B008 to B011).</summary>
    NotRefundable,

    /// <summary>The trade cannot be cancelled: <see cref="Claim.Reason"/> says why (B006, B007).</summary>
    NotCancellable,

    /// <summary>The disk is full, or nearly: nothing happened, try again when there is room (A001).</summary>
    DiskFull,

    /// <summary>The disk is slow or stuck: nothing happened and nothing will, try again later (A001).</summary>
    DiskSlow,

    /// <summary>The engine is stopped: nothing happened (A002).</summary>
    Unavailable,

    /// <summary>
    /// The engine failed in between, or it was not durable in time: a claim repeated with the same trade_no tells. One that was late and becomes
    /// durable is told to <see cref="ILedger.WhenClaimedLate"/>.
    /// </summary>
    Unknown,
}

/// <summary>The answer to a claim.</summary>
/// <param name="State">What became of it.</param>
/// <param name="TradeNo">The trade or refund that holds what was asked for; the caller's own when won.</param>
/// <param name="Reason">Why a trade cannot be refunded or cancelled.</param>
public readonly record struct Claim(ClaimState State, TradeNo TradeNo, RespCode Reason = RespCode.None)
{
    public bool IsWon => State == ClaimState.Won;
}

/// <summary>What became of recording a result.</summary>
public enum CompleteState : byte
{
    /// <summary>The engine failed in between: after a restart the trade tells.</summary>
    Unknown = 0,

    /// <summary>Recorded and durable: the answer may go out.</summary>
    Recorded,

    /// <summary>Somebody recorded a result before: that one counts.</summary>
    AlreadyFinal,

    /// <summary>No such trade or refund.</summary>
    NotFound,

    /// <summary>Another channel has the trade by now: nothing happened; find it again. The word of the one before does not count.</summary>
    Redirected,

    /// <summary>Another refund of the trade ended in between: nothing happened; find the trade again, sign again.</summary>
    TotalsChanged,

    /// <summary>
    /// The result says FAILED and a cancel is wished, or CANCELLED and none is, or the trade was to go to a further channel and a cancel is wished: nothing
    /// happened; turn it (<see cref="Trade.TurnByWish"/>), sign again.
    /// </summary>
    WishChanged,

    /// <summary>
    /// A wish to cancel is to be taken back (A003: nothing changed), and its trade has ended: nothing happened; find the trade again, sign again.
    /// </summary>
    TradeEnded,

    /// <summary>The engine is stopped, or has no room for it just now: nothing happened.</summary>
    Unavailable,

    /// <summary>Not decided or not durable in time: what becomes of it can be found later. Nobody may be told the result before that.</summary>
    Late,
}
