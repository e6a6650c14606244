using CsCheck;
using HotPath.Core.Ledger.Embedded;
using Xunit;

namespace HotPath.Core.Tests.Ledger.Damage;

/// <summary>
/// Sectors and pages that are not where they were written, or not as they were (F18). Whatever changes a used byte is refused; what
/// changes none opens with every trade as it was.
/// </summary>
public sealed class SectorTests(StoppedLedger whole) : IClassFixture<StoppedLedger>
{
    private static readonly Gen<int> Sizes = Gen.Bool.Select(isPage => isPage ? 4096 : 512);

    [Fact]
    public Task TwoSectors_Swapped_InsideASegmentOrBetweenTwo_AreRefused() =>
        Gen.Select(Sizes, Place, Place).SampleAsync(
            (size, from, to) => CheckAsync(disk =>
            {
                (string first, int at) = Align(from, size);
                (string second, int into) = Align(to, size);
                byte[] one = disk[whole.InJournal(first)].AsSpan(at, size).ToArray();
                byte[] other = disk[whole.InJournal(second)].AsSpan(into, size).ToArray();
                disk.Change(whole.InJournal(first), bytes => other.CopyTo(bytes, at));
                disk.Change(whole.InJournal(second), bytes => one.CopyTo(bytes, into));
            }),
            iter: 500, threads: 1);

    [Fact]
    public Task ASector_WrittenToAnothersPlace_IsRefused() =>
        Gen.Select(Sizes, Place, Place).SampleAsync(
            (size, from, to) => CheckAsync(disk =>
            {
                (string first, int at) = Align(from, size);
                (string second, int into) = Align(to, size);
                byte[] stray = disk[whole.InJournal(first)].AsSpan(at, size).ToArray();
                disk.Change(whole.InJournal(second), bytes => stray.CopyTo(bytes, into));
            }),
            iter: 500, threads: 1);

    [Fact]
    public Task ASector_ThatWasNeverWritten_IsRefused() =>
        Gen.Select(Sizes, Place).SampleAsync(
            (size, place) => CheckAsync(disk =>
            {
                (string segment, int at) = Align(place, size);
                disk.Change(whole.InJournal(segment), bytes => bytes.AsSpan(at, size).Clear());
            }),
            iter: 500, threads: 1);

    [Fact]
    public Task ASector_FullOfNoise_IsRefused() =>
        Gen.Select(Sizes, Place, Gen.Int).SampleAsync(
            (size, place, seed) => CheckAsync(disk =>
            {
                (string segment, int at) = Align(place, size);
                disk.Change(whole.InJournal(segment), bytes => new Random(seed).NextBytes(bytes.AsSpan(at, size)));
            }),
            iter: 200, threads: 1);

    /// <summary>The last write of a sealed segment's page is lost: it is as it was some batches before.</summary>
    [Fact]
    public async Task ASector_OfAnEarlierState_IsRefused()
    {
        for (int back = 1; back < JournalFormat.RecordHeaderBytes * 40; back += 13)
        {
            int segment = back % (whole.Segments.Count - 1);
            await CheckAsync(disk => disk.Change(whole.InJournal(whole.Segments[segment]), bytes =>
            {
                int end = bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
                bytes.AsSpan(end - back, back).Clear();
            }));
        }
    }

    private Gen<(int Segment, int At)> Place =>
        Gen.Select(Gen.Int[0, whole.Segments.Count - 1], Gen.Int[0, StoppedLedger.SegmentBytes - 1]);

    private (string Segment, int At) Align((int Segment, int At) place, int size) => (whole.Segments[place.Segment], place.At / size * size);

    private async Task CheckAsync(Action<MemoryDisk> damage)
    {
        MemoryDisk disk = whole.Disk.Copy();
        damage(disk);
        string? changed = whole.Segments.FirstOrDefault(segment => FirstChange(disk, segment) < whole.UsedBytes(segment));
        if (changed is not null)
        {
            JournalDamagedException refused = whole.AssertRefused(disk);
            Assert.Contains(refused.File, whole.Segments.Where(segment => FirstChange(disk, segment) < StoppedLedger.SegmentBytes));
            return;
        }
        await using EmbeddedLedger ledger = whole.Open(disk, []);
        await whole.AssertWholeAsync(ledger);
    }

    private int FirstChange(MemoryDisk disk, string segment) =>
        disk[whole.InJournal(segment)].AsSpan().CommonPrefixLength(whole.Bytes(segment));
}
