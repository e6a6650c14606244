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

    /// <summary>The number is a refund's where a trade was looked for, and so on.</summary>
    OtherKind,
}

/// <summary>
/// Reads trades, refunds and what else has a number from the journal, on any thread. The index only says where to look: every record is checked by its CRC and by the
/// identity inside it, so a damaged index can give an error, never another's trade.
/// </summary>
/// <typeparam name="T"><see cref="Trade"/>, <see cref="Refund"/>, <see cref="Cancellation"/> or <see cref="Surplus"/>.</typeparam>
internal abstract class BookReads<T>(ReaderGate gate, JournalWriter journal)
    where T : class
{
    private readonly JournalSegments _segments = journal.Segments;

    protected abstract BookKind Kind { get; }

    /// <summary>What everything of this kind begins with; its result is the other one.</summary>
    protected abstract (RecordType Accepted, RecordType Result) Types { get; }

    internal ReadOutcome Find(TradeNo number, T into)
    {
        IBookReader reader = gate.Enter();
        try
        {
            ReadOutcome outcome = FindWhole(reader, number, into);
            return outcome == ReadOutcome.OtherKind ? ReadOutcome.NotFound : outcome;
        }
        finally
        {
            gate.Leave(reader);
        }
    }

    /// <summary>Fills <paramref name="into"/> with what was claimed, without a result; false when there is no such thing of this kind.</summary>
    [SkipLocalsInit]
    internal bool FindClaim(TradeNo number, T into)
    {
        IBookReader reader = gate.Enter();
        try
        {
            if (!reader.TryGetBook(IndexKey.Trade(number), out BookEntry entry) || entry.AcceptedAddress < _segments.BeginAddress || entry.Kind != Kind)
            {
                return false;
            }
            Span<byte> buffer = stackalloc byte[JournalFormat.MaxRecordBytes];
            ReadAccepted(ReadRecord(number, entry.AcceptedAddress, Types.Accepted, buffer), into);
            return true;
        }
        finally
        {
            gate.Leave(reader);
        }
    }

    /// <summary>By the institution's own number: of an order, or of a refund.</summary>
    internal ReadOutcome FindByText(in IndexKey key, InstId instId, ReadOnlySpan<byte> text, T into)
    {
        IBookReader reader = gate.Enter();
        try
        {
            if (!reader.TryGetBook(key, out BookEntry pointer))
            {
                return ReadOutcome.NotFound;
            }
            ReadOutcome outcome = FindWhole(reader, pointer.TradeNo, into);
            bool isWrong = outcome == ReadOutcome.OtherKind || (outcome == ReadOutcome.Found && !HasText(into, instId, text));
            return isWrong ? throw Mismatch(pointer.TradeNo, "order or refund number") : outcome;
        }
        finally
        {
            gate.Leave(reader);
        }
    }

    internal ReadOutcome Recall(
        in IndexKey key, InstId instId, ReadOnlySpan<byte> reqId, Digest fingerprint, long nowMs, T into, out ReqIdState state)
    {
        state = ReqIdState.Free;
        IBookReader reader = gate.Enter();
        try
        {
            if (!reader.TryGetClaim(key, out ClaimEntry claim))
            {
                return ReadOutcome.NotFound;
            }
            ReadOutcome outcome = Find(reader, claim.TradeNo, into, out BookEntry entry);
            bool isOtherKind = outcome == ReadOutcome.OtherKind;
            if (outcome != ReadOutcome.Found && !isOtherKind)
            {
                return outcome;
            }
            if (!isOtherKind && !HasReqId(into, instId, reqId))
            {
                throw Mismatch(claim.TradeNo, "req_id");
            }
            state = !Book.IsRemembered(entry, nowMs) ? ReqIdState.Free
                // biz_type is part of the content: things of two kinds never have the same.
                : isOtherKind || FingerprintOf(into) != fingerprint ? ReqIdState.OtherContent
                : entry.IsFinal ? ReqIdState.Replay
                : ReqIdState.InFlight;
            return ReadOutcome.Found;
        }
        finally
        {
            gate.Leave(reader);
        }
    }

    protected abstract void ReadAccepted(ReadOnlySpan<byte> record, T into);

    protected abstract void ReadResult(ReadOnlySpan<byte> record, T into);

    /// <summary>Of trades alone: none of the others ever changes its channel.</summary>
    protected virtual void ReadDispatched(ReadOnlySpan<byte> record, T into)
    {
    }

    /// <summary>Reads what else belongs to it and a recorded answer does not need; false when that is not durable yet.</summary>
    protected abstract bool TryReadMore(IBookReader reader, T into);

    protected abstract bool HasText(T read, InstId instId, ReadOnlySpan<byte> text);

    protected abstract bool HasReqId(T read, InstId instId, ReadOnlySpan<byte> reqId);

    protected abstract Digest FingerprintOf(T read);

    protected bool IsDurable(long address) => address < journal.DurableEnd;

    private ReadOutcome Find(IBookReader reader, TradeNo number, T into, out BookEntry entry)
    {
        if (!reader.TryGetBook(IndexKey.Trade(number), out entry) || entry.AcceptedAddress < _segments.BeginAddress)
        {
            return ReadOutcome.NotFound;
        }
        if (!IsDurable(entry.NewestAddress))
        {
            return ReadOutcome.NotDurable;
        }
        if (entry.Kind != Kind)
        {
            return ReadOutcome.OtherKind;
        }
        Read(number, entry, into);
        return ReadOutcome.Found;
    }

    private ReadOutcome FindWhole(IBookReader reader, TradeNo number, T into)
    {
        ReadOutcome outcome = Find(reader, number, into, out _);
        return outcome == ReadOutcome.Found && !TryReadMore(reader, into) ? ReadOutcome.NotDurable : outcome;
    }

    [SkipLocalsInit]
    private void Read(TradeNo number, in BookEntry entry, T into)
    {
        Span<byte> buffer = stackalloc byte[JournalFormat.MaxRecordBytes];
        ReadAccepted(ReadRecord(number, entry.AcceptedAddress, Types.Accepted, buffer), into);
        if (entry.IsFinal)
        {
            ReadResult(ReadRecord(number, entry.ResultAddress, Types.Result, buffer), into);
        }
        else if (entry.DispatchedAddress is > 0 and var dispatched)
        {
            ReadDispatched(ReadRecord(number, dispatched, RecordType.Dispatched, buffer), into);
        }
    }

    private ReadOnlySpan<byte> ReadRecord(TradeNo number, long address, RecordType type, Span<byte> buffer)
    {
        ReadOnlySpan<byte> record = _segments.Read(address, type, buffer);
        return TradeRecords.ReadNo(record) == number ? record : throw Mismatch(number, type.ToString());
    }

    private static JournalDamagedException Mismatch(TradeNo number, string what) =>
        new($"the index led to another than {number} ({what} does not match)");
}

/// <summary>Trades, each with what is refunded of it.</summary>
internal sealed class TradeReads(ReaderGate gate, JournalWriter journal) : BookReads<Trade>(gate, journal)
{
    protected override BookKind Kind => BookKind.Trade;

    protected override (RecordType Accepted, RecordType Result) Types => (RecordType.Accepted, RecordType.Result);

    protected override void ReadAccepted(ReadOnlySpan<byte> record, Trade into)
    {
        into.Clear();
        TradeRecords.ReadAccepted(record, into);
    }

    protected override void ReadResult(ReadOnlySpan<byte> record, Trade into) => TradeRecords.ReadResult(record, into);

    protected override void ReadDispatched(ReadOnlySpan<byte> record, Trade into) => TradeRecords.ReadDispatched(record, into);

    protected override bool TryReadMore(IBookReader reader, Trade into)
    {
        if (into.Status != TradeStatus.Success || !reader.TryGetBook(IndexKey.Totals(into.TradeNo), out BookEntry entry))
        {
            return true;
        }
        into.Refunded = entry.Totals;
        return IsDurable(entry.AcceptedAddress);
    }

    protected override bool HasText(Trade read, InstId instId, ReadOnlySpan<byte> text) =>
        read.InstId == instId && read.OrderNo.Span.SequenceEqual(text);

    protected override bool HasReqId(Trade read, InstId instId, ReadOnlySpan<byte> reqId) =>
        read.InstId == instId && read.ReqId.Span.SequenceEqual(reqId);

    protected override Digest FingerprintOf(Trade read) => read.Fingerprint;
}

/// <summary>Refunds.</summary>
internal sealed class RefundReads(ReaderGate gate, JournalWriter journal) : BookReads<Refund>(gate, journal)
{
    protected override BookKind Kind => BookKind.Refund;

    protected override (RecordType Accepted, RecordType Result) Types => (RecordType.Refund, RecordType.Settled);

    protected override void ReadAccepted(ReadOnlySpan<byte> record, Refund into)
    {
        into.Clear();
        RefundRecords.ReadRefund(record, into);
    }

    protected override void ReadResult(ReadOnlySpan<byte> record, Refund into) => RefundRecords.ReadResult(record, into);

    protected override bool TryReadMore(IBookReader reader, Refund into) => true;

    protected override bool HasText(Refund read, InstId instId, ReadOnlySpan<byte> text) =>
        read.InstId == instId && read.RefundNo.Span.SequenceEqual(text);

    protected override bool HasReqId(Refund read, InstId instId, ReadOnlySpan<byte> reqId) =>
        read.InstId == instId && read.ReqId.Span.SequenceEqual(reqId);

    protected override Digest FingerprintOf(Refund read) => read.Fingerprint;
}

/// <summary>Lets readers in, each with a session of the index, until files and index are to be closed.</summary>
internal sealed class ReaderGate(IBookIndex index)
{
    private const int Closed = int.MinValue / 2;

    // Readers inside, by Interlocked from any thread; far below zero once closed.
    private int _inside;

    /// <exception cref="LedgerUnavailableException">It is closed.</exception>
    internal IBookReader Enter()
    {
        if (Interlocked.Increment(ref _inside) < 0)
        {
            Interlocked.Decrement(ref _inside);
            throw new LedgerUnavailableException("the ledger is closed");
        }
        return index.RentReader();
    }

    internal void Leave(IBookReader reader)
    {
        index.ReturnReader(reader);
        Interlocked.Decrement(ref _inside);
    }

    /// <summary>Lets nobody in any more and waits for those inside.</summary>
    internal void Close()
    {
        Interlocked.Add(ref _inside, Closed);
        var wait = default(SpinWait);
        while (Volatile.Read(ref _inside) != Closed)
        {
            wait.SpinOnce();
        }
    }
}
