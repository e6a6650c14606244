namespace HotPath.Core.Ledger.Embedded;

/// <summary>The segments of a journal, open, and whose they are.</summary>
internal sealed record OpenedJournal(ulong LedgerId, JournalSegments Segments, List<long> Numbers);

/// <summary>Opens the segments there are and checks that none is missing.</summary>
internal static class JournalRecovery
{
    internal static List<long> ListSegments(IJournalStorage storage, string directory) =>
        [.. storage.List(directory).Select(JournalFormat.SegmentNumber).Where(number => number >= 0).Order()];

    /// <exception cref="JournalDamagedException">A segment is missing, or a header block is not whole.</exception>
    internal static OpenedJournal Open(IJournalStorage storage, string directory, bool isWritable)
    {
        List<long> numbers = ListSegments(storage, directory);
        var files = new List<IJournalFile>(numbers.Count);
        try
        {
            SegmentHeader first = default;
            long lastFirstSequence = 0;
            for (int i = 0; i < numbers.Count; i++)
            {
                // Nothing cuts the journal's beginning: trades in a missing first segment would look as if they had never been.
                if (numbers[i] != i)
                {
                    throw new JournalDamagedException(JournalFormat.SegmentName(i), 0, 0, "the segment is missing");
                }
                files.Add(storage.Open(Path.Combine(directory, JournalFormat.SegmentName(numbers[i])), isWritable));
                SegmentHeader header = ReadHeader(files[i], numbers[i]);
                first = i == 0 ? header : first;
                if (header.LedgerId != first.LedgerId || header.SegmentBytes != first.SegmentBytes)
                {
                    throw new JournalDamagedException(
                        JournalFormat.SegmentName(numbers[i]), 0, header.FirstSequence, "the segment belongs to another ledger");
                }
                if (files[i].Length != header.SegmentBytes)
                {
                    throw new JournalDamagedException(
                        JournalFormat.SegmentName(i), Math.Min(files[i].Length, header.SegmentBytes), 0,
                        $"the file has {files[i].Length} bytes, a segment {header.SegmentBytes}");
                }
                if (header.FirstSequence <= lastFirstSequence)
                {
                    throw new JournalDamagedException(
                        JournalFormat.SegmentName(i), 0, header.FirstSequence, "the segment does not continue the one before");
                }
                lastFirstSequence = header.FirstSequence;
            }
            return new OpenedJournal(first.LedgerId, new JournalSegments(first.SegmentBytes, numbers[0], files), numbers);
        }
        catch
        {
            files.ForEach(file => file.Dispose());
            throw;
        }
    }

    internal static SegmentHeader ReadHeader(IJournalFile file, long number)
    {
        Span<byte> block = stackalloc byte[JournalFormat.HeaderBlockBytes];
        try
        {
            block = block[..file.ReadAt(block, 0)];
        }
        catch (IOException failure)
        {
            throw new JournalDamagedException(JournalFormat.SegmentName(number), 0, 0, $"cannot be read: {failure.Message}");
        }
        if (!JournalFormat.TryReadSegmentHeader(block, out SegmentHeader header) || header.Number != number)
        {
            throw new JournalDamagedException(JournalFormat.SegmentName(number), 0, 0, "the header block is not whole");
        }
        return header;
    }

    /// <summary>The beginning of the segment that <paramref name="position"/> is in.</summary>
    internal static JournalPosition SegmentStart(OpenedJournal opened, in JournalPosition position)
    {
        int segmentBytes = opened.Segments.SegmentBytes;
        long number = position.Address / segmentBytes;
        if (number < opened.Numbers[0] || number > opened.Numbers[^1])
        {
            throw new JournalDamagedException(
                JournalFormat.SegmentName(number), 0, position.NextSequence, "the segment that a manifest names is missing");
        }
        SegmentHeader header = ReadHeader(opened.Segments.File(number), number);
        return new JournalPosition((number * segmentBytes) + JournalFormat.HeaderBlockBytes, header.FirstSequence, header.Chain);
    }

    /// <summary>Makes the end clean: bytes of a batch that was never acknowledged must not be taken for a later one.</summary>
    internal static void DropTail(IJournalStorage storage, string directory, OpenedJournal opened, in ScanResult scan)
    {
        if (scan.HasEmptyNext)
        {
            opened.Segments.RemoveLast();
            storage.Delete(Path.Combine(directory, JournalFormat.SegmentName(opened.Numbers[^1])));
            storage.SyncDirectory(directory);
            opened.Numbers.RemoveAt(opened.Numbers.Count - 1);
        }
        if (scan.TornBytes > 0)
        {
            IJournalFile file = opened.Segments.File(scan.End.Address / opened.Segments.SegmentBytes);
            file.WriteAt(new byte[scan.TornBytes], scan.End.Address % opened.Segments.SegmentBytes);
            file.Sync();
        }
    }

    /// <summary>
    /// Writes the last batch again, as it was read, and syncs it. It is the only one that nothing names as durable: perhaps its sync failed or
    /// never came, and what was read is the page cache, which a failed sync leaves clean, so that a sync alone would do nothing.
    /// </summary>
    internal static void MakeEndDurable(OpenedJournal opened, in JournalPosition end)
    {
        int segmentBytes = opened.Segments.SegmentBytes;
        long segment = end.Address / segmentBytes;
        int offset = (int)(end.Address % segmentBytes);
        WriteAgain(opened.Segments.File(segment), offset);
        // The SEAL of the segment before is named by the first batch of this one at the earliest.
        if (segment > opened.Numbers[0] && offset <= JournalFormat.HeaderBlockBytes + JournalFormat.MaxBatchBytes)
        {
            WriteAgain(opened.Segments.File(segment - 1), segmentBytes);
        }
    }

    private static void WriteAgain(IJournalFile file, int end)
    {
        int from = Math.Max(0, end - JournalFormat.MaxBatchBytes);
        byte[] bytes = new byte[end - from];
        int read = file.ReadAt(bytes, from);
        file.WriteAt(bytes.AsSpan(0, read), from);
        file.Sync();
    }
}
