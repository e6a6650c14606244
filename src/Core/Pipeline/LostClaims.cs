using System.Runtime.CompilerServices;
using HotPath.Core.Admission;
using HotPath.Core.Auth;
using HotPath.Core.Buffers;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Telemetry;
using HotPath.Core.Wire;

namespace HotPath.Core.Pipeline;

/// <summary>Answers requests whose claim, or reservation, was not won: somebody else has what it asks for, a rule forbids it, or there is no room, or no route.</summary>
public sealed class LostClaims(ILedger ledger, Repetitions repetitions, AnswerDesk desk)
{
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    public async ValueTask AnswerAsync(RequestSlot slot, Institution institution, Admittance admittance, Claim claim)
    {
        switch (claim.State)
        {
            case ClaimState.Replay:
                await repetitions.OfOneRecordedAsync(slot, claim.TradeNo);
                return;
            case ClaimState.InFlight:
                await repetitions.AwaitResultAsync(slot, institution, admittance, claim.TradeNo);
                return;
            case ClaimState.OtherContent:
                desk.Refuse(slot, Rejection.Of(RespCode.ReqIdReused), institution);
                return;
            case ClaimState.OrderExists:
            case ClaimState.CodeUsed:
                bool isShown = await ledger.FindAsync(claim.TradeNo, slot.Trade) && slot.Trade.InstId == institution.InstId;
                desk.Refuse(slot, Rejection.Of(RespCode.TradeExists), institution, isShown ? TradeView.Payment : TradeView.None);
                return;
            case ClaimState.RefundExists:
                if (!await ledger.FindRefundAsync(claim.TradeNo, slot.Refund))
                {
                    AnswerDesk.Cut(slot);
                    return;
                }
                desk.ShowRefund(slot, institution);
                return;
            case ClaimState.NotRefundable:
                desk.Refuse(slot, Rejection.Of(claim.Reason), institution);
                return;
            case ClaimState.NotCancellable:
                bool hasSucceeded = claim.TradeNo.IsAssigned && await ledger.FindAsync(claim.TradeNo, slot.Trade);
                desk.Refuse(slot, Rejection.Of(claim.Reason), institution, hasSucceeded ? TradeView.Cancel : TradeView.None);
                return;
            case ClaimState.Refused:
                desk.RefuseWithinBudget(slot, institution, RespCode.SystemBusy, GatewayMetrics.RefusalCause.LedgerCapacity);
                return;
            case ClaimState.DiskFull:
                desk.RefuseWithinBudget(slot, institution, RespCode.SystemBusy, GatewayMetrics.RefusalCause.DiskFull);
                return;
            case ClaimState.DiskSlow when await repetitions.OfOneClaimedMeanwhileAsync(slot, institution, admittance):
                return;
            case ClaimState.DiskSlow:
                desk.RefuseWithinBudget(slot, institution, RespCode.SystemBusy, GatewayMetrics.RefusalCause.DiskSlow);
                return;
            case ClaimState.Unavailable:
                desk.RefuseWithinBudget(slot, institution, RespCode.ServiceUnavailable, GatewayMetrics.RefusalCause.NotReady);
                return;
            default:
                // Should it become durable after all, the resolver is told.
                slot.GiveAway();
                AnswerDesk.Cut(slot);
                return;
        }
    }

    /// <summary>No route takes the payment. A known order is told before that: "limit exceeded" about an order that was paid would be a lie.</summary>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    public async ValueTask RefuseRouteAsync(RequestSlot slot, Institution institution, Rejection rejection)
    {
        if (await ledger.FindByOrderAsync(institution.InstId, slot.Memory(Member.OutTradeNo), slot.Trade))
        {
            desk.Refuse(slot, Rejection.Of(RespCode.TradeExists), institution, TradeView.Payment);
            return;
        }
        if (rejection.Code == RespCode.SystemBusy)
        {
            desk.RefuseWithinBudget(slot, institution, rejection.Code, GatewayMetrics.RefusalCause.ChannelCapacity);
            return;
        }
        desk.Refuse(slot, rejection, institution);
    }
}
