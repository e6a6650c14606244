using System.Buffers.Binary;
using System.Diagnostics;
using HotPath.Core.Model;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>The keys of a command, hashed by the caller's thread so that the ledger thread does not have to.</summary>
internal struct CommandKeys
{
    internal IndexKey Claim;
    internal IndexKey Order;
    internal IndexKey Code;
    internal IndexKey Trade;
}

/// <summary>A trade without a result and the address of its ACCEPTED.</summary>
internal readonly record struct PendingTrade(TradeNo TradeNo, long AcceptedAddress);

/// <summary>
/// The rules of the book: what a claim or a result does to it. Knows neither threads nor files, so a simulation can run it by seed;
/// everything it decides follows from the index, the record and the time it is given.
/// </summary>
internal sealed class Book : IRecordVisitor
{
    /// <summary>How long a final trade's req_id is remembered: the specification's 24 h (4.3).</summary>
    internal const long ClaimLifeMs = 24 * 3600 * 1000L;

    private readonly IBookIndex _index;
    private readonly long _maxTrades;
    private readonly Dictionary<TradeNo, long> _pending = [];
    private readonly byte[] _payload = new byte[JournalFormat.MaxPayloadBytes];
    private readonly Trade _replayed = new();
    private long _replayFrom;

    internal Book(IBookIndex index, long maxTrades)
    {
        _index = index;
        _maxTrades = maxTrades;
    }

    /// <summary>Trades in the book.</summary>
    internal long Trades { get; private set; }

    /// <summary>No number above this may have been given.</summary>
    internal ulong Ceiling { get; private set; }

    /// <summary>The latest time a batch names.</summary>
    internal long TimeMs { get; private set; }

    /// <summary>Trades accepted and ended since the start, replay included.</summary>
    internal long Changes { get; private set; }

    /// <summary>Records seen while replaying.</summary>
    internal long Replayed { get; private set; }

    internal int PendingCount => _pending.Count;

    /// <summary>Whether a claim whose trade ended at <paramref name="finalAtMs"/> is still remembered.</summary>
    internal static bool IsAlive(long finalAtMs, long nowMs) => nowMs - finalAtMs <= ClaimLifeMs;

    /// <summary>Takes req_id, order and code in one step, or says who has them. Nothing new is taken where there is a <paramref name="refusal"/>.</summary>
    internal Claim Claim(in CommandKeys keys, Trade trade, JournalWriter journal, long nowMs, ClaimState? refusal)
    {
        if (_index.TryGetClaim(keys.Claim, out ClaimEntry claim) && TryAnswerFromClaim(claim, trade, journal, nowMs, out Claim known))
        {
            return known;
        }
        if (_index.TryGetBook(keys.Order, out BookEntry order) && IsKept(order.TradeNo, journal, out _))
        {
            return new Claim(ClaimState.OrderExists, order.TradeNo);
        }
        if (!trade.CodeDigest.IsNone && _index.TryGetBook(keys.Code, out BookEntry code) && HoldsItsCode(code.TradeNo, journal))
        {
            return new Claim(ClaimState.CodeUsed, code.TradeNo);
        }
        if (Trades >= _maxTrades)
        {
            return new Claim(ClaimState.Refused, default);
        }
        if (refusal is { } reason)
        {
            return new Claim(reason, default);
        }
        if (!journal.TakesClaims(PendingCount))
        {
            return new Claim(ClaimState.DiskFull, default);
        }
        Debug.Assert(!_index.TryGetBook(keys.Trade, out _), "a trade_no was given twice");
        int length = TradeRecords.WriteAccepted(trade, _payload);
        Accept(keys, trade, journal.Append(RecordType.Accepted, _payload.AsSpan(0, length)));
        return new Claim(ClaimState.Won, trade.TradeNo);
    }

    /// <summary>Records the result if the trade is still PENDING.</summary>
    internal CompleteState Complete(in CommandKeys keys, Trade trade, JournalWriter journal)
    {
        if (!_index.TryGetBook(keys.Trade, out BookEntry entry) || entry.AcceptedAddress < journal.Segments.BeginAddress)
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
        int length = TradeRecords.WriteResult(trade, _payload);
        long address = journal.Append(RecordType.Result, _payload.AsSpan(0, length));
        // The 24 h of a req_id run on journal time: a clock that was ahead and came back must not make the trade old before it is a second.
        _index.PutBook(keys.Trade, entry.WithResult(address, trade.Status, Math.Max(trade.FinalAtMs, journal.TimeMs)));
        _pending.Remove(trade.TradeNo);
        Changes++;
        return CompleteState.Recorded;
    }

    /// <summary>Journals that no number above <paramref name="ceiling"/> is given until the next such record.</summary>
    internal void SetCeiling(ulong ceiling, JournalWriter journal)
    {
        Span<byte> payload = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(payload, ceiling);
        journal.Append(RecordType.Ceiling, payload);
        Ceiling = ceiling;
    }

    /// <summary>Every PENDING trade, oldest first.</summary>
    internal TradeNo[] ListPending()
    {
        TradeNo[] list = [.. _pending.Keys];
        Array.Sort(list);
        return list;
    }

    /// <summary>Every PENDING trade and where it was accepted, for a checkpoint.</summary>
    internal PendingTrade[] CopyPending() => [.. _pending.Select(pair => new PendingTrade(pair.Key, pair.Value))];

    /// <summary>The state a checkpoint recorded; replay goes on from its first record.</summary>
    internal void Restore(Manifest manifest)
    {
        foreach (PendingTrade pending in manifest.Pending)
        {
            // Its record may be marked as overtaken by a result that this checkpoint does not hold: put it again.
            _index.PutBook(IndexKey.Trade(pending.TradeNo), BookEntry.Accepted(pending.AcceptedAddress));
            _pending[pending.TradeNo] = pending.AcceptedAddress;
        }
        Trades = manifest.Trades;
        Ceiling = manifest.Ceiling;
        TimeMs = manifest.TimeMs;
        _replayFrom = manifest.Position.NextSequence;
    }

    public void OnBatch(in BatchHeader batch) => TimeMs = Math.Max(TimeMs, batch.TimeMs);

    /// <summary>Replay: a pure fold, so that doing it twice, or on an index that is ahead, ends in the same book.</summary>
    public void OnRecord(in RecordHeader header, ReadOnlySpan<byte> payload, long address)
    {
        if (header.Sequence < _replayFrom)
        {
            return;
        }
        Replayed++;
        switch (header.Type)
        {
            case RecordType.Accepted:
                ReplayAccepted(payload, address);
                break;
            case RecordType.Result:
                ReplayResult(payload, address);
                break;
            case RecordType.Ceiling:
                Ceiling = BinaryPrimitives.ReadUInt64LittleEndian(payload);
                break;
        }
    }

    /// <summary>False when the claim does not count any more.</summary>
    private bool TryAnswerFromClaim(in ClaimEntry claim, Trade trade, JournalWriter journal, long nowMs, out Claim answer)
    {
        answer = default;
        if (!IsKept(claim.TradeNo, journal, out BookEntry entry) || (entry.IsFinal && !IsAlive(entry.FinalAtMs, nowMs)))
        {
            return false;
        }
        bool isSameContent = claim.FingerprintA == trade.Fingerprint.A && claim.FingerprintB == trade.Fingerprint.B;
        ClaimState state = !isSameContent ? ClaimState.OtherContent
            : entry.IsFinal ? ClaimState.Replay
            : claim.TradeNo == trade.TradeNo ? ClaimState.Won
            : ClaimState.InFlight;
        answer = new Claim(state, claim.TradeNo);
        return true;
    }

    /// <summary>A single-use code is free again when its trade provably moved no money.</summary>
    private bool HoldsItsCode(TradeNo tradeNo, JournalWriter journal) =>
        IsKept(tradeNo, journal, out BookEntry holder) && holder.Status is not (TradeStatus.Failed or TradeStatus.Cancelled);

    private bool IsKept(TradeNo tradeNo, JournalWriter journal, out BookEntry entry)
    {
        if (!_index.TryGetBook(IndexKey.Trade(tradeNo), out entry))
        {
            throw new JournalDamagedException($"the index names trade {tradeNo} and does not have it");
        }
        return entry.AcceptedAddress >= journal.Segments.BeginAddress;
    }

    private void Accept(in CommandKeys keys, Trade trade, long address)
    {
        // The trade before what points at it: a reader that finds a pointer always finds the trade.
        _index.PutBook(keys.Trade, BookEntry.Accepted(address));
        BookEntry pointer = BookEntry.Pointer(trade.TradeNo);
        _index.PutBook(keys.Order, pointer);
        if (!trade.CodeDigest.IsNone)
        {
            _index.PutBook(keys.Code, pointer);
        }
        _index.PutClaim(
            keys.Claim, new ClaimEntry(trade.TradeNo.Stamp, trade.TradeNo.Node, trade.Fingerprint.A, trade.Fingerprint.B));
        _pending[trade.TradeNo] = address;
        Trades++;
        Changes++;
    }

    private void ReplayAccepted(ReadOnlySpan<byte> payload, long address)
    {
        TradeRecords.ReadAccepted(payload, _replayed);
        CommandKeys keys = default;
        keys.Claim = IndexKey.Claim(_replayed.InstId, _replayed.ReqId.Span);
        keys.Order = IndexKey.Order(_replayed.InstId, _replayed.OrderNo.Span);
        keys.Trade = IndexKey.Trade(_replayed.TradeNo);
        keys.Code = _replayed.CodeDigest.IsNone ? default : IndexKey.Code(_replayed.CodeDigest);
        Accept(keys, _replayed, address);
    }

    private void ReplayResult(ReadOnlySpan<byte> payload, long address)
    {
        TradeNo tradeNo = TradeRecords.ReadNo(payload);
        IndexKey key = IndexKey.Trade(tradeNo);
        if (!_index.TryGetBook(key, out BookEntry entry))
        {
            throw new JournalDamagedException($"the journal has a result of trade {tradeNo}, which it never accepted");
        }
        _index.PutBook(key, entry.WithResult(address, TradeRecords.ReadStatus(payload), Math.Max(TradeRecords.ReadFinalAtMs(payload), TimeMs)));
        _pending.Remove(tradeNo);
        Changes++;
    }
}
