using HotPath.Core.Ledger.Embedded;
using Xunit;
using Xunit.Abstractions;

namespace HotPath.Core.Tests.Ledger.Damage;

/// <summary>One wrong bit (F18). After a clean stop every used byte is at or below the durable mark.</summary>
public sealed class BitFlipTests(StoppedLedger whole, ITestOutputHelper output) : IClassFixture<StoppedLedger>
{
    private const int Positions = 1000;

    [Fact]
    public void OneBit_AnywhereAtOrBelowTheDurableMark_IsRefusedWithFileAndOffset()
    {
        int refused = 0;
        foreach ((string segment, int at, byte bit) in Flips())
        {
            MemoryDisk disk = whole.Disk.Copy();
            disk.Change(whole.InJournal(segment), bytes => bytes[at] ^= bit);
            JournalDamagedException damage = whole.AssertRefused(disk);
            AssertNames(damage, segment, at);
            refused++;
        }
        Assert.Equal(Positions, refused);
    }

    [Fact]
    public async Task OneBit_WithTwoCheckpointsOfFaster_IsRefusedAndNothingIsWritten()
    {
        var disk = new BentDisk();
        var others = new List<string>();
        foreach ((string segment, int at, byte bit) in Flips())
        {
            (disk.Path, disk.Offset, disk.Bits) = (whole.InJournal(segment), at, bit);
            try
            {
                await whole.OpenWithFaster(disk, []).DisposeAsync();
                others.Add($"{segment}@{at}: opened");
            }
            catch (JournalDamagedException damage)
            {
                AssertNames(damage, segment, at);
            }
            catch (Exception other)
            {
                others.Add($"{segment}@{at}: {other.GetType().Name} {other.Message}");
            }
        }
        output.WriteLine($"{Positions - others.Count} of {Positions} refused; {string.Join("; ", others.Take(20))}");
        Assert.Empty(others);
        Assert.Equal(0, disk.Writes);
    }

    [Fact]
    public void EveryByte_OfASegmentsHeaderBlock_IsChecked()
    {
        foreach (string segment in new[] { whole.Segments[0], whole.Segments[^1] })
        {
            for (int at = 0; at < JournalFormat.HeaderBlockBytes; at++)
            {
                MemoryDisk disk = whole.Disk.Copy();
                disk.Change(whole.InJournal(segment), bytes => bytes[at] ^= 1);
                Assert.Equal(segment, whole.AssertRefused(disk).File);
            }
        }
    }

    [Fact]
    public async Task OneBit_InSpaceNotYetWritten_IsReportedDroppedAndWithoutEffect()
    {
        string segment = whole.Segments[^1];
        int used = whole.UsedBytes(segment);
        Assert.InRange(used, 0, StoppedLedger.SegmentBytes - 1000);
        for (int at = used + 8; at < StoppedLedger.SegmentBytes; at += 97)
        {
            MemoryDisk disk = whole.Disk.Copy();
            disk.Change(whole.InJournal(segment), bytes => bytes[at] ^= 0x10);
            var events = new List<LedgerEvent>();
            await using EmbeddedLedger ledger = whole.Open(disk, events);
            Assert.Contains(events, told => told.Kind == LedgerEventKind.TornTailDropped);
            // The start itself has written its first batch right behind the end.
            Assert.True(at < used + 200 || disk[whole.InJournal(segment)][at] == 0);
            if (at % 5 == 0)
            {
                await whole.AssertWholeAsync(ledger);
            }
        }
    }

    /// <summary>Positions spread evenly over every used byte, one drawn from each part.</summary>
    private IEnumerable<(string Segment, int At, byte Bit)> Flips()
    {
        var random = new Random(20260923);
        int[] used = [.. whole.Segments.Select(whole.UsedBytes)];
        double part = used.Sum() / (double)Positions;
        for (int i = 0; i < Positions; i++)
        {
            int at = (int)((i + random.NextDouble()) * part);
            int segment = 0;
            while (at >= used[segment])
            {
                at -= used[segment++];
            }
            yield return (whole.Segments[segment], at, (byte)(1 << random.Next(8)));
        }
    }

    private static void AssertNames(JournalDamagedException damage, string segment, int at)
    {
        Assert.Equal(segment, damage.File);
        Assert.InRange(damage.Offset, at < JournalFormat.HeaderBlockBytes ? 0 : at - JournalFormat.MaxRecordBytes, at);
    }
}
