using System.Collections.Concurrent;
using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Runtime;
using Xunit;

namespace HotPath.Core.Tests.Ledger;

#pragma warning disable CA1001 // xunit disposes through IAsyncLifetime.

/// <summary>F21, a disk that is slow or stuck: nobody waits longer than he said, nothing queues up, and what was taken has one outcome.</summary>
public sealed class DiskSlowTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(2.5);

    private readonly TroubledDisk _disk = new();
    private readonly LedgerBench _bench;
    private readonly EmbeddedLedger _ledger;
    private readonly ConcurrentQueue<TradeNo> _claimedLate = new();
    private ManualResetEventSlim? _gate;

    public DiskSlowTests()
    {
        _bench = new LedgerBench { Storage = _disk, SlowStep = TimeSpan.FromMilliseconds(250) };
        _ledger = _bench.Open();
        _ledger.WhenClaimedLate(_claimedLate.Enqueue);
    }

    public async Task InitializeAsync()
    {
        // The batch that names the start as durable comes before this or, on a clock that stands still, never.
        Trade first = New("first");
        await _ledger.ClaimAsync(first);
        await _ledger.CompleteAsync(first.Ended(_ledger, _bench.NowMs));
    }

    public async Task DisposeAsync()
    {
        _gate?.Set();
        await _ledger.DisposeAsync();
        await _bench.DisposeAsync();
        _gate?.Dispose();
    }

    [Fact]
    public async Task Claim_WhileACommitIsStuck_IsRefusedAtOnceWithoutAWrite_AndTakenAgainByItself()
    {
        Task<Claim> taken = StickWith(() => _ledger.ClaimAsync(New("taken")));
        _bench.Clock.Advance(TimeSpan.FromMilliseconds(251));
        int before = _disk.Writes;
        for (int i = 0; i < 2000; i++)
        {
            ValueTask<Claim> refused = _ledger.ClaimAsync(New($"R{i}"), Budget);
            Assert.True(refused.IsCompleted);
            Assert.Equal(ClaimState.DiskSlow, (await refused).State);
        }
        Assert.Equal(before, _disk.Writes);
        _bench.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(_ledger.CommitTime > TimeSpan.FromSeconds(1));
        Assert.True(_bench.Told(LedgerEventKind.DiskSlow));
        Assert.True(_ledger.IsReady);

        _gate!.Set();
        Assert.True((await taken.WaitAsync(Patience)).IsWon);
        await Until(() => _bench.Told(LedgerEventKind.DiskIsQuick));
        Assert.True((await _ledger.ClaimAsync(New("R0"), Budget)).IsWon);
        Assert.Equal(TimeSpan.Zero, _ledger.CommitTime);
        Assert.Equal(2, (await _ledger.PendingAsync()).Count);
    }

    [Fact]
    public async Task Claim_ThatStillWaitsInTheRing_IsWithdrawnWhenItsTimeIsOver_AndNeverHappens()
    {
        Task<Claim> taken = StickWith(() => _ledger.ClaimAsync(New("taken")));
        Trade late = New("late");
        Task<Claim> withdrawn = _ledger.ClaimAsync(late, Budget).AsTask();
        Assert.False(withdrawn.IsCompleted);
        _bench.Clock.Advance(Budget);
        Assert.Equal(ClaimState.DiskSlow, (await withdrawn.WaitAsync(Patience)).State);

        _gate!.Set();
        TradeNo won = (await taken.WaitAsync(Patience)).TradeNo;
        await Until(() => _bench.Told(LedgerEventKind.DiskIsQuick));
        Assert.Equal([won], await _ledger.PendingAsync());
        Assert.False(await _ledger.FindAsync(late.TradeNo, new Trade()));
        Assert.Empty(_claimedLate);
        // The same trade again, as its caller may: the command's next use knows nothing of the last.
        Assert.True((await _ledger.ClaimAsync(late, Budget)).IsWon);
    }

    [Fact]
    public async Task Claim_ThatWasTaken_IsUnknownWhenItsTimeIsOver_AndToldOnceItIsDurable()
    {
        Trade trade = New("taken");
        Task<Claim> claim = StickWith(() => _ledger.ClaimAsync(trade, Budget));
        _bench.Clock.Advance(Budget);
        Assert.Equal(ClaimState.Unknown, (await claim.WaitAsync(Patience)).State);
        Assert.Empty(_claimedLate);

        _gate!.Set();
        await Until(() => !_claimedLate.IsEmpty);
        Assert.Equal([trade.TradeNo], _claimedLate);
        Assert.True(await _ledger.FindAsync(trade.TradeNo, new Trade()));
    }

    [Fact]
    public async Task Claim_ThatWasTaken_AndWhoseCommitFails_IsNeverToldAsDurable()
    {
        Task<Claim> claim = StickWith(() => _ledger.ClaimAsync(New("taken"), Budget));
        _bench.Clock.Advance(Budget);
        Assert.Equal(ClaimState.Unknown, (await claim.WaitAsync(Patience)).State);
        _disk.FailsSyncs = true;
        _gate!.Set();
        Assert.Contains("Input/output error", await _ledger.Failure.WaitAsync(Patience), StringComparison.Ordinal);
        Assert.Empty(_claimedLate);
        Assert.Equal(ClaimState.Unavailable, (await _ledger.ClaimAsync(New("after"), Budget)).State);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Complete_NotDurableInTime_IsLate_AndRecordedByItself(bool isTaken)
    {
        Trade trade = New("R");
        await _ledger.ClaimAsync(trade);
        Task? other = isTaken ? null : StickWith(() => _ledger.ClaimAsync(New("other")));
        Trade handedOver = trade.CopyOfClaim().Ended(_ledger, _bench.NowMs);
        Task<CompleteState> late = isTaken
            ? StickWith(() => _ledger.CompleteAsync(handedOver, Budget))
            : _ledger.CompleteAsync(handedOver, Budget).AsTask();
        _bench.Clock.Advance(Budget);
        Assert.Equal(CompleteState.Late, await late.WaitAsync(Patience));
        _gate!.Set();
        var found = new Trade();
        await Until(() => _bench.Told(LedgerEventKind.DiskIsQuick));
        Assert.True(await _ledger.FindAsync(trade.TradeNo, found));
        Trades.AssertSame(handedOver, found);
        await (other ?? Task.CompletedTask).WaitAsync(Patience);
    }

    /// <summary>One that was taken may be durable yet, so nothing may be sent there; one that was not never happens.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Redirect_NotDurableInTime_IsLateOnceTaken_AndElseNeverHappens(bool isTaken)
    {
        Trade trade = New("R");
        await _ledger.ClaimAsync(trade);
        Trade moved = trade.CopyOfClaim().At("second");
        Task? other = isTaken ? null : StickWith(() => _ledger.ClaimAsync(New("other")));
        Task<CompleteState> redirect = isTaken ? StickWith(() => _ledger.RedirectAsync(moved, Budget)) : _ledger.RedirectAsync(moved, Budget).AsTask();
        _bench.Clock.Advance(Budget);
        Assert.Equal(isTaken ? CompleteState.Late : CompleteState.Unavailable, await redirect.WaitAsync(Patience));
        // While the disk is slow nothing more is begun.
        Assert.Equal(CompleteState.Unavailable, await _ledger.RedirectAsync(trade.CopyOfClaim().At("second"), Budget));
        _gate!.Set();
        await Until(() => _bench.Told(LedgerEventKind.DiskIsQuick));
        var found = new Trade();
        Assert.True(await _ledger.FindAsync(trade.TradeNo, found));
        Trades.AssertSame(isTaken ? moved : trade, found);
        await (other ?? Task.CompletedTask).WaitAsync(Patience);
    }

    [Fact]
    public async Task EmptyBatchOfAnIdleLedger_ThatIsStuck_CountsLikeAnyCommit()
    {
        _disk.Stuck = _gate = new ManualResetEventSlim();
        _bench.Clock.Advance(TimeSpan.FromMilliseconds(10));
        Assert.True(SpinWait.SpinUntil(() => _disk.IsStanding, Patience), "no batch came");
        _bench.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(TimeSpan.FromSeconds(2), _ledger.CommitTime);
        ValueTask<Claim> refused = _ledger.ClaimAsync(New("R"), Budget);
        Assert.True(refused.IsCompleted);
        Assert.Equal(ClaimState.DiskSlow, (await refused).State);

        _gate.Set();
        await Until(() => _bench.Told(LedgerEventKind.DiskIsQuick));
        Assert.True((await _ledger.ClaimAsync(New("R"), Budget)).IsWon);
    }

    [Fact]
    public async Task NextSegment_ThatIsStuckWhenItIsNeeded_CountsLikeAnyCommit()
    {
        var scheduler = new CountedSleeps();
        await using var bench = new LedgerBench(segmentBytes: 64 * 1024) { Storage = _disk, SlowStep = TimeSpan.FromMilliseconds(250), Scheduler = scheduler };
        await using EmbeddedLedger ledger = bench.Open();
        _disk.StuckFile = "next.prep";
        _disk.Stuck = _gate = new ManualResetEventSlim();
        // Of the ledger's thread and the background, one stands in the making of the next segment now and the other sleeps until it is made. How long a claim
        // takes says nothing of that: who waits for it goes on where the pool has a thread, which may be seconds.
        bool IsStuck() => _disk.IsStanding && scheduler.Sleeps > 0;
        ValueTask<Claim> last = default;
        for (int i = 0; i < 1000 && last.IsCompleted; i++)
        {
            await last;
            last = ledger.ClaimAsync(Trades.New(ledger, $"S{i}", $"S{i}"));
            Assert.True(SpinWait.SpinUntil(() => last.IsCompleted || IsStuck(), Patience), "neither claimed nor stuck");
        }
        bench.Clock.Advance(TimeSpan.FromSeconds(1));
        Task<Claim> refused = ledger.ClaimAsync(Trades.New(ledger, "R", "R"), Budget).AsTask();
        bool isRefusedAtOnce = refused.IsCompleted;
        _gate.Set();
        Assert.True(isRefusedAtOnce);
        Assert.Equal(ClaimState.DiskSlow, (await refused).State);
        Assert.True((await last.AsTask().WaitAsync(Patience)).State is ClaimState.Won or ClaimState.DiskSlow);
        await Until(() => bench.Told(LedgerEventKind.DiskIsQuick));
    }

    [Fact]
    public async Task CommitThatFailed_StoppedTheEngine_AndIsNoSlowDisk()
    {
        _disk.FailsSyncs = true;
        Assert.Equal(ClaimState.Unknown, (await _ledger.ClaimAsync(New("R"))).State);
        _bench.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(TimeSpan.Zero, _ledger.CommitTime);
        Assert.False(_bench.Told(LedgerEventKind.DiskSlow));
    }

    [Fact]
    public async Task Recall_OfWhatIsNotDurable_DoesNotWaitForAStuckDisk()
    {
        Task<Claim> taken = StickWith(() => _ledger.ClaimAsync(New("taken")));
        Task<ReqIdState> recall = Recall("taken");
        Assert.False(recall.IsCompleted);
        _bench.Clock.Advance(TimeSpan.FromMilliseconds(500));
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => recall.WaitAsync(Patience));
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => Recall("taken").WaitAsync(Patience));
        Assert.Equal(ReqIdState.Free, await Recall("unknown"));
        _gate!.Set();
        await taken.WaitAsync(Patience);
        Assert.Equal(ReqIdState.InFlight, await Recall("taken"));
    }

    [Fact]
    public async Task Disk_ThatHesitates_UnderCallersWithLittleTime_NeverLosesOrInventsAClaim()
    {
        await using var bench = new LedgerBench { Storage = _disk, Time = TimeProvider.System, SlowStep = TimeSpan.FromMilliseconds(10), MaxTrades = 1_000_000 };
        await using EmbeddedLedger ledger = bench.Open();
        var claimedLate = new ConcurrentDictionary<TradeNo, bool>();
        ledger.WhenClaimedLate(tradeNo => Assert.True(claimedLate.TryAdd(tradeNo, true)));
        // So long, and on a machine or a disk that is slower until every outcome was seen.
        using var stop = new CancellationTokenSource(Patience);
        var seen = new ConcurrentDictionary<ClaimState, bool>();
        var hesitation = new Thread(() => Hesitate(stop.Token)) { IsBackground = true };
        hesitation.Start();
        Task<(Trade Trade, ClaimState State)[][]> claiming = Task.WhenAll(Enumerable.Range(0, 32).Select(caller => Task.Run(() => ClaimMany(ledger, caller, seen, stop.Token))));
        await Task.Delay(TimeSpan.FromSeconds(1.5));
        while (!stop.IsCancellationRequested && (claimedLate.IsEmpty || seen.Count < 3))
        {
            await Task.Delay(10);
        }
        await stop.CancelAsync();
        (Trade Trade, ClaimState State)[][] all = await claiming;
        hesitation.Join();
        _gate?.Set();

        await Until(() => ledger.CommitTime == TimeSpan.Zero);
        var pending = (await ledger.PendingAsync()).ToHashSet();
        Assert.NotEmpty(claimedLate);
        Assert.Contains(all.SelectMany(some => some), claim => claim.State == ClaimState.Won);
        Assert.Contains(all.SelectMany(some => some), claim => claim.State == ClaimState.DiskSlow);
        Assert.Contains(all.SelectMany(some => some), claim => claim.State == ClaimState.Unknown);
        foreach ((Trade trade, ClaimState state) in all.SelectMany(some => some))
        {
            // Of those whose callers left, the ones that had come before the slow spell were refused, and nobody heard it.
            Assert.Equal(state == ClaimState.Won || claimedLate.ContainsKey(trade.TradeNo), pending.Contains(trade.TradeNo));
            Assert.True(state == ClaimState.Unknown || !claimedLate.ContainsKey(trade.TradeNo));
        }
    }

    private static async Task<(Trade Trade, ClaimState State)[]> ClaimMany(EmbeddedLedger ledger, int caller, ConcurrentDictionary<ClaimState, bool> seen, CancellationToken stop)
    {
        var random = new Random(caller);
        var claims = new List<(Trade, ClaimState)>();
        for (int i = 0; !stop.IsCancellationRequested; i++)
        {
            Trade trade = Trades.New(ledger, $"R{caller}-{i}", $"T{caller}-{i}");
            // Every tenth has time enough for a disk that is slow by itself.
            int most = i % 10 == 9 ? 1_000 : 8;
            Claim claim = await ledger.ClaimAsync(trade, TimeSpan.FromMilliseconds(random.Next(most))).AsTask().WaitAsync(Patience, CancellationToken.None);
            claims.Add((trade, claim.State));
            seen[claim.State] = true;
            await Task.Yield();
        }
        return [.. claims];
    }

    private void Hesitate(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            // Not disposed: somebody may just be about to wait for it.
            var gate = new ManualResetEventSlim();
            _disk.Stuck = gate;
            Thread.Sleep(6);
            gate.Set();
            Thread.Sleep(3);
        }
    }

    private sealed class CountedSleeps : IScheduler
    {
        private volatile int _sleeps;

        internal int Sleeps => _sleeps;

        public void Post(IThreadPoolWorkItem item) => ThreadScheduler.Instance.Post(item);

        public void Sleep(TimeSpan time)
        {
            Interlocked.Increment(ref _sleeps);
            ThreadScheduler.Instance.Sleep(time);
        }

        public IWorker StartWorker(string name, IWorkerBody body) => ThreadScheduler.Instance.StartWorker(name, body);
    }

    private Trade New(string name) => Trades.New(_ledger, name, name);

    private Task<ReqIdState> Recall(string name) =>
        _ledger.RecallAsync(Trades.Cn, Trades.Bytes(name), Digest.Of(Trades.Bytes(name)), new Trade()).AsTask();

    /// <summary>Lets the disk stick, and returns when the ledger thread stands in the commit of this call.</summary>
    private Task<T> StickWith<T>(Func<ValueTask<T>> call)
    {
        _disk.Stuck = _gate = new ManualResetEventSlim();
        Task<T> called = call().AsTask();
        Assert.True(SpinWait.SpinUntil(() => _disk.IsStanding, Patience), "no commit came");
        return called;
    }

    private static async Task Until(Func<bool> isTrue)
    {
        for (int i = 0; !isTrue(); i++)
        {
            Assert.True(i < 12_000, "it did not become true");
            await Task.Delay(5);
        }
    }
}
