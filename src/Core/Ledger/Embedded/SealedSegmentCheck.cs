namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// Reads a sealed segment whole, a part at a time: its header, every batch by checksum, sequence and chain up to the SEAL, the zeroes behind
/// it, and that the next segment goes on from there. Needs nothing from the segments before, so any one can be checked by itself. One thread.
/// </summary>
internal sealed class SealedSegmentCheck
{
    private readonly JournalSegments _segments;
    private readonly ulong _ledgerId;
    private readonly bool _isFromMedium;
    private readonly byte[] _part;
    private IJournalFile? _file;
    private long _number;
    private int _offset;
    private bool _isSealed;
    private JournalPosition _at;

    /// <param name="segments">All segments.</param>
    /// <param name="ledgerId">Whose they must be.</param>
    /// <param name="isFromMedium">True: what the page cache holds of them is no answer.</param>
    internal SealedSegmentCheck(JournalSegments segments, ulong ledgerId, bool isFromMedium)
    {
        _segments = segments;
        _ledgerId = ledgerId;
        _isFromMedium = isFromMedium;
        // The longest batch fits, so that the first one of a part is always there as a whole.
        _part = new byte[Math.Min(JournalFormat.MaxBatchBytes, segments.SegmentBytes)];
    }

    /// <summary>True once the segment begun last was read to its end and is whole, or was given up.</summary>
    internal bool IsDone => _file is null;

    /// <summary>Begins with a segment that is not the newest.</summary>
    /// <exception cref="JournalDamagedException">Its header block is not whole, or another ledger's.</exception>
    internal void Begin(long number)
    {
        _number = number;
        _file = null;
        IJournalFile file = _segments.File(number);
        if (_isFromMedium)
        {
            file.DropCached(0, _segments.SegmentBytes);
        }
        SegmentHeader header = JournalRecovery.ReadHeader(file, number);
        if (header.LedgerId != _ledgerId)
        {
            throw Damaged(0, "the segment belongs to another ledger");
        }
        _at = new JournalPosition((number * _segments.SegmentBytes) + JournalFormat.HeaderBlockBytes, header.FirstSequence, header.Chain);
        _offset = JournalFormat.HeaderBlockBytes;
        _isSealed = false;
        _file = file;
    }

    /// <summary>Reads and checks the next part.</summary>
    /// <returns>Bytes read.</returns>
    /// <exception cref="JournalDamagedException">Something is not as it was written.</exception>
    internal int Step()
    {
        IJournalFile file = _file!;
        Span<byte> part = _part.AsSpan(0, Math.Min(_part.Length, _segments.SegmentBytes - _offset));
        int read = file.ReadAt(part, _offset);
        if (read != part.Length)
        {
            throw Damaged(_offset + read, "the file is too short");
        }
        int good = _isSealed ? 0 : CheckBatches(part);
        if (_isSealed)
        {
            CheckZeroes(part[good..], _offset + good);
            good = part.Length;
        }
        _offset += good;
        if (_offset == _segments.SegmentBytes)
        {
            CheckNext();
            _file = null;
        }
        return read;
    }

    /// <summary>Leaves the segment as it is: it is known to be damaged.</summary>
    internal void GiveUp() => _file = null;

    /// <returns>Bytes of whole batches: the rest of the part is read again with what follows.</returns>
    private int CheckBatches(ReadOnlySpan<byte> part)
    {
        int good = 0;
        while (good < part.Length && !_isSealed)
        {
            ReadOnlySpan<byte> bytes = part[good..];
            BatchVerdict batch = BatchReader.Read(bytes, _at, _ledgerId);
            if (!batch.IsWhole)
            {
                return good > 0 ? good : throw Damaged(_offset + batch.DefectAt, batch.Defect.ToString());
            }
            // The SEAL is alone in its batch.
            _isSealed = batch.Header.Records == 1 && batch.Length == JournalFormat.SealBatchBytes &&
                JournalFormat.ReadRecord(bytes[JournalFormat.BatchRecordBytes..], out RecordHeader header) == RecordDefect.None &&
                header.Type == RecordType.Seal;
            _at = BatchReader.After(_at, batch, bytes);
            good += batch.Length;
        }
        return good;
    }

    private void CheckZeroes(ReadOnlySpan<byte> bytes, int offset)
    {
        int bent = bytes.IndexOfAnyExcept((byte)0);
        if (bent >= 0)
        {
            throw Damaged(offset + bent, JournalScanner.BehindTheSeal);
        }
    }

    private void CheckNext()
    {
        if (!_isSealed)
        {
            throw Damaged(_offset, "the segment has no SEAL, and a later one exists");
        }
        SegmentHeader next = JournalRecovery.ReadHeader(_segments.File(_number + 1), _number + 1);
        if (next.FirstSequence != _at.NextSequence || next.Chain != _at.Chain)
        {
            throw new JournalDamagedException(
                JournalFormat.SegmentName(_number + 1), 0, _at.NextSequence, "the segment does not continue the one before");
        }
    }

    private JournalDamagedException Damaged(int offset, string reason) =>
        new(JournalFormat.SegmentName(_number), offset, _at.NextSequence, reason);
}
