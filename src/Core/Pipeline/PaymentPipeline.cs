using System.Runtime.CompilerServices;
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
///  bytes ─▶ 1 accept   Host      one pooled RequestSlot, the body in it
///           2 read     Wire      members as ranges of the slot
///           3 trust    Auth      institution, signature, then permission
///           4 recall   Ledger    seen this req_id? its recorded answer, straight to 10
///           5 route    Routing   channel and one in-flight credit
///           6 claim    Ledger    req_id + order + code, durable before anything leaves the house
///           7 clear    Clearing  ring, worker, adapter; budget over → PENDING, the call lives on
///           8 sign     Signing   the final answer, once
///           9 record   Ledger    result and signature, durable before anyone is told
///  bytes ◀─ 10 write   Host
/// </code>
/// </summary>
/// <remarks>This method branches; what it calls computes. It waits at 4, 6, 7 and 9 only.</remarks>
public sealed class PaymentPipeline(
    Authenticator authenticator,
    ILedger ledger,
    Router router,
    AnswerSigner signer,
    PendingResolver resolver,
    TradeWaiters waiters,
    PipelineOptions options,
    TimeProvider clock,
    GatewayMetrics metrics,
    PaymentLog log,
    SigningBudget unauthenticatedBudget)
{
    private const int Ok = 200;
    private const int TooManyRequests = 429;

    private readonly TradeQuery _tradeQuery = new(ledger);

    /// <summary>
    /// Serves the body in <paramref name="slot"/>. Afterwards <see cref="RequestSlot.HttpStatus"/> is 200 with a sealed answer, 429 without
    /// one, or 0: the connection is to be cut, because the ledger stopped under a request whose outcome only a restart will tell.
    /// </summary>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    public async ValueTask RunAsync(RequestSlot slot)
    {
        // 2 read
        Rejection rejection = RequestReader.Read(slot);
        if (rejection.IsRefusal)
        {
            RefuseStranger(slot, rejection);
            return;
        }

        // 3 trust
        Institution? institution = Authenticate(slot);
        if (institution is null)
        {
            RefuseStranger(slot, Rejection.Of(RespCode.NotAuthenticated));
            return;
        }
        if (!ledger.IsReady)
        {
            RefuseForCapacity(slot, institution, RespCode.ServiceUnavailable, GatewayMetrics.RefusalCause.NotReady);
            return;
        }
        if (slot.BizType == BizType.TradeQuery)
        {
            await QueryAsync(slot, institution);
            return;
        }

        // 4 recall: a known req_id is answered before the freshness check, for a retry may carry its old req_time
        Digest fingerprint = RequestReader.Fingerprint(slot);
        switch (await ledger.RecallAsync(institution.InstId, slot.Memory(Member.ReqId), fingerprint, slot.Trade))
        {
            case ReqIdState.Replay:
                Repeat(slot);
                return;
            case ReqIdState.InFlight:
                await AwaitResultAsync(slot, institution, slot.Trade.TradeNo);
                return;
            case ReqIdState.OtherContent:
                Refuse(slot, Rejection.Of(RespCode.ReqIdReused), institution);
                return;
        }
        rejection = CheckRequest(slot);
        if (rejection.IsRefusal)
        {
            Refuse(slot, rejection, institution);
            return;
        }

        // 5 route
        RouteChoice route = institution.MayUse(slot.Currency)
            ? router.Choose(slot.Currency, slot.Amount)
            : RouteChoice.Refused(RespCode.MemberIllegal, Member.Currency);
        if (route.Channel is not { } channel)
        {
            RefuseRoute(slot, institution, route.Rejection);
            return;
        }

        // 6 claim
        ScanPay.FillClaim(slot, institution, channel, fingerprint, ledger.NextNo(), NowMs);
        Claim claim = await ledger.ClaimAsync(slot.Trade);
        if (!claim.IsWon)
        {
            channel.ReturnCredit();
            await AnswerLostClaimAsync(slot, institution, claim);
            return;
        }

        // 7 clear
        ClearingResult result = await ScanPay.Send(slot, channel, BudgetLeft(slot));
        if (!ScanPay.TrySettle(slot.Trade, result, NowMs))
        {
            resolver.Watch(slot.Trade, channel);
            AnswerPending(slot, institution);
            return;
        }

        // 8 sign
        signer.SignFinal(slot.Answer, slot.Trade, institution.Language);

        // 9 record
        switch (await ledger.CompleteAsync(slot.Trade))
        {
            case CompleteState.Recorded:
                waiters.Signal(slot.Trade.TradeNo);
                metrics.TradeReached(slot.Trade.Status);
                Finish(slot, AnswerSigner.FinalCode(slot.Trade));
                return;
            case CompleteState.AlreadyFinal:
                await RepeatRecordedAsync(slot, slot.Trade.TradeNo);
                return;
            default:
                slot.HttpStatus = 0;
                return;
        }
    }

    private long NowMs => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private TimeSpan BudgetLeft(RequestSlot slot) => options.PayBudget - clock.GetElapsedTime(slot.ArrivedAt);

    private Institution? Authenticate(RequestSlot slot)
    {
        RequestReader.WriteSigningText(slot);
        return authenticator.Authenticate(slot[Member.InstId], slot[Member.KeyId], slot.SigningText, slot[Member.Sign], NowMs);
    }

    // Freshness, then the interface's own members.
    private Rejection CheckRequest(RequestSlot slot)
    {
        bool isStale = Math.Abs(NowMs - slot.ReqTimeMs) > options.Freshness.TotalMilliseconds;
        return isStale ? Rejection.Of(RespCode.RequestExpired) : RequestReader.CheckInterface(slot);
    }

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    private async ValueTask QueryAsync(RequestSlot slot, Institution institution)
    {
        Rejection rejection = CheckRequest(slot);
        if (!rejection.IsRefusal && !await _tradeQuery.FindAsync(slot, institution))
        {
            rejection = Rejection.Of(RespCode.TradeNotFound);
        }
        if (rejection.IsRefusal)
        {
            Refuse(slot, rejection, institution);
            return;
        }
        if (!slot.Trade.IsFinal)
        {
            resolver.Nudge(slot.Trade);
        }
        signer.Show(slot, RespCode.Success, institution, TradeView.Query);
        Finish(slot, RespCode.Success);
    }

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    private async ValueTask AnswerLostClaimAsync(RequestSlot slot, Institution institution, Claim claim)
    {
        switch (claim.State)
        {
            case ClaimState.Replay:
                await RepeatRecordedAsync(slot, claim.TradeNo);
                return;
            case ClaimState.InFlight:
                await AwaitResultAsync(slot, institution, claim.TradeNo);
                return;
            case ClaimState.OtherContent:
                Refuse(slot, Rejection.Of(RespCode.ReqIdReused), institution);
                return;
            case ClaimState.OrderExists:
            case ClaimState.CodeUsed:
                bool isShown = await ledger.FindAsync(claim.TradeNo, slot.Trade) && slot.Trade.InstId == institution.InstId;
                signer.Refuse(slot, Rejection.Of(RespCode.TradeExists), institution, isShown ? TradeView.Payment : TradeView.None);
                Finish(slot, RespCode.TradeExists);
                return;
            case ClaimState.Refused:
                RefuseForCapacity(slot, institution, RespCode.SystemBusy, GatewayMetrics.RefusalCause.LedgerCapacity);
                return;
            case ClaimState.Unavailable:
                RefuseForCapacity(slot, institution, RespCode.ServiceUnavailable, GatewayMetrics.RefusalCause.NotReady);
                return;
            default:
                slot.HttpStatus = 0;
                return;
        }
    }

    /// <summary>A repetition of a request in flight waits as long as the first one would, and answers what that one answered.</summary>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    private async ValueTask AwaitResultAsync(RequestSlot slot, Institution institution, TradeNo tradeNo)
    {
        using TradeWaiters.Registration registration = waiters.Register(tradeNo);
        bool isFound = await ledger.FindAsync(tradeNo, slot.Trade);
        if (isFound && !slot.Trade.IsFinal)
        {
            TimeSpan firstsBudget = options.PayBudget - TimeSpan.FromMilliseconds(Math.Max(0, NowMs - slot.Trade.AcceptedAtMs));
            await registration.WaitAsync(firstsBudget < BudgetLeft(slot) ? firstsBudget : BudgetLeft(slot));
            isFound = await ledger.FindAsync(tradeNo, slot.Trade);
        }
        if (!isFound)
        {
            slot.HttpStatus = 0;
        }
        else if (slot.Trade.IsFinal)
        {
            Repeat(slot);
        }
        else
        {
            AnswerPending(slot, institution);
        }
    }

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    private async ValueTask RepeatRecordedAsync(RequestSlot slot, TradeNo tradeNo)
    {
        if (await ledger.FindAsync(tradeNo, slot.Trade))
        {
            Repeat(slot);
        }
    }

    private void Repeat(RequestSlot slot)
    {
        AnswerSigner.Repeat(slot.Answer, slot.Trade);
        metrics.Replayed();
        Finish(slot, AnswerSigner.FinalCode(slot.Trade));
    }

    private void AnswerPending(RequestSlot slot, Institution institution)
    {
        // What could not be settled must not show: the trade is as it was accepted.
        signer.Show(slot, RespCode.Processing, institution, TradeView.Payment);
        Finish(slot, RespCode.Processing);
    }

    private void Refuse(RequestSlot slot, Rejection rejection, Institution institution)
    {
        signer.Refuse(slot, rejection, institution);
        log.Refused(slot, rejection);
        Finish(slot, rejection.Code);
    }

    private void RefuseStranger(RequestSlot slot, Rejection rejection)
    {
        if (!unauthenticatedBudget.TryTake())
        {
            RefuseUnsigned(slot, GatewayMetrics.RefusalCause.SigningBudget);
            return;
        }
        signer.Refuse(slot, rejection, institution: null);
        log.Refused(slot, rejection);
        Finish(slot, rejection.Code);
    }

    private void RefuseRoute(RequestSlot slot, Institution institution, Rejection rejection)
    {
        if (rejection.Code == RespCode.SystemBusy)
        {
            RefuseForCapacity(slot, institution, rejection.Code, GatewayMetrics.RefusalCause.ChannelCapacity);
            return;
        }
        Refuse(slot, rejection, institution);
    }

    private void RefuseForCapacity(RequestSlot slot, Institution institution, RespCode code, GatewayMetrics.RefusalCause cause)
    {
        if (!institution.RefusalBudget.TryTake())
        {
            RefuseUnsigned(slot, GatewayMetrics.RefusalCause.InstitutionSigningBudget);
            return;
        }
        metrics.Refused(cause);
        Refuse(slot, Rejection.Of(code), institution);
    }

    private void RefuseUnsigned(RequestSlot slot, GatewayMetrics.RefusalCause cause)
    {
        metrics.Refused(cause);
        slot.HttpStatus = TooManyRequests;
    }

    private void Finish(RequestSlot slot, RespCode code)
    {
        slot.HttpStatus = Ok;
        TimeSpan took = clock.GetElapsedTime(slot.ArrivedAt);
        metrics.Answered(slot.BizType, code, took.TotalSeconds);
        log.Answered(slot, code, took);
    }
}
