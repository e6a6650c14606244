using System.IO.Hashing;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>Sees every record of every whole batch, in order.</summary>
internal interface IRecordVisitor
{
    void OnBatch(in BatchHeader batch);

    void OnRecord(in RecordHeader header, ReadOnlySpan<byte> payload, long address);
}

/// <summary>How far a scan came.</summary>
/// <param name="End">The place after the last whole batch.</param>
/// <param name="DurableSequence">The highest sequence that anything whole names as durable.</param>
/// <param name="TornBytes">Bytes after <paramref name="End"/> that were begun and never acknowledged.</param>
/// <param name="HasEmptyNext">A segment after the end exists, without a batch: a roll was under way.</param>
internal readonly record struct ScanResult(JournalPosition End, long DurableSequence, int TornBytes, bool HasEmptyNext);

/// <summary>
/// Reads the journal in order and decides between a torn tail (never acknowledged: may be dropped) and damage (was durable: must not).
/// </summary>
internal sealed class JournalScanner
{
    private const int PageBytes = 4096;

    private readonly JournalSegments _segments;
    private readonly IReadOnlyList<long> _numbers;
    private readonly IRecordVisitor _visitor;
    private readonly byte[] _bytes;
    private ulong _ledgerId;
    private long _durable;
    private JournalPosition _at;
    private RecordDefect _defect;
    private int _defectOffset;

    /// <param name="segments">All segments.</param>
    /// <param name="numbers">Their numbers, without a gap.</param>
    /// <param name="visitor">Is told of what was read.</param>
    internal JournalScanner(JournalSegments segments, IReadOnlyList<long> numbers, IRecordVisitor visitor)
    {
        _segments = segments;
        _numbers = numbers;
        _visitor = visitor;
        _bytes = new byte[segments.SegmentBytes];
    }

    /// <summary>Scans from <paramref name="from"/> to the end.</summary>
    /// <param name="from">A place between two batches.</param>
    /// <param name="ledgerId">The ledger these segments must belong to.</param>
    /// <param name="durableSequence">What a manifest names as durable: losing a record up to there is damage.</param>
    /// <exception cref="JournalDamagedException">Something that was durable is not whole.</exception>
    internal ScanResult Scan(in JournalPosition from, ulong ledgerId, long durableSequence)
    {
        _at = from;
        _ledgerId = ledgerId;
        _durable = durableSequence;
        int segmentBytes = _segments.SegmentBytes;
        for (long number = from.Address / segmentBytes; ; number++)
        {
            Load(number);
            bool isSealed = ReadBatches(number);
            bool isLast = number == _numbers[^1];
            if (isSealed && isLast)
            {
                throw new JournalDamagedException(
                    JournalFormat.SegmentName(number + 1), 0, _at.NextSequence, "the segment is missing: the one before ends with a SEAL");
            }
            if (isSealed)
            {
                EnterNext(number + 1);
                continue;
            }
            int torn = TornBytes();
            bool hasEmptyNext = !isLast && IsEmptyAfter(number);
            JudgeTail(number, isLast || hasEmptyNext);
            return new ScanResult(_at, _durable, torn, hasEmptyNext);
        }
    }

    private void Load(long number)
    {
        int read;
        try
        {
            read = _segments.File(number).ReadAt(_bytes, 0);
        }
        catch (IOException failure)
        {
            throw new JournalDamagedException(
                JournalFormat.SegmentName(number), FirstUnreadable(number), _at.NextSequence, $"cannot be read: {failure.Message}");
        }
        if (read != _bytes.Length)
        {
            throw new JournalDamagedException(JournalFormat.SegmentName(number), read, _at.NextSequence, "the file is too short");
        }
    }

    /// <summary>The first page that the disk does not give: where to look, and what to copy around.</summary>
    private int FirstUnreadable(long number)
    {
        for (int at = 0; at < _bytes.Length; at += PageBytes)
        {
            try
            {
                _segments.File(number).ReadAt(_bytes.AsSpan(at, Math.Min(PageBytes, _bytes.Length - at)), at);
            }
            catch (IOException)
            {
                return at;
            }
        }
        // It could be read this time. What comes and goes is no ground to start on.
        return 0;
    }

    /// <summary>True when the segment ended with its SEAL; false at the first bytes that are not a whole batch.</summary>
    private bool ReadBatches(long number)
    {
        int offset = (int)(_at.Address % _bytes.Length);
        while (TryReadBatch(offset, out BatchHeader batch, out int length))
        {
            _durable = Math.Max(_durable, batch.DurableSequence);
            _visitor.OnBatch(batch);
            bool isSealed = false;
            long address = _at.Address;
            for (int at = offset; at < offset + length;)
            {
                JournalFormat.ReadRecord(_bytes.AsSpan(at), out RecordHeader header);
                _visitor.OnRecord(header, _bytes.AsSpan(at + JournalFormat.RecordHeaderBytes, header.PayloadLength), address + at - offset);
                isSealed = header.Type == RecordType.Seal;
                at += header.RecordBytes;
            }
            _at = new JournalPosition(
                address + length, _at.NextSequence + 1 + batch.Records, XxHash3.HashToUInt64(_bytes.AsSpan(offset, length), (long)_at.Chain));
            offset += length;
            if (isSealed)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Whether a whole batch begins here: every record checked before any of them is shown.</summary>
    private bool TryReadBatch(int offset, out BatchHeader batch, out int length)
    {
        batch = default;
        length = 0;
        _defectOffset = offset;
        _defect = JournalFormat.ReadRecord(_bytes.AsSpan(offset), out RecordHeader header);
        if (_defect == RecordDefect.None)
        {
            _defect = header.Type != RecordType.Batch || header.PayloadLength != JournalFormat.BatchPayloadBytes ? RecordDefect.BadType
                : header.Sequence != _at.NextSequence ? RecordDefect.BadSequence
                : RecordDefect.None;
        }
        if (_defect != RecordDefect.None)
        {
            return false;
        }
        batch = JournalFormat.ReadBatch(_bytes.AsSpan(offset + JournalFormat.RecordHeaderBytes));
        length = JournalFormat.BatchRecordBytes + batch.Bytes;
        if (batch.LedgerId != _ledgerId || batch.Chain != _at.Chain)
        {
            _defect = RecordDefect.BadChain;
            return false;
        }
        if (batch.Bytes < 0 || batch.Records < 0 || batch.Bytes > _bytes.Length - offset - JournalFormat.BatchRecordBytes)
        {
            _defect = RecordDefect.BadBatch;
            return false;
        }
        return AreRecordsWhole(offset + JournalFormat.BatchRecordBytes, offset + length, batch.Records);
    }

    private bool AreRecordsWhole(int at, int end, int records)
    {
        long sequence = _at.NextSequence + 1;
        while (at < end)
        {
            _defectOffset = at;
            _defect = JournalFormat.ReadRecord(_bytes.AsSpan(at, end - at), out RecordHeader header);
            if (_defect == RecordDefect.None && header.Sequence != sequence)
            {
                _defect = RecordDefect.BadSequence;
            }
            if (_defect != RecordDefect.None)
            {
                return false;
            }
            sequence++;
            at += header.RecordBytes;
        }
        _defect = sequence == _at.NextSequence + 1 + records ? RecordDefect.None : RecordDefect.BadBatch;
        return _defect == RecordDefect.None;
    }

    private void EnterNext(long number)
    {
        SegmentHeader header = JournalRecovery.ReadHeader(_segments.File(number), number);
        if (header.FirstSequence != _at.NextSequence || header.Chain != _at.Chain || header.LedgerId != _ledgerId)
        {
            throw new JournalDamagedException(
                JournalFormat.SegmentName(number), 0, _at.NextSequence, "the segment does not continue the one before");
        }
        _at = _at with { Address = (number * _bytes.Length) + JournalFormat.HeaderBlockBytes };
    }

    private int TornBytes()
    {
        int offset = (int)(_at.Address % _bytes.Length);
        return _bytes.AsSpan(offset).LastIndexOfAnyExcept((byte)0) + 1;
    }

    /// <summary>A roll that was cut short: the next segment was made, nothing was written into it.</summary>
    private bool IsEmptyAfter(long number)
    {
        if (number + 1 != _numbers[^1])
        {
            return false;
        }
        SegmentHeader header = JournalRecovery.ReadHeader(_segments.File(number + 1), number + 1);
        _durable = Math.Max(_durable, header.DurableSequence);
        Load(number + 1);
        return _bytes.AsSpan(JournalFormat.HeaderBlockBytes).IndexOfAnyExcept((byte)0) < 0;
    }

    private void JudgeTail(long number, bool mayEndHere)
    {
        string file = JournalFormat.SegmentName(number);
        // Whole batches after the end prove that what is missing between was durable: each names what was synced before it.
        for (long later = number; later <= _numbers[^1]; later++)
        {
            Load(later);
            FindDurable(later == number ? (int)(_at.Address % _bytes.Length) : JournalFormat.HeaderBlockBytes);
        }
        if (_durable >= _at.NextSequence)
        {
            throw new JournalDamagedException(
                file, _defectOffset, _at.NextSequence, $"{_defect}, but the journal names everything up to record {_durable} as durable");
        }
        if (!mayEndHere)
        {
            throw new JournalDamagedException(file, _defectOffset, _at.NextSequence, $"{_defect}, but later segments hold records");
        }
    }

    private void FindDurable(int from)
    {
        for (int at = from; at + JournalFormat.BatchRecordBytes <= _bytes.Length; at += 8)
        {
            if (_bytes[at + 16] == (byte)RecordType.Batch &&
                JournalFormat.ReadRecord(_bytes.AsSpan(at), out RecordHeader header) == RecordDefect.None &&
                header is { Type: RecordType.Batch, PayloadLength: JournalFormat.BatchPayloadBytes })
            {
                BatchHeader batch = JournalFormat.ReadBatch(_bytes.AsSpan(at + JournalFormat.RecordHeaderBytes));
                _durable = batch.LedgerId == _ledgerId ? Math.Max(_durable, batch.DurableSequence) : _durable;
            }
        }
    }
}
