using HotPath.Core.DayFiles;
using HotPath.Core.Model;
using HotPath.Core.Recon;
using HotPath.Core.Tests.Ledger;
using HotPath.Core.Tests.Ledger.Damage;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.DayFiles;

/// <summary>A clock that leaps and comes back: what it said meanwhile closes no day and drops none, and the files stay a function of the journal.</summary>
public sealed class ClockLeapTests : IDisposable
{
    private const long Minute = 60_000;
    private const long Hour = 60 * Minute;
    private const long Day = 24 * Hour;

    private static readonly long Today = BeijingTime.DayNumber(Changes.Start);

    private readonly string _root = Directory.CreateTempSubdirectory("hotpath-leap-").FullName;
    private readonly FakeTimeProvider _clock = new();
    private readonly MemoryDisk _disk = new();
    private readonly Changes _changes = new();

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(200)]
    public void AClockThatLeapsForward_AndComesBack_ClosesNoDay_AndDropsNone(int days)
    {
        DayStore store = Changes.Open(_disk, _clock);
        Pay(4 * Hour);
        Leap(days * Day, store);
        // As if nothing had been: what succeeds today is today's.
        Pay(4 * Hour);
        _changes.ShowTo(store, _clock, DayStore.FlushInterval);
        Assert.False(store.IsClosed(Today));
        AssertOnTime(store, days);

        store.Dispose();
        store = Changes.Open(_disk, _clock);
        Assert.NotEqual(default, store.Position);
        Assert.False(store.IsClosed(Today));
        Pay(2 * Hour);
        _changes.ShowTo(store, _clock, DayStore.FlushInterval);
        AssertOnTime(store, days);

        // And once more from the journal alone.
        _disk.Delete("/data/days/manifest");
        DayStore again = Changes.Open(_disk, _clock);
        Assert.Equal(default, again.Position);
        _changes.ShowTo(again, _clock, DayStore.FlushInterval);
        AssertOnTime(again, days);
    }

    [Fact]
    public void AResultOfTheLeapAlone_IsNoReasonToDropOrCloseAnything()
    {
        DayStore store = Changes.Open(_disk, _clock);
        TradeNo number = _changes.Accept(Trades.Cn, _changes.NowMs);
        _changes.NowMs += 200 * Day;
        _changes.End(number, TradeStatus.Success);
        _changes.GiveBack(Trades.Hk, TradeStatus.Success);
        // Nothing more comes, and the clock is still there.
        _changes.ShowTo(store, _clock, DayStore.FlushInterval);
        Assert.Contains(_disk.Paths, path => path.Contains("20261123", StringComparison.Ordinal));
        Assert.False(store.IsClosed(Today));
        _changes.AssertHeldBy(store);
    }

    [Fact]
    public void AClockThatIsSetBackADay_AddsNothingToADayThatIsClosed()
    {
        DayStore store = Changes.Open(_disk, _clock);
        Pay(27 * Hour);
        _changes.ShowTo(store, _clock, DayStore.FlushInterval);
        Assert.True(store.IsClosed(Today));
        List<string> closed = Changes.Rows(store, Trades.Cn, Today, DayFileKind.Trades);

        Leap(-Day, store);
        Pay(Hour);
        _changes.ShowTo(store, _clock, DayStore.FlushInterval);
        Assert.True(store.IsClosed(Today));
        Assert.Equal(closed, Changes.Rows(store, Trades.Cn, Today, DayFileKind.Trades));
        _changes.AssertHeldBy(store);
        store.Dispose();
        _changes.AssertHeldBy(Changes.Open(_disk));
        DayStore again = Changes.Open(new MemoryDisk());
        _changes.ShowTo(again);
        _changes.AssertHeldBy(again);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void LeapsAnywhere_WithAndWithoutRestarts_GiveTheSameFiles(int seed)
    {
        Changes changes = Changes.RandomWithLeaps(seed, 250);
        DayStore once = Changes.Open(new MemoryDisk());
        changes.ShowTo(once);
        changes.AssertHeldBy(once);

        DayStore store = Changes.Open(_disk, _clock);
        changes.ShowTo(store, _clock, DayStore.FlushInterval / 2);
        changes.AssertHeldBy(store);
        DayStore killed = Changes.Open(_disk.Copy());
        Assert.NotEqual(default, killed.Position);
        changes.ShowTo(killed);
        changes.AssertHeldBy(killed);
    }

    [Fact]
    public void ReconciliationFiles_OfDaysWithLeaps_AreTheSameAfterTheDayFilesWereMadeAgain()
    {
        var folder = new ReconFolder(_root);
        DayStore store = Changes.Open(_disk, _clock);
        Pay(4 * Hour);
        Leap(Day, store);
        Pay(14 * Hour);
        _changes.ShowTo(store, _clock, DayStore.FlushInterval);
        BuildResult first = Build(folder, store, 0);
        // What is carried: decided before midnight, recorded after the file was built.
        _changes.NowMs -= 3 * Hour;
        _changes.End(_changes.Accept(Trades.Cn, _changes.NowMs), TradeStatus.Success);
        _changes.NowMs += 3 * Hour;
        Pay(20 * Hour);
        Leap(-Day, store);
        Pay(3 * Hour);
        _changes.ShowTo(store, _clock, DayStore.FlushInterval);
        Assert.Equal((BuildResult.Built, BuildResult.Built), (first, Build(folder, store, 1)));
        int today = Changes.Rows(store, Trades.Cn, Today, DayFileKind.Trades).Count;
        int tomorrow = Changes.Rows(store, Trades.Cn, Today + 1, DayFileKind.Trades).Count;
        Assert.Equal(today - 1, Facts(folder, 0).RecordCount);
        Assert.Equal(tomorrow + 1, Facts(folder, 1).RecordCount);

        DayStore again = Changes.Open(new MemoryDisk());
        _changes.ShowTo(again);
        Assert.Equal((BuildResult.Same, BuildResult.Same), (Build(folder, again, 0), Build(folder, again, 1)));
    }

    // A payment every ten minutes.
    private void Pay(long forMs)
    {
        for (long end = _changes.NowMs + forMs; _changes.NowMs < end; _changes.NowMs += 10 * Minute)
        {
            TradeNo number = _changes.Accept(Trades.Cn, _changes.NowMs);
            _changes.NowMs += 900;
            _changes.End(number, TradeStatus.Success);
            _changes.NowMs -= 900;
            _changes.EndPortion();
        }
    }

    // For a quarter of an hour, in which a payment is accepted, one of before ends, and money goes back; and a flush.
    private void Leap(long ms, DayStore store)
    {
        TradeNo before = _changes.Accept(Trades.Cn, _changes.NowMs);
        _changes.NowMs += ms;
        _changes.End(before, TradeStatus.Success);
        _changes.End(_changes.Accept(Trades.Cn, _changes.NowMs), TradeStatus.Success);
        _changes.NowMs += 15 * Minute;
        _changes.GiveBack(Trades.Cn, TradeStatus.Success);
        _changes.End(_changes.Accept(Trades.Cn, _changes.NowMs), TradeStatus.Success);
        _changes.ShowTo(store, _clock, DayStore.FlushInterval);
        _changes.NowMs -= ms;
    }

    private void AssertOnTime(DayStore store, int days)
    {
        List<string> rows = Changes.Rows(store, Trades.Cn, Today, DayFileKind.Trades);
        Assert.Equal(Changes.Numbers(store, new TradeWindow(Trades.Cn, Changes.Start, Changes.Start + Day, TradeStatus.Success)).Count - 1, rows.Count);
        // What bears a time of the leap has it.
        Assert.Equal(3, Changes.Rows(store, Trades.Cn, Today + days, DayFileKind.Trades).Count);
        Assert.Single(Changes.Rows(store, Trades.Cn, Today + days, DayFileKind.Refunds));
        _changes.AssertHeldBy(store);
    }

    private static BuildResult Build(ReconFolder folder, DayStore store, int day)
    {
        using var build = new ReconBuild(Name(day), folder, new DayRows(store));
        while (build.Step())
        {
        }
        return build.Result;
    }

    private static ReconFileFacts Facts(ReconFolder folder, int day) => folder.Find(Name(day))!;

    private static ReconFileName Name(int day) => new(Trades.Cn, new BeijingDay((int)Today + day), ReconType.Trade);
}
