using HotPath.Core.Runtime;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>What recovery hands to the running engine.</summary>
internal sealed record RecoveredLedger(
    ulong LedgerId, Book Book, IBookIndex Index, JournalWriter Journal, SegmentPreparer Preparer, Manifest? Newest, Manifest? Older)
{
    internal void Close()
    {
        Preparer.Dispose();
        Journal.Segments.Dispose();
        Index.Dispose();
    }
}

/// <summary>
/// From what the disk holds to a book that can go on: (1) the manifests, (2) the segments, all of them by header and length, (3) the newest
/// checkpoint that loads, (4) the segments before the older checkpoint, as many as a second allows, (5) the journal after it, whole, (6) the
/// torn tail dropped. May itself be killed at any point and repeated. A start that is refused has written nothing to journal and manifests.
/// </summary>
internal sealed class LedgerRecovery(
    EmbeddedLedgerOptions options,
    IJournalStorage storage,
    IBookIndexFactory indexes,
    IScheduler scheduler,
    TimeProvider time,
    Action<LedgerEvent> tell)
{
    /// <summary>So long a start reads segments that it does not need, newest first; the scrub comes to the rest.</summary>
    // Half a gigabyte, which is a million trades, took less than that with and without the page cache. A restart must serve within 5 s.
    internal static readonly TimeSpan LongestOlderCheck = TimeSpan.FromSeconds(1);

    private readonly string _journalDirectory = Path.Combine(options.DataDirectory, "journal");

    internal RecoveredLedger Recover()
    {
        storage.CreateDirectory(_journalDirectory);
        (List<Manifest> manifests, List<string> damaged) = Manifest.Load(storage, options.DataDirectory);
        foreach (string name in damaged)
        {
            tell(new LedgerEvent(LedgerEventKind.CheckpointUnusable, $"{name} is damaged"));
        }
        if (JournalRecovery.ListSegments(storage, _journalDirectory).Count == 0)
        {
            // Both come after the first segment. A ledger that seems new would accept every order once more.
            if (manifests.Count > 0 || damaged.Count > 0 || HasIndex())
            {
                throw new JournalDamagedException(
                    JournalFormat.SegmentName(0), 0, 1, $"no segments in {_journalDirectory}, although there are manifests or an index");
            }
            CreateFirstSegment();
        }
        SyncNames(isFirst: manifests.Count == 0);
        OpenedJournal opened = JournalRecovery.Open(storage, _journalDirectory, isWritable: true);
        try
        {
            return Recover(opened, manifests);
        }
        catch
        {
            opened.Segments.Dispose();
            throw;
        }
    }

    private RecoveredLedger Recover(OpenedJournal opened, List<Manifest> manifests)
    {
        Manifest? foreign = manifests.Find(manifest => manifest.LedgerId != opened.LedgerId);
        if (foreign is not null)
        {
            throw foreign.Foreign();
        }
        (IBookIndex index, Manifest? chosen) = OpenIndex(opened, manifests);
        try
        {
            var book = new Book(index, options.MaxTrades);
            if (chosen is not null)
            {
                book.Restore(chosen);
            }
            JournalWriter journal = Replay(opened, book, manifests, chosen, out SegmentPreparer preparer);
            book.Reopened(time.GetUtcNow().ToUnixTimeMilliseconds());
            DeleteNewer(manifests, chosen);
            // Checkpoints that failed or were cut short: nobody else would ever remove them.
            index.KeepOnly([.. manifests.Where(manifest => chosen is not null && manifest.Number <= chosen.Number).Select(manifest => manifest.Tokens)]);
            Manifest? newest = chosen ?? SaveFirstManifest(opened, manifests);
            Manifest? older = manifests.Find(manifest => chosen is not null && manifest.Number < chosen.Number);
            return new RecoveredLedger(opened.LedgerId, book, index, journal, preparer, newest, older);
        }
        catch
        {
            index.Dispose();
            throw;
        }
    }

    /// <summary>The newest checkpoint that loads, else an empty index, to be rebuilt from the journal's beginning.</summary>
    private (IBookIndex Index, Manifest? Chosen) OpenIndex(OpenedJournal opened, List<Manifest> manifests)
    {
        foreach (Manifest manifest in manifests.Where(manifest => !manifest.Tokens.IsNone))
        {
            IBookIndex? index = indexes.TryRecover(manifest.Tokens, out string whyNot);
            if (index is not null)
            {
                return (index, manifest);
            }
            tell(new LedgerEvent(LedgerEventKind.CheckpointUnusable, $"checkpoint {manifest.Number}: {whyNot}"));
        }
        return (indexes.CreateEmpty(), null);
    }

    /// <summary>
    /// What could not be loaded must not come back: the index's log goes on from the chosen checkpoint and overwrites what a newer one
    /// names.
    /// </summary>
    private void DeleteNewer(List<Manifest> manifests, Manifest? chosen)
    {
        foreach (Manifest unusable in manifests.Where(manifest => chosen is not null && manifest.Number > chosen.Number))
        {
            unusable.Remove(storage, options.DataDirectory);
        }
    }

    private JournalWriter Replay(
        OpenedJournal opened, Book book, List<Manifest> manifests, Manifest? chosen, out SegmentPreparer preparer)
    {
        // From the older checkpoint on everything is verified; the book takes only what comes after the chosen one.
        Manifest? from = chosen is null ? null : manifests.Where(manifest => !manifest.Tokens.IsNone).MinBy(manifest => manifest.Number);
        JournalPosition start = from is null
            ? new JournalPosition(JournalFormat.HeaderBlockBytes, 1, opened.LedgerId)
            : JournalRecovery.SegmentStart(opened, from.Position);
        long unread = CheckOlderSegments(opened, start.Address / opened.Segments.SegmentBytes);
        ScanResult scan = new JournalScanner(opened.Segments, opened.Numbers, book, manifests).Scan(start, opened.LedgerId);
        JournalRecovery.DropTail(storage, _journalDirectory, opened, scan);
        JournalRecovery.MakeEndDurable(opened, scan.End);
        if (scan.TornBytes > 0)
        {
            tell(new LedgerEvent(
                LedgerEventKind.TornTailDropped,
                $"{JournalFormat.SegmentName(scan.End.Address / opened.Segments.SegmentBytes)} from offset " +
                $"{scan.End.Address % opened.Segments.SegmentBytes}: {scan.TornBytes} bytes after record {scan.End.NextSequence - 1} " +
                "were never acknowledged and are dropped"));
        }
        if (chosen is null && book.Replayed > 0)
        {
            tell(new LedgerEvent(LedgerEventKind.IndexRebuilt, $"the index was rebuilt from {book.Replayed} records"));
        }
        tell(new LedgerEvent(
            LedgerEventKind.Recovered,
            $"{book.Trades} trades, {book.PendingCount} pending; {book.Replayed} records replayed, last record {scan.End.NextSequence - 1}; " +
            $"of {opened.Numbers.Count} segments {opened.Numbers.Count - unread} read"));
        preparer = NewPreparer(opened.Segments.SegmentBytes);
        return new JournalWriter(opened.Segments, preparer, opened.LedgerId, scan.End, book.TimeMs);
    }

    /// <summary>Reads the segments below <paramref name="first"/>, which no replay needs, as far as time allows.</summary>
    /// <returns>How many were left unread: the oldest ones.</returns>
    /// <exception cref="JournalDamagedException">One is not as it was written.</exception>
    private long CheckOlderSegments(OpenedJournal opened, long first)
    {
        long begin = time.GetTimestamp();
        var check = new SealedSegmentCheck(opened.Segments, opened.LedgerId, isFromMedium: false);
        for (long number = first - 1; number >= 0; number--)
        {
            check.Begin(number);
            while (!check.IsDone)
            {
                if (time.GetElapsedTime(begin) > LongestOlderCheck)
                {
                    return number + 1;
                }
                check.Step();
            }
        }
        return 0;
    }

    private bool HasIndex() =>
        storage.List(Path.Combine(options.DataDirectory, FasterIndexFactory.FolderName, FasterIndexFactory.BookName)).Count > 0;

    private void CreateFirstSegment()
    {
        ulong ledgerId = options.NewLedgerId();
        byte[] block = new byte[JournalFormat.HeaderBlockBytes];
        JournalFormat.WriteSegmentHeader(block, new SegmentHeader(options.SegmentBytes, ledgerId, 0, 1, ledgerId, 0));
        using SegmentPreparer preparer = NewPreparer(options.SegmentBytes);
        preparer.Take(0, block).Dispose();
    }

    /// <summary>
    /// A start that was killed may have left names that it had not synced yet. They look like any other, and a power loss would take them and
    /// everything that was acknowledged since. Until there is a manifest, the data directory's own name may be one of them.
    /// </summary>
    private void SyncNames(bool isFirst)
    {
        storage.SyncDirectory(_journalDirectory);
        storage.SyncDirectory(options.DataDirectory);
        if (isFirst && Path.GetDirectoryName(Path.GetFullPath(options.DataDirectory)) is { } parent)
        {
            storage.SyncDirectory(parent);
        }
    }

    // Half of the reserve: the other half is the index's, which stops the engine when it cannot write.
    private SegmentPreparer NewPreparer(int segmentBytes)
    {
        var preparer = new SegmentPreparer(storage, scheduler, time, _journalDirectory, segmentBytes, options.DiskReserveBytes / 2);
        preparer.RemoveLeftover();
        return preparer;
    }

    /// <summary>Says that there is a journal, so that an emptied folder is noticed.</summary>
    private Manifest SaveFirstManifest(OpenedJournal opened, List<Manifest> manifests)
    {
        // One that names no checkpoint says all there is to say; a start on a full disk must not need a new file for it.
        if (manifests.Count > 0 && manifests.TrueForAll(manifest => manifest.Tokens.IsNone))
        {
            return manifests[0];
        }
        var manifest = new Manifest
        {
            Number = manifests.Count == 0 ? 1 : manifests.Max(known => known.Number) + 1,
            LedgerId = opened.LedgerId,
            Position = new JournalPosition(JournalFormat.HeaderBlockBytes, 1, opened.LedgerId),
            DurableSequence = manifests.Count == 0 ? 0 : manifests.Max(known => known.DurableSequence),
            Tokens = default,
            TimeMs = 0,
            Ceiling = 0,
            Trades = 0,
            Pending = PendingCopy.Empty,
        };
        manifest.Save(storage, options.DataDirectory, older: null);
        return manifest;
    }
}
