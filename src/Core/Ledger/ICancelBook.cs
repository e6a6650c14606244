using HotPath.Core.Model;

namespace HotPath.Core.Ledger;

/// <summary>The wishes to cancel a trade, and what their institutions were told. Part of <see cref="ILedger"/>, with its promises.</summary>
/// <remarks>
/// A wish that is durable decides what a confirmed reversal means, whoever asked the channel for it: the trade is CANCELLED and not FAILED
/// (<see cref="CompleteState.WishChanged"/>). The trade's result comes first and the wish's end after it, so that a crash between them leaves a wish
/// without an end, which the resolver finds.
/// </remarks>
public interface ICancelBook
{
    /// <inheritdoc cref="ILedger.RecallAsync"/>
    ValueTask<ReqIdState> RecallAsync(InstId instId, ReadOnlyMemory<byte> reqId, Digest fingerprint, Cancellation into);

    /// <summary>
    /// Takes req_id and records the wish. No reversal may be sent for it before this has returned <see cref="ClaimState.Won"/>. Refused where the trade
    /// is SUCCESS (<see cref="ClaimState.NotCancellable"/>); of one that has FAILED or was CANCELLED it is recorded too, for its answer says so.
    /// Returns within <paramref name="atMost"/>, whatever the disk does; null waits.
    /// </summary>
    ValueTask<Claim> ClaimAsync(Cancellation cancel, TimeSpan? atMost = null);

    /// <summary>Whom to tell of a wish that became durable after its caller had gone: nobody sends its reversal.</summary>
    void WhenClaimedLate(Action<TradeNo> tell);

    /// <summary>
    /// Records the signed answer in <paramref name="cancel"/> if the wish has none: 0000 or B007 as its trade ended, or A003, which takes the wish back and is
    /// <see cref="CompleteState.TradeEnded"/> once the trade has. Nobody may be told before this has returned <see cref="CompleteState.Recorded"/>.
    /// </summary>
    ValueTask<CompleteState> SettleAsync(Cancellation cancel);

    /// <summary>Fills <paramref name="into"/> with the wish of this number; false when there is none.</summary>
    ValueTask<bool> FindAsync(TradeNo cancelNo, Cancellation into);

    /// <summary>Every wish without an end, oldest first.</summary>
    ValueTask<IReadOnlyList<TradeNo>> PendingAsync();
}
