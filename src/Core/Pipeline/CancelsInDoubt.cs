using System.Collections.Concurrent;
using HotPath.Core.Auth;
using HotPath.Core.Clearing;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Operations;
using HotPath.Core.Telemetry;
using HotPath.Core.Wire;

namespace HotPath.Core.Pipeline;

/// <summary>
/// Wishes to cancel: each asks the channel to reverse its trade, until the trade has ended, and ends as it did. Nobody here, nor anywhere else in the
/// gateway, may say of a payment that is claimed that it was never sent: it may stand in the ring, or come out of it at this moment. Only the channel's
/// confirmed reversal, which also blocks what is still to come, says that no money moves.
/// </summary>
internal sealed class CancelsInDoubt(
    ILedger ledger, PaymentsInDoubt payments, InstitutionDirectory institutions, AnswerSigner signer, TradeWaiters waiters, GatewayMetrics metrics,
    TimeProvider clock) : IInDoubt
{
    // Trades with a wish that this process works on. Whoever adds looks at the trade afterwards; whoever ends a trade looks here afterwards.
    private readonly Dictionary<TradeNo, List<TradeNo>> _wishes = [];
    private volatile int _count;

    // Wishes for which nothing was sent, and of which nobody was told 0001: only of these can it be said that nothing changed (A003). A wish from before a
    // restart is none of them.
    private readonly ConcurrentDictionary<TradeNo, Unsent> _unsent = [];

    // One reversal of a trade at a time; the others wait for what it comes to.
    private readonly ConcurrentDictionary<TradeNo, bool> _reversing = [];

    public ValueTask<IReadOnlyList<TradeNo>> ListAsync() => ledger.Cancels.PendingAsync();

    /// <summary>A wish was recorded just now, by this process.</summary>
    internal void Begin(Cancellation cancel)
    {
        _unsent.TryAdd(cancel.CancelNo, Unsent.Open);
        Add(cancel);
    }

    /// <summary>
    /// Somebody is about to be told 0001: from here on the wish stands until its trade has ended. False: it is being taken back at this moment (A003), and he
    /// must not be told so.
    /// </summary>
    internal bool Promise(TradeNo cancelNo) =>
        _unsent.TryRemove(KeyValuePair.Create(cancelNo, Unsent.Open)) || !_unsent.ContainsKey(cancelNo);

    /// <summary>The wishes that end with this trade.</summary>
    internal TradeNo[] Of(TradeNo tradeNo)
    {
        if (_count == 0)
        {
            return [];
        }
        lock (_wishes)
        {
            return _wishes.TryGetValue(tradeNo, out List<TradeNo>? all) ? [.. all] : [];
        }
    }

    /// <summary>One whose trade has ended is ended here.</summary>
    public async ValueTask<Doubt?> FindAsync(TradeNo number)
    {
        var cancel = new Cancellation();
        if (!await ledger.Cancels.FindAsync(number, cancel) || cancel.IsFinal)
        {
            return null;
        }
        Add(cancel);
        var trade = new Trade();
        bool hasEnded = await ledger.FindAsync(cancel.TradeNo, trade) && trade.IsFinal && await EndAsync(cancel, trade);
        return hasEnded ? null : new Doubt(number, ScanPay.ReferenceOf(trade), trade.ChannelId, trade.InstId);
    }

    public async ValueTask<Word> AskAsync(Channel channel, Doubt doubt, Turn turn)
    {
        TradeNo tradeNo = doubt.Reference.TradeNo;
        if (!_reversing.TryAdd(tradeNo, true))
        {
            return Word.Unasked;
        }
        try
        {
            // It may have ended since it was found in doubt, or its end could not be written down: what has ended is not reversed, least of all what
            // the channel never told and an operator did.
            var trade = new Trade();
            if (await ledger.FindAsync(tradeNo, trade) && trade.IsFinal)
            {
                return Word.Unasked;
            }
            ClearingResult result = await channel.ReverseAsync(doubt.Reference);
            if (result.Outcome != ClearingOutcome.NotDelivered)
            {
                // It may have got through: that a later one does not says nothing of it.
                _unsent.TryRemove(doubt.Number, out _);
            }
            // A reversal is answered with one of the first two, or says nothing.
            bool counts = result.Outcome is ClearingOutcome.Reversed or ClearingOutcome.Succeeded or ClearingOutcome.NotDelivered;
            return new Word(counts ? result : ClearingResult.Of(ClearingOutcome.Unknown));
        }
        finally
        {
            _reversing.TryRemove(tradeNo, out _);
        }
    }

    public async ValueTask<Adoption> AdoptAsync(ShortText channelId, TradeNo number, ClearingResult result, bool isHearsay)
    {
        var cancel = new Cancellation();
        if (!await ledger.Cancels.FindAsync(number, cancel))
        {
            return Adoption.NotMine;
        }
        // That a reversal was not delivered says nothing of the payment.
        bool isReversal = result.Outcome != ClearingOutcome.NotDelivered;
        bool isUnsent = !isReversal && _unsent.TryUpdate(number, Unsent.TakenBack, Unsent.Open);
        // Its result first, the wish's end after it: a crash in between leaves the wish, which is ended as the trade was.
        if (isReversal && await payments.AdoptAsync(channelId, cancel.TradeNo, result, isHearsay) == Adoption.Ended)
        {
            Remove(cancel);
            waiters.Signal(cancel.TradeNo);
        }
        var trade = new Trade();
        bool hasEnded = await ledger.FindAsync(cancel.TradeNo, trade) && (cancel.IsFinal || ((trade.IsFinal || isUnsent) && await EndAsync(cancel, trade)));
        if (isUnsent)
        {
            // Taken back; or that could not be recorded, and then it stands.
            _unsent.TryRemove(number, out _);
        }
        return hasEnded ? Adoption.Ended : Adoption.StillInDoubt;
    }

    private async ValueTask<bool> EndAsync(Cancellation cancel, Trade trade)
    {
        CompleteState state;
        do
        {
            long nowMs = clock.GetUtcNow().ToUnixTimeMilliseconds();
            if (trade.IsFinal)
            {
                Cancelling.End(cancel, trade, nowMs);
            }
            else
            {
                Cancelling.EndUnsent(cancel, nowMs);
            }
            signer.SignFinal(cancel, trade, institutions.Find(cancel.InstId));
            state = await ledger.Cancels.SettleAsync(cancel);
        }
        while (state == CompleteState.TradeEnded && await ledger.FindAsync(cancel.TradeNo, trade));
        if (state is not (CompleteState.Recorded or CompleteState.AlreadyFinal))
        {
            return false;
        }
        if (state == CompleteState.Recorded)
        {
            metrics.Cancels.Reached(cancel);
        }
        _unsent.TryRemove(cancel.CancelNo, out _);
        Remove(cancel);
        waiters.Signal(cancel.CancelNo);
        return true;
    }

    private void Add(Cancellation cancel)
    {
        lock (_wishes)
        {
            if (!_wishes.TryGetValue(cancel.TradeNo, out List<TradeNo>? all))
            {
                _wishes.Add(cancel.TradeNo, all = []);
            }
            if (!all.Contains(cancel.CancelNo))
            {
                all.Add(cancel.CancelNo);
            }
            _count = _wishes.Count;
        }
    }

    private void Remove(Cancellation cancel)
    {
        lock (_wishes)
        {
            if (_wishes.TryGetValue(cancel.TradeNo, out List<TradeNo>? all) && all.Remove(cancel.CancelNo) && all.Count == 0)
            {
                _wishes.Remove(cancel.TradeNo);
                _count = _wishes.Count;
            }
        }
    }

    private enum Unsent : byte
    {
        Open = 0,

        /// <summary>Its reversal certainly was not sent, and that is being recorded.</summary>
        TakenBack,
    }
}
