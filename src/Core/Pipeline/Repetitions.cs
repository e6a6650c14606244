using System.Runtime.CompilerServices;
using HotPath.Core.Admission;
using HotPath.Core.Auth;
using HotPath.Core.Buffers;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Wire;

namespace HotPath.Core.Pipeline;

/// <summary>Answers requests whose trade or refund is in the book already: with its recorded answer, with the first request's when that comes, or with 0001.</summary>
public sealed class Repetitions(
    ILedger ledger, AdmissionControl admission, TradeWaiters waiters, PipelineOptions options, TimeProvider clock, AnswerDesk desk, CancelEnds cancelEnds,
    ReconPipeline? recon)
{
    /// <summary>
    /// What is known of the request's req_id, which is one for everything that changes state; fills the slot's trade, refund or answer where it is a repetition.
    /// </summary>
    public ValueTask<ReqIdState> RecallAsync(RequestSlot slot, Institution institution, in Digest fingerprint)
    {
        if (recon?.Recall(slot, institution, fingerprint) is { } state and not ReqIdState.Free)
        {
            return new ValueTask<ReqIdState>(state);
        }
        return slot.BizType == BizType.ReconUpload ? RecallOfUploadAsync(slot, institution, fingerprint)
            : slot.IsCancel ? RecallCancelAsync(slot, institution, fingerprint)
            : slot.IsOfRefund ? ledger.RecallRefundAsync(institution.InstId, slot.Memory(Member.ReqId), fingerprint, slot.Refund)
            : ledger.RecallAsync(institution.InstId, slot.Memory(Member.ReqId), fingerprint, slot.Trade);
    }

    /// <summary>
    /// A repetition that may need a fresh 0001 asks for it like a first request, but is never told A001 or D004, which say that nothing was
    /// recorded: its trade is claimed. It is turned away without a word.
    /// </summary>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    public async ValueTask OfOneInFlightAsync(RequestSlot slot, Institution institution)
    {
        using Admittance admittance = admission.Ask(institution.Allowance);
        if (!admittance.IsGranted)
        {
            desk.TurnAway(slot, admittance.Cause);
            return;
        }
        await AwaitResultAsync(slot, institution, admittance, NumberOf(slot));
    }

    /// <summary>
    /// Whether another request of this req_id was claimed after this one was recalled: then it is answered like any repetition. While the disk is
    /// slow no claim looks at the book, and A001 says that nothing was recorded.
    /// </summary>
    /// <exception cref="LedgerUnavailableException">It was, and is not durable yet: the connection is to be cut.</exception>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    public async ValueTask<bool> OfOneClaimedMeanwhileAsync(RequestSlot slot, Institution institution, Admittance admittance)
    {
        switch (await RecallAsync(slot, institution, FingerprintOf(slot)))
        {
            case ReqIdState.Replay:
                desk.Repeat(slot);
                return true;
            case ReqIdState.InFlight:
                await AwaitResultAsync(slot, institution, admittance, NumberOf(slot));
                return true;
            case ReqIdState.OtherContent:
                desk.Refuse(slot, Rejection.Of(RespCode.ReqIdReused), institution);
                return true;
            default:
                return false;
        }
    }

    /// <summary>A repetition of a request in flight waits as long as the first one would, and answers what that one answered.</summary>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    public async ValueTask AwaitResultAsync(RequestSlot slot, Institution institution, Admittance admittance, TradeNo number)
    {
        using TradeWaiters.Registration registration = waiters.Register(number);
        bool isFound = await FindAsync(slot, number);
        if (isFound && !slot.IsFinal)
        {
            long ageMs = clock.GetUtcNow().ToUnixTimeMilliseconds() - slot.AcceptedAtMs;
            TimeSpan budget = options.BudgetOf(slot.BizType);
            TimeSpan firstsBudget = budget - TimeSpan.FromMilliseconds(Math.Max(0, ageMs));
            TimeSpan ownBudget = budget - clock.GetElapsedTime(slot.ArrivedAt);
            using (admittance.StepAside())
            {
                await registration.WaitAsync(firstsBudget < ownBudget ? firstsBudget : ownBudget);
            }
            isFound = slot.IsCancel ? await cancelEnds.AwaitAsync(slot, number, admittance, TimeSpan.Zero) : await FindAsync(slot, number);
        }
        if (!isFound)
        {
            AnswerDesk.Cut(slot);
            return;
        }
        desk.RepeatOrShow(slot, institution);
    }

    /// <summary>It is final.</summary>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    public async ValueTask OfOneRecordedAsync(RequestSlot slot, TradeNo number)
    {
        if (await FindAsync(slot, number))
        {
            desk.Repeat(slot);
        }
    }

    // The book's are trades and refunds, so what it knows is other content.
    private async ValueTask<ReqIdState> RecallOfUploadAsync(RequestSlot slot, Institution institution, Digest fingerprint) =>
        await ledger.RecallAsync(institution.InstId, slot.Memory(Member.ReqId), fingerprint, slot.Trade) == ReqIdState.Free ? ReqIdState.Free : ReqIdState.OtherContent;

    private static Digest FingerprintOf(RequestSlot slot) =>
        slot.IsCancel ? slot.Cancel.Fingerprint : slot.IsOfRefund ? slot.Refund.Fingerprint : slot.Trade.Fingerprint;

    private static TradeNo NumberOf(RequestSlot slot) => slot.IsCancel ? slot.Cancel.CancelNo : slot.IsOfRefund ? slot.Refund.RefundId : slot.Trade.TradeNo;

    private ValueTask<bool> FindAsync(RequestSlot slot, TradeNo number) => slot.IsCancel ? FindCancelAsync(slot, number)
        : slot.IsOfRefund ? ledger.FindRefundAsync(number, slot.Refund)
        : ledger.FindAsync(number, slot.Trade);

    // A cancel's answer shows its trade, which is final for as long as that answer is recorded.
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    private async ValueTask<bool> FindCancelAsync(RequestSlot slot, TradeNo number) =>
        await ledger.Cancels.FindAsync(number, slot.Cancel) && await ledger.FindAsync(slot.Cancel.TradeNo, slot.Trade);

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    private async ValueTask<ReqIdState> RecallCancelAsync(RequestSlot slot, Institution institution, Digest fingerprint)
    {
        ReqIdState state = await ledger.Cancels.RecallAsync(institution.InstId, slot.Memory(Member.ReqId), fingerprint, slot.Cancel);
        return state == ReqIdState.Replay && !await ledger.FindAsync(slot.Cancel.TradeNo, slot.Trade) ? ReqIdState.Free : state;
    }
}
