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

/// <summary>
/// The corridor every request walks. The same numbers stand in ARCHITECTURE.md.
/// <code>
///  bytes ─▶ 1 accept    Host       one pooled RequestSlot, the body in it
///           2 read      Wire       members as ranges of the slot
///           3 trust     Auth       institution, signature, then permission
///           4 recall    Ledger     seen this req_id? its recorded answer, straight to 11
///           5 admit     Admission  fresh, and within its share of the machine
///           6 route     Routing    channel, by the code's scheme, and one in-flight credit
///           7 claim     Ledger     req_id + order + code, durable before anything leaves the house
///           8 clear     Clearing   ring, worker, adapter; budget over → PENDING, the call lives on; certainly not delivered → 6, another channel
///           9 sign      Signing    the final answer, once
///          10 record    Ledger     result and signature, durable before anyone is told
///  bytes ◀─11 write     Host
/// </code>
/// </summary>
/// <remarks>
/// This method branches; what it calls computes. A payment waits at 4, 7, 8 and 10 only; at 8 it has stepped aside, for it wants no thread. Queries skip 4 and
/// leave after 5, as do lists and reconciliation, which may wait for the day files and step aside as well; a refund goes on in <see cref="RefundPipeline"/> then, a cancel in <see cref="CancelPipeline"/>.
/// </remarks>
public sealed class PaymentPipeline(
    Authenticator authenticator,
    ILedger ledger,
    AdmissionControl admission,
    Router router,
    AnswerSigner signer,
    PendingResolver resolver,
    TradeWaiters waiters,
    Repetitions repetitions,
    LostClaims lostClaims,
    RefundPipeline refunds,
    CancelPipeline cancels,
    BatchQueryPipeline batchQueries,
    ReconPipeline? recon,
    Failover failover,
    AnswerBudget budget,
    PipelineOptions options,
    TimeProvider clock,
    AnswerDesk desk)
{
    /// <summary>
    /// Serves the body in <paramref name="slot"/>. Afterwards <see cref="RequestSlot.HttpStatus"/> is 200 with a sealed answer, 413 or 429 without
    /// one, or 0: the connection is to be cut, because the ledger stopped or stood still under a request whose outcome is open.
    /// </summary>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    public async ValueTask RunAsync(RequestSlot slot)
    {
        // 2 read
        Rejection rejection = RequestReader.Read(slot);
        if (slot.BodyLength > BodyLimits.Of(slot.BizType))
        {
            slot.HttpStatus = AnswerDesk.TooLarge;
            return;
        }
        if (rejection.IsRefusal)
        {
            desk.RefuseStranger(slot, rejection);
            return;
        }

        // 3 trust
        Institution? institution = Authenticate(slot);
        if (institution is null)
        {
            desk.RefuseStranger(slot, Rejection.Of(RespCode.NotAuthenticated));
            return;
        }
        institution.Metrics.Called();
        if (!institution.MayCall(slot.BizType))
        {
            desk.RefuseWithinBudget(slot, institution, RespCode.NotPermitted, GatewayMetrics.RefusalCause.NotPermitted);
            return;
        }
        if (!ledger.IsReady)
        {
            desk.RefuseWithinBudget(slot, institution, RespCode.ServiceUnavailable, GatewayMetrics.RefusalCause.NotReady);
            return;
        }

        // 4 recall: a known req_id is answered before the freshness check, for a retry may carry its old req_time
        Digest fingerprint = default;
        if (!BizTypes.IsQuery(slot.BizType))
        {
            fingerprint = RequestReader.Fingerprint(slot);
            switch (await repetitions.RecallAsync(slot, institution, fingerprint))
            {
                case ReqIdState.Replay:
                    desk.Repeat(slot);
                    return;
                case ReqIdState.InFlight:
                    await repetitions.OfOneInFlightAsync(slot, institution);
                    return;
                case ReqIdState.OtherContent:
                    desk.RefuseWithinBudget(slot, institution, RespCode.ReqIdReused, GatewayMetrics.RefusalCause.ReqIdReused);
                    return;
            }
        }

        // 5 admit: from here on every answer costs a signature that the institution has been granted
        if (Math.Abs(NowMs - slot.ReqTimeMs) > options.Freshness.TotalMilliseconds)
        {
            desk.RefuseWithinBudget(slot, institution, RespCode.RequestExpired, GatewayMetrics.RefusalCause.Expired);
            return;
        }
        using Admittance admittance = admission.Ask(institution.Allowance);
        if (!admittance.IsGranted)
        {
            desk.RefuseWithinBudget(slot, institution, admittance.Code, admittance.Cause);
            return;
        }
        rejection = RequestReader.CheckInterface(slot);
        if (rejection.IsRefusal)
        {
            desk.Refuse(slot, rejection, institution);
            return;
        }
        switch (slot.BizType)
        {
            case BizType.TradeQuery:
                await QueryAsync(slot, institution);
                return;
            case BizType.RefundQuery:
                await refunds.QueryAsync(slot, institution);
                return;
            case BizType.TradeBatchQuery:
                await batchQueries.RunAsync(slot, institution, admittance);
                return;
            case BizType.ReconDownload or BizType.ReconUpload:
                await ReconcileAsync(slot, institution, admittance, fingerprint);
                return;
            case BizType.Refund:
                await refunds.RunAsync(slot, institution, admittance, fingerprint);
                return;
            case BizType.TradeCancel:
                await cancels.RunAsync(slot, institution, admittance, fingerprint);
                return;
        }

        // 6 route, and the number first: where none can be had (the ledger stands still for minutes), no credit is lost with it
        TradeNo tradeNo = ledger.NextNo();
        // The recall may have left an older trade in the slot, whose req_id has expired.
        slot.Trade.Clear();
        RouteChoice route = institution.MayUse(slot.Currency)
            ? ScanPay.ChooseRoute(slot, institution, router, default, NowMs)
            : RouteChoice.Refused(RespCode.MemberIllegal, Member.Currency);
        if (route.Channel is not { } channel)
        {
            await lostClaims.RefuseRouteAsync(slot, institution, route.Rejection);
            return;
        }

        // 7 claim
        ScanPay.FillClaim(slot, institution, channel, fingerprint, tradeNo, NowMs);
        Claim claim = await ledger.ClaimAsync(slot.Trade, budget.LeftForCommit(slot));
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
            result = await ScanPay.Send(slot, channel, budget.Left(slot));
        }
        if (result.Outcome == ClearingOutcome.NotDelivered)
        {
            (Channel? last, result) = await failover.GoOnAsync(slot, institution, admittance, channel, result);
            if (last is null)
            {
                return;
            }
            channel = last;
        }
        if (!ScanPay.TrySettle(slot.Trade, result, NowMs))
        {
            await LeaveUnlessEndedAsync(slot, institution, channel);
            return;
        }

        // 9 sign
        signer.SignFinal(slot.Answer, slot.Trade, institution);

        // 10 record
        CompleteState state = await ledger.CompleteAsync(slot.Trade, budget.LeftForCommit(slot));
        while (state == CompleteState.WishChanged)
        {
            slot.Trade.TurnByWish();
            signer.SignFinal(slot.Answer, slot.Trade, institution);
            state = await ledger.CompleteAsync(slot.Trade, budget.LeftForCommit(slot));
        }
        switch (state)
        {
            case CompleteState.Recorded:
                waiters.Signal(slot.Trade.TradeNo);
                resolver.Forget(slot.Trade.TradeNo);
                if (slot.Trade.WasReversed)
                {
                    resolver.LookAgain(slot.Trade);
                }
                desk.Tell(slot);
                return;
            case CompleteState.AlreadyFinal:
                // Cancelled, perhaps, and the channel executed it all the same.
                resolver.Adopt(channel, slot.Trade.TradeNo, result);
                await repetitions.OfOneRecordedAsync(slot, slot.Trade.TradeNo);
                return;
            case CompleteState.Late:
                slot.GiveAway();
                LeaveInDoubt(slot, institution, channel);
                return;
            case CompleteState.Unavailable when ledger.IsReady:
                // No room to record it just now. The channel knows the result; the resolver asks for it again.
                slot.Trade.Reopen();
                LeaveInDoubt(slot, institution, channel);
                return;
            default:
                AnswerDesk.Cut(slot);
                return;
        }
    }

    private long NowMs => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private Institution? Authenticate(RequestSlot slot)
    {
        RequestReader.WriteSigningText(slot);
        return authenticator.Authenticate(slot[Member.InstId], slot[Member.KeyId], slot.SignType, slot.SigningText, slot[Member.Sign], NowMs);
    }

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    private async ValueTask QueryAsync(RequestSlot slot, Institution institution)
    {
        if (!await OwnTrade.FindAsync(ledger, slot, institution, Member.TradeNo))
        {
            desk.Refuse(slot, Rejection.Of(RespCode.TradeNotFound), institution);
            return;
        }
        if (!slot.Trade.IsFinal)
        {
            resolver.Nudge(slot.Trade.TradeNo, slot.Trade.AcceptedAtMs, slot.Trade.ChannelId.Span);
        }
        desk.Show(slot, RespCode.Success, institution, TradeView.Query);
    }

    // A gateway without a data directory of its own, as in a bench, keeps no files.
    private ValueTask ReconcileAsync(RequestSlot slot, Institution institution, in Admittance admittance, in Digest fingerprint)
    {
        if (recon is null)
        {
            desk.RefuseWithinBudget(slot, institution, RespCode.ServiceUnavailable, GatewayMetrics.RefusalCause.NotReady);
            return default;
        }
        return slot.BizType == BizType.ReconDownload ? recon.DownloadAsync(slot, institution, admittance) : recon.UploadAsync(slot, institution, admittance, fingerprint);
    }

    // The channel is silent, and somebody else may have ended the trade meanwhile: whoever cancelled it.
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    private async ValueTask LeaveUnlessEndedAsync(RequestSlot slot, Institution institution, Channel channel)
    {
        resolver.Watch(slot.Trade.TradeNo, slot.Trade.AcceptedAtMs, channel);
        if (await ledger.FindAsync(slot.Trade.TradeNo, slot.Trade) && slot.Trade.IsFinal)
        {
            resolver.Forget(slot.Trade.TradeNo);
            desk.Repeat(slot);
            return;
        }
        desk.TellPending(slot, institution);
    }

    private void LeaveInDoubt(RequestSlot slot, Institution institution, Channel channel)
    {
        resolver.Watch(slot.Trade.TradeNo, slot.Trade.AcceptedAtMs, channel);
        desk.TellPending(slot, institution);
    }
}
