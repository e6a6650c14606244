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

    [Fact]
    public void AnyBitThatIsBent_IsRefusedOrMadeAgain_AndNeverAnswered()
    {
        Changes changes = Changes.Random(6, 60);
        var disk = new MemoryDisk();
        DayStore store = Changes.Open(disk);
        changes.ShowTo(store);
        store.Dispose();
        string[] files = [.. disk.Paths.Where(path => path.Contains("/days/", StringComparison.Ordinal))];
        Assert.True(files.Length > 6);
        int refused = 0, again = 0;
        foreach (string path in files)
        {
            for (int at = 0; at < disk[path].Length; at++)
            {
                MemoryDisk bent = disk.Copy();
                bent.Change(path, bytes => bytes[at] ^= (byte)(1 << (at % 8)));
                DayStore opened = Changes.Open(bent);
                if (opened.Position == default)
                {
                    again++;
                    continue;
                }
                refused++;
                Assert.Throws<DayFilesDamagedException>(() => changes.AssertHeldBy(opened));
                // And so no start believes it any more.
                Assert.Equal(default, Changes.Open(bent).Position);
            }
        }
        Assert.True(refused > 0 && again > 0);
    }

    [Theory]
    [InlineData("accepted", false)]
    [InlineData("trades", false)]
    [InlineData("catalog", false)]
    [InlineData("manifest", false)]
    [InlineData("accepted", true)]
    [InlineData("refunds", true)]
    public void AFileThatIsGoneOrShorter_IsMadeAgain(string part, bool isCut)
    {
        Changes changes = Changes.Random(7, 80);
        var disk = new MemoryDisk();
        DayStore store = Changes.Open(disk);
        changes.ShowTo(store);
        store.Dispose();
        string path = disk.Paths.First(path => path.Contains(part, StringComparison.Ordinal));
        if (isCut)
        {
            disk[path] = disk[path][..^1];
            Assert.Throws<DayFilesDamagedException>(() => changes.AssertHeldBy(Changes.Open(disk)));
        }
        else
        {
            disk.Delete(path);
        }
        DayStore again = Changes.Open(disk);
        Assert.Equal(default, again.Position);
        changes.ShowTo(again);
        changes.AssertHeldBy(again);
    }

    [Fact]
    public void AResult_GoesToTheDayItBears_AndWhenThatIsClosedToTheDayTheJournalHasComeTo()
    {
        const long Hour = 3_600_000;
        var changes = new Changes();
        DayStore store = Changes.Open(new MemoryDisk());
        long day = BeijingTime.DayNumber(Changes.Start);
        long midnight = BeijingTime.StartOf(day + 1);
        TradeNo[] numbers = [.. Enumerable.Range(0, 5).Select(i => changes.Accept(Trades.Cn, Changes.Start + i))];
        void EndAt(int i, long ms)
        {
            changes.NowMs = ms;
            changes.End(numbers[i], TradeStatus.Success);
        }
        EndAt(0, midnight - 1);
        EndAt(1, midnight);
        // Recorded after midnight, decided before it.
        EndAt(2, midnight - 1);
        changes.NowMs = midnight + (9 * Hour);
        changes.Accept(Trades.Hk, changes.NowMs);
        EndAt(3, midnight - 1);
        changes.ShowTo(store);
        Assert.False(store.IsClosed(day));
        // An hour later somebody pays: so nine o'clock it was.
        changes.NowMs = midnight + (10 * Hour);
        changes.Accept(Trades.Hk, changes.NowMs);
        // The clock was set back: the day's file may have been given out.
        EndAt(4, midnight - 1);
        store = Changes.Open(new MemoryDisk());
        changes.ShowTo(store);
        Assert.True(store.IsClosed(day));
        Assert.False(store.IsClosed(day + 1));
        Assert.Equal(3, Changes.Rows(store, Trades.Cn, day, DayFileKind.Trades).Count);
        Assert.Equal(2, Changes.Rows(store, Trades.Cn, day + 1, DayFileKind.Trades).Count);
        changes.AssertHeldBy(store);
    }

    [Theory]
    [InlineData(-1, 3_600_000, false)]
    [InlineData(0, 3_599_999, false)]
    [InlineData(0, 3_600_000, true)]
    public void ADay_IsClosedByAClaimOfNineHoursAfterIt_OnceOneOfAnHourLaterAgrees(long afterNineMs, long laterMs, bool isClosed)
    {
        var changes = new Changes();
        DayStore store = Changes.Open(new MemoryDisk());
        long day = BeijingTime.DayNumber(Changes.Start);
        changes.Accept(Trades.Cn, changes.NowMs);
        changes.NowMs = BeijingTime.StartOf(day + 1) + (9 * 3_600_000) + afterNineMs;
        changes.Accept(Trades.Cn, changes.NowMs);
        changes.NowMs += laterMs;
        changes.Accept(Trades.Cn, changes.NowMs);
        changes.ShowTo(store);
        Assert.Equal(isClosed, store.IsClosed(day));
    }

    [Fact]
    public void AMomentThatOnlyResultsBear_ClosesNoDay()
    {
        var changes = new Changes();
        DayStore store = Changes.Open(new MemoryDisk());
        TradeNo[] numbers = [.. Enumerable.Range(0, 9).Select(i => changes.Accept(Trades.Cn, Changes.Start + i))];
        foreach (TradeNo number in numbers)
        {
            // No institution's clock has agreed to any of it.
            changes.NowMs += 86_400_000;
            changes.End(number, TradeStatus.Success);
            changes.GiveBack(Trades.Hk, TradeStatus.Success);
        }
        changes.ShowTo(store);
        Assert.False(store.IsClosed(BeijingTime.DayNumber(Changes.Start)));
        changes.AssertHeldBy(store);
    }

    [Fact]
    public void DaysThatAreOlderThanTradesAreKept_AreRemoved_AndALateResultOfOneMakesNoneAgain()
    {
        var clock = new FakeTimeProvider();
        var disk = new MemoryDisk();
        DayStore store = Changes.Open(disk, clock);
        var changes = new Changes();
        TradeNo old = changes.Accept(Trades.Cn, changes.NowMs);
        long first = BeijingTime.DayNumber(changes.NowMs);
        changes.NowMs = BeijingTime.StartOf(first + DayStore.KeptDays + 1) - 1;
        changes.Accept(Trades.Cn, changes.NowMs);
        changes.NowMs += 3_600_000;
        changes.Accept(Trades.Cn, changes.NowMs);
        changes.ShowTo(store, clock, DayStore.FlushInterval);
        Assert.Contains(disk.Paths, path => path.Contains("20261123", StringComparison.Ordinal));

        changes.NowMs += 3_600_000;
        changes.Accept(Trades.Cn, changes.NowMs);
        changes.End(old, TradeStatus.Failed);
        changes.ShowTo(store, clock, DayStore.FlushInterval);
        Assert.DoesNotContain(disk.Paths, path => path.Contains("20261123", StringComparison.Ordinal));
        Assert.Empty(Changes.Numbers(store, new TradeWindow(Trades.Cn, Changes.Start, Changes.Start + 1000, null)));
        Assert.NotEqual(default, Changes.Open(disk).Position);
    }

    [Fact]
    public void AnotherJournalsFiles_AreForgotten()
    {
        var clock = new FakeTimeProvider();
        var disk = new MemoryDisk();
        Changes.Random(8, 100).ShowTo(Changes.Open(disk, clock), clock, DayStore.FlushInterval);
        DayStore store = Changes.Open(disk);
        store.BeginAgain();
        Assert.Equal(default, store.Position);
        Changes other = Changes.Random(9, 100);
        other.ShowTo(store);
        other.AssertHeldBy(store);
    }

    [Fact]
    public void DamageFoundWhileItRuns_BeginsAgain_AndNothingIsAnsweredBeforeItKnowsWhatItKnew()
    {
        Changes changes = Changes.Random(11, 200);
        var clock = new FakeTimeProvider();
        var disk = new MemoryDisk();
        DayStore store = Changes.Open(disk);
        changes.ShowTo(store);
        store.Dispose();
        store = Changes.Open(disk, clock);
        long day = BeijingTime.DayNumber(Changes.Start);
        while (changes.Expected(Trades.Cn, day, DayFileKind.Trades).Count == 0)
        {
            day++;
        }
        FinalRows old = store.TradesOf(Trades.Cn, day);
        disk.Change(disk.Paths.First(path => path.EndsWith($"{Trades.Cn}.trades", StringComparison.Ordinal)), bytes => bytes[9] ^= 1);
        Assert.False(store.WantsToBeginAgain);
        Assert.Throws<DayFilesDamagedException>(() => changes.AssertHeldBy(store));
        Assert.True(store.WantsToBeginAgain);

        store.BeginAgain();
        // Who still has the old files finds the damage too: that is no news.
        Assert.Throws<DayFilesDamagedException>(() => old.Read());
        Assert.False(store.WantsToBeginAgain);
        var window = new TradeWindow(Trades.Cn, Changes.Start, Changes.Start + 1000, null);
        changes.ShowTo(
            store, clock, DayStore.FlushInterval,
            whileBehind: () =>
            {
                Assert.Throws<DayFilesDamagedException>(() => store.Snapshot(window));
                Assert.Throws<DayFilesDamagedException>(() => store.Snapshot(window with { Status = TradeStatus.Pending }));
                Assert.Throws<DayFilesDamagedException>(() => store.RefundsOf(Trades.Hk, day));
            });
        changes.AssertHeldBy(store);
        // And what was made again is kept.
        Assert.NotEqual(default, store.Position);
        changes.AssertHeldBy(Changes.Open(disk.Copy()));
    }

    [Fact]
    public void WithoutAFileDescriptorToReadWith_AQuestionIsRefused_AndNothingIsMadeAgain()
    {
        Changes changes = Changes.Random(12, 100);
        var disk = new MemoryDisk();
        DayStore store = Changes.Open(disk);
        changes.ShowTo(store);
        store.Dispose();
        store = Changes.Open(disk);
        // What .NET throws for EMFILE.
        disk.OpenFails = () => new IOException("Too many open files", 24);
        Assert.Throws<DayFilesDamagedException>(() => changes.AssertHeldBy(store));
        Assert.False(store.WantsToBeginAgain);
        disk.OpenFails = null;
        changes.AssertHeldBy(store);
    }

    [Fact]
    public void ADayThatIsBeingFilled_StaysInMemory_HoweverManyOthersAreAskedFor()
    {
        const long Day = 86_400_000;
        var clock = new FakeTimeProvider();
        var disk = new MemoryDisk();
        var changes = new Changes();
        for (int day = 0; day < 20; day++)
        {
            changes.NowMs = Changes.Start + (day * Day);
            changes.Accept(Trades.Cn, changes.NowMs);
        }
        DayStore store = Changes.Open(disk, clock);
        changes.ShowTo(store, clock, DayStore.FlushInterval);
        store.Dispose();
        store = Changes.Open(disk, clock);
        // A late number of the first day; nothing is flushed.
        changes.Accept(Trades.Cn, Changes.Start + 1);
        changes.ShowTo(store);
        for (int day = 1; day < 20; day++)
        {
            Assert.Single(Changes.Numbers(store, new TradeWindow(Trades.Cn, Changes.Start + (day * Day), Changes.Start + (day * Day) + 1000, null)));
        }
        changes.AssertHeldBy(store);
    }

    [Fact]
    public void RowsCanBeFetchedByTheirPlace_InAnyOrder()
    {
        Changes changes = Changes.Random(10, 300, meanStepMs: 1000);
        DayStore store = Changes.Open(new MemoryDisk());
        changes.ShowTo(store);
        long day = BeijingTime.DayNumber(Changes.Start);
        FinalRows rows = store.TradesOf(Trades.Cn, day);
        var places = new List<(TradeNo Number, long Offset)>();
        while (rows.Read())
        {
            places.Add((rows.Number, rows.Offset));
        }
        Assert.True(places.Count > 10);
        Assert.Equal(rows.Length, rows.Next);
        foreach ((TradeNo number, long offset) in places.OrderBy(place => place.Number))
        {
            Assert.True(rows.ReadAt(offset));
            Assert.Equal(number, rows.Number);
        }
        Assert.Throws<DayFilesDamagedException>(() => rows.ReadAt(places[1].Offset + 1));
    }
}
