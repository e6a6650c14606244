using HotPath.Core.Ledger.Embedded;
using Xunit;

namespace HotPath.Core.Tests.Ledger.Damage;

/// <summary>Manifests damaged one by one (F22): the older one or the whole journal serves, never a wrong balance.</summary>
public sealed class ManifestTests(StoppedLedger whole) : IClassFixture<StoppedLedger>
{
    private List<string> Manifests =>
        [.. whole.Disk.List(whole.Folder).Where(name => name.StartsWith("manifest-", StringComparison.Ordinal)).Select(name => Path.Combine(whole.Folder, name))];

    [Fact]
    public async Task EveryByte_OfEachManifest_Flipped_IsNoticedAndCostsNothing()
    {
        foreach (string path in Manifests)
        {
            for (int at = 0; at < whole.Disk[path].Length; at++)
            {
                MemoryDisk disk = whole.Disk.Copy();
                disk.Change(path, bytes => bytes[at] ^= (byte)(1 << (at % 8)));
                (List<Manifest> left, List<string> damaged) = Manifest.Load(disk, whole.Folder);
                Assert.Equal((1, Path.GetFileName(path)), (left.Count, damaged.Single()));
                if (at % 50 == 0)
                {
                    var events = new List<LedgerEvent>();
                    await using EmbeddedLedger ledger = whole.Open(disk, events);
                    Assert.Contains(events, told => told.Message == $"{Path.GetFileName(path)} is damaged");
                    await whole.AssertWholeAsync(ledger);
                }
            }
        }
    }

    [Fact]
    public async Task BothManifests_Damaged_StartFromTheWholeJournal()
    {
        MemoryDisk disk = whole.Disk.Copy();
        Manifests.ForEach(path => disk.Change(path, bytes => bytes[40] ^= 1));
        await using EmbeddedLedger ledger = whole.Open(disk, []);
        await whole.AssertWholeAsync(ledger);
    }

    [Fact]
    public async Task Manifests_CutShortOrRemoved_CostNothing()
    {
        foreach (string path in Manifests)
        {
            foreach (int length in new[] { 0, 7, 136, whole.Disk[path].Length - 1 })
            {
                MemoryDisk disk = whole.Disk.Copy();
                disk[path] = whole.Disk[path][..length];
                await using EmbeddedLedger ledger = whole.Open(disk, []);
                await whole.AssertWholeAsync(ledger);
            }
            MemoryDisk without = whole.Disk.Copy();
            without.Delete(path);
            await using EmbeddedLedger other = whole.Open(without, []);
            await whole.AssertWholeAsync(other);
        }
    }

    [Fact]
    public async Task AManifest_UnderAnothersName_DoesNotCount()
    {
        MemoryDisk disk = whole.Disk.Copy();
        disk[Manifests[1]] = disk[Manifests[0]];
        var events = new List<LedgerEvent>();
        await using EmbeddedLedger ledger = whole.Open(disk, events);
        Assert.Contains(events, told => told.Message == $"{Path.GetFileName(Manifests[1])} is damaged");
        await whole.AssertWholeAsync(ledger);
    }

    [Fact]
    public void AManifest_OfAnotherLedger_IsRefused() => AssertRefused(manifest => Copy(manifest, manifest.Position, manifest.LedgerId + 1), 16);

    [Fact]
    public void AManifest_OfAJournalThatWentOnOtherwise_IsRefused()
    {
        AssertRefused(manifest => Copy(manifest, manifest.Position with { Chain = 1 }, manifest.LedgerId), 24);
        AssertRefused(manifest => Copy(manifest, manifest.Position with { Address = manifest.Position.Address - 8 }, manifest.LedgerId), 24);
        AssertRefused(manifest => Copy(manifest, manifest.Position with { NextSequence = manifest.Position.NextSequence - 1 }, manifest.LedgerId), 24);
    }

    private void AssertRefused(Func<Manifest, Manifest> change, long offset)
    {
        MemoryDisk disk = whole.Disk.Copy();
        (List<Manifest> manifests, _) = Manifest.Load(disk, whole.Folder);
        change(manifests[0]).Save(disk, whole.Folder, manifests[1]);
        JournalDamagedException refused = whole.AssertRefused(disk);
        Assert.Equal((Path.GetFileName(Manifests[^1]), offset), (refused.File, refused.Offset));
    }

    private static Manifest Copy(Manifest manifest, JournalPosition position, ulong ledgerId) => new()
    {
        Number = manifest.Number,
        LedgerId = ledgerId,
        Position = position,
        DurableSequence = manifest.DurableSequence,
        Tokens = manifest.Tokens,
        TimeMs = manifest.TimeMs,
        Ceiling = manifest.Ceiling,
        Trades = manifest.Trades,
        Pending = manifest.Pending,
    };
}
