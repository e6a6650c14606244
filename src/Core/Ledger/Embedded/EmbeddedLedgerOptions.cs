using System.Buffers.Binary;
using System.Security.Cryptography;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>What a node's embedded ledger is configured with.</summary>
public sealed class EmbeddedLedgerOptions
{
    /// <summary>Smallest segment, in bytes: header, a few records and the seal fit. Only tests go this low.</summary>
    internal const int MinSegmentBytes = 16 * 1024;

    /// <summary>
    /// Folder of everything the ledger keeps: <c>journal/</c>, <c>index/</c>, <c>manifest-*</c>, <c>lock</c>. One process at a time.
    /// </summary>
    public required string DataDirectory { get; init; }

    /// <summary>This node's number inside every trade_no. Default 0. Range 0 to 999.</summary>
    // Three digits of the 28 are the node's; two nodes with one number would give the same trade_no twice.
    public int NodeId { get; init; }

    /// <summary>
    /// Trades this node keeps at most; above it claims are refused (A001). Default 10,000,000. Range 1,000 to 500,000,000.
    /// </summary>
    // FASTER's hash index is memory (64 B per 7 keys, about 3 keys a trade): 10 M trades are 384 MiB of it. A warning comes at 80 %.
    public long MaxTrades { get; init; } = 10_000_000;

    /// <summary>
    /// Bytes of a journal segment; the first start decides, later ones take what is on the disk. Default 67,108,864 (64 MiB). Range 16
    /// KiB to 1 GiB, a multiple of 4 KiB.
    /// </summary>
    // About 80,000 payments with RSA-2048 signatures: the next segment is zero-filled in the background every few seconds at full load.
    public int SegmentBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Commands that may wait for the ledger thread. Default 16,384. Range 16 to 1,048,576.</summary>
    // Half a second of work at 30,000 commands/s: beyond that the disk is stuck, and refusing is better than queueing.
    public int CommandRingCapacity { get; init; } = 16 * 1024;

    /// <summary>
    /// Memory for the newest part of the index's two record logs, in bytes. Default 67,108,864 (64 MiB). Range 4 MiB to 64 GiB.
    /// </summary>
    // 56 B a record, 3 to 4 records a trade: the newest 300,000 trades, a few minutes of them. Older ones are only asked for by repetitions and
    // queries, and read from disk (about 14 µs, page-cached); that a key is new is known from the hash index alone.
    public long IndexMemoryBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>Records between two checkpoints of the index. Default 500,000. Range 100 to 100,000,000.</summary>
    // Replaying 500,000 records takes about 3 seconds; a checkpoint stalls single operations for 30 to 50 ms.
    public long CheckpointEveryRecords { get; init; } = 500_000;

    /// <summary>Longest time between two checkpoints while there are changes. Default 10 minutes. Range 1 second to 1 day.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How fast sealed segments are read again and checked in the background, in bytes a second; 0: never. Default 4,194,304 (4 MiB). Range 0
    /// to 1 GiB.
    /// </summary>
    // 6 GB of journal (10 million trades) are then read once an hour, in 24 minutes of it, for 0.5 % of a core (a verification reads 0.86 GB/s).
    public long ScrubBytesPerSecond { get; init; } = 4 * 1024 * 1024;

    /// <summary>
    /// Free space of the data directory's disk below which new payments are refused (A001), in bytes. Default 268,435,456 (256 MiB). Range 0
    /// (only what fails counts) to 1 TiB.
    /// </summary>
    // What must still be written then: a segment (64 MiB) and pages of the index (up to IndexMemoryBytes and as much again while they are checkpointed).
    public long DiskReserveBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>
    /// A commit that takes longer makes the disk count as slow: new payments are refused (A001) until commits are quick again. Default 250 ms.
    /// Range 10 ms to 20 days, of which a timer can wait for two; so much is for tests, whose time leaps.
    /// </summary>
    // A commit takes 0.2 to 2 ms. Two that are slow still fit into a payment's 2.5 s; a caller is refused within 500 ms (failure model, F21).
    public TimeSpan SlowStep { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>What a new ledger is called. Random; a simulation, in which nothing may be, gives its own.</summary>
    internal Func<ulong> NewLedgerId { get; init; } = static () =>
        BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));

    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range; the message names it.</exception>
    public void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(DataDirectory);
        Require(NodeId is >= 0 and <= 999, nameof(NodeId), NodeId);
        Require(MaxTrades is >= 1_000 and <= 500_000_000, nameof(MaxTrades), MaxTrades);
        Require(SegmentBytes is >= MinSegmentBytes and <= 1 << 30 && SegmentBytes % 4096 == 0, nameof(SegmentBytes), SegmentBytes);
        Require(CommandRingCapacity is >= 16 and <= 1 << 20, nameof(CommandRingCapacity), CommandRingCapacity);
        Require(IndexMemoryBytes is >= 4L << 20 and <= 64L << 30, nameof(IndexMemoryBytes), IndexMemoryBytes);
        Require(CheckpointEveryRecords is >= 100 and <= 100_000_000, nameof(CheckpointEveryRecords), CheckpointEveryRecords);
        Require(ScrubBytesPerSecond is >= 0 and <= 1 << 30, nameof(ScrubBytesPerSecond), ScrubBytesPerSecond);
        Require(DiskReserveBytes is >= 0 and <= 1L << 40, nameof(DiskReserveBytes), DiskReserveBytes);
        Require(SlowStep >= TimeSpan.FromMilliseconds(10) && SlowStep <= TimeSpan.FromDays(20), nameof(SlowStep), SlowStep);
        Require(
            CheckpointInterval >= TimeSpan.FromSeconds(1) && CheckpointInterval <= TimeSpan.FromDays(1),
            nameof(CheckpointInterval),
            CheckpointInterval);
    }

    private static void Require(bool isInRange, string name, object value)
    {
        if (!isInRange)
        {
            throw new ArgumentOutOfRangeException(name, value, "outside the range that the option documents");
        }
    }
}
