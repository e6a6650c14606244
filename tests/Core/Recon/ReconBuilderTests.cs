using HotPath.Core.DayFiles;
using HotPath.Core.Model;
using HotPath.Core.Recon;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Recon;

/// <summary>Which files are built when, on a thread that steps when the test says so. It is noon of <see cref="Rows.Day"/> in Beijing.</summary>
public sealed class ReconBuilderTests : IDisposable
{
    private static readonly InstId Them = InstId.From("HK000001");

    private readonly string _root = Directory.CreateTempSubdirectory("hotpath-recon-").FullName;
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.FromUnixTimeMilliseconds(Rows.Day.StartMs).AddHours(12));
    private readonly Rows _rows = new();
    private readonly Hand _hand = new();
    private readonly ReconFolder _folder;
    private TaskCompletionSource _feed = Caught();

    public ReconBuilderTests() => _folder = new ReconFolder(_root);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void AStart_TakesUpYesterdaysFiles_OfEveryInstitution()
    {
        using ReconBuilder builder = Start();
        Assert.Null(Facts(Rows.Us, Rows.Day - 1));
        _hand.StepAll();
        foreach (InstId institution in (InstId[])[Rows.Us, Them])
        {
            foreach (ReconType type in ReconTypes.All)
            {
                Assert.NotNull(_folder.Find(new ReconFileName(institution, Rows.Day - 1, type)));
            }
        }
        Assert.Null(Facts(Rows.Us, Rows.Day));
    }

    [Fact]
    public void ADay_IsBuiltTenMinutesAfterItsMidnight_AndNotBeforeTheFeedHasComeSoFar()
    {
        using ReconBuilder builder = Start();
        _hand.StepAll();
        _rows.Trades.Add(Rows.Trade(1));
        _clock.Advance(TimeSpan.FromHours(12) + ReconBuilder.Closing - TimeSpan.FromMilliseconds(1));
        Assert.False(builder.IsClosed(Rows.Day));
        _hand.StepAll();
        Assert.Null(Facts(Rows.Us, Rows.Day));

        _feed = new TaskCompletionSource();
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(builder.IsClosed(Rows.Day));
        _hand.StepAll();
        Assert.Null(Facts(Rows.Us, Rows.Day));
        // Shown at last.
        _rows.Trades.Add(Rows.Trade(2));
        _feed.SetResult();
        _hand.StepAll();
        Assert.Equal(2, Facts(Rows.Us, Rows.Day)!.RecordCount);
    }

    [Fact]
    public async Task AFileThatIsAskedFor_IsBuiltBeforeTheOthers()
    {
        using ReconBuilder builder = Start();
        var wanted = new ReconFileName(Them, Rows.Day - 9, ReconType.Refund);
        Task<ReconFileFacts?> asked = builder.GetAsync(wanted, TimeSpan.FromSeconds(5)).AsTask();
        _hand.StepUntil(() => _folder.Find(wanted) is not null);
        Assert.Null(Facts(Rows.Us, Rows.Day - 1));
        _hand.StepAll();
        Assert.Equal(0, (await asked)!.RecordCount);
    }

    [Fact]
    public async Task AFileThatTakesTooLong_IsNotWaitedFor_AndIsThereLater()
    {
        using ReconBuilder builder = Start();
        var wanted = new ReconFileName(Rows.Us, Rows.Day - 9, ReconType.Trade);
        Task<ReconFileFacts?> asked = builder.GetAsync(wanted, TimeSpan.FromSeconds(5)).AsTask();
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(await asked);
        _hand.StepAll();
        Assert.NotNull(_folder.Find(wanted));
    }

    [Fact]
    public void RowsThatCannotBeRead_FailThatFile_AndTheDayIsTriedAgain()
    {
        var broken = new BrokenRows(_rows);
        using ReconBuilder builder = Start(broken);
        broken.IsBroken = true;
        _hand.StepAll();
        Assert.Null(Facts(Rows.Us, Rows.Day - 1));
        broken.IsBroken = false;
        _hand.StepAll();
        Assert.Null(Facts(Rows.Us, Rows.Day - 1));
        _clock.Advance(TimeSpan.FromMinutes(1));
        _hand.StepAll();
        Assert.NotNull(Facts(Rows.Us, Rows.Day - 1));
    }

    [Fact]
    public async Task ADamagedFinishedFile_DoesNotEndTheGateway_AndIsBuiltAgainWhenItIsAskedFor()
    {
        var name = new ReconFileName(Rows.Us, Rows.Day - 1, ReconType.Trade);
        using (ReconBuilder builder = Start())
        {
            _hand.StepAll();
        }
        string facts = Path.ChangeExtension(_folder.PathOf(name), ".json");
        byte[] whole = File.ReadAllBytes(facts);
        File.WriteAllBytes(facts, whole[..^9]);
        // The next start: an exception out of a worker would be the end of the process.
        using ReconBuilder again = Start();
        _hand.StepAll();
        Assert.Equal(whole, File.ReadAllBytes(facts));
        File.WriteAllBytes(facts, whole[..^9]);
        Task<ReconFileFacts?> asked = again.GetAsync(name, TimeSpan.FromSeconds(5)).AsTask();
        _hand.StepAll();
        Assert.Equal(_folder.Find(name), await asked);
        Assert.NotNull(await asked);
    }

    [Fact]
    public void BelowTheJournalsReserve_NothingIsBuilt_AndItIsTriedAgain()
    {
        using (ReconBuilder builder = Start(reserve: long.MaxValue))
        {
            _hand.StepAll();
            Assert.Empty(Directory.GetFileSystemEntries(_root));
        }
        using ReconBuilder again = Start(reserve: 1);
        _hand.StepAll();
        Assert.NotNull(Facts(Rows.Us, Rows.Day - 1));
    }

    [Fact]
    public void ARun_SaysHowFarItIs_AndWhatBecameOfEachFile()
    {
        _rows.Of(new ReconFileName(Rows.Us, Rows.Day - 1, ReconType.Trade)).AddRange(Enumerable.Range(0, 1_000).Select(n => Rows.Trade(n - 80_000_000)));
        using ReconBuilder builder = Start();
        ReconRun first = builder.Begin(Rows.Day - 1, Rows.Us);
        Assert.Equal((2, 0L, 2_000L), (first.Files, first.Done, first.InAll));
        _hand.StepUntil(() => first.Done > 0);
        Assert.InRange(first.Done, 1, 1_999);
        _hand.StepAll();
        Assert.Equal((true, 2, 0, 2_000L), (first.IsOver, first.Built, first.Same, first.Done));
        ReconRun second = builder.Begin(Rows.Day - 1, only: null);
        _hand.StepAll();
        Assert.Equal((4, 4, 0, 0), (second.Files, second.Same, second.Built, second.Failed));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(200)]
    public void AClockThatLeapsForward_AndComesBack_BuildsNoDayThatIsNotOver_AndRemovesNone(int days)
    {
        var clock = new SteppingClock();
        using ReconBuilder builder = Start(clock: clock);
        _hand.StepAll();
        _rows.Trades.Add(Rows.Trade(1));
        clock.Behind = TimeSpan.FromDays(-days);
        for (int seconds = 0; seconds < 600; seconds++)
        {
            _hand.StepAll();
            clock.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Null(Facts(Rows.Us, Rows.Day));
        Assert.NotNull(Facts(Rows.Us, Rows.Day - 1));

        clock.Behind = TimeSpan.Zero;
        _hand.StepAll();
        _rows.Trades.Add(Rows.Trade(2));
        clock.SetUtcNow(DateTimeOffset.FromUnixTimeMilliseconds((Rows.Day + 1).StartMs) + ReconBuilder.Closing);
        _hand.StepAll();
        Assert.Equal(2, Facts(Rows.Us, Rows.Day)!.RecordCount);
    }

    [Fact]
    public void AClockThatLeapsForward_AndStays_IsBelievedAfterAnHour()
    {
        var clock = new SteppingClock();
        using ReconBuilder builder = Start(clock: clock);
        _hand.StepAll();
        // A machine that slept, or was set right.
        clock.Behind = TimeSpan.FromDays(-1);
        _hand.StepAll();
        clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromMilliseconds(1));
        _hand.StepAll();
        Assert.Null(Facts(Rows.Us, Rows.Day));
        clock.Advance(TimeSpan.FromMilliseconds(1));
        _hand.StepAll();
        Assert.NotNull(Facts(Rows.Us, Rows.Day));
    }

    [Fact]
    public void AFolderThatIsOlderThanFilesAreKept_IsRemoved_OnceTheClockIsKnownToGoOn()
    {
        _folder.Prepare(new ReconFileName(Rows.Us, Rows.Day - 181, ReconType.Trade));
        _folder.Prepare(new ReconFileName(Rows.Us, Rows.Day - 180, ReconType.Trade));
        using ReconBuilder builder = Start();
        _hand.StepAll();
        Assert.True(Directory.Exists(Path.Combine(_root, (Rows.Day - 181).ToString())));
        _clock.Advance(TimeSpan.FromHours(1));
        _hand.StepAll();
        Assert.False(Directory.Exists(Path.Combine(_root, (Rows.Day - 181).ToString())));
        Assert.True(Directory.Exists(Path.Combine(_root, (Rows.Day - 180).ToString())));
        // And so it goes on, every day.
        _clock.Advance(TimeSpan.FromHours(12));
        _hand.StepAll();
        Assert.False(Directory.Exists(Path.Combine(_root, (Rows.Day - 180).ToString())));
    }

    [Fact]
    public async Task AFileThatIsAskedForWhileTheClockLeaps_IsBuilt_AndTheFeedIsAskedAnewWhenItIsBack()
    {
        var clock = new SteppingClock();
        using ReconBuilder builder = Start(clock: clock);
        _hand.StepAll();
        clock.Behind = TimeSpan.FromDays(-1);
        _hand.StepAll();
        Task<ReconFileFacts?> asked = builder.GetAsync(new ReconFileName(Them, Rows.Day - 9, ReconType.Trade), TimeSpan.FromSeconds(5)).AsTask();
        _hand.StepAll();
        Assert.NotNull(await asked);

        // What it had been shown by the leap's time says nothing about the midnight to come.
        clock.Behind = TimeSpan.Zero;
        _hand.StepAll();
        _feed = new TaskCompletionSource();
        clock.SetUtcNow(DateTimeOffset.FromUnixTimeMilliseconds((Rows.Day + 1).StartMs) + ReconBuilder.Closing);
        _hand.StepAll();
        Assert.Null(Facts(Rows.Us, Rows.Day));
        _rows.Trades.Add(Rows.Trade(1));
        _feed.SetResult();
        _hand.StepAll();
        Assert.Equal(1, Facts(Rows.Us, Rows.Day)!.RecordCount);
    }

    [Fact]
    public void AfterNightsDown_EveryClosedDayThatMissesItsFile_IsBuilt_TheNewestFirst()
    {
        _rows.Of(new ReconFileName(Rows.Us, Rows.Day - 181, ReconType.Trade)).Add(Rows.Trade(1));
        _rows.Of(new ReconFileName(Rows.Us, Rows.Day - 180, ReconType.Trade)).Add(Rows.Trade(1));
        _rows.Of(new ReconFileName(Rows.Us, Rows.Day - 3, ReconType.Trade)).Add(Rows.Trade(1));
        _rows.Of(new ReconFileName(Them, Rows.Day - 2, ReconType.Trade)).Add(Rows.Trade(1));
        using ReconBuilder builder = Start();
        _hand.StepUntil(() => Facts(Them, Rows.Day - 1) is not null);
        Assert.Null(Facts(Them, Rows.Day - 2));
        _hand.StepUntil(() => Facts(Them, Rows.Day - 2) is not null);
        Assert.Null(Facts(Rows.Us, Rows.Day - 3));
        _hand.StepAll();
        Assert.Equal(1, Facts(Rows.Us, Rows.Day - 180)!.RecordCount);
        Assert.Null(Facts(Rows.Us, Rows.Day - 181));
        for (int ago = 1; ago < 180; ago++)
        {
            Assert.Equal(ago == 3 ? 1 : 0, Facts(Rows.Us, Rows.Day - ago)!.RecordCount);
        }
        // Before an institution's first result there is nothing to tell it, until it asks.
        Assert.Equal(1, Facts(Them, Rows.Day - 2)!.RecordCount);
        Assert.Null(Facts(Them, Rows.Day - 3));
    }

    [Fact]
    public async Task WhileOlderDaysAreMadeUpFor_AFileThatIsAskedForComesFirst_AndAFailureIsTriedAgain()
    {
        for (int ago = 2; ago < 30; ago++)
        {
            _rows.Of(new ReconFileName(Rows.Us, Rows.Day - ago, ReconType.Trade)).Add(Rows.Trade(1));
        }
        var broken = new BrokenRows(_rows);
        using ReconBuilder builder = Start(broken);
        _hand.StepUntil(() => Facts(Rows.Us, Rows.Day - 5) is not null);
        Task<ReconFileFacts?> asked = builder.GetAsync(new ReconFileName(Rows.Us, Rows.Day - 25, ReconType.Trade), TimeSpan.FromSeconds(5)).AsTask();
        _hand.StepUntil(() => Facts(Rows.Us, Rows.Day - 25) is not null);
        Assert.Equal(1, (await asked)!.RecordCount);
        Assert.Null(Facts(Rows.Us, Rows.Day - 20));

        broken.IsBroken = true;
        _hand.StepAll();
        Assert.Null(Facts(Rows.Us, Rows.Day - 20));
        broken.IsBroken = false;
        _clock.Advance(TimeSpan.FromMinutes(1));
        _hand.StepAll();
        Assert.NotNull(Facts(Rows.Us, Rows.Day - 20));
        Assert.NotNull(Facts(Rows.Us, Rows.Day - 29));
    }

    private ReconBuilder Start(IFinalRows? rows = null, long reserve = 0, TimeProvider? clock = null)
    {
        var builder = new ReconBuilder(_folder, rows ?? _rows, new DiskReserve(_root, reserve), [Rows.Us, Them], _hand, clock ?? _clock, new GatewayMetrics("test").Recon, NullLogger.Instance);
        builder.Start(cancellation => new ValueTask(_feed.Task.WaitAsync(cancellation)));
        return builder;
    }

    private ReconFileFacts? Facts(InstId institution, BeijingDay day) => _folder.Find(new ReconFileName(institution, day, ReconType.Trade));

    private static TaskCompletionSource Caught()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }

    /// <summary>A scheduler whose one worker steps by hand.</summary>
    private sealed class Hand : IScheduler, IWorker
    {
        private IWorkerBody? _body;

        public void Post(IThreadPoolWorkItem item) => throw new NotSupportedException();

        public void Sleep(TimeSpan time) => throw new NotSupportedException();

        public IWorker StartWorker(string name, IWorkerBody body)
        {
            _body = body;
            return this;
        }

        public void Wake()
        {
        }

        public void Dispose()
        {
        }

        /// <summary>Until it wants to pause.</summary>
        internal void StepAll()
        {
            while (_body!.Step().Time == TimeSpan.Zero)
            {
            }
        }

        internal void StepUntil(Func<bool> isTrue)
        {
            while (!isTrue())
            {
                Assert.Equal(TimeSpan.Zero, _body!.Step().Time);
            }
        }
    }

    private sealed class BrokenRows(Rows rows) : IFinalRows
    {
        internal bool IsBroken { get; set; }

        public long End(InstId instId, BeijingDay day, ReconType type) => rows.End(instId, day, type);

        public IRowReader Open(InstId instId, BeijingDay day, ReconType type, long from, long to) =>
            IsBroken ? throw new DayFilesDamagedException("broken") : rows.Open(instId, day, type, from, to);
    }
}
