using HotPath.Core.Ledger.Embedded;
using Xunit;

namespace HotPath.Core.Tests.Ledger.Damage;

/// <summary>Whole segments that are gone, exchanged, cut, longer, another's or of another time (F18), one after the other.</summary>
public sealed class SegmentTests(StoppedLedger whole) : IClassFixture<StoppedLedger>
{
    [Fact]
    public void ASegment_Removed_IsRefusedByName()
    {
        foreach (string segment in whole.Segments)
        {
            MemoryDisk disk = whole.Disk.Copy();
            disk.Delete(whole.InJournal(segment));
            JournalDamagedException refused = whole.AssertRefused(disk);
            Assert.Equal(segment, refused.File);
            Assert.Contains("missing", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void TwoSegments_UnderEachOthersName_AreRefused()
    {
        for (int i = 0; i + 1 < whole.Segments.Count; i++)
        {
            MemoryDisk disk = whole.Disk.Copy();
            string one = whole.InJournal(whole.Segments[i]), other = whole.InJournal(whole.Segments[^(i + 1)]);
            (disk[one], disk[other]) = (disk[other], disk[one]);
            bool isMiddle = one == other;
            Assert.True(isMiddle || whole.AssertRefused(disk).File.Length > 0);
        }
    }

    [Fact]
    public void ASegment_InPlaceOfAnother_IsRefused()
    {
        for (int i = 1; i < whole.Segments.Count; i++)
        {
            MemoryDisk disk = whole.Disk.Copy();
            disk[whole.InJournal(whole.Segments[i])] = whole.Bytes(whole.Segments[i - 1]);
            Assert.Equal(whole.Segments[i], whole.AssertRefused(disk).File);
        }
    }

    [Fact]
    public void ASegment_ShorterOrLonger_IsRefused()
    {
        foreach (string segment in whole.Segments)
        {
            foreach (int length in new[] { 0, 100, 4096, 8000, StoppedLedger.SegmentBytes - 4096, StoppedLedger.SegmentBytes - 1, StoppedLedger.SegmentBytes + 512 })
            {
                MemoryDisk disk = whole.Disk.Copy();
                byte[] bytes = new byte[length];
                whole.Bytes(segment).AsSpan(0, Math.Min(length, StoppedLedger.SegmentBytes)).CopyTo(bytes);
                disk[whole.InJournal(segment)] = bytes;
                Assert.Equal(segment, whole.AssertRefused(disk).File);
            }
        }
    }

    /// <summary>From a backup that was made while this segment was the newest: whole, but shorter by what came later.</summary>
    [Fact]
    public void ASegment_OfAnEarlierTime_IsRefused()
    {
        foreach (string segment in whole.Segments)
        {
            MemoryDisk disk = whole.Disk.Copy();
            int end = BatchEnds(whole.Bytes(segment)).Where(end => end < whole.UsedBytes(segment)).Skip(2).First();
            disk.Change(whole.InJournal(segment), bytes => bytes.AsSpan(end).Clear());
            JournalDamagedException refused = whole.AssertRefused(disk);
            Assert.Equal(segment, refused.File);
            Assert.Equal(end, refused.Offset);
        }
    }

    [Fact]
    public async Task ASegment_OfAnotherLedger_IsRefused()
    {
        await using var stranger = new LedgerBench(segmentBytes: StoppedLedger.SegmentBytes);
        await using (EmbeddedLedger ledger = stranger.Open())
        {
            for (int i = 0; i < 60; i++)
            {
                Assert.True((await ledger.ClaimAsync(Trades.New(ledger, $"S{i}", $"S{i}"))).IsWon);
            }
        }
        foreach (string name in new[] { whole.Segments[0], whole.Segments[1] })
        {
            MemoryDisk disk = whole.Disk.Copy();
            disk[whole.InJournal(name)] = File.ReadAllBytes(Path.Combine(stranger.Journal, name));
            Assert.Contains("another ledger", whole.AssertRefused(disk).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void AllSegmentsGone_WithManifests_IsRefused()
    {
        MemoryDisk disk = whole.Disk.Copy();
        foreach (string segment in whole.Segments)
        {
            disk.Delete(whole.InJournal(segment));
        }
        Assert.Equal(whole.Segments[0], whole.AssertRefused(disk).File);
    }

    [Fact]
    public void AllSegmentsAndManifestsGone_WithAnIndex_IsRefused() =>
        Assert.Contains("although", Assert.Throws<JournalDamagedException>(() => whole.OpenCopyWithFaster(whole.Clock, [], folder =>
        {
            Directory.Delete(Path.Combine(folder, "journal"), recursive: true);
            Array.ForEach(Directory.GetFiles(folder, "manifest-*"), File.Delete);
        })).Message, StringComparison.Ordinal);

    [Fact]
    public async Task OldestSegment_BeyondWhatAStartHasTimeFor_IsLeftToTheScrubAndSaidSo()
    {
        var events = new List<LedgerEvent>();
        var slow = new SlowClock(TimeSpan.FromMilliseconds(300));
        await using (EmbeddedLedger ledger = whole.OpenCopyWithFaster(slow, events))
        {
            await whole.AssertWholeAsync(ledger);
        }
        string said = events.Single(told => told.Kind == LedgerEventKind.Recovered).Message;
        Assert.Matches($"of {whole.Segments.Count} segments [3-9] read", said);
    }

    private static IEnumerable<int> BatchEnds(byte[] segment)
    {
        int at = JournalFormat.HeaderBlockBytes;
        while (JournalFormat.ReadRecord(segment.AsSpan(at), out RecordHeader header) == RecordDefect.None && header.Type == RecordType.Batch)
        {
            at += JournalFormat.BatchRecordBytes + JournalFormat.ReadBatch(segment.AsSpan(at + JournalFormat.RecordHeaderBytes)).Bytes;
            yield return at;
        }
    }

    /// <summary>Each look at it takes so long.</summary>
    private sealed class SlowClock(TimeSpan look) : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Add(ref _ticks, look.Ticks);

        public override DateTimeOffset GetUtcNow() => LedgerBench.Start;
    }
}
