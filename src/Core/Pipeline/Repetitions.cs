using System.Runtime.CompilerServices;
using HotPath.Core.Admission;
using HotPath.Core.Auth;
using HotPath.Core.Buffers;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Wire;

namespace HotPath.Core.Pipeline;

/// <summary>Answers requests whose trade is in the book already: with its recorded answer, with the first request's when that comes, or with 0001.</summary>
internal sealed class Repetitions(
    ILedger ledger, AdmissionControl admission, TradeWaiters waiters, PipelineOptions options, TimeProvider clock, AnswerDesk desk)
{
    /// <summary>
    /// A repetition that may need a fresh 0001 asks for it like a first request, but is never told A001 or D004, which say that nothing was
    /// recorded: its trade is claimed. It is turned away without a word.
    /// </summary>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    internal async ValueTask OfOneInFlightAsync(RequestSlot slot, Institution institution)
    {
        using Admittance admittance = admission.Ask(institution.Allowance);
        if (!admittance.IsGranted)
        {
            desk.TurnAway(slot, admittance.Cause);
            return;
        }
        await AwaitResultAsync(slot, institution, admittance, slot.Trade.TradeNo);
    }

    /// <summary>
    /// Whether another request of this req_id was claimed after this one was recalled: then it is answered like any repetition. While the disk is
    /// slow no claim looks at the book, and A001 says that nothing was recorded.
    /// </summary>
    /// <exception cref="LedgerUnavailableException">It was, and is not durable yet: the connection is to be cut.</exception>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    internal async ValueTask<bool> OfOneClaimedMeanwhileAsync(RequestSlot slot, Institution institution, Admittance admittance)
    {
        switch (await ledger.RecallAsync(institution.InstId, slot.Memory(Member.ReqId), slot.Trade.Fingerprint, slot.Trade))
        {
            case ReqIdState.Replay:
                desk.Repeat(slot);
                return true;
            case ReqIdState.InFlight:
                await AwaitResultAsync(slot, institution, admittance, slot.Trade.TradeNo);
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
    internal async ValueTask AwaitResultAsync(RequestSlot slot, Institution institution, Admittance admittance, TradeNo tradeNo)
    {
        using TradeWaiters.Registration registration = waiters.Register(tradeNo);
        bool isFound = await ledger.FindAsync(tradeNo, slot.Trade);
        if (isFound && !slot.Trade.IsFinal)
        {
            long ageMs = clock.GetUtcNow().ToUnixTimeMilliseconds() - slot.Trade.AcceptedAtMs;
            TimeSpan firstsBudget = options.PayBudget - TimeSpan.FromMilliseconds(Math.Max(0, ageMs));
            TimeSpan ownBudget = options.PayBudget - clock.GetElapsedTime(slot.ArrivedAt);
            using (admittance.StepAside())
            {
                await registration.WaitAsync(firstsBudget < ownBudget ? firstsBudget : ownBudget);
            }
            isFound = await ledger.FindAsync(tradeNo, slot.Trade);
        }
        if (!isFound)
        {
            AnswerDesk.Cut(slot);
            return;
        }
        desk.RepeatOrShow(slot, institution);
    }

    /// <summary>The trade is final.</summary>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    internal async ValueTask OfOneRecordedAsync(RequestSlot slot, TradeNo tradeNo)
    {
        if (await ledger.FindAsync(tradeNo, slot.Trade))
        {
            desk.Repeat(slot);
        }
    }
}
