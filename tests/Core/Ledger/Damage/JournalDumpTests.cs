using CsCheck;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Ledger.Damage;

/// <summary>What can be read of a damaged journal is read, and nothing else is said.</summary>
public sealed class JournalDumpTests(StoppedLedger whole) : IClassFixture<StoppedLedger>
{
    [Fact]
    public void Dump_OfAWholeJournal_ShowsEveryRecordAndSkipsNothing()
    {
        List<JournalEntry> entries = [.. JournalDump.Read(whole.Folder)];
        foreach ((string type, long count) in whole.Report.Records)
        {
            Assert.Equal(count, entries.Count(entry => entry.Kind.ToString().Equals(type, StringComparison.OrdinalIgnoreCase)));
        }
        Assert.Equal(whole.Segments, entries.Where(entry => entry.Kind == JournalEntryKind.Segment).Select(entry => entry.File));
        Assert.DoesNotContain(entries, entry => entry.Kind == JournalEntryKind.Skipped);
        Assert.Equal(
            Enumerable.Range(1, (int)whole.Report.LastSequence).Select(sequence => (long)sequence),
            entries.Where(entry => entry.Kind != JournalEntryKind.Segment).Select(entry => entry.Sequence));
        foreach (Trade trade in whole.Trades)
        {
            Trade accepted = entries.Single(entry => entry.Kind == JournalEntryKind.Accepted && entry.Trade!.TradeNo == trade.TradeNo).Trade!;
            Assert.Equal((trade.Amount, trade.OrderNo.ToString(), trade.InstId), (accepted.Amount, accepted.OrderNo.ToString(), accepted.InstId));
            JournalEntry? result = entries.Find(entry => entry.Kind == JournalEntryKind.Result && entry.Trade!.TradeNo == trade.TradeNo);
            Assert.Equal(trade.Status, result?.Trade!.Status ?? TradeStatus.Pending);
        }
    }

    [Fact]
    public void Dump_PastOneBentBit_LosesTheBatchItIsInAndNoOther()
    {
        List<JournalEntry> all = [.. JournalDump.Read(whole.Folder)];
        var random = new Random(11);
        for (int i = 0; i < 60; i++)
        {
            string segment = whole.Segments[random.Next(whole.Segments.Count)];
            int at = random.Next(JournalFormat.HeaderBlockBytes, whole.UsedBytes(segment));
            MemoryDisk disk = whole.Disk.Copy();
            disk.Change(whole.InJournal(segment), bytes => bytes[at] ^= 2);
            List<JournalEntry> read = [.. JournalDump.Read(whole.Folder, disk)];
            JournalEntry skipped = Assert.Single(read, entry => entry.Kind == JournalEntryKind.Skipped);
            Assert.Equal(segment, skipped.File);
            Assert.InRange(at, skipped.Offset, skipped.Offset + skipped.Bytes - 1);
            IEnumerable<JournalEntry> lost = all.Where(entry =>
                entry.File == segment && entry.Offset >= skipped.Offset && entry.Offset < skipped.Offset + skipped.Bytes);
            Assert.InRange(lost.Count(), 0, 3);
            Assert.Equal(lost.FirstOrDefault(skipped).Sequence, skipped.Sequence);
            Assert.Equal(all.Except(lost).Select(Place), read.Where(entry => entry != skipped).Select(Place));
        }
    }

    [Fact]
    public void Dump_WithoutASegmentOrItsHeader_ShowsTheOthers()
    {
        MemoryDisk disk = whole.Disk.Copy();
        disk.Delete(whole.InJournal(whole.Segments[3]));
        disk.Change(whole.InJournal(whole.Segments[5]), bytes => bytes[20] ^= 1);
        List<JournalEntry> read = [.. JournalDump.Read(whole.Folder, disk)];
        Assert.Equal(
            [(whole.Segments[3], "the segment is missing"), (whole.Segments[5], "the header block is not whole")],
            read.Where(entry => entry is { Kind: JournalEntryKind.Skipped, Reason: not "NotWritten" } && entry.Bytes is 0 or 4096)
                .Select(entry => (entry.File, entry.Reason)).Take(2));
        Assert.Equal(
            whole.Trades.Count - JournalDump.Read(whole.Folder).Count(entry => entry.Kind == JournalEntryKind.Accepted && entry.File == whole.Segments[3]),
            read.Count(entry => entry.Kind == JournalEntryKind.Accepted));
    }

    [Fact]
    public void Dump_PastPagesThatTheDiskDoesNotGive_ShowsWhatIsBeforeAndBehind()
    {
        List<JournalEntry> all = [.. JournalDump.Read(whole.Folder)];
        string segment = whole.Segments[3];
        var disk = new TroubledDisk { Unreadable = segment, UnreadableFrom = 2 * 4096 };
        List<JournalEntry> read = [.. JournalDump.Read(whole.Folder, disk)];
        JournalEntry skipped = Assert.Single(read, entry => entry.Kind == JournalEntryKind.Skipped);
        Assert.Equal((segment, StoppedLedger.SegmentBytes), (skipped.File, skipped.Offset + skipped.Bytes));
        Assert.InRange(skipped.Offset, 4096, 2 * 4096);
        Assert.Equal(
            all.Where(entry => entry.File != segment || entry.Offset < skipped.Offset).Select(Place),
            read.Where(entry => entry != skipped).Select(Place));
    }

    [Fact]
    public void Dump_OfNoise_NeverInventsARecordAndNeverThrows()
    {
        HashSet<(string, long, long, JournalEntryKind)> all = [.. JournalDump.Read(whole.Folder).Select(Place)];
        Gen.Select(Gen.Int[0, whole.Segments.Count - 1], Gen.Int[0, StoppedLedger.SegmentBytes - 1], Gen.Int[1, 6000], Gen.Int).Sample(
            (segment, at, length, seed) =>
            {
                MemoryDisk disk = whole.Disk.Copy();
                disk.Change(whole.InJournal(whole.Segments[segment]), bytes =>
                    new Random(seed).NextBytes(bytes.AsSpan(at, Math.Min(length, bytes.Length - at))));
                return JournalDump.Read(whole.Folder, disk).Where(entry => entry.Kind != JournalEntryKind.Skipped).All(entry => all.Contains(Place(entry)));
            },
            iter: 200, threads: 1);
    }

    private static (string File, long Offset, long Sequence, JournalEntryKind Kind) Place(JournalEntry entry) =>
        (entry.File, entry.Offset, entry.Sequence, entry.Kind);
}
