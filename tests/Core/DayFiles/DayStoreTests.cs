using HotPath.Core.DayFiles;
using HotPath.Core.Model;
using HotPath.Core.Tests.Ledger;
using HotPath.Core.Tests.Ledger.Damage;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.DayFiles;

public sealed class DayStoreTests
{
    private static readonly TimeSpan Portion = TimeSpan.FromSeconds(4);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void WhatWasShown_IsThere_ByInstitutionAndDay_NowAndAfterEveryRestart(int seed)
    {
        Changes changes = Changes.Random(seed, 900);
        var clock = new FakeTimeProvider();
        var disk = new MemoryDisk();
        DayStore store = Changes.Open(disk, clock);
        changes.ShowTo(store, clock, Portion);
        changes.AssertHeldBy(store);

        // As a kill would leave it: what was flushed counts, the rest is shown again.
        DayStore killed = Changes.Open(disk.Copy());
        Assert.NotEqual(default, killed.Position);
        changes.ShowTo(killed);
        changes.AssertHeldBy(killed);

        // A clean stop leaves nothing to be shown.
        store.Dispose();
        DayStore stopped = Changes.Open(disk);
        changes.AssertHeldBy(stopped);
    }

    [Fact]
    public void KilledAtEveryCallToTheDisk_WhatIsShownAgainMakesTheSame()
    {
        Changes changes = Changes.Random(4, 120);
        int kills = 0;
        for (int calls = 0; ; calls++)
        {
            var clock = new FakeTimeProvider();
            var disk = new MemoryDisk { CallsLeft = calls };
            try
            {
                changes.ShowTo(Changes.Open(disk, clock), clock, Portion);
                // Nothing more is done: it came to the end.
                Assert.True(kills > 30);
                return;
            }
            catch (IOException)
            {
                kills++;
            }
            DayStore again = Changes.Open(disk.Copy());
            changes.ShowTo(again);
            changes.AssertHeldBy(again);
        }
    }

    [Fact]
    public void OnAFullDisk_NothingIsLost_AndThePortionShownAgainCountsOnce()
    {
        Changes changes = Changes.Random(5, 200);
        var clock = new FakeTimeProvider();
        for (int calls = 0; calls < 12; calls++)
        {
            var disk = new MemoryDisk();
            DayStore store = Changes.Open(disk, clock);
            changes.ShowTo(store);
            clock.Advance(DayStore.FlushInterval);
            disk.CallsLeft = calls;
            Assert.Throws<IOException>(() => changes.ShowLastPortionAgain(store));
            changes.AssertHeldBy(store);
            disk.CallsLeft = int.MaxValue;
            changes.ShowLastPortionAgain(store);
            changes.AssertHeldBy(store);
            Assert.NotEqual(default, store.Position);
            changes.AssertHeldBy(Changes.Open(disk.Copy()));
        }
    }
}
