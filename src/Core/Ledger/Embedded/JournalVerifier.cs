namespace HotPath.Core.Ledger.Embedded;

/// <summary>What a look through the whole journal found.</summary>
public sealed class JournalReport
{
    /// <summary>Whole records by type (BATCH, ACCEPTED, RESULT, CEILING, SEAL).</summary>
    public required IReadOnlyDictionary<string, long> Records { get; init; }

    /// <summary>Segment files.</summary>
    public required int Segments { get; init; }

    /// <summary>Sequence of the first record read; 0 when there is none.</summary>
    public required long FirstSequence { get; init; }

    /// <summary>Sequence of the last whole record.</summary>
    public required long LastSequence { get; init; }

    /// <summary>The highest sequence that a batch or a manifest names as durable.</summary>
    public required long DurableSequence { get; init; }

    /// <summary>Bytes after the last whole batch that were never acknowledged; the next start drops them.</summary>
    public required int TornTailBytes { get; init; }

    /// <summary>The first damage, or null: the journal is whole.</summary>
    public required JournalDamage? Damage { get; init; }

    public bool IsClean => Damage is null;
}

/// <summary>Where something that was durable is not as it was written.</summary>
public sealed record JournalDamage(string File, long Offset, string Reason);

/// <summary>
/// Reads every record of a data directory and changes nothing. For a stopped ledger: a running one moves the end under the reader.
/// </summary>
public static class JournalVerifier
{
    /// <param name="dataDirectory">The ledger's data directory, which holds <c>journal/</c>.</param>
    public static JournalReport Verify(string dataDirectory) => Verify(dataDirectory, FileStorage.Instance);

    internal static JournalReport Verify(string dataDirectory, IJournalStorage storage)
    {
        var counts = new RecordCounts();
        string directory = Path.Combine(dataDirectory, "journal");
        int segments = JournalRecovery.ListSegments(storage, directory).Count;
        int torn = 0;
        JournalDamage? damage = null;
        try
        {
            (List<Manifest> manifests, List<string> damaged) = Manifest.Load(storage, dataDirectory);
            if (segments == 0)
            {
                throw new JournalDamagedException(JournalFormat.SegmentName(0), 0, 0, $"no segments in {directory}");
            }
            counts.DurableSequence = manifests.Count == 0 ? 0 : manifests.Max(manifest => manifest.DurableSequence);
            torn = Scan(storage, directory, counts).TornBytes;
            if (damaged.Count > 0)
            {
                damage = new JournalDamage(damaged[0], 0, "the manifest is not whole");
            }
        }
        catch (JournalDamagedException found)
        {
            damage = new JournalDamage(found.File, found.Offset, found.Reason.Length > 0 ? found.Reason : found.Message);
        }
        return new JournalReport
        {
            Records = counts.ByType.ToDictionary(pair => pair.Key.ToString().ToUpperInvariant(), pair => pair.Value),
            Segments = segments,
            FirstSequence = counts.FirstSequence,
            LastSequence = counts.LastSequence,
            DurableSequence = counts.DurableSequence,
            TornTailBytes = torn,
            Damage = damage,
        };
    }

    private static ScanResult Scan(IJournalStorage storage, string directory, RecordCounts counts)
    {
        OpenedJournal opened = JournalRecovery.Open(storage, directory, isWritable: false);
        using JournalSegments segments = opened.Segments;
        SegmentHeader first = JournalRecovery.ReadHeader(segments.File(opened.Numbers[0]), opened.Numbers[0]);
        var start = new JournalPosition(
            (first.Number * first.SegmentBytes) + JournalFormat.HeaderBlockBytes, first.FirstSequence, first.Chain);
        ScanResult result = new JournalScanner(segments, opened.Numbers, counts).Scan(start, opened.LedgerId, counts.DurableSequence);
        counts.DurableSequence = result.DurableSequence;
        return result;
    }

    private sealed class RecordCounts : IRecordVisitor
    {
        internal readonly SortedDictionary<RecordType, long> ByType = [];

        internal long FirstSequence { get; private set; }

        internal long LastSequence { get; private set; }

        internal long DurableSequence { get; set; }

        public void OnBatch(in BatchHeader batch) => DurableSequence = Math.Max(DurableSequence, batch.DurableSequence);

        public void OnRecord(in RecordHeader header, ReadOnlySpan<byte> payload, long address)
        {
            ByType[header.Type] = ByType.GetValueOrDefault(header.Type) + 1;
            FirstSequence = FirstSequence == 0 ? header.Sequence : FirstSequence;
            LastSequence = header.Sequence;
        }
    }
}
