using HotPath.Core.Model;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// A trade goes to a further channel, since the one before certainly did not get it: what else is decided of it, a result or a cancel, meets it at one
/// channel and never at two (docs/decisions/0028).
/// </summary>
internal sealed partial class Book
{
    /// <summary>Records the next channel while the trade is PENDING at the one before and nobody wishes to cancel it.</summary>
    private CompleteState Redirect(in CommandKeys keys, Trade trade, JournalWriter journal, ClaimState? refusal)
    {
        if (!TryGet(keys.Trade, BookKind.Trade, journal, out BookEntry entry))
        {
            return CompleteState.NotFound;
        }
        if (entry.IsFinal)
        {
            return CompleteState.AlreadyFinal;
        }
        if (entry.Redirects + 1 != trade.Redirects)
        {
            return CompleteState.Redirected;
        }
        if (WishesOf(keys.Wishes) > 0)
        {
            return CompleteState.WishChanged;
        }
        // As a claim does, it leaves the room that is kept for results.
        if (refusal is not null || !journal.HasRoom || !journal.TakesClaims(PendingCount))
        {
            return CompleteState.Unavailable;
        }
        int length = TradeRecords.WriteDispatched(trade, _payload);
        Begin(keys.Trade, trade.TradeNo, entry.WithDispatch(journal.Append(RecordType.Dispatched, _payload.AsSpan(0, length)), trade.Redirects));
        return CompleteState.Recorded;
    }

    private void ReplayDispatched(ReadOnlySpan<byte> payload, long address)
    {
        TradeNo number = TradeRecords.ReadNo(payload);
        IndexKey key = IndexKey.Trade(number);
        if (!_index.TryGetBook(key, out BookEntry entry))
        {
            throw new JournalDamagedException($"the journal has a further channel of {number}, which it never accepted");
        }
        Begin(key, number, entry.WithDispatch(address, TradeRecords.ReadRedirects(payload)));
    }
}
