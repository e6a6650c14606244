using System.Collections.Concurrent;
using HotPath.Core.Clearing;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Operations;
using HotPath.Core.Routing;

namespace HotPath.Core.Pipeline;

/// <summary>
/// Money too much (长款): recorded once for a trade with the number under which it goes back, and only then sent, so that no crash makes two refunds of
/// it. In doubt it is inquired; it is sent again, under the same number, only when the channel does not know it a settle window after it can have been sent.
/// </summary>
internal sealed class SurplusesInDoubt(ILedger ledger, Router router, PendingSchedule schedule, Disagreements disagreements, TimeProvider clock) : IInDoubt
{
    // The longest that a turn waits for the channel's answer; a later one is adopted like any late result.
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(4.5);

    // When this process may have sent it last, in ticks of the clock, or found it from before a restart; null: certainly not sent yet.
    private readonly ConcurrentDictionary<TradeNo, long?> _sentAt = [];

    public ValueTask<IReadOnlyList<TradeNo>> ListAsync() => ledger.Surpluses.PendingAsync();

    /// <summary>The channel executed what the book says was not executed. False: it could not be recorded now.</summary>
    internal async ValueTask<bool> RecordAsync(Trade trade, ClearingResult result)
    {
        var surplus = new Surplus
        {
            RefundId = ledger.NextNo(),
            TradeNo = trade.TradeNo,
            TradeStatus = trade.Status,
            InstId = trade.InstId,
            OrderNo = trade.OrderNo,
            Amount = trade.Amount,
            Currency = trade.Currency,
            ChannelId = trade.ChannelId,
            ChannelTradeNo = result.ChannelTradeNo,
            FoundAtMs = clock.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        Claim claim = await ledger.Surpluses.RecordAsync(surplus);
        if (claim.IsWon)
        {
            disagreements.Found(surplus);
            _sentAt[surplus.RefundId] = null;
            schedule.AddDueNow(surplus.RefundId, surplus.FoundAtMs, router.Find(trade.ChannelId.Span));
        }
        return claim.State is ClaimState.Won or ClaimState.Replay;
    }

    public async ValueTask<Doubt?> FindAsync(TradeNo number)
    {
        var surplus = new Surplus();
        return await ledger.Surpluses.FindAsync(number, surplus) && !surplus.IsFinal
            ? new Doubt(number, new ClearingReference(number, surplus.Amount, surplus.Currency, surplus.TradeNo), surplus.ChannelId, surplus.InstId)
            : null;
    }

    public async ValueTask<Word> AskAsync(Channel channel, Doubt doubt, Turn turn)
    {
        long? sentAt = _sentAt.GetOrAdd(doubt.Number, clock.GetTimestamp());
        bool hasSettled = sentAt is { } at && clock.GetElapsedTime(at) > channel.Options.SettleWindow;
        if (sentAt is not null && !(turn.IsUnknownThere && hasSettled))
        {
            ClearingResult known = await channel.InquireAsync(doubt.Reference);
            return new Word(InDoubt.NothingOfNotDelivered(known), hasSettled && known.Outcome == ClearingOutcome.NotFound);
        }
        if (!channel.TryTakeCredit())
        {
            return Word.Unasked;
        }
        _sentAt[doubt.Number] = clock.GetTimestamp();
        schedule.BeginAgain(doubt.Number);
        return new Word(await channel.RefundAsync(new RefundOrder(doubt.Reference, doubt.InstId), Budget));
    }

    public async ValueTask<Adoption> AdoptAsync(ShortText channelId, TradeNo number, ClearingResult result, bool isHearsay)
    {
        var surplus = new Surplus();
        if (!await ledger.Surpluses.FindAsync(number, surplus))
        {
            return Adoption.NotMine;
        }
        if (surplus.IsFinal)
        {
            // Ended by an operator's word, perhaps, and settled by hand: that the money went back all the same must be heard.
            if (!isHearsay && ChannelWord.Contradicts(result, surplus.Status))
            {
                disagreements.Look(number, surplus.Status, surplus.ChannelId, result);
            }
            return Adoption.Ended;
        }
        if (result.Outcome == ClearingOutcome.NotDelivered)
        {
            _sentAt[number] = null;
        }
        if (result.Outcome is not (ClearingOutcome.Succeeded or ClearingOutcome.Failed or ClearingOutcome.Reversed))
        {
            return Adoption.StillInDoubt;
        }
        surplus.Status = result.Outcome == ClearingOutcome.Succeeded ? TradeStatus.Success : TradeStatus.Failed;
        surplus.FailCode = result.Outcome == ClearingOutcome.Reversed ? RespCode.TradeTimeout : result.FailCode;
        surplus.FinalAtMs = Math.Max(surplus.FoundAtMs, clock.GetUtcNow().ToUnixTimeMilliseconds());
        surplus.ChannelRefundNo = result.ChannelTradeNo;
        CompleteState state = await ledger.Surpluses.SettleAsync(surplus);
        if (state == CompleteState.Recorded)
        {
            disagreements.Ended(surplus, isHearsay);
        }
        if (state is not (CompleteState.Recorded or CompleteState.AlreadyFinal))
        {
            return Adoption.StillInDoubt;
        }
        _sentAt.TryRemove(number, out _);
        return Adoption.Ended;
    }
}
