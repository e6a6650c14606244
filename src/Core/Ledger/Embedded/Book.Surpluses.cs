using HotPath.Core.Model;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>Money too much: one record for a trade, one for how it went back; and which trades were reversed lately (docs/decisions/0017).</summary>
internal sealed partial class Book
{
    private static readonly long ReversedLifeMs = (long)ISurplusBook.ReversedLife.TotalMilliseconds;

    private readonly Surplus _replayedSurplus = new();

    private readonly ReversedBook _reversed = new();

    /// <summary>Records it under a number of its own, or says which one it has.</summary>
    private Claim RecordSurplus(in IndexKey ofTrade, in IndexKey own, Surplus surplus, JournalWriter journal)
    {
        if (_index.TryGetBook(ofTrade, out BookEntry known))
        {
            return new Claim(ClaimState.Replay, known.TradeNo);
        }
        if (!journal.HasRoom)
        {
            return new Claim(ClaimState.Unavailable, default);
        }
        int length = SurplusRecords.WriteSurplus(surplus, _payload);
        Found(ofTrade, own, surplus, journal.Append(RecordType.Surplus, _payload.AsSpan(0, length)));
        return new Claim(ClaimState.Won, surplus.RefundId);
    }

    private CompleteState SettleSurplus(in IndexKey own, Surplus surplus, JournalWriter journal)
    {
        if (!TryGet(own, BookKind.Surplus, journal, out BookEntry entry))
        {
            return CompleteState.NotFound;
        }
        if (entry.IsFinal)
        {
            return CompleteState.AlreadyFinal;
        }
        if (!journal.HasRoom)
        {
            return CompleteState.Unavailable;
        }
        int length = SurplusRecords.WriteResult(surplus, _payload);
        long address = journal.Append(RecordType.SurplusResult, _payload.AsSpan(0, length));
        End(own, surplus.RefundId, entry, address, surplus.Status, surplus.FinalAtMs, journal.TimeMs);
        return CompleteState.Recorded;
    }

    private void Found(in IndexKey ofTrade, in IndexKey own, Surplus surplus, long address)
    {
        // The entry before what points at it.
        Begin(own, surplus.RefundId, BookEntry.Begun(address, BookKind.Surplus));
        _index.PutBook(ofTrade, BookEntry.Pointer(surplus.RefundId));
        Trades++;
        Changes++;
    }

    private void ReplaySurplus(ReadOnlySpan<byte> payload, long address)
    {
        SurplusRecords.ReadSurplus(payload, _replayedSurplus);
        Found(IndexKey.Surplus(_replayedSurplus.TradeNo), IndexKey.Trade(_replayedSurplus.RefundId), _replayedSurplus, address);
    }

    /// <summary>Recovery is over and the book is open again. No channel was asked meanwhile, so that time does not count.</summary>
    internal void Reopened(long nowMs)
    {
        ForgetReversed(TimeMs);
        _reversed.Shift(Math.Max(0, nowMs - TimeMs));
    }

    private void WasReversed(TradeNo tradeNo, in BookEntry entry, long endedAtMs)
    {
        ForgetReversed(endedAtMs);
        _reversed.Add(new Reversed(tradeNo, entry.AcceptedAddress, endedAtMs));
    }

    private void ForgetReversed(long nowMs) => _reversed.Forget(nowMs - ReversedLifeMs);

    private TradeNo[] ListReversed(long nowMs)
    {
        ForgetReversed(nowMs);
        return [.. _reversed.Copy().Select(reversed => reversed.TradeNo)];
    }
}
