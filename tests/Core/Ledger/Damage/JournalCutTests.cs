using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Ledger.Damage;

/// <summary>The last way out: what stays is whole and known, what goes is kept beside it, and no number is ever given again.</summary>
public sealed class JournalCutTests(StoppedLedger whole) : IClassFixture<StoppedLedger>
{
    private List<JournalEntry> All => [.. JournalDump.Read(whole.Folder)];

    [Fact]
    public async Task Cut_BehindABatch_LeavesExactlyWhatWasBeforeIt()
    {
        foreach (JournalEntry last in LastRecords().Where((_, i) => i % 61 == 5))
        {
            MemoryDisk disk = whole.Disk.Copy();
            JournalCutReport report = JournalCut.Cut(whole.Folder, last.Sequence, whole.Clock, disk);
            Assert.True(report.IsDone, report.Refusal);
            await AssertLeftAsync(disk, last.Sequence);
            List<JournalEntry> gone = All.FindAll(entry => entry.Sequence > last.Sequence);
            Assert.Equal(gone.Count(entry => entry.Kind is JournalEntryKind.Accepted or JournalEntryKind.Refund), report.Accepted);
            Assert.Equal(gone.Count(entry => entry.Kind is JournalEntryKind.Result or JournalEntryKind.Settled), report.Results);
            Assert.Equal(
                gone.Where(entry => entry.Trade is not null).Select(entry => (entry.File, entry.Offset)),
                JournalDump.Read(report.Kept, disk).Where(entry => entry.Trade is not null && entry.Sequence > last.Sequence).Select(entry => (entry.File, entry.Offset)));
            Assert.Contains("cut.txt", disk.List(report.Kept));
        }
    }

    [Fact]
    public async Task Cut_BeforeADamage_OpensWhatStartsRefused()
    {
        string segment = whole.Segments[^4];
        MemoryDisk disk = whole.Disk.Copy();
        disk.Change(whole.InJournal(segment), bytes => bytes[9000] ^= 1);
        JournalDamagedException refused = whole.AssertRefused(disk);
        JournalCutReport tooFar = JournalCut.Cut(whole.Folder, refused.Sequence + 5, whole.Clock, disk);
        Assert.Contains($"whole up to record {refused.Sequence - 1}", tooFar.Refusal, StringComparison.Ordinal);
        whole.AssertRefused(disk);
        JournalCutReport report = JournalCut.Cut(whole.Folder, refused.Sequence - 1, whole.Clock, disk);
        Assert.True(report.IsDone, report.Refusal);
        Assert.True(report.UnreadableBytes > 0);
        await AssertLeftAsync(disk, refused.Sequence - 1);
    }

    [Fact]
    public async Task Cut_BeforePagesThatTheDiskDoesNotGive_OpensWhatStartsRefused()
    {
        var disk = new TroubledDisk();
        await using var bench = new LedgerBench { Storage = disk };
        await using (EmbeddedLedger ledger = bench.Open())
        {
            for (int i = 0; i < 30; i++)
            {
                await ledger.ClaimAsync(Ledger.Trades.New(ledger, $"R{i}", $"T{i}"));
            }
        }
        (disk.Unreadable, disk.UnreadableFrom) = (".seg", 2 * 4096);
        Assert.Throws<JournalDamagedException>(bench.Open);
        JournalEntry skipped = JournalDump.Read(bench.Directory, disk).First(entry => entry.Kind == JournalEntryKind.Skipped);
        JournalCutReport report = JournalCut.Cut(bench.Directory, skipped.Sequence - 1, bench.Time, disk);
        Assert.True(report.IsDone, report.Refusal);
        Assert.InRange(report.UnreadableBytes, 1, bench.SegmentBytes);

        // What was written over can be read again.
        disk.Unreadable = null;
        await using EmbeddedLedger again = bench.Open();
        Assert.InRange((await again.PendingAsync()).Count, 1, 29);
    }

    [Fact]
    public void Cut_InsideABatch_OrBehindTheEnd_ChangesNothing()
    {
        MemoryDisk disk = whole.Disk.Copy();
        long inside = All.First(entry => entry.Kind == JournalEntryKind.Batch && entry.Records > 0).Sequence;
        foreach ((long after, string why) in new[]
        {
            (inside, "inside a batch"),
            (All.First(entry => entry.Kind == JournalEntryKind.Seal).Sequence, "the end of a segment"),
            (whole.Report.LastSequence, "nothing after"),
            (whole.Report.LastSequence + 1, $"whole up to record {whole.Report.LastSequence}"),
            (0L, "inside a batch"),
        })
        {
            Assert.Contains(why, JournalCut.Cut(whole.Folder, after, whole.Clock, disk).Refusal, StringComparison.Ordinal);
        }
        Assert.All(whole.Segments, segment => Assert.Same(whole.Bytes(segment), disk[whole.InJournal(segment)]));
    }

    [Fact]
    public async Task Cut_EndedAtAnyCall_LeavesARefusalOrTheCut_AndCanBeGivenAgain()
    {
        long after = LastRecords().Where(entry => entry.File == whole.Segments[^3]).Skip(5).First().Sequence;
        bool isDone = false;
        for (int calls = 1; !isDone; calls++)
        {
            Assert.True(calls < 200, "the cut never ends");
            MemoryDisk disk = whole.Disk.Copy();
            disk.CallsLeft = calls;
            try
            {
                isDone = JournalCut.Cut(whole.Folder, after, whole.Clock, disk).IsDone;
            }
            catch (IOException)
            {
            }
            disk.CallsLeft = int.MaxValue;
            MemoryDisk started = disk.Copy();
            try
            {
                await using EmbeddedLedger ledger = whole.Open(started, []);
                long trades = All.Count(entry => entry.Kind == JournalEntryKind.Accepted && (entry.Sequence <= after || !IsCut(disk)));
                Assert.Equal(trades, JournalDump.Read(whole.Folder, started).Count(entry => entry.Kind == JournalEntryKind.Accepted));
            }
            catch (JournalDamagedException)
            {
            }
            JournalCutReport again = JournalCut.Cut(whole.Folder, after, whole.Clock, disk);
            Assert.True(again.IsDone || again.Refusal == $"there is nothing after record {after}", again.Refusal);
            await AssertLeftAsync(disk, after);
        }
    }

    /// <summary>Whether anything behind the cut is gone: before that a start finds all.</summary>
    private bool IsCut(MemoryDisk disk) => whole.Segments.Any(segment =>
        !disk.List(whole.Journal).Contains(segment) || !disk[whole.InJournal(segment)].AsSpan().SequenceEqual(whole.Bytes(segment)));

    /// <summary>The last record of each batch that is not a SEAL's, but for the last batch of all.</summary>
    private List<JournalEntry> LastRecords()
    {
        List<JournalEntry> all = All.FindAll(entry => entry.Kind != JournalEntryKind.Segment);
        return [.. all.Where((entry, i) => i + 1 < all.Count && all[i + 1].Kind == JournalEntryKind.Batch && entry.Kind != JournalEntryKind.Seal)];
    }

    private async Task AssertLeftAsync(MemoryDisk disk, long after)
    {
        JournalReport report = JournalVerifier.Verify(whole.Folder, disk);
        Assert.True(report.IsClean, report.Damage?.ToString());
        await using EmbeddedLedger ledger = whole.Open(disk, []);
        var found = new Trade();
        var pending = new List<TradeNo>();
        List<JournalEntry> all = All;
        foreach (Trade trade in whole.Trades)
        {
            bool isLeft = all.Exists(entry => entry.Kind == JournalEntryKind.Accepted && entry.Sequence <= after && entry.Trade!.TradeNo == trade.TradeNo);
            bool isFinal = all.Exists(entry => entry.Kind == JournalEntryKind.Result && entry.Sequence <= after && entry.Trade!.TradeNo == trade.TradeNo);
            Assert.Equal(isLeft, await ledger.FindAsync(trade.TradeNo, found));
            if (isLeft)
            {
                Assert.Equal((isFinal ? trade.Status : TradeStatus.Pending, trade.Amount), (found.Status, found.Amount));
            }
            if (isLeft && !isFinal)
            {
                pending.Add(trade.TradeNo);
            }
        }
        Assert.Equal(pending.Order(), await ledger.PendingAsync());
        Assert.True(ledger.NextNo() > whole.Trades.Max(trade => trade.TradeNo));
    }
}
