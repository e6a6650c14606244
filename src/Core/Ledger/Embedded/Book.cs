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

    /// <summary>Of what depends on wishes to cancel the trade: a further channel, and a result that <see cref="Book.DependsOnWish"/>.</summary>
    internal IndexKey Wishes;

    internal static CommandKeys Of(Trade trade) => new()
    {
        Claim = IndexKey.Claim(trade.InstId, trade.ReqId.Span),
        Order = IndexKey.Order(trade.InstId, trade.OrderNo.Span),
        Code = trade.CodeDigest.IsNone ? default : IndexKey.Code(trade.CodeDigest),
        Trade = IndexKey.Trade(trade.TradeNo),
    };
}

/// <summary>What has no result yet, or was reversed lately, and the address of its first record.</summary>
/// <param name="TradeNo">Its number.</param>
/// <param name="AcceptedAddress">Of a manifest's <see cref="BookKind.Dispatched"/> what <paramref name="Dispatched"/> is.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Dispatched">Of a trade at a further channel: that record's address, and in its lowest bits how many were tried before; else 0.</param>
internal readonly record struct PendingTrade(TradeNo TradeNo, long AcceptedAddress, BookKind Kind = BookKind.Trade, long Dispatched = 0)
{
    internal bool IsDispatched => Dispatched != 0;
}

/// <summary>
/// The rules of the book: what a claim, a refund or a result does to it. Knows neither threads nor files, so a simulation can run it by seed;
/// everything it decides follows from the index, the record and the time it is given.
/// </summary>
internal sealed partial class Book : IRecordVisitor
{
    /// <summary>How long a final trade's req_id is remembered: the specification's 24 h (4.3).</summary>
    internal const long ClaimLifeMs = 24 * 3600 * 1000L;

    private readonly IBookIndex _index;
    private readonly long _maxTrades;
    private readonly PendingBook _pending = new();
    private readonly byte[] _payload = new byte[JournalFormat.MaxPayloadBytes];

    internal Book(IBookIndex index, long maxTrades)
    {
        _index = index;
        _maxTrades = maxTrades;
    }

    /// <summary>Trades in the book; a refund, a wish to cancel and a surplus count as one, since the index needs room for it too.</summary>
    internal long Trades { get; private set; }

    /// <summary>No number above this may have been given.</summary>
    internal ulong Ceiling { get; private set; }

    /// <summary>The latest time a batch names.</summary>
    internal long TimeMs { get; private set; }

    /// <summary>What was accepted and ended since the start, replay included.</summary>
    internal long Changes { get; private set; }

    /// <summary>Records seen while replaying.</summary>
    internal long Replayed { get; private set; }

    internal int PendingCount => _pending.Count;

    /// <summary>Whether the claim of this trade, refund or wish is still remembered.</summary>
    internal static bool IsRemembered(in BookEntry entry, long nowMs) =>
        !entry.IsFinal || (!entry.FreesReqId && nowMs - entry.FinalAtMs <= ClaimLifeMs);

    /// <summary>Takes req_id, order and code in one step, or says who has them. Nothing new is taken where there is a <paramref name="refusal"/>.</summary>
    internal Claim Claim(in CommandKeys keys, Trade trade, JournalWriter journal, long nowMs, ClaimState? refusal)
    {
        if (_index.TryGetClaim(keys.Claim, out ClaimEntry claim) && TryAnswerFromClaim(claim, trade.Fingerprint, trade.TradeNo, journal, nowMs, out Claim known))
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
        if (WhyNoRoom(journal, refusal) is { } reason)
        {
            return new Claim(reason, default);
        }
        Debug.Assert(!_index.TryGetBook(keys.Trade, out _), "a trade_no was given twice");
        int length = TradeRecords.WriteAccepted(trade, _payload);
        Accept(keys, trade, journal.Append(RecordType.Accepted, _payload.AsSpan(0, length)));
        return new Claim(ClaimState.Won, trade.TradeNo);
    }

    /// <summary>Records the result if the trade is still PENDING.</summary>
    internal CompleteState Complete(in CommandKeys keys, Trade trade, JournalWriter journal)
    {
        if (!TryGet(keys.Trade, BookKind.Trade, journal, out BookEntry entry))
        {
            return CompleteState.NotFound;
        }
        if (entry.IsFinal)
        {
            return CompleteState.AlreadyFinal;
        }
        if (entry.Redirects != trade.Redirects)
        {
            return CompleteState.Redirected;
        }
        if (DependsOnWish(trade) && WishesOf(keys.Wishes) > 0 != (trade.Status == TradeStatus.Cancelled))
        {
            return CompleteState.WishChanged;
        }
        if (!journal.HasRoom)
        {
            return CompleteState.Unavailable;
        }
        int length = TradeRecords.WriteResult(trade, _payload);
        long address = journal.Append(RecordType.Result, _payload.AsSpan(0, length));
        End(keys.Trade, trade.TradeNo, entry, address, trade.Status, trade.FinalAtMs, journal.TimeMs);
        if (trade.WasReversed)
        {
            WasReversed(trade.TradeNo, entry, Math.Max(trade.FinalAtMs, journal.TimeMs));
        }
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

    /// <summary>False when the claim does not count any more.</summary>
    private bool TryAnswerFromClaim(
        in ClaimEntry claim, in Digest fingerprint, TradeNo own, JournalWriter journal, long nowMs, out Claim answer)
    {
        answer = default;
        if (!IsKept(claim.TradeNo, journal, out BookEntry entry) || !IsRemembered(entry, nowMs))
        {
            return false;
        }
        bool isSameContent = claim.FingerprintA == fingerprint.A && claim.FingerprintB == fingerprint.B;
        ClaimState state = !isSameContent ? ClaimState.OtherContent
            : entry.IsFinal ? ClaimState.Replay
            : claim.TradeNo == own ? ClaimState.Won
            : ClaimState.InFlight;
        answer = new Claim(state, claim.TradeNo);
        return true;
    }

    private ClaimState? WhyNoRoom(JournalWriter journal, ClaimState? refusal) =>
        Trades >= _maxTrades ? ClaimState.Refused
        : refusal ?? (journal.TakesClaims(PendingCount) ? null : ClaimState.DiskFull);

    /// <summary>A single-use code is free again when its trade provably moved no money.</summary>
    private bool HoldsItsCode(TradeNo tradeNo, JournalWriter journal) =>
        IsKept(tradeNo, journal, out BookEntry holder) && holder.Status is not (TradeStatus.Failed or TradeStatus.Cancelled);

    private bool TryGet(in IndexKey key, BookKind kind, JournalWriter journal, out BookEntry entry) =>
        _index.TryGetBook(key, out entry) && entry.Kind == kind && entry.AcceptedAddress >= journal.Segments.BeginAddress;

    private bool IsKept(TradeNo tradeNo, JournalWriter journal, out BookEntry entry)
    {
        if (!_index.TryGetBook(IndexKey.Trade(tradeNo), out entry))
        {
            throw new JournalDamagedException($"the index names {tradeNo} and does not have it");
        }
        return entry.AcceptedAddress >= journal.Segments.BeginAddress;
    }

    private void Accept(in CommandKeys keys, Trade trade, long address)
    {
        // The trade before what points at it: a reader that finds a pointer always finds the trade.
        Begin(keys.Trade, trade.TradeNo, BookEntry.Accepted(address));
        BookEntry pointer = BookEntry.Pointer(trade.TradeNo);
        _index.PutBook(keys.Order, pointer);
        if (!trade.CodeDigest.IsNone)
        {
            _index.PutBook(keys.Code, pointer);
        }
        _index.PutClaim(keys.Claim, ClaimEntry.Of(trade.TradeNo, trade.Fingerprint));
        Trades++;
        Changes++;
    }

    private void Begin(in IndexKey key, TradeNo number, in BookEntry entry)
    {
        _index.PutBook(key, entry);
        _pending.Put(new PendingTrade(number, entry.AcceptedAddress, entry.Kind, entry.Redirects > 0 ? entry.B : 0));
    }

    private void End(
        in IndexKey key, TradeNo number, in BookEntry entry, long address, TradeStatus status, long finalAtMs, long journalMs, bool freesReqId = false)
    {
        // The 24 h of a req_id run on journal time: a clock that was ahead and came back must not make the trade old before it is a second.
        _index.PutBook(key, entry.WithResult(address, status, Math.Max(finalAtMs, journalMs), freesReqId));
        _pending.Remove(number);
        Changes++;
    }
}
