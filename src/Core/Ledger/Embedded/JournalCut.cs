using System.Globalization;
using System.Text;
using HotPath.Core.Model;
using HotPath.Core.Runtime;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>What a cut did, or why it did nothing.</summary>
public sealed record JournalCutReport
{
    /// <summary>Why nothing was changed; empty when the cut was made.</summary>
    public string Refusal { get; init; } = "";

    /// <summary>The folder that holds what was cut, as a data directory that <c>hotpath journal dump</c> reads.</summary>
    public string Kept { get; init; } = "";

    /// <summary>Segment and byte behind the last record that stays.</summary>
    public string File { get; init; } = "";

    /// <inheritdoc cref="File"/>
    public long Offset { get; init; }

    /// <summary>Readable ACCEPTED and REFUND records that were cut: orders and refunds that this ledger does not know any more.</summary>
    public int Accepted { get; init; }

    /// <summary>Readable RESULT and SETTLED records that were cut: trades and refunds that are PENDING again, or unknown.</summary>
    public int Results { get; init; }

    /// <summary>Readable DISPATCHED records that were cut: trades whose last channel this ledger does not know any more.</summary>
    public int Dispatched { get; init; }

    /// <summary>Bytes that could not be read.</summary>
    public long UnreadableBytes { get; init; }

    public bool IsDone => Refusal.Length == 0;
}

/// <summary>
/// The last way out of a damaged journal: everything after a record is taken away, into a folder beside it. What was acknowledged after that
/// record is forgotten, so that its orders could be paid again: only docs/runbooks/journal-damaged.md says when this is right.
/// </summary>
/// <remarks>
/// (1) all that changes is copied, (2) the manifests go, so that nothing names what is cut, (3) the later segments go, newest first, (4) the rest
/// of the segment is zeroed, (5) a CEILING above every number that can be read keeps numbers from being given twice. Ended at any point, a
/// start is refused or finds the cut made, and the command can be given again.
/// </remarks>
public static class JournalCut
{
    /// <summary>Cuts behind the record <paramref name="after"/>, which must be the last of a whole batch with nothing damaged before it.</summary>
    /// <exception cref="LedgerLockedException">A process has the data directory.</exception>
    /// <exception cref="IOException">The disk failed; give the command again.</exception>
    public static JournalCutReport Cut(string dataDirectory, long after, TimeProvider time) =>
        Cut(dataDirectory, after, time, FileStorage.Instance);

    internal static JournalCutReport Cut(string dataDirectory, long after, TimeProvider time, IJournalStorage storage)
    {
        using IDisposable held = storage.Lock(Path.Combine(dataDirectory, "lock"));
        string journal = Path.Combine(dataDirectory, "journal");
        List<long> numbers = JournalRecovery.ListSegments(storage, journal);
        var end = new CutPlace(storage, journal, after);
        if (!end.TryFind(numbers))
        {
            return new JournalCutReport { Refusal = end.Refusal };
        }
        ulong lastNumber = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds() << TradeNo.CounterBits;
        var report = new JournalCutReport { File = JournalFormat.SegmentName(end.Segment), Offset = end.Offset };
        foreach (JournalEntry entry in JournalDump.Read(dataDirectory, storage))
        {
            ulong number = entry.Numbers.Max(number => number.Stamp);
            lastNumber = Math.Max(lastNumber, Math.Max(entry.Ceiling, number));
            if (entry.Kind == JournalEntryKind.Skipped)
            {
                report = report with { UnreadableBytes = report.UnreadableBytes + entry.Bytes };
            }
            else if (entry.Sequence > after)
            {
                report = report with
                {
                    Accepted = report.Accepted + (entry.Kind is JournalEntryKind.Accepted or JournalEntryKind.Refund ? 1 : 0),
                    Results = report.Results + (entry.Kind is JournalEntryKind.Result or JournalEntryKind.Settled ? 1 : 0),
                    Dispatched = report.Dispatched + (entry.Kind == JournalEntryKind.Dispatched ? 1 : 0),
                };
            }
        }
        string kept = Path.Combine(dataDirectory, $"cut-{time.GetUtcNow().UtcDateTime:yyyyMMdd'T'HHmmssfff'Z'}");
        report = report with { Kept = kept };
        Keep(storage, dataDirectory, report, after);
        TakeAway(storage, dataDirectory, kept, [.. numbers.Where(number => number > end.Segment)]);
        WriteEnd(storage, journal, end, lastNumber, time);
        return report;
    }

    private static void Keep(IJournalStorage storage, string dataDirectory, JournalCutReport report, long after)
    {
        string journal = Path.Combine(report.Kept, "journal");
        storage.CreateDirectory(journal);
        Write(storage, Path.Combine(journal, report.File), SalvagedFile.Read(storage, Path.Combine(dataDirectory, "journal", report.File)));
        string said = string.Create(CultureInfo.InvariantCulture,
            $"""
            cut after record {after}: {report.File} from offset {report.Offset}, and every later segment
            readable records among what was cut: {report.Accepted} ACCEPTED or REFUND, {report.Results} RESULT or SETTLED, {report.Dispatched} DISPATCHED; bytes that could not be read: {report.UnreadableBytes}
            read it with: hotpath journal dump {report.Kept} --from {after + 1}

            """);
        Write(storage, Path.Combine(report.Kept, "cut.txt"), Encoding.UTF8.GetBytes(said));
        storage.SyncDirectory(journal);
        storage.SyncDirectory(report.Kept);
        storage.SyncDirectory(dataDirectory);
    }

    private static void TakeAway(IJournalStorage storage, string dataDirectory, string kept, List<long> later)
    {
        foreach (string name in storage.List(dataDirectory).Where(name => name.StartsWith(Manifest.Prefix, StringComparison.Ordinal)))
        {
            storage.Rename(Path.Combine(dataDirectory, name), Path.Combine(kept, name));
        }
        storage.SyncDirectory(kept);
        storage.SyncDirectory(dataDirectory);
        foreach (string name in Enumerable.Reverse(later).Select(JournalFormat.SegmentName))
        {
            storage.Rename(Path.Combine(dataDirectory, "journal", name), Path.Combine(kept, "journal", name));
        }
        storage.SyncDirectory(Path.Combine(kept, "journal"));
        storage.SyncDirectory(Path.Combine(dataDirectory, "journal"));
    }

    private static void WriteEnd(IJournalStorage storage, string journal, CutPlace end, ulong lastNumber, TimeProvider time)
    {
        IJournalFile file = storage.Open(Path.Combine(journal, JournalFormat.SegmentName(end.Segment)), isWritable: true);
        using var segments = new JournalSegments(end.SegmentBytes, end.Segment, [file]);
        // The first batch that goes is broken by itself: every later one that is still whole says that it was durable, and a start is refused.
        file.WriteAt(new byte[JournalFormat.BatchRecordBytes], end.Offset);
        file.Sync();
        file.WriteAt(new byte[end.SegmentBytes - end.Offset], end.Offset);
        file.Sync();
        using var preparer = new SegmentPreparer(storage, ThreadScheduler.Instance, time, journal, end.SegmentBytes, leaveBytes: 0);
        var writer = new JournalWriter(segments, preparer, end.LedgerId, end.Position, end.TimeMs);
        writer.RequireRoom();
        Span<byte> payload = stackalloc byte[sizeof(ulong)];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(payload, lastNumber);
        writer.Append(RecordType.Ceiling, payload);
        writer.Commit(time.GetUtcNow().ToUnixTimeMilliseconds());
        // An empty batch names it as durable.
        writer.Commit(time.GetUtcNow().ToUnixTimeMilliseconds());
    }

    private static void Write(IJournalStorage storage, string path, byte[] bytes)
    {
        using IJournalFile file = storage.Create(path);
        file.WriteAt(bytes, 0);
        file.Sync();
    }
}
