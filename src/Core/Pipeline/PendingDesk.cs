using HotPath.Core.Clearing;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Routing;
using Microsoft.Extensions.Logging;

namespace HotPath.Core.Pipeline;

/// <summary>What became of an operator's wish about something that is PENDING.</summary>
public enum PendingVerdict : byte
{
    /// <summary>There is no such trade, refund, cancel or surplus.</summary>
    NotFound = 0,

    /// <summary>
    /// The wish could not be recorded, and nothing was done; or what the channel said could not be, for the journal could not take it, or the trade had gone to
    /// another channel meanwhile.
    /// </summary>
    NotRecorded,

    /// <summary>It had a result before.</summary>
    HasEnded,

    /// <summary>Asked; it is still in doubt.</summary>
    StillInDoubt,

    /// <summary>It has ended, as was wished where something was.</summary>
    Ended,

    /// <summary>It has ended, and not as was wished: the channel said otherwise, or somebody was quicker.</summary>
    EndedOtherwise,

    /// <summary>The channel did not confirm it, and the operator does not say that it did by other means.</summary>
    NotProved,

    /// <summary>The channel says otherwise, though nothing final: it is at it, or does not know of it.</summary>
    Contradicted,

    /// <summary>A cancel ends as its trade does.</summary>
    IsCancel,

    /// <summary>Its channel's breaker is open, or it is not configured any more.</summary>
    LeftAlone,

    /// <summary>The channel's budget of inquiries is used up by others just now.</summary>
    Busy,
}

/// <summary>What is answered to an operator.</summary>
/// <param name="Verdict">What became of it.</param>
/// <param name="Status">As it is now; null when it is not known.</param>
/// <param name="Said">What the channel said, where it was asked.</param>
public readonly record struct PendingAnswer(PendingVerdict Verdict, TradeStatus? Status = null, ClearingResult? Said = null);

/// <summary>How an operator wants it ended.</summary>
/// <param name="IsSuccess">Executed; or provably not.</param>
/// <param name="IsConfirmed">He answers for it that the channel confirmed this by other means: in writing, in its settlement file.</param>
/// <param name="ChannelTradeNo">The channel's number, where it gave one.</param>
public readonly record struct PendingDecision(bool IsSuccess, bool IsConfirmed, ShortText ChannelTradeNo);

/// <summary>
/// Operators' hand on what is PENDING (docs/runbooks/pending-trades.md). Each wish is recorded before anything is done, refused or not. The channel is asked
/// first, and its word counts for more than an operator's: a definite one is recorded whatever was wished. To call something failed, the proof is asked for that
/// the resolver asks for: a confirmed reversal.
/// </summary>
public sealed partial class PendingDesk
{
    // Others use the budget up the moment there is any.
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private readonly PendingResolver _resolver;
    private readonly ILedger _ledger;
    private readonly Router _router;
    private readonly TimeProvider _clock;
    private readonly ILogger<PendingDesk> _logger;

    public PendingDesk(PendingResolver resolver, ILedger ledger, Router router, TimeProvider clock, ILogger<PendingDesk> logger)
    {
        _resolver = resolver;
        _ledger = ledger;
        _router = router;
        _clock = clock;
        _logger = logger;
    }

    /// <summary>Asks the channel now, out of the schedule and within its budget, and records what it says as the resolver would.</summary>
    /// <param name="number">A trade_no or refund_id, or the number of a cancel, whose trade is asked about.</param>
    /// <param name="who">Who wishes it: 1 to <see cref="OperatorAct.MostWhoBytes"/>.</param>
    /// <param name="why">His reason: 1 to <see cref="OperatorAct.MostWhyBytes"/>.</param>
    public async Task<PendingAnswer> InquireAsync(TradeNo number, string who, string why)
    {
        PendingAnswer answer = await RecordAsync(number, "pending-inquire", who, why) ?? await InquireAsync(number);
        LogDone("inquire", number, who, answer.Verdict, answer.Status, answer.Said?.Outcome);
        return answer;
    }

    /// <summary>Ends it as an operator decides, where the channel does not know better. It is signed, recorded and notified as every result.</summary>
    /// <inheritdoc cref="InquireAsync(TradeNo, string, string)"/>
    /// <param name="decision">How.</param>
    public async Task<PendingAnswer> ResolveAsync(TradeNo number, PendingDecision decision, string who, string why)
    {
        string act = $"pending-{(decision.IsSuccess ? "success" : "failed")}{(decision.IsConfirmed ? "-confirmed" : "")}";
        PendingAnswer answer = await RecordAsync(number, act, who, why) ?? await ResolveAsync(number, decision);
        LogDone(act, number, who, answer.Verdict, answer.Status, answer.Said?.Outcome);
        return answer;
    }

    // Not null: the answer, and nothing is to be done.
    private async Task<PendingAnswer?> RecordAsync(TradeNo number, string act, string who, string why)
    {
        if (await StatusAsync(number) is null)
        {
            return new PendingAnswer(PendingVerdict.NotFound);
        }
        var record = new OperatorAct(_clock.GetUtcNow().ToUnixTimeMilliseconds(), act, number.ToString(), who, why);
        return await _ledger.RecordAsync(record, OperatorAct.MostWait) == CompleteState.Recorded ? null : new PendingAnswer(PendingVerdict.NotRecorded);
    }

    private async Task<PendingAnswer> InquireAsync(TradeNo number)
    {
        (IInDoubt? kind, Doubt? doubt) = await _resolver.FindAsync(number);
        if (kind is null || doubt is null)
        {
            return new PendingAnswer(PendingVerdict.HasEnded, await StatusAsync(number));
        }
        (PendingVerdict? whyNot, ClearingResult said) = await AskAsync(doubt, isReversal: false);
        if (whyNot is { } reason)
        {
            return new PendingAnswer(reason, TradeStatus.Pending);
        }
        // Of a cancel: its trade, with which it ends.
        await _resolver.RecordAsync(doubt.ChannelId, doubt.Reference.TradeNo, said, isHearsay: false);
        TradeStatus? status = await StatusAsync(number);
        return new PendingAnswer(status == TradeStatus.Pending ? PendingVerdict.StillInDoubt : PendingVerdict.Ended, status, said);
    }

    private async Task<PendingAnswer> ResolveAsync(TradeNo number, PendingDecision decision)
    {
        (IInDoubt? kind, Doubt? doubt) = await _resolver.FindAsync(number);
        if (kind is null || doubt is null)
        {
            return new PendingAnswer(PendingVerdict.HasEnded, await StatusAsync(number));
        }
        if (kind is CancelsInDoubt)
        {
            return new PendingAnswer(PendingVerdict.IsCancel, TradeStatus.Pending);
        }
        // That a surplus is not given back is never proved by stopping the refund that gives it back.
        bool isReversal = !decision.IsSuccess && kind is not SurplusesInDoubt;
        (PendingVerdict? whyNot, ClearingResult said) = await AskAsync(doubt, isReversal);
        if (whyNot == PendingVerdict.Busy)
        {
            return new PendingAnswer(PendingVerdict.Busy, TradeStatus.Pending);
        }
        if (said.Outcome is ClearingOutcome.Succeeded or ClearingOutcome.Failed or ClearingOutcome.Reversed)
        {
            await _resolver.RecordAsync(doubt.ChannelId, number, said, isHearsay: false);
            return await EndedAsync(number, decision, said);
        }
        // Its people may know more than a system that is at it for ever; but nobody executed what the system has never heard of.
        if ((said.Outcome == ClearingOutcome.Processing && !decision.IsConfirmed) || (said.Outcome == ClearingOutcome.NotFound && decision.IsSuccess))
        {
            return new PendingAnswer(PendingVerdict.Contradicted, TradeStatus.Pending, said);
        }
        if (!decision.IsConfirmed)
        {
            return new PendingAnswer(whyNot ?? PendingVerdict.NotProved, TradeStatus.Pending, said);
        }
        // As a confirmed reversal: it is looked at again. Of a trade a success that comes all the same is given back, of a refund it is told.
        var word = new ClearingResult(decision.IsSuccess ? ClearingOutcome.Succeeded : ClearingOutcome.Reversed, RespCode.None, decision.ChannelTradeNo);
        await _resolver.RecordAsync(doubt.ChannelId, number, word, isHearsay: true);
        return await EndedAsync(number, decision, said);
    }

    // Whoever was first: a late result, the resolver, another operator.
    private async Task<PendingAnswer> EndedAsync(TradeNo number, PendingDecision decision, ClearingResult said)
    {
        TradeStatus? status = await StatusAsync(number);
        PendingVerdict verdict = status == TradeStatus.Pending ? PendingVerdict.NotRecorded
            : status == TradeStatus.Success == decision.IsSuccess ? PendingVerdict.Ended
            : PendingVerdict.EndedOtherwise;
        return new PendingAnswer(verdict, status, said);
    }

    // Null: it was asked. Where it was not, nothing was said.
    private async Task<(PendingVerdict? WhyNot, ClearingResult Said)> AskAsync(Doubt doubt, bool isReversal)
    {
        ClearingResult nothing = ClearingResult.Of(ClearingOutcome.Unknown);
        if (_router.Find(doubt.ChannelId.Span) is not { Breaker.IsClosed: true } channel)
        {
            return (PendingVerdict.LeftAlone, nothing);
        }
        long beganAt = _clock.GetTimestamp();
        while (!channel.Inquiries.TryTake(isForCancel: true))
        {
            if (_clock.GetElapsedTime(beganAt) > MostWait)
            {
                return (PendingVerdict.Busy, nothing);
            }
            await Task.Delay(Pause, _clock);
        }
        long sentAt = _clock.GetTimestamp();
        ClearingResult said = nothing;
        try
        {
            said = isReversal ? await channel.ReverseAsync(doubt.Reference) : await channel.InquireAsync(doubt.Reference);
        }
        finally
        {
            channel.Inquiries.Ended(said.Outcome, _clock.GetElapsedTime(sentAt));
        }
        return (null, InDoubt.NothingOfNotDelivered(said));
    }

    // Null: there is nothing of this number.
    private async Task<TradeStatus?> StatusAsync(TradeNo number)
    {
        (Trade trade, Refund refund, Cancellation cancel, Surplus surplus) = (new(), new(), new(), new());
        return await _ledger.FindAsync(number, trade) ? trade.Status
            : await _ledger.FindRefundAsync(number, refund) ? refund.Status
            : await _ledger.Cancels.FindAsync(number, cancel) ? (cancel.IsFinal ? cancel.TradeStatus : TradeStatus.Pending)
            : await _ledger.Surpluses.FindAsync(number, surplus) ? surplus.Status
            : null;
    }

    [LoggerMessage(EventId = 240, Level = LogLevel.Warning, Message = "{Act} of {Number} by {Who}: {Verdict}, it is {Status}, the channel says {Said}")]
    private partial void LogDone(string act, TradeNo number, string who, PendingVerdict verdict, TradeStatus? status, ClearingOutcome? said);
}
