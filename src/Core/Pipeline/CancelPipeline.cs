using System.Runtime.CompilerServices;
using HotPath.Core.Admission;
using HotPath.Core.Auth;
using HotPath.Core.Buffers;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Operations;
using HotPath.Core.Routing;
using HotPath.Core.Telemetry;
using HotPath.Core.Wire;

namespace HotPath.Core.Pipeline;

/// <summary>
/// TRADE_CANCEL (撤单) through the same corridor as a payment; the steps are numbered as in <see cref="PaymentPipeline"/>. What comes after the claim (the
/// reversal, the trade's result, this request's answer) is the resolver's from the first moment on, and this waits for it: a wish that outlives its request, or
/// the process, takes no other way.
/// </summary>
public sealed class CancelPipeline(
    ILedger ledger, Router router, PendingResolver resolver, CancelEnds ends, LostClaims lostClaims, AnswerBudget budget, TimeProvider clock, AnswerDesk desk)
{
    /// <summary>From step 6 on: the request is read, trusted, admitted, and its req_id was not seen before.</summary>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    public async ValueTask RunAsync(RequestSlot slot, Institution institution, Admittance admittance, Digest fingerprint)
    {
        if (!await OwnTrade.FindAsync(ledger, slot, institution, Member.OrigTradeNo))
        {
            desk.Refuse(slot, Rejection.Of(RespCode.TradeNotFound), institution);
            return;
        }
        if (slot.Trade.Status == TradeStatus.Success)
        {
            desk.Refuse(slot, Rejection.Of(RespCode.TradeSucceeded), institution, TradeView.Cancel);
            return;
        }

        // 6 route: the channel that was sent the payment, and no other
        if (!slot.Trade.IsFinal && router.Find(slot.Trade.ChannelId.Span) is not { Breaker.IsClosed: true })
        {
            desk.RefuseWithinBudget(slot, institution, RespCode.ServiceUnavailable, GatewayMetrics.RefusalCause.NotReady);
            return;
        }

        // 7 claim: req_id, and that the trade is to be cancelled
        TradeNo cancelNo = ledger.NextNo();
        Cancelling.FillWish(slot, fingerprint, cancelNo, clock.GetUtcNow().ToUnixTimeMilliseconds());
        Claim claim = await ledger.Cancels.ClaimAsync(slot.Cancel, budget.LeftForCommit(slot));
        if (!claim.IsWon)
        {
            await lostClaims.AnswerAsync(slot, institution, admittance, claim);
            return;
        }

        // 8 to 10 clear, sign, record
        resolver.Cancel(slot.Cancel);
        if (!await ends.AwaitAsync(slot, cancelNo, admittance, budget.Left(slot)))
        {
            AnswerDesk.Cut(slot);
            return;
        }
        desk.TellOfCancel(slot, institution);
    }
}
