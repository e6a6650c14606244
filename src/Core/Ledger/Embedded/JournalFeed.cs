using System.Runtime.CompilerServices;
using HotPath.Core.Model;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// Shows the durable journal in order, a portion at a time. Every batch is checked as a start checks it. One thread.
/// </summary>
/// <remarks>
/// Reads behind the ledger thread what that has just written, from the page cache: nothing is handed over, and nothing on the way of a payment
/// waits for it.
/// </remarks>
internal sealed class JournalFeed(JournalWriter journal, ulong ledgerId, TradeReads trades, RefundReads refunds) : IRecordVisitor
{
    private readonly JournalSegments _segments = journal.Segments;
    private readonly byte[] _bytes = new byte[Math.Min(JournalFormat.MaxBatchBytes, journal.Segments.SegmentBytes)];
    private readonly Trade _trade = new();
    private readonly Refund _refund = new();
    private IFeedVisitor? _visitor;

    /// <summary>Where the feed ends now: what is durable. Any thread.</summary>
    internal long End => journal.DurableEnd;

    /// <summary>Shows at most one portion.</summary>
    /// <param name="from">Where to begin.</param>
    /// <param name="before">Where to stop, if it comes that far.</param>
    /// <param name="visitor">Is shown what is read. What it throws comes out of here, and the portion counts as not shown.</param>
    /// <exception cref="JournalDamagedException">Something durable is not as it was written.</exception>
    /// <exception cref="LedgerUnavailableException">The ledger is closed.</exception>
    internal FeedPosition Read(in FeedPosition from, long before, IFeedVisitor visitor)
    {
        if (from.Address > End)
        {
            throw _segments.Damaged(from.Address, "the journal ends before");
        }
        long end = Math.Min(End, before);
        bool isBefore = from.Address < _segments.BeginAddress + JournalFormat.HeaderBlockBytes;
        JournalPosition at = isBefore ? BeginOf(_segments.BeginAddress / _segments.SegmentBytes) : new JournalPosition(from.Address, from.NextSequence, from.Chain);
        if (at.Address >= end)
        {
            return PositionOf(at);
        }
        int offset = (int)(at.Address % _segments.SegmentBytes);
        int length = (int)Math.Min(_bytes.Length, Math.Min(_segments.SegmentBytes - offset, end - at.Address));
        Span<byte> bytes = _bytes.AsSpan(0, length);
        bytes = bytes[.._segments.File(at.Address / _segments.SegmentBytes).ReadAt(bytes, offset)];
        _visitor = visitor;
        return Show(bytes, at);
    }

    void IRecordVisitor.OnBatch(in BatchHeader batch)
    {
    }

    void IRecordVisitor.OnRecord(in RecordHeader header, ReadOnlySpan<byte> payload, long address)
    {
        switch (header.Type)
        {
            case RecordType.Accepted:
                _trade.Clear();
                TradeRecords.ReadAccepted(payload, _trade);
                _visitor!.Accepted(_trade, header.Sequence);
                break;
            case RecordType.Result when trades.FindClaim(TradeRecords.ReadNo(payload), _trade):
                TradeRecords.ReadResult(payload, _trade);
                _visitor!.Ended(_trade, header.Sequence);
                break;
            case RecordType.Settled when refunds.FindClaim(TradeRecords.ReadNo(payload), _refund):
                RefundRecords.ReadResult(payload, _refund);
                _visitor!.Ended(_refund, header.Sequence);
                break;
        }
    }

    private FeedPosition Show(ReadOnlySpan<byte> bytes, JournalPosition at)
    {
        int shown = 0;
        while (shown < bytes.Length)
        {
            BatchVerdict batch = BatchReader.Read(bytes[shown..], at, ledgerId);
            if (!batch.IsWhole)
            {
                // The first one always fits: the rest of the bytes is read again with what follows.
                return shown > 0 ? PositionOf(at) : throw _segments.Damaged(at.Address + batch.DefectAt, batch.Defect.ToString());
            }
            bool isSealed = BatchReader.Show(bytes[shown..], at.Address, batch, this);
            at = BatchReader.After(at, batch, bytes[shown..]);
            shown += batch.Length;
            if (isSealed)
            {
                return PositionOf(BeginOf((at.Address / _segments.SegmentBytes) + 1));
            }
        }
        return PositionOf(at);
    }

    private JournalPosition BeginOf(long segment)
    {
        SegmentHeader header = JournalRecovery.ReadHeader(_segments.File(segment), segment);
        return new JournalPosition((segment * _segments.SegmentBytes) + JournalFormat.HeaderBlockBytes, header.FirstSequence, header.Chain);
    }

    private static FeedPosition PositionOf(in JournalPosition at) => new(at.Address, at.NextSequence, at.Chain);
}
