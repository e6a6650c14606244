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
    // A bent bit there would hurt nobody; but it may as well be a batch that was acknowledged and written to the wrong place.
    internal const string BehindTheSeal = "there is something behind the SEAL, where nothing is ever written";
    private const int PageBytes = 4096;

    private readonly JournalSegments _segments;
    private readonly IReadOnlyList<long> _numbers;
    private readonly IRecordVisitor _visitor;
    private readonly IReadOnlyList<Manifest> _places;
    private readonly byte[] _bytes;
    private int _met;
    private ulong _ledgerId;
    private long _durable;
    private JournalPosition _at;
    private RecordDefect _defect;
    private int _defectOffset;

    /// <param name="segments">All segments.</param>
    /// <param name="numbers">Their numbers, without a gap.</param>
    /// <param name="visitor">Is told of what was read.</param>
    /// <param name="manifests">Name places that the scan must come by, and what was durable.</param>
    internal JournalScanner(
        JournalSegments segments, IReadOnlyList<long> numbers, IRecordVisitor visitor, IReadOnlyList<Manifest> manifests)
    {
        _places = [.. manifests.OrderBy(manifest => manifest.Position.Address)];
        _durable = manifests.Count == 0 ? 0 : manifests.Max(manifest => manifest.DurableSequence);
        _segments = segments;
        _numbers = numbers;
        _visitor = visitor;
        _bytes = new byte[segments.SegmentBytes];
    }

    /// <summary>Scans from <paramref name="from"/> to the end.</summary>
    /// <param name="from">A place between two batches.</param>
    /// <param name="ledgerId">The ledger these segments must belong to.</param>
    /// <exception cref="JournalDamagedException">Something that was durable is not whole.</exception>
    internal ScanResult Scan(in JournalPosition from, ulong ledgerId)
    {
        _at = from;
        _ledgerId = ledgerId;
        _met = _places.TakeWhile(place => place.Position.Address < _at.Address).Count();
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
        while (true)
        {
            MeetPlaces();
            ReadOnlySpan<byte> bytes = _bytes.AsSpan(offset);
            BatchVerdict batch = BatchReader.Read(bytes, _at, _ledgerId);
            _defect = batch.Defect;
            _defectOffset = offset + batch.DefectAt;
            if (!batch.IsWhole)
            {
                return false;
            }
            _durable = Math.Max(_durable, batch.Header.DurableSequence);
            bool isSealed = BatchReader.Show(bytes, _at.Address, batch, _visitor);
            _at = BatchReader.After(_at, batch, bytes);
            offset += batch.Length;
            if (isSealed)
            {
                RequireZeroes(number, offset);
                return true;
            }
        }
    }

    /// <summary>Each place that a manifest names must be one of the journal's, chain and all.</summary>
    private void MeetPlaces()
    {
        for (; _met < _places.Count && _places[_met].Position.Address <= _at.Address; _met++)
        {
            if (_places[_met].Position != _at)
            {
                throw _places[_met].Misplaced();
            }
        }
    }

    private void RequireZeroes(long number, int from)
    {
        int bent = _bytes.AsSpan(from).IndexOfAnyExcept((byte)0);
        if (bent >= 0)
        {
            throw new JournalDamagedException(JournalFormat.SegmentName(number), from + bent, _at.NextSequence, BehindTheSeal);
        }
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
