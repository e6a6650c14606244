using System.Buffers.Binary;
using HotPath.Core.Model;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>What an entry of a dump is.</summary>
public enum JournalEntryKind : byte
{
    None = 0,

    /// <summary>A segment begins.</summary>
    Segment,
    Batch,
    Accepted,
    Result,
    Ceiling,
    Seal,

    /// <summary>A refund was reserved.</summary>
    Refund,

    /// <summary>A refund became final.</summary>
    Settled,

    /// <summary>A cancel was wished.</summary>
    Cancel,

    /// <summary>What was told of it.</summary>
    CancelResult,

    /// <summary>Money too much was found.</summary>
    Surplus,

    /// <summary>It went back, or did not.</summary>
    SurplusResult,

    /// <summary>An operator did something by hand.</summary>
    OperatorAct,

    /// <summary>A trade went to a further channel.</summary>
    Dispatched,

    /// <summary>Bytes that are no whole batch; what stood there is not known.</summary>
    Skipped,
}

/// <summary>One record of the journal, or something else that a reader must know of.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="File">The segment.</param>
/// <param name="Offset">Byte in it where this begins.</param>
/// <param name="Sequence">The record's; for a segment its first, for what was skipped the one that must have stood there, or 0.</param>
public sealed record JournalEntry(JournalEntryKind Kind, string File, long Offset, long Sequence)
{
    /// <summary>Of ACCEPTED everything that was claimed, of DISPATCHED its number and channel, of RESULT its number and what was recorded; null for others.</summary>
    public Trade? Trade { get; init; }

    /// <summary>Of REFUND everything that was reserved, of SETTLED its number and what was recorded; null for others.</summary>
    public Refund? Refund { get; init; }

    /// <summary>Of CANCEL the wish, of CANCELRESULT its number, its trade and what was told; null for others.</summary>
    public Cancellation? Cancel { get; init; }

    /// <summary>Of SURPLUS all of it, of SURPLUSRESULT its number, its trade and how it ended; null for others.</summary>
    public Surplus? Surplus { get; init; }

    /// <summary>Of OPERATORACT all of it; null for others.</summary>
    public OperatorAct? Act { get; init; }

    /// <summary>The numbers of the trade, refund, wish or surplus, and of the trade that it is about.</summary>
    public IEnumerable<TradeNo> Numbers =>
    [
        Trade?.TradeNo ?? default, Refund?.RefundId ?? default, Refund?.TradeNo ?? default, Cancel?.CancelNo ?? default, Cancel?.TradeNo ?? default,
        Surplus?.RefundId ?? default, Surplus?.TradeNo ?? default,
    ];

    /// <summary>Of BATCH: when it was written, Unix ms.</summary>
    public long TimeMs { get; init; }

    /// <summary>Of BATCH: records after it.</summary>
    public int Records { get; init; }

    /// <summary>Of BATCH and a segment: the highest sequence that was durable before.</summary>
    public long DurableSequence { get; init; }

    /// <summary>Of CEILING: no number above this stamp was given before the next one.</summary>
    public ulong Ceiling { get; init; }

    /// <summary>Of what was skipped: its bytes; 0 when a whole batch stands there that does not follow the one before.</summary>
    public long Bytes { get; init; }

    /// <summary>Of what was skipped: why it is no whole batch.</summary>
    public string Reason { get; init; } = "";
}

/// <summary>
/// Reads what can be read of a journal, damaged or not, and changes nothing: behind a damage it goes on with the next batch that is whole by
/// itself. For a stopped ledger.
/// </summary>
public static class JournalDump
{
    /// <summary>Every record in order, and what was skipped between.</summary>
    /// <param name="dataDirectory">The folder that holds <c>journal/</c>; its first segment may be any.</param>
    public static IEnumerable<JournalEntry> Read(string dataDirectory) => Read(dataDirectory, FileStorage.Instance);

    internal static IEnumerable<JournalEntry> Read(string dataDirectory, IJournalStorage storage)
    {
        string directory = Path.Combine(dataDirectory, "journal");
        long expected = -1;
        foreach (long number in JournalRecovery.ListSegments(storage, directory))
        {
            for (; expected >= 0 && expected < number; expected++)
            {
                yield return new JournalEntry(JournalEntryKind.Skipped, JournalFormat.SegmentName(expected), 0, 0) { Reason = "the segment is missing" };
            }
            expected = number + 1;
            string name = JournalFormat.SegmentName(number);
            foreach (JournalEntry entry in new SegmentDump(name, SalvagedFile.Read(storage, Path.Combine(directory, name))).Read())
            {
                yield return entry;
            }
        }
    }

    /// <summary>One segment's bytes and how far they were read.</summary>
    private sealed class SegmentDump(string name, byte[] bytes) : IRecordVisitor
    {
        private readonly List<JournalEntry> _entries = [];
        private JournalPosition _at;
        private ulong _ledgerId;
        private bool _isSealed;

        internal IEnumerable<JournalEntry> Read()
        {
            yield return ReadHeader();
            int offset = JournalFormat.HeaderBlockBytes;
            while (offset < bytes.Length && !_isSealed)
            {
                BatchVerdict batch = BatchReader.Read(bytes.AsSpan(offset), _at, _ledgerId);
                if (!batch.IsWhole)
                {
                    long expected = _at.NextSequence;
                    int next = FindBatch(offset);
                    int end = next >= 0 ? next : LastWritten();
                    if (end > offset || next == offset)
                    {
                        yield return Skipped(offset, end, batch.Defect.ToString()) with { Sequence = expected };
                    }
                    if (next < 0)
                    {
                        yield break;
                    }
                    offset = next;
                    continue;
                }
                _isSealed = BatchReader.Show(bytes.AsSpan(offset), offset, batch, this);
                foreach (JournalEntry entry in _entries)
                {
                    yield return entry;
                }
                _entries.Clear();
                _at = BatchReader.After(_at, batch, bytes.AsSpan(offset));
                offset += batch.Length;
            }
            if (LastWritten() > offset)
            {
                yield return Skipped(offset, LastWritten(), JournalScanner.BehindTheSeal);
            }
        }

        public void OnBatch(in BatchHeader batch) => _entries.Add(new JournalEntry(JournalEntryKind.Batch, name, 0, 0)
        {
            TimeMs = batch.TimeMs,
            Records = batch.Records,
            DurableSequence = batch.DurableSequence,
        });

        public void OnRecord(in RecordHeader header, ReadOnlySpan<byte> payload, long address)
        {
            var trade = new Trade();
            var refund = new Refund();
            var cancel = new Cancellation();
            var surplus = new Surplus();
            switch (header.Type)
            {
                case RecordType.Batch:
                    _entries[^1] = _entries[^1] with { Offset = address, Sequence = header.Sequence };
                    break;
                case RecordType.Accepted:
                    TradeRecords.ReadAccepted(payload, trade);
                    _entries.Add(new JournalEntry(JournalEntryKind.Accepted, name, address, header.Sequence) { Trade = trade });
                    break;
                case RecordType.Dispatched:
                    TradeRecords.ReadDispatched(payload, trade);
                    _entries.Add(new JournalEntry(JournalEntryKind.Dispatched, name, address, header.Sequence) { Trade = trade });
                    break;
                case RecordType.Result:
                    trade.TradeNo = TradeRecords.ReadNo(payload);
                    TradeRecords.ReadResult(payload, trade);
                    _entries.Add(new JournalEntry(JournalEntryKind.Result, name, address, header.Sequence) { Trade = trade });
                    break;
                case RecordType.Refund:
                    RefundRecords.ReadRefund(payload, refund);
                    _entries.Add(new JournalEntry(JournalEntryKind.Refund, name, address, header.Sequence) { Refund = refund });
                    break;
                case RecordType.Settled:
                    refund.RefundId = TradeRecords.ReadNo(payload);
                    RefundRecords.ReadResult(payload, refund);
                    _entries.Add(new JournalEntry(JournalEntryKind.Settled, name, address, header.Sequence) { Refund = refund });
                    break;
                case RecordType.Cancel:
                    CancelRecords.ReadCancel(payload, cancel);
                    _entries.Add(new JournalEntry(JournalEntryKind.Cancel, name, address, header.Sequence) { Cancel = cancel });
                    break;
                case RecordType.CancelResult:
                    cancel.CancelNo = TradeRecords.ReadNo(payload);
                    CancelRecords.ReadResult(payload, cancel);
                    _entries.Add(new JournalEntry(JournalEntryKind.CancelResult, name, address, header.Sequence) { Cancel = cancel });
                    break;
                case RecordType.Surplus:
                    SurplusRecords.ReadSurplus(payload, surplus);
                    _entries.Add(new JournalEntry(JournalEntryKind.Surplus, name, address, header.Sequence) { Surplus = surplus });
                    break;
                case RecordType.SurplusResult:
                    surplus.RefundId = TradeRecords.ReadNo(payload);
                    SurplusRecords.ReadResult(payload, surplus);
                    _entries.Add(new JournalEntry(JournalEntryKind.SurplusResult, name, address, header.Sequence) { Surplus = surplus });
                    break;
                case RecordType.OperatorAct:
                    _entries.Add(new JournalEntry(JournalEntryKind.OperatorAct, name, address, header.Sequence) { Act = OperatorActRecords.Read(payload) });
                    break;
                case RecordType.Ceiling:
                    ulong ceiling = BinaryPrimitives.ReadUInt64LittleEndian(payload);
                    _entries.Add(new JournalEntry(JournalEntryKind.Ceiling, name, address, header.Sequence) { Ceiling = ceiling });
                    break;
                case RecordType.Seal:
                    _entries.Add(new JournalEntry(JournalEntryKind.Seal, name, address, header.Sequence));
                    break;
            }
        }

        private JournalEntry ReadHeader()
        {
            ReadOnlySpan<byte> block = bytes.AsSpan(0, Math.Min(bytes.Length, JournalFormat.HeaderBlockBytes));
            if (!JournalFormat.TryReadSegmentHeader(block, out SegmentHeader header))
            {
                return Skipped(0, block.Length, "the header block is not whole");
            }
            _ledgerId = header.LedgerId;
            _at = new JournalPosition(0, header.FirstSequence, header.Chain);
            return new JournalEntry(JournalEntryKind.Segment, name, 0, header.FirstSequence) { DurableSequence = header.DurableSequence };
        }

        /// <summary>The next batch that is whole by itself, whatever it follows; reading goes on from it.</summary>
        private int FindBatch(int from)
        {
            for (int at = from; at + JournalFormat.BatchRecordBytes <= bytes.Length; at += 8)
            {
                ReadOnlySpan<byte> candidate = bytes.AsSpan(at);
                if (candidate[16] != (byte)RecordType.Batch ||
                    JournalFormat.ReadRecord(candidate, out RecordHeader header) != RecordDefect.None ||
                    header is not { Type: RecordType.Batch, PayloadLength: JournalFormat.BatchPayloadBytes })
                {
                    continue;
                }
                BatchHeader batch = JournalFormat.ReadBatch(candidate[JournalFormat.RecordHeaderBytes..]);
                var there = new JournalPosition(at, header.Sequence, batch.Chain);
                if (BatchReader.Read(candidate, there, batch.LedgerId).IsWhole)
                {
                    (_at, _ledgerId) = (there, batch.LedgerId);
                    return at;
                }
            }
            return -1;
        }

        private int LastWritten() => bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;

        private JournalEntry Skipped(int from, int to, string reason) =>
            new(JournalEntryKind.Skipped, name, from, _at.NextSequence) { Bytes = to - from, Reason = reason };
    }
}
