namespace HotPath.Core.Ledger.Embedded;

/// <summary>The place behind a record, found by reading everything before it: a cut journal is whole from its first byte to its end.</summary>
internal sealed class CutPlace(IJournalStorage storage, string directory, long after)
{
    private JournalPosition _at;

    internal string Refusal { get; private set; } = "";

    internal ulong LedgerId { get; private set; }

    internal int SegmentBytes { get; private set; }

    internal long Segment { get; private set; }

    /// <summary>The latest time that what stays names, Unix ms.</summary>
    internal long TimeMs { get; private set; }

    internal JournalPosition Position => _at;

    internal long Offset => _at.Address % SegmentBytes;

    /// <summary>False when there can be no cut; <see cref="Refusal"/> says why.</summary>
    internal bool TryFind(IReadOnlyList<long> numbers)
    {
        for (Segment = 0; Segment < numbers.Count && numbers[(int)Segment] == Segment; Segment++)
        {
            byte[] bytes = Read();
            if (!TryEnter(bytes))
            {
                return Refuse($"{JournalFormat.SegmentName(Segment)} is not whole, or does not continue the one before; {Whole}");
            }
            switch (ReadBatches(bytes))
            {
                case Walk.Found:
                    bool hasMore = bytes.AsSpan((int)Offset).ContainsAnyExcept((byte)0) || numbers[^1] > Segment;
                    return hasMore || Refuse($"there is nothing after record {after}");
                case Walk.Ended:
                    return false;
            }
        }
        return Refuse($"the journal ends before record {after}; {Whole}");
    }

    private string Whole => $"it is whole up to record {_at.NextSequence - 1}";

    private bool TryEnter(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < JournalFormat.HeaderBlockBytes ||
            !JournalFormat.TryReadSegmentHeader(bytes[..JournalFormat.HeaderBlockBytes], out SegmentHeader header) ||
            header.Number != Segment || bytes.Length != header.SegmentBytes)
        {
            return false;
        }
        if (Segment == 0)
        {
            (LedgerId, SegmentBytes) = (header.LedgerId, header.SegmentBytes);
            _at = new JournalPosition(0, header.FirstSequence, header.Chain);
        }
        _at = _at with { Address = (Segment * SegmentBytes) + JournalFormat.HeaderBlockBytes };
        return header.LedgerId == LedgerId && header.FirstSequence == _at.NextSequence && header.Chain == _at.Chain;
    }

    private Walk ReadBatches(byte[] bytes)
    {
        bool isSealed = false;
        while (!isSealed)
        {
            ReadOnlySpan<byte> rest = bytes.AsSpan((int)Offset);
            BatchVerdict batch = BatchReader.Read(rest, _at, LedgerId);
            if (!batch.IsWhole)
            {
                Refuse($"{JournalFormat.SegmentName(Segment)} is not whole at offset {Offset + batch.DefectAt}; {Whole}");
                return Walk.Ended;
            }
            JournalPosition next = BatchReader.After(_at, batch, rest);
            isSealed = batch.Length == JournalFormat.SealBatchBytes && batch.Header.Records == 1 &&
                JournalFormat.ReadRecord(rest[JournalFormat.BatchRecordBytes..], out RecordHeader header) == RecordDefect.None &&
                header.Type == RecordType.Seal;
            bool isInside = next.NextSequence - 1 > after || (isSealed && next.NextSequence - 1 == after);
            if (isInside)
            {
                string what = isSealed ? "belongs to the end of a segment" : "is inside a batch, which stays or goes as a whole";
                Refuse($"record {after} {what}; the one before ends with record {_at.NextSequence - 1}");
                return Walk.Ended;
            }
            TimeMs = Math.Max(TimeMs, batch.Header.TimeMs);
            _at = next;
            if (next.NextSequence - 1 == after)
            {
                return Walk.Found;
            }
        }
        return Walk.Sealed;
    }

    private byte[] Read() => SalvagedFile.Read(storage, Path.Combine(directory, JournalFormat.SegmentName(Segment)));

    private bool Refuse(string why)
    {
        Refusal = why;
        return false;
    }

    private enum Walk : byte
    {
        None = 0,
        Found,
        Sealed,
        Ended,
    }
}
