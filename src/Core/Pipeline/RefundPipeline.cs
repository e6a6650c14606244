using System.Runtime.CompilerServices;
using HotPath.Core.Admission;
using HotPath.Core.Auth;
using HotPath.Core.Buffers;
using HotPath.Core.Clearing;
using HotPath.Core.Ledger;
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
    LostClaims lostClaims,
    AnswerBudget budget,
    TimeProvider clock,
    AnswerDesk desk)
{
    private readonly Refunding _refunding = new(ledger);

    /// <summary>From step 6 on: the request is read, trusted, admitted, and its req_id was not seen before.</summary>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    public async ValueTask RunAsync(RequestSlot slot, Institution institution, Admittance admittance, Digest fingerprint)
    {
        if (!await _refunding.FindTradeAsync(slot, institution))
        {
            desk.Refuse(slot, Rejection.Of(RespCode.TradeNotFound), institution);
            return;
        }
        if (Refunding.TryReadAmount(slot) is not RespCode.None and var code)
        {
            desk.Refuse(slot, new Rejection(code, Member.RefundAmount), institution);
            return;
        }

        // 6 route: back the way the money came, and nowhere else
        TradeNo refundId = ledger.NextNo();
        if (router.Find(slot.Trade.ChannelId.Span) is not { } channel)
        {
            desk.RefuseWithinBudget(slot, institution, RespCode.ServiceUnavailable, GatewayMetrics.RefusalCause.ChannelCapacity);
            return;
        }
        if (!channel.TryTakeCredit())
        {
            desk.RefuseWithinBudget(slot, institution, RespCode.SystemBusy, GatewayMetrics.RefusalCause.ChannelCapacity);
            return;
        }

        // 7 claim: req_id, refund number and amount
        Refunding.FillReservation(slot, fingerprint, refundId, NowMs);
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
            resolver.Nudge(slot.Refund.RefundId, slot.Refund.AcceptedAtMs);
        }
        desk.Show(slot, RespCode.Success, institution, TradeView.RefundQuery);
    }

    private long NowMs => clock.GetUtcNow().ToUnixTimeMilliseconds();

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    private async ValueTask SettleAsync(RequestSlot slot, Institution institution, Channel channel, ClearingResult result)
    {
        CompleteState state;
        do
        {
            // The answer says what is refunded with it. Another refund of the trade may end at the same moment: then it is signed again.
            if (!await ledger.FindAsync(slot.Refund.TradeNo, slot.Trade) || !Refunding.TrySettle(slot.Refund, slot.Trade.Refunded, result, NowMs, RespCode.NetworkError))
            {
                LeaveInDoubt(slot, institution, channel);
                return;
            }

            // 9 sign
            signer.SignFinal(slot.Answer, slot.Refund, institution);

            // 10 record
            state = await ledger.SettleRefundAsync(slot.Refund, budget.LeftForCommit(slot));
        }
        while (state == CompleteState.TotalsChanged);
        switch (state)
        {
            case CompleteState.Recorded:
                waiters.Signal(slot.Refund.RefundId);
                desk.Tell(slot);
                return;
            case CompleteState.AlreadyFinal:
                await ledger.FindRefundAsync(slot.Refund.RefundId, slot.Refund);
                desk.Repeat(slot);
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

    private void LeaveInDoubt(RequestSlot slot, Institution institution, Channel channel)
    {
        resolver.Watch(slot.Refund.RefundId, slot.Refund.AcceptedAtMs, channel);
        desk.TellPending(slot, institution);
    }
}
