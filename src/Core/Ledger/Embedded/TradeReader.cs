using System.Runtime.CompilerServices;
using HotPath.Core.Model;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>What a lookup found.</summary>
internal enum ReadOutcome : byte
{
    NotFound = 0,
    Found,

    /// <summary>It is there, but not durable yet: wait for the ledger thread, then look again.</summary>
    NotDurable,
}

/// <summary>
/// Reads trades from the journal, on any thread. The index only says where to look: every record is checked by its CRC and by the
/// identity inside it, so a damaged index can give an error, never another's trade.
/// </summary>
internal sealed class TradeReader(IBookIndex index, JournalWriter journal)
{
    private const int Closed = int.MinValue / 2;

    private readonly JournalSegments _segments = journal.Segments;

    // Readers inside, by Interlocked from any thread; far below zero once closed.
    private int _inside;

    internal ReadOutcome Find(TradeNo tradeNo, Trade into)
    {
        IBookReader reader = Enter();
        try
        {
            return Find(reader, tradeNo, into, out _);
        }
        finally
        {
            Leave(reader);
        }
    }

    internal ReadOutcome FindByOrder(in IndexKey key, InstId instId, ReadOnlySpan<byte> orderNo, Trade into)
    {
        IBookReader reader = Enter();
        try
        {
            if (!reader.TryGetBook(key, out BookEntry pointer))
            {
                return ReadOutcome.NotFound;
            }
            ReadOutcome outcome = Find(reader, pointer.TradeNo, into, out _);
            bool isWrong = outcome == ReadOutcome.Found && (into.InstId != instId || !into.OrderNo.Span.SequenceEqual(orderNo));
            return isWrong ? throw Mismatch(pointer.TradeNo, "order") : outcome;
        }
        finally
        {
            Leave(reader);
        }
    }

    internal ReadOutcome Recall(
        in IndexKey key, InstId instId, ReadOnlySpan<byte> reqId, Digest fingerprint, long nowMs, Trade into, out ReqIdState state)
    {
        state = ReqIdState.Free;
        IBookReader reader = Enter();
        try
        {
            if (!reader.TryGetClaim(key, out ClaimEntry claim))
            {
                return ReadOutcome.NotFound;
            }
            ReadOutcome outcome = Find(reader, claim.TradeNo, into, out BookEntry entry);
            if (outcome != ReadOutcome.Found)
            {
                return outcome;
            }
            if (into.InstId != instId || !into.ReqId.Span.SequenceEqual(reqId))
            {
                throw Mismatch(claim.TradeNo, "req_id");
            }
            state = into.IsFinal && !Book.IsAlive(entry.FinalAtMs, nowMs) ? ReqIdState.Free
                : into.Fingerprint != fingerprint ? ReqIdState.OtherContent
                : into.IsFinal ? ReqIdState.Replay
                : ReqIdState.InFlight;
            return outcome;
        }
        finally
        {
            Leave(reader);
        }
    }

    /// <summary>Lets nobody in any more and waits for those inside, so that files and index can be closed.</summary>
    internal void Close()
    {
        Interlocked.Add(ref _inside, Closed);
        var wait = default(SpinWait);
        while (Volatile.Read(ref _inside) != Closed)
        {
            wait.SpinOnce();
        }
    }

    private ReadOutcome Find(IBookReader reader, TradeNo tradeNo, Trade into, out BookEntry entry)
    {
        if (!reader.TryGetBook(IndexKey.Trade(tradeNo), out entry) || entry.AcceptedAddress < _segments.BeginAddress)
        {
            return ReadOutcome.NotFound;
        }
        return Math.Max(entry.AcceptedAddress, entry.ResultAddress) >= journal.DurableEnd ? ReadOutcome.NotDurable : Read(tradeNo, entry, into);
    }

    [SkipLocalsInit]
    private ReadOutcome Read(TradeNo tradeNo, in BookEntry entry, Trade into)
    {
        Span<byte> buffer = stackalloc byte[JournalFormat.MaxRecordBytes];
        into.Clear();
        ReadOnlySpan<byte> accepted = _segments.Read(entry.AcceptedAddress, RecordType.Accepted, buffer);
        if (TradeRecords.ReadNo(accepted) != tradeNo)
        {
            throw Mismatch(tradeNo, "ACCEPTED");
        }
        TradeRecords.ReadAccepted(accepted, into);
        if (entry.IsFinal)
        {
            ReadOnlySpan<byte> result = _segments.Read(entry.ResultAddress, RecordType.Result, buffer);
            if (TradeRecords.ReadNo(result) != tradeNo)
            {
                throw Mismatch(tradeNo, "RESULT");
            }
            TradeRecords.ReadResult(result, into);
        }
        return ReadOutcome.Found;
    }

    private IBookReader Enter()
    {
        if (Interlocked.Increment(ref _inside) < 0)
        {
            Interlocked.Decrement(ref _inside);
            throw new LedgerUnavailableException("the ledger is closed");
        }
        return index.RentReader();
    }

    private void Leave(IBookReader reader)
    {
        index.ReturnReader(reader);
        Interlocked.Decrement(ref _inside);
    }

    private static JournalDamagedException Mismatch(TradeNo tradeNo, string what) =>
        new($"the index led to another trade than {tradeNo} ({what} does not match)");
}
