using HotPath.Core.Model;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>The keys of a cancel's command, hashed by the caller's thread.</summary>
internal struct CancelKeys
{
    internal IndexKey Claim;

    /// <summary>Of the wish itself.</summary>
    internal IndexKey Cancel;

    /// <summary>Of the trade that is to be cancelled.</summary>
    internal IndexKey Trade;
    internal IndexKey Wishes;

    internal static CancelKeys Of(Cancellation cancel) => new()
    {
        Claim = IndexKey.Claim(cancel.InstId, cancel.ReqId.Span),
        Cancel = IndexKey.Trade(cancel.CancelNo),
        Trade = IndexKey.Trade(cancel.TradeNo),
        Wishes = IndexKey.Wishes(cancel.TradeNo),
    };
}

/// <summary>What a wish to cancel does to the book: it stands from its record on, unless it ends as never sent (docs/decisions/0017).</summary>
internal sealed partial class Book
{
    private readonly Cancellation _replayedCancel = new();

    /// <summary>Whether this result says FAILED or CANCELLED by nothing but whether somebody wished it.</summary>
    internal static bool DependsOnWish(Trade trade) =>
        trade.Status == TradeStatus.Cancelled || (trade.Status == TradeStatus.Failed && trade.FailCode == RespCode.TradeTimeout);

    /// <summary>Takes req_id and records the wish, or says why not.</summary>
    private Claim Wish(in CancelKeys keys, Cancellation cancel, JournalWriter journal, long nowMs, ClaimState? refusal)
    {
        if (_index.TryGetClaim(keys.Claim, out ClaimEntry claim) &&
            TryAnswerFromClaim(claim, cancel.Fingerprint, cancel.CancelNo, journal, nowMs, out Claim known))
        {
            return known;
        }
        if (!TryGet(keys.Trade, BookKind.Trade, journal, out BookEntry trade))
        {
            return new Claim(ClaimState.NotCancellable, default, RespCode.TradeNotFound);
        }
        if (trade.Status == TradeStatus.Success)
        {
            return new Claim(ClaimState.NotCancellable, cancel.TradeNo, RespCode.TradeSucceeded);
        }
        if (WhyNoRoom(journal, refusal) is { } full)
        {
            return new Claim(full, default);
        }
        int wishes = WishesOf(keys.Wishes) + 1;
        int length = CancelRecords.WriteCancel(cancel, wishes, _payload);
        Wished(keys, cancel, journal.Append(RecordType.Cancel, _payload.AsSpan(0, length)), wishes);
        return new Claim(ClaimState.Won, cancel.CancelNo);
    }

    /// <summary>Records what was told if the wish has no end.</summary>
    private CompleteState SettleCancel(in CancelKeys keys, Cancellation cancel, JournalWriter journal)
    {
        if (!TryGet(keys.Cancel, BookKind.Cancel, journal, out BookEntry entry))
        {
            return CompleteState.NotFound;
        }
        if (entry.IsFinal)
        {
            return CompleteState.AlreadyFinal;
        }
        // What a wish has made of its trade is not taken back with it.
        if (cancel.WasNeverSent && TryGet(keys.Trade, BookKind.Trade, journal, out BookEntry trade) && trade.IsFinal)
        {
            return CompleteState.TradeEnded;
        }
        if (!journal.HasRoom)
        {
            return CompleteState.Unavailable;
        }
        int wishes = WishesOf(keys.Wishes) - (cancel.WasNeverSent ? 1 : 0);
        int length = CancelRecords.WriteResult(cancel, wishes, _payload);
        long address = journal.Append(RecordType.CancelResult, _payload.AsSpan(0, length));
        _index.PutBook(keys.Wishes, BookEntry.Wished(address, wishes));
        End(keys.Cancel, cancel.CancelNo, entry, address, cancel.TradeStatus, cancel.FinalAtMs, journal.TimeMs, cancel.WasNeverSent);
        return CompleteState.Recorded;
    }

    private int WishesOf(in IndexKey key) => _index.TryGetBook(key, out BookEntry entry) ? entry.Wishes : 0;

    private void Wished(in CancelKeys keys, Cancellation cancel, long address, int wishes)
    {
        Begin(keys.Cancel, cancel.CancelNo, BookEntry.Begun(address, BookKind.Cancel));
        _index.PutBook(keys.Wishes, BookEntry.Wished(address, wishes));
        _index.PutClaim(keys.Claim, ClaimEntry.Of(cancel.CancelNo, cancel.Fingerprint));
        Trades++;
        Changes++;
    }

    private void ReplayCancel(ReadOnlySpan<byte> payload, long address)
    {
        int wishes = CancelRecords.ReadCancel(payload, _replayedCancel);
        Wished(CancelKeys.Of(_replayedCancel), _replayedCancel, address, wishes);
    }

    private void ReplayCancelResult(ReadOnlySpan<byte> payload, long address)
    {
        int wishes = CancelRecords.ReadResult(payload, _replayedCancel);
        _index.PutBook(IndexKey.Wishes(_replayedCancel.TradeNo), BookEntry.Wished(address, wishes));
        ReplayResult(payload, address, _replayedCancel.WasNeverSent);
    }
}
