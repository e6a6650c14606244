using System.Runtime.CompilerServices;
using HotPath.Core.Admission;
using HotPath.Core.Auth;
using HotPath.Core.Buffers;
using HotPath.Core.Clearing;
using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Operations;
using HotPath.Core.Routing;
using HotPath.Core.Telemetry;
using HotPath.Core.Wire;

namespace HotPath.Core.Pipeline;

/// <summary>REFUND through the same corridor as a payment (2.3.3; the steps are numbered as in <see cref="PaymentPipeline"/>), and REFUND_QUERY.</summary>
public sealed class RefundPipeline(
    ILedger ledger,
    Router router,
    AnswerSigner signer,
    PendingResolver resolver,
    TradeWaiters waiters,
    Repetitions repetitions,
    LostClaims lostClaims,
    Disagreements disagreements,
    AnswerBudget budget,
    TimeProvider clock,
    AnswerDesk desk)
{
    private readonly Refunding _refunding = new(ledger);

    /// <summary>From step 6 on: the request is read, trusted, admitted, and its req_id was not seen before.</summary>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    public async ValueTask RunAsync(RequestSlot slot, Institution institution, Admittance admittance, Digest fingerprint)
    {
        if (!await OwnTrade.FindAsync(ledger, slot, institution, Member.OrigTradeNo))
        {
            desk.Refuse(slot, Rejection.Of(RespCode.TradeNotFound), institution);
            return;
        }
        if (Refunding.TryReadAmount(slot) is not RespCode.None and var code)
        {
            desk.Refuse(slot, new Rejection(code, Member.RefundAmount), institution);
            return;
        }

        // 6 route: back the way the money came, and nowhere else; the number first, so that no credit is lost with it
        Refunding.FillReservation(slot, fingerprint, ledger.NextNo(), NowMs);
        Channel? channel = router.Find(slot.Trade.ChannelId.Span);
        bool isCalled = channel is { Breaker.IsClosed: true };
        if (!isCalled || !channel!.TryTakeCredit())
        {
            await RefuseRouteAsync(slot, institution, isGone: !isCalled || channel!.Breaker.IsRecovering);
            return;
        }

        // 7 claim: req_id, refund number and amount
        Claim claim = await ledger.ReserveRefundAsync(slot.Refund, slot.Trade, budget.LeftForCommit(slot));
        if (!claim.IsWon)
        {
            channel.ReturnCredit();
            await lostClaims.AnswerAsync(slot, institution, admittance, claim);
            return;
        }

        // 8 clear
        ClearingResult result;
        using (admittance.StepAside())
        {
            result = await Refunding.Send(slot, channel, budget.Left(slot));
        }
        await SettleAsync(slot, institution, channel, result);
    }

    /// <summary>Fills the slot's answer with the refund as it is now.</summary>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    public async ValueTask QueryAsync(RequestSlot slot, Institution institution)
    {
        if (!await _refunding.FindAsync(slot, institution))
        {
            desk.Refuse(slot, Rejection.Of(RespCode.TradeNotFound), institution);
            return;
        }
        if (!slot.Refund.IsFinal)
        {
            resolver.Nudge(slot.Refund.RefundId, slot.Refund.AcceptedAtMs, slot.Refund.ChannelId.Span);
        }
        desk.Show(slot, RespCode.Success, institution, TradeView.RefundQuery);
    }

    private long NowMs => clock.GetUtcNow().ToUnixTimeMilliseconds();

    // What the book has against it is told before the want of a route: "try again" about what can never be would be a lie.
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    private async ValueTask RefuseRouteAsync(RequestSlot slot, Institution institution, bool isGone)
    {
        RespCode reason = slot.Trade.Status == TradeStatus.Success
            ? RefundRules.Check(slot.Refund, slot.Trade, slot.Trade.Refunded, NowMs)
            : RespCode.TradeStateForbids;
        if (await ledger.FindRefundByNoAsync(institution.InstId, slot.Memory(Member.RefundNo), slot.Refund))
        {
            if (!Refunding.IsAskedFor(slot, slot.Refund))
            {
                desk.Refuse(slot, Rejection.Of(RespCode.ReqIdReused), institution);
                return;
            }
            if (slot.Refund.Status != TradeStatus.Failed)
            {
                desk.ShowRefund(slot, institution);
                return;
            }
        }
        if (reason != RespCode.None)
        {
            desk.Refuse(slot, Rejection.Of(reason), institution);
            return;
        }
        desk.RefuseWithinBudget(
            slot, institution, isGone ? RespCode.ServiceUnavailable : RespCode.SystemBusy,
            isGone ? GatewayMetrics.RefusalCause.NotReady : GatewayMetrics.RefusalCause.ChannelCapacity);
    }

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    private async ValueTask SettleAsync(RequestSlot slot, Institution institution, Channel channel, ClearingResult result)
    {
        if (ChannelWord.IsInDoubt(result))
        {
            LeaveInDoubt(slot, institution, channel);
            return;
        }
        CompleteState state;
        try
        {
            state = await RecordAsync(slot, institution, result);
        }
        catch (LedgerUnavailableException) when (ledger.IsReady)
        {
            // The disk stands still: nobody is told anything, and the channel is asked again.
            resolver.Watch(slot.Refund.RefundId, slot.Refund.AcceptedAtMs, channel);
            throw;
        }
        switch (state)
        {
            case CompleteState.Recorded:
                waiters.Signal(slot.Refund.RefundId);
                resolver.Forget(slot.Refund.RefundId);
                disagreements.Look(slot.Refund);
                if (result.Outcome == ClearingOutcome.Reversed)
                {
                    resolver.LookAgain(slot.Refund);
                }
                desk.Tell(slot);
                return;
            case CompleteState.AlreadyFinal:
                // Stopped, perhaps, and the channel executed it all the same.
                resolver.Adopt(channel, slot.Refund.RefundId, result);
                await repetitions.OfOneRecordedAsync(slot, slot.Refund.RefundId);
                return;
            case CompleteState.Late when slot.Refund.WasNeverSent:
                // Its req_id becomes free: 0001 would promise an end of this very refund.
                resolver.Watch(slot.Refund.RefundId, slot.Refund.AcceptedAtMs, channel);
                slot.GiveAway();
                AnswerDesk.Cut(slot);
                return;
            case CompleteState.Late:
                RefundTotals told = slot.Trade.Refunded;
                slot.GiveAway();
                slot.Refund.Reopen(told);
                LeaveInDoubt(slot, institution, channel);
                return;
            case CompleteState.Unavailable when ledger.IsReady:
                // No room to record it just now. The channel knows the result; the resolver asks for it again.
                slot.Refund.Reopen(slot.Trade.Refunded);
                LeaveInDoubt(slot, institution, channel);
                return;
            default:
                AnswerDesk.Cut(slot);
                return;
        }
    }

    /// <summary>Steps 9 and 10, again for as long as another refund of the trade ends in between: the answer says what is refunded with it.</summary>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    private async ValueTask<CompleteState> RecordAsync(RequestSlot slot, Institution institution, ClearingResult result)
    {
        CompleteState state;
        do
        {
            if (!await ledger.FindAsync(slot.Refund.TradeNo, slot.Trade))
            {
                return CompleteState.NotFound;
            }
            Refunding.TrySettle(slot.Refund, slot.Trade.Refunded, result, NowMs, RespCode.NetworkError);

            // 9 sign
            signer.SignFinal(slot.Answer, slot.Refund, institution);

            // 10 record
            state = await ledger.SettleRefundAsync(slot.Refund, budget.LeftForCommit(slot));
        }
        while (state == CompleteState.TotalsChanged);
        return state;
    }

    private void LeaveInDoubt(RequestSlot slot, Institution institution, Channel channel)
    {
        resolver.Watch(slot.Refund.RefundId, slot.Refund.AcceptedAtMs, channel);
        desk.TellPending(slot, institution);
    }
}
