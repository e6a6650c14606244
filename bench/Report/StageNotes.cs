namespace HotPath.Bench.Report;

/// <summary>What a reader should know of each table: what was chosen, and what that bought on the machine the committed results are from.</summary>
internal static class StageNotes
{
    /// <summary>In the order of the page.</summary>
    internal static readonly StageNote[] All =
    [
        new(nameof(StageBenchmarks), "Rooms of the corridor, one thread",
        [
            "02 read: ranges of the pooled slot instead of an object of strings: no garbage, and every member is judged in less time than the object takes to fill.",
            "03 signing text: written once into the slot from a sorted table; the dictionary and strings of the usual way cost nine times that, and 3 KB.",
            "03 Base64: the strict decoder decodes, encodes again and compares, and is still faster than the lenient one, since it makes no string and no array.",
            "03 verify, 08 sign: the greatest gain of the page. Importing the key is several times the verification and three times the signature itself.",
            "04 fingerprint, validate: nothing to compare with; they are here because every payment pays for them.",
            "07 in and out: what the lock of the bounded channel costs when nobody else wants it. Measured with its threads below.",
            "10 answer: the signing text is laid out with it, so ours does more; what was bought is mainly the garbage.",
        ]),
        new(nameof(HopBenchmarks), "7: hop to the channel's worker",
        [
            "Next to nothing: with many callers all three cost the same, alone the ring is a little cheaper. It stays because it is bounded without a lock and " +
            "its work item needs no task; it would not have been worth writing for speed.",
        ]),
        new(nameof(ClaimBenchmarks), "6: the index, one thread, nothing durable",
        [
            "FASTER is no gain in time: a dictionary is faster. What it buys is memory (records beyond its memory are on disk, the dictionary keeps 200 B a claim for ever), no garbage " +
            "for the collector to walk, and a restart that loads it.",
            "A repetition of something older than that memory is read from the page cache by way of an asynchronous read, and costs dearly; only repetitions and queries of old trades pay for it.",
        ]),
        new(nameof(CommitBenchmarks), "9: one group commit",
        [
            "The journal's segments are zero-filled in advance, so that fdatasync has no file size to write; FasterLog writes through (O_SYNC) and grows. The journal checks more (CRC, sequence, chain).",
        ]),
        new(nameof(LedgerBenchmarks), "6 and 9: the ledger, durable, callers at once",
        [
            "Group commit: what one caller alone pays for a sync is shared by all who wait. A payment waits twice, so claim and record cost twice a claim.",
        ]),
        new(nameof(AsyncBuilderBenchmarks), "Waiting: the box of an async method",
        [
            "Alone, the framework's pooling builder allocates nothing either. With 1,024 waiting it allocates like the standard one, as it keeps one box a core; ours keeps them all, and that is what it was written for.",
        ]),
        new(nameof(DiskBenchmarks), "Under the ledger",
        [
            "A look-up that finds nothing (every payment has one) needs no disk: the hash index knows. The sync is the disk's own price.",
        ]),
        new(nameof(PipelineBenchmarks), "2 to 10: the whole pipeline in the process, 64 callers",
        [
            "Without TLS and HTTP. One verify and one sign of the first table are most of it.",
        ]),
    ];
}

/// <summary>A table of the page.</summary>
/// <param name="Class">The benchmarks.</param>
/// <param name="Heading">Over the table.</param>
/// <param name="Lines">Below it.</param>
internal sealed record StageNote(string Class, string Heading, string[] Lines);
