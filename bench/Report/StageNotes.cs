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
            "03 signing text: written once into the slot from a sorted table; the dictionary and strings of the usual way cost eight times that, and 3 KB.",
            "03 Base64: the strict decoder decodes, encodes again and compares, and still takes a tenth of the lenient one's time. Strictness was the reason; the time is a gift.",
            "03 verify, 08 sign: the greatest gain of the page. Importing the key costs six times the verification and three times the signature itself.",
            "04 fingerprint, validate: nothing to compare with; they are here because every payment pays for them.",
            "07 in and out: what the lock of the bounded channel costs when nobody else wants it. Measured with its threads below.",
            "10 answer: the signing text is laid out with it, so ours does more in a sixth less time; what was bought is mainly the 2 KB of garbage.",
        ]),
        new(nameof(HopBenchmarks), "7: hop to the channel's worker",
        [
            "Little: a tenth of a microsecond for one caller alone, and with 256 the unbounded channel is even faster, though it refuses nobody. The ring is bounded without a lock; " +
            "for its speed alone it would not have been worth writing.",
        ]),
        new(nameof(ClaimBenchmarks), "6: the index, one thread, nothing durable",
        [
            "In time FASTER buys nothing: it takes twice as long as a dictionary of the final size. It buys memory (what is older goes to disk; the dictionary keeps 225 B a claim for ever), " +
            "no garbage, and a restart that loads it instead of reading the whole journal.",
            "A repetition of something older than that memory is read from the page cache by way of an asynchronous read: 15 µs and 1.4 KB. Repetitions and queries of old trades pay for it, payments do not.",
        ]),
        new(nameof(CommitBenchmarks), "9: one group commit",
        [
            "A third less for one record, a sixth less for 256, and no garbage but a segment's. The time is not why: FasterLog in this, its fastest mode silently drops what it acknowledged " +
            "behind a damaged record, and the journal checks each record (CRC, sequence, chain) and refuses to start instead.",
        ]),
        new(nameof(LedgerBenchmarks), "6 and 9: the ledger, durable, callers at once",
        [
            "Group commit: what one caller alone pays for a sync is shared by all who wait. A payment waits twice, so claim and record cost twice a claim.",
        ]),
        new(nameof(AsyncBuilderBenchmarks), "Waiting: the box of an async method",
        [
            "Alone, the framework's pooling builder allocates nothing either. With 1,024 waiting it allocates like the standard one, as it keeps one box a core; ours keeps them all. In time none of the three differs by more than 16 ns a wait.",
        ]),
        new(nameof(DiskBenchmarks), "Under the ledger",
        [
            "A look-up that finds nothing (every payment has one) needs no disk: the hash index knows. The sync is the disk's own price.",
        ]),
        new(nameof(PipelineBenchmarks), "2 to 10: the whole pipeline in the process, 64 callers",
        [
            "Wall time a payment on two cores, without TLS and HTTP. One verify and one sign of the first table are 240 µs of CPU, which is 120 of it.",
        ]),
    ];
}

/// <summary>A table of the page.</summary>
/// <param name="Class">The benchmarks.</param>
/// <param name="Heading">Over the table.</param>
/// <param name="Lines">Below it.</param>
internal sealed record StageNote(string Class, string Heading, string[] Lines);
