using HotPath.Core.DayFiles;
using HotPath.Core.Tests.DayFiles;
using HotPath.Faults.Simulation;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Faults.Tests.Simulation;

/// <summary>
/// The day files on a disk that loses its power in the middle of any call: of what was not synced some is there and some is not, sector by sector and name by name.
/// </summary>
public sealed class DayFilesPowerLossTests
{
    private static readonly TimeSpan Portion = TimeSpan.FromSeconds(4);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void ThePowerGoesInAnyCall_WhatWasFlushedIsThere_TheRestIsShownAgain_AndNothingCountsAsDamaged(int seed)
    {
        Changes changes = Changes.Random(seed, 150);
        int cuts = 0;
        for (int calls = 0; ; calls++)
        {
            var chance = new Chance((ulong)((seed * 100_000) + calls));
            var disk = new VirtualDisk();
            long flushed = RunUntilCut(changes, disk, chance, calls, out bool isCut);
            if (!isCut)
            {
                Assert.True(cuts > 100, $"only {cuts} cuts");
                return;
            }
            cuts++;
            disk.LosePower(chance);
            // And again, somewhere in the start after it and in what that writes.
            int second = chance.Below(60);
            flushed = Math.Max(flushed, RunUntilCut(changes, disk, chance, second, out _, flushed));
            disk.LosePower(chance);

            DayStore store = Changes.Open(new CutStorage(disk, chance));
            Assert.True(store.Position.NextSequence >= flushed, $"cut in call {calls} and {second}: {flushed} was flushed, {store.Position.NextSequence} is there");
            changes.ShowTo(store);
            changes.AssertHeldBy(store);
            Assert.False(store.WantsToBeginAgain);
        }
    }

    // Up to where it was durable when the power went.
    private static long RunUntilCut(Changes changes, VirtualDisk disk, Chance chance, int calls, out bool isCut, long atLeast = 0)
    {
        var clock = new FakeTimeProvider();
        var storage = new CutStorage(disk, chance, calls);
        DayStore? store = null;
        try
        {
            store = Changes.Open(storage, clock);
            Assert.True(store.Position.NextSequence >= atLeast, $"{atLeast} was flushed, {store.Position.NextSequence} is there");
            changes.ShowTo(store, clock, Portion);
        }
        catch (IOException) when (storage.IsCut)
        {
        }
        isCut = storage.IsCut;
        return store?.Position.NextSequence ?? 0;
    }
}
