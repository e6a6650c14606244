namespace HotPath.Core.Ledger.Embedded;

/// <summary>What a look through the whole journal found.</summary>
public sealed class JournalReport
{
    /// <summary>Whole records by type, by the names of docs/journal-format.md (BATCH, ACCEPTED, RESULT …).</summary>
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

    /// <summary>The manifests that are whole, newest first.</summary>
    public required IReadOnlyList<JournalManifest> Manifests { get; init; }

    /// <summary>The first damage, or null: the journal is whole.</summary>
    public required JournalDamage? Damage { get; init; }

    public bool IsClean => Damage is null;
}

/// <summary>Where something that was durable is not as it was written.</summary>
/// <param name="File">The file that is damaged or missing.</param>
/// <param name="Offset">Byte in it where the first record begins that is not whole.</param>
/// <param name="Reason">What is wrong there.</param>
/// <param name="Sequence">The first record that is lost with it, since a batch counts as a whole; 0 when that cannot be said.</param>
public sealed record JournalDamage(string File, long Offset, string Reason, long Sequence = 0);

/// <summary>What a manifest says.</summary>
/// <param name="Number">The newest has the highest.</param>
/// <param name="NextSequence">Its checkpoint of the index holds every record below this one; 1 when it has none.</param>
/// <param name="DurableSequence">Up to this record everything was durable when it was written.</param>
public sealed record JournalManifest(long Number, long NextSequence, long DurableSequence);

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
        (List<Manifest> manifests, List<string> damaged) = Manifest.Load(storage, dataDirectory);
        counts.DurableSequence = manifests.Count == 0 ? 0 : manifests.Max(manifest => manifest.DurableSequence);
        try
        {
            if (segments == 0)
            {
                throw new JournalDamagedException(JournalFormat.SegmentName(0), 0, 0, $"no segments in {directory}");
            }
            ScanResult scan = ScanWhole(storage, directory, manifests, counts);
            counts.DurableSequence = scan.DurableSequence;
            torn = scan.TornBytes;
            if (damaged.Count > 0)
            {
                damage = new JournalDamage(damaged[0], 0, "the manifest is not whole");
            }
        }
        catch (JournalDamagedException found)
        {
            damage = new JournalDamage(found.File, found.Offset, found.Reason, found.Sequence);
        }
        return new JournalReport
        {
            Records = counts.ByType.ToDictionary(pair => pair.Key.ToString().ToUpperInvariant(), pair => pair.Value),
            Segments = segments,
            FirstSequence = counts.FirstSequence,
            LastSequence = counts.LastSequence,
            DurableSequence = counts.DurableSequence,
            TornTailBytes = torn,
            Manifests = [.. manifests.Select(manifest =>
                new JournalManifest(manifest.Number, manifest.Position.NextSequence, manifest.DurableSequence))],
            Damage = damage,
        };
    }

    /// <summary>Shows every record of the segments in <paramref name="directory"/> to <paramref name="visitor"/>, from the first on.</summary>
    /// <exception cref="JournalDamagedException">Something that was durable is not whole.</exception>
    internal static ScanResult ScanWhole(IJournalStorage storage, string directory, List<Manifest> manifests, IRecordVisitor visitor)
    {
        OpenedJournal opened = JournalRecovery.Open(storage, directory, isWritable: false);
        using JournalSegments segments = opened.Segments;
        if (manifests.Find(manifest => manifest.LedgerId != opened.LedgerId) is { } foreign)
        {
            throw foreign.Foreign();
        }
        SegmentHeader first = JournalRecovery.ReadHeader(segments.File(opened.Numbers[0]), opened.Numbers[0]);
        var start = new JournalPosition(
            (first.Number * first.SegmentBytes) + JournalFormat.HeaderBlockBytes, first.FirstSequence, first.Chain);
        return new JournalScanner(segments, opened.Numbers, visitor, manifests).Scan(start, opened.LedgerId);
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
