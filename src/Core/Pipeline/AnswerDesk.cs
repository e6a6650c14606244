using HotPath.Core.Admission;
using HotPath.Core.Auth;
using HotPath.Core.Model;
using HotPath.Core.Operations;
using HotPath.Core.Telemetry;
using HotPath.Core.Wire;

namespace HotPath.Core.Pipeline;

/// <summary>The ways a call ends: an answer in the slot, counted and logged, or a refusal that is not worth a signature.</summary>
public sealed class AnswerDesk(AnswerSigner signer, RateGate strangersBudget, TimeProvider clock, GatewayMetrics metrics, PaymentLog log)
{
    /// <summary>HTTP 413: the body is longer than its interface may be.</summary>
    public const int TooLarge = 413;

    private const int Ok = 200;
    private const int TooManyRequests = 429;

    /// <summary>The final answer of a trade, refund or cancel that was recorded before: the same bytes, no signature.</summary>
    public void Repeat(RequestSlot slot)
    {
        if (slot.BizType == BizType.ReconUpload)
        {
            // Its recall has put the recorded answer into the slot.
            metrics.Replayed();
            TellDone(slot);
            return;
        }
        Lay(slot);
        metrics.Replayed();
        Finish(slot, AnswerSigner.FinalCode(slot));
    }

    /// <summary>The slot's trade or refund is known by now: its recorded answer, or a fresh 0001 while it is PENDING.</summary>
    public void RepeatOrShow(RequestSlot slot, Institution institution)
    {
        if (slot.IsFinal)
        {
            Repeat(slot);
            return;
        }
        Show(slot, RespCode.Processing, institution, ViewOf(slot));
    }

    /// <summary>
    /// The refund number stands for a refund that another request made: that one, as it is now.
    /// </summary>
    public void ShowRefund(RequestSlot slot, Institution institution) => Show(
        slot, slot.IsFinal ? AnswerSigner.FinalCode(slot) : RespCode.Processing, institution, TradeView.Refund);

    /// <summary>Shows the slot's trade or refund: 0001 while it is PENDING, or a query's 0000.</summary>
    public void Show(RequestSlot slot, RespCode code, Institution institution, TradeView view)
    {
        signer.Show(slot, code, institution, view);
        Finish(slot, code);
    }

    /// <summary>Shows a page of trades, whose list is in the slot's answer.</summary>
    internal void ShowPage(RequestSlot slot, Institution institution, TradePage page)
    {
        signer.Show(slot, institution, page);
        TellDone(slot);
    }

    /// <summary>A 0000 is sealed in the slot.</summary>
    public void TellDone(RequestSlot slot) => Finish(slot, RespCode.Success);

    /// <summary>The final answer is sealed in the slot and its result is durable.</summary>
    public void Tell(RequestSlot slot)
    {
        Reached(slot, slot.IsOfRefund ? slot.Refund.Status : slot.Trade.Status);
        Finish(slot, AnswerSigner.FinalCode(slot));
    }

    /// <summary>A cancel as it is now: with the answer that was signed when it ended, or 0001.</summary>
    public void TellOfCancel(RequestSlot slot, Institution institution)
    {
        if (!slot.IsFinal)
        {
            TellPending(slot, institution);
            return;
        }
        Lay(slot);
        Finish(slot, slot.Cancel.Code);
    }

    /// <summary>The budget is over, or the channel's word is no result: 0001, and the trade or refund lives on.</summary>
    public void TellPending(RequestSlot slot, Institution institution)
    {
        Reached(slot, TradeStatus.Pending);
        Show(slot, RespCode.Processing, institution, ViewOf(slot));
    }

    /// <summary>Refuses a caller who is known.</summary>
    public void Refuse(RequestSlot slot, Rejection rejection, Institution institution, TradeView view = TradeView.None)
    {
        signer.Refuse(slot, rejection, institution, view);
        log.Refused(slot, rejection);
        Finish(slot, rejection.Code);
    }

    /// <summary>Refuses a caller who is not known (yet), within the budget for strangers.</summary>
    public void RefuseStranger(RequestSlot slot, Rejection rejection)
    {
        if (!strangersBudget.TryTake())
        {
            TurnAway(slot, GatewayMetrics.RefusalCause.Stranger);
            return;
        }
        metrics.Refused(GatewayMetrics.RefusalCause.Stranger, isSigned: true);
        signer.Refuse(slot, rejection, institution: null);
        log.Refused(slot, rejection);
        Finish(slot, rejection.Code);
    }

    /// <summary>Refuses a caller who is known but not admitted, or for want of room, within the institution's budget for that.</summary>
    public void RefuseWithinBudget(RequestSlot slot, Institution institution, RespCode code, GatewayMetrics.RefusalCause cause)
    {
        if (!institution.Allowance.Refusals.TryTake())
        {
            TurnAway(slot, cause);
            return;
        }
        metrics.Refused(cause, isSigned: true);
        Refuse(slot, Rejection.Of(code), institution);
    }

    /// <summary>HTTP 429 without an answer: it costs no signature and says nothing about the request.</summary>
    public void TurnAway(RequestSlot slot, GatewayMetrics.RefusalCause cause)
    {
        metrics.Refused(cause, isSigned: false);
        slot.HttpStatus = TooManyRequests;
    }

    /// <summary>The ledger stopped, or stood still, under a request whose outcome is open: no answer, the connection is cut.</summary>
    public static void Cut(RequestSlot slot) => slot.HttpStatus = 0;

    private static TradeView ViewOf(RequestSlot slot) => slot.IsCancel ? TradeView.Cancel : slot.IsOfRefund ? TradeView.Refund : TradeView.Payment;

    private static void Lay(RequestSlot slot)
    {
        if (slot.IsCancel)
        {
            AnswerSigner.Repeat(slot.Answer, slot.Cancel, slot.Trade);
        }
        else if (slot.IsOfRefund)
        {
            AnswerSigner.Repeat(slot.Answer, slot.Refund);
        }
        else
        {
            AnswerSigner.Repeat(slot.Answer, slot.Trade);
        }
    }

    private void Reached(RequestSlot slot, TradeStatus status)
    {
        if (slot.IsCancel)
        {
            metrics.Cancels.StillPending();
        }
        else if (slot.IsOfRefund)
        {
            metrics.RefundReached(status);
        }
        else
        {
            metrics.TradeReached(slot.Trade.BizType, status);
        }
    }

    private void Finish(RequestSlot slot, RespCode code)
    {
        slot.HttpStatus = Ok;
        TimeSpan took = clock.GetElapsedTime(slot.ArrivedAt);
        metrics.Answered(slot.BizType, code, took.TotalSeconds);
        log.Answered(slot, code, took);
    }
}
