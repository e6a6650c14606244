using HotPath.Core.Model;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>The keys of a refund's command, hashed by the caller's thread.</summary>
internal struct RefundKeys
{
    internal IndexKey Claim;
    internal IndexKey RefundNo;

    /// <summary>Of the refund itself.</summary>
    internal IndexKey Refund;

    /// <summary>Of the trade that is refunded.</summary>
    internal IndexKey Trade;
    internal IndexKey Totals;
    internal ulong Content;

    internal static RefundKeys Of(Refund refund) => new()
    {
        Claim = IndexKey.Claim(refund.InstId, refund.ReqId.Span),
        RefundNo = IndexKey.RefundNo(refund.InstId, refund.RefundNo.Span),
        Refund = IndexKey.Trade(refund.RefundId),
        Trade = IndexKey.Trade(refund.TradeNo),
        Totals = IndexKey.Totals(refund.TradeNo),
        Content = IndexKey.RefundContent(refund),
    };
}

/// <summary>What a refund does to the book: it holds its amount from the reservation until it has failed (docs/decisions/0013).</summary>
internal sealed partial class Book
{
    private readonly Refund _replayedRefund = new();

    /// <summary>Takes req_id, refund number and amount in one step, or says why not.</summary>
    private Claim Reserve(in RefundKeys keys, Refund refund, Trade trade, JournalWriter journal, long nowMs, ClaimState? refusal)
    {
        if (_index.TryGetClaim(keys.Claim, out ClaimEntry claim) &&
            TryAnswerFromClaim(claim, refund.Fingerprint, refund.RefundId, journal, nowMs, out Claim known))
        {
            return known;
        }
        if (!TryGet(keys.Trade, BookKind.Trade, journal, out BookEntry original))
        {
            return NotRefundable(RespCode.TradeNotFound);
        }
        if (_index.TryGetBook(keys.RefundNo, out BookEntry number) && IsKept(number.TradeNo, journal, out BookEntry before))
        {
            if (number.Content != keys.Content)
            {
                return new Claim(ClaimState.OtherContent, number.TradeNo);
            }
            if (before.Status != TradeStatus.Failed)
            {
                return new Claim(ClaimState.RefundExists, number.TradeNo);
            }
        }
        RefundTotals totals = TotalsOf(keys);
        // The caller may have found it PENDING a moment ago: then it does not say when it ended.
        bool isSuccess = original.Status == TradeStatus.Success && trade.Status == TradeStatus.Success;
        RespCode reason = isSuccess ? RefundRules.Check(refund, trade, totals, nowMs) : RespCode.TradeStateForbids;
        if (reason != RespCode.None)
        {
            return NotRefundable(reason);
        }
        if (WhyNoRoom(journal, refusal) is { } full)
        {
            return new Claim(full, default);
        }
        refund.Totals = totals.Reserve(refund.Amount);
        int length = RefundRecords.WriteRefund(refund, _payload);
        Reserved(keys, refund, journal.Append(RecordType.Refund, _payload.AsSpan(0, length)));
        return new Claim(ClaimState.Won, refund.RefundId);
    }

    /// <summary>Records the result if the refund is still PENDING and its totals are the book's.</summary>
    private CompleteState Settle(in RefundKeys keys, Refund refund, JournalWriter journal)
    {
        if (!TryGet(keys.Refund, BookKind.Refund, journal, out BookEntry entry))
        {
            return CompleteState.NotFound;
        }
        if (entry.IsFinal)
        {
            return CompleteState.AlreadyFinal;
        }
        RefundTotals totals = TotalsOf(keys).Settle(refund.Amount, refund.Status);
        if (refund.Totals.Succeeded != totals.Succeeded)
        {
            return CompleteState.TotalsChanged;
        }
        if (!journal.HasRoom)
        {
            return CompleteState.Unavailable;
        }
        // Held and count are the book's own: what else was reserved in between is not in the answer.
        refund.Totals = totals;
        int length = RefundRecords.WriteResult(refund, _payload);
        long address = journal.Append(RecordType.Settled, _payload.AsSpan(0, length));
        _index.PutBook(keys.Totals, BookEntry.Refunded(address, refund.Totals));
        End(keys.Refund, refund.RefundId, entry, address, refund.Status, refund.FinalAtMs, journal.TimeMs, refund.WasNeverSent);
        return CompleteState.Recorded;
    }

    private RefundTotals TotalsOf(in RefundKeys keys) => _index.TryGetBook(keys.Totals, out BookEntry entry) ? entry.Totals : default;

    private void Reserved(in RefundKeys keys, Refund refund, long address)
    {
        // The refund before what points at it: a reader that finds a pointer always finds the refund.
        Begin(keys.Refund, refund.RefundId, BookEntry.Begun(address, BookKind.Refund));
        _index.PutBook(keys.RefundNo, BookEntry.Pointer(refund.RefundId, keys.Content));
        _index.PutBook(keys.Totals, BookEntry.Refunded(address, refund.Totals));
        _index.PutClaim(keys.Claim, ClaimEntry.Of(refund.RefundId, refund.Fingerprint));
        Trades++;
        Changes++;
    }

    private void ReplayRefund(ReadOnlySpan<byte> payload, long address)
    {
        RefundRecords.ReadRefund(payload, _replayedRefund);
        Reserved(RefundKeys.Of(_replayedRefund), _replayedRefund, address);
    }

    private void ReplayRefundResult(ReadOnlySpan<byte> payload, long address)
    {
        RefundRecords.ReadResult(payload, _replayedRefund);
        _index.PutBook(IndexKey.Totals(_replayedRefund.TradeNo), BookEntry.Refunded(address, _replayedRefund.Totals));
        ReplayResult(payload, address, _replayedRefund.WasNeverSent);
    }

    private static Claim NotRefundable(RespCode reason) => new(ClaimState.NotRefundable, default, reason);
}
