using HotPath.Core.Auth;
using HotPath.Core.Clearing;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Operations;
using HotPath.Core.Telemetry;
using HotPath.Core.Wire;

namespace HotPath.Core.Pipeline;

/// <summary>Something that was recorded and has no result: what to ask its channel about.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Reference">What the channel knows by it, or, of a cancel, its trade.</param>
/// <param name="ChannelId">Which channel.</param>
/// <param name="InstId">Whose it is.</param>
internal sealed record Doubt(TradeNo Number, ClearingReference Reference, ShortText ChannelId, InstId InstId);

/// <summary>What a channel was asked and said.</summary>
/// <param name="Result">Its word.</param>
/// <param name="LeadsOn">What follows from it is to be asked next, instead of waiting for the schedule.</param>
/// <param name="IsUnasked">Nothing was sent: it says nothing of the channel either.</param>
internal readonly record struct Word(ClearingResult Result, bool LeadsOn = false, bool IsUnasked = false)
{
    /// <summary>Nothing was said.</summary>
    internal static Word Nothing { get; } = new(ClearingResult.Of(ClearingOutcome.Unknown));

    /// <summary>Nothing was asked.</summary>
    internal static Word Unasked { get; } = Nothing with { IsUnasked = true };
}

/// <summary>What became of a channel's word.</summary>
internal enum Adoption : byte
{
    /// <summary>The number is of another kind.</summary>
    NotMine = 0,

    /// <summary>It is no result, or could not be recorded now: ask again.</summary>
    StillInDoubt,

    /// <summary>There is a result, this one or an earlier one.</summary>
    Ended,
}

/// <summary>One kind of what can be in doubt: how it is found, what is asked, and how a result is put into the book. Each number is of one kind.</summary>
internal interface IInDoubt
{
    ValueTask<IReadOnlyList<TradeNo>> ListAsync();

    /// <summary>Null: it is of another kind, or has ended.</summary>
    ValueTask<Doubt?> FindAsync(TradeNo number);

    /// <summary>Asks the channel one thing that can bring it to an end: one turn is one message.</summary>
    /// <param name="channel">Whose it is.</param>
    /// <param name="doubt">As it was found.</param>
    /// <param name="turn">Whose turn it is.</param>
    ValueTask<Word> AskAsync(Channel channel, Doubt doubt, Turn turn);

    /// <summary>Puts a word about it into the book.</summary>
    /// <param name="channelId">Whose word it is, or is said to be.</param>
    /// <param name="number">Of what.</param>
    /// <param name="result">The word.</param>
    /// <param name="isHearsay">It is not the channel's own: it says nothing against a result that is there.</param>
    ValueTask<Adoption> AdoptAsync(ShortText channelId, TradeNo number, ClearingResult result, bool isHearsay);
}

/// <summary>Payments.</summary>
internal sealed class PaymentsInDoubt(
    ILedger ledger, InstitutionDirectory institutions, AnswerSigner signer, SurplusesInDoubt surpluses, LookSchedule looks, Disagreements disagreements,
    AnswerBudget budget, GatewayMetrics metrics, TimeProvider clock) : IInDoubt
{
    public ValueTask<IReadOnlyList<TradeNo>> ListAsync() => ledger.PendingAsync();

    public async ValueTask<Doubt?> FindAsync(TradeNo number)
    {
        var trade = new Trade();
        return await ledger.FindAsync(number, trade) && !trade.IsFinal ? new Doubt(number, ScanPay.ReferenceOf(trade), trade.ChannelId, trade.InstId) : null;
    }

    public ValueTask<Word> AskAsync(Channel channel, Doubt doubt, Turn turn) => InDoubt.AskAsync(channel, doubt.Reference, turn, budget.LatestSend(BizType.ScanPay));

    public async ValueTask<Adoption> AdoptAsync(ShortText channelId, TradeNo number, ClearingResult result, bool isHearsay)
    {
        var trade = new Trade();
        bool isTurned = false;
        while (await ledger.FindAsync(number, trade))
        {
            if (!trade.ChannelId.Span.SequenceEqual(channelId.Span))
            {
                // Asked while it was there: it certainly did not get it, or no other channel would have it now.
                if (result.Outcome == ClearingOutcome.Succeeded)
                {
                    disagreements.Look(trade.TradeNo, trade.Status, channelId, result);
                }
                return trade.IsFinal ? Adoption.Ended : Adoption.StillInDoubt;
            }
            if (trade.IsFinal)
            {
                if (!isHearsay)
                {
                    await CompareAsync(trade, result);
                }
                return Adoption.Ended;
            }
            if (!ScanPay.TrySettle(trade, result, clock.GetUtcNow().ToUnixTimeMilliseconds()))
            {
                return Adoption.StillInDoubt;
            }
            if (isTurned)
            {
                trade.TurnByWish();
            }
            signer.SignFinal(trade, institutions.Find(trade.InstId));
            CompleteState state = await ledger.CompleteAsync(trade);
            if (state == CompleteState.Recorded)
            {
                metrics.TradeReached(trade.BizType, trade.Status);
                if (trade.WasReversed)
                {
                    looks.Begin(trade);
                }
                return Adoption.Ended;
            }
            isTurned ^= state == CompleteState.WishChanged;
            // Somebody was quicker: what he recorded is looked at, since it may contradict this.
            if (state is not (CompleteState.AlreadyFinal or CompleteState.WishChanged or CompleteState.Redirected))
            {
                return Adoption.StillInDoubt;
            }
        }
        return Adoption.NotMine;
    }

    // The channel broke its word when it confirmed a reversal, or declined, and executed, or when it told a success that it does not know any more.
    private async ValueTask CompareAsync(Trade trade, ClearingResult result)
    {
        if (result.Outcome == ClearingOutcome.Succeeded && trade.Status != TradeStatus.Success)
        {
            if (!await surpluses.RecordAsync(trade, result))
            {
                looks.Begin(trade);
            }
        }
        else if (result.Outcome is ClearingOutcome.Reversed or ClearingOutcome.Failed && trade.Status == TradeStatus.Success)
        {
            disagreements.Look(trade.TradeNo, trade.Status, trade.ChannelId, result);
        }
    }
}

/// <summary>Refunds: they hold their amount until they end (F45).</summary>
internal sealed class RefundsInDoubt(
    ILedger ledger, InstitutionDirectory institutions, AnswerSigner signer, LookSchedule looks, Disagreements disagreements, AnswerBudget budget,
    GatewayMetrics metrics, TimeProvider clock) : IInDoubt
{
    public ValueTask<IReadOnlyList<TradeNo>> ListAsync() => ledger.PendingRefundsAsync();

    public async ValueTask<Doubt?> FindAsync(TradeNo number)
    {
        var refund = new Refund();
        return await ledger.FindRefundAsync(number, refund) && !refund.IsFinal
            ? new Doubt(number, Refunding.ReferenceOf(refund), refund.ChannelId, refund.InstId)
            : null;
    }

    public ValueTask<Word> AskAsync(Channel channel, Doubt doubt, Turn turn) => InDoubt.AskAsync(channel, doubt.Reference, turn, budget.LatestSend(BizType.Refund));

    public async ValueTask<Adoption> AdoptAsync(ShortText channelId, TradeNo number, ClearingResult result, bool isHearsay)
    {
        (var refund, var trade) = (new Refund(), new Trade());
        while (await ledger.FindRefundAsync(number, refund) && await ledger.FindAsync(refund.TradeNo, trade))
        {
            if (refund.IsFinal)
            {
                if (!isHearsay && ChannelWord.Contradicts(result, refund.Status))
                {
                    disagreements.Look(refund.RefundId, refund.Status, refund.ChannelId, result);
                }
                return Adoption.Ended;
            }
            if (!Refunding.TrySettle(refund, trade.Refunded, result, clock.GetUtcNow().ToUnixTimeMilliseconds(), RespCode.TradeTimeout))
            {
                return Adoption.StillInDoubt;
            }
            signer.SignFinal(refund, institutions.Find(refund.InstId));
            CompleteState state = await ledger.SettleRefundAsync(refund);
            if (state == CompleteState.Recorded)
            {
                metrics.RefundReached(refund.Status);
                disagreements.Look(refund);
                if (result.Outcome == ClearingOutcome.Reversed)
                {
                    looks.Begin(refund);
                }
                return Adoption.Ended;
            }
            if (state is not (CompleteState.AlreadyFinal or CompleteState.TotalsChanged))
            {
                return Adoption.StillInDoubt;
            }
        }
        return Adoption.NotMine;
    }
}

internal static class InDoubt
{
    // "Not found" is no proof while the payment may still be on its way, nor after: only a confirmed reversal, which blocks the reference, is. The channel's window begins when it was
    // sent, and nobody knows when that was, after a restart least of all: at the latest when its request's time was over.
    internal static async ValueTask<Word> AskAsync(Channel channel, ClearingReference reference, Turn turn, TimeSpan latestSend)
    {
        ClearingResult result = turn.IsUnknownThere ? await channel.ReverseAsync(reference) : await channel.InquireAsync(reference);
        bool leadsOn = !turn.IsUnknownThere && result.Outcome == ClearingOutcome.NotFound && turn.Age > latestSend + channel.Options.SettleWindow;
        return new Word(NothingOfNotDelivered(result), leadsOn);
    }

    // That an inquiry or a reversal did not get through says nothing about the payment.
    internal static ClearingResult NothingOfNotDelivered(in ClearingResult result) =>
        result.Outcome == ClearingOutcome.NotDelivered ? ClearingResult.Of(ClearingOutcome.Unknown) : result;
}
