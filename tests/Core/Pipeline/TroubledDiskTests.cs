using HotPath.Core.Clearing;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Pipeline;
using HotPath.Core.Tests.Ledger;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Pipeline;

/// <summary>What institutions are told while the disk is full (F19) or stuck (F21).</summary>
public sealed class TroubledDiskTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(2.5);

    private readonly TroubledDisk _disk = new();
    private readonly ManualResetEventSlim _gate = new();

    public void Dispose()
    {
        _gate.Set();
        _gate.Dispose();
    }

    [Fact]
    public async Task FullDisk_IsA001_BeforeTheClaim_WhileQueriesAndRepetitionsAreAnswered_AndServiceComesBack()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync(disk: _disk);
        Dictionary<string, string> paid = corridor.Payment();
        Answered first = await corridor.CallAsync(paid);
        _disk.Left = new DiskRoom(200 << 20, 10_000);
        corridor.Clock.Advance(TimeSpan.FromSeconds(1));

        Dictionary<string, string> refused = corridor.Payment();
        Assert.Equal("A001", (await corridor.CallAsync(refused)).Code);
        Assert.Equal("B005", (await corridor.CallAsync(corridor.Payment(("out_trade_no", paid["out_trade_no"])))).Code);
        Assert.Equal(first.Json, (await corridor.CallAsync(paid)).Json);
        Assert.Equal("SUCCESS", (await corridor.CallAsync(corridor.Query(("trade_no", first["trade_no"]))))["trade_status"]);
        Assert.Equal("B006", (await corridor.CallAsync(corridor.Query(("out_trade_no", refused["out_trade_no"])))).Code);
        Assert.Equal(1, corridor.Told.Pays);
        string metrics = await corridor.MetricsTextAsync();
        Assert.Contains("hotpath_refused_total{cause=\"diskfull\",answer=\"signed\"} 1", metrics, StringComparison.Ordinal);
        Assert.Contains("hotpath_disk_full 1", metrics, StringComparison.Ordinal);
        Assert.Contains("hotpath_disk_free_bytes 209715200", metrics, StringComparison.Ordinal);

        _disk.Left = DiskRoom.Endless;
        corridor.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("0000", (await corridor.CallAsync(refused)).Code);
        Assert.Contains("hotpath_disk_full 0", await corridor.MetricsTextAsync(), StringComparison.Ordinal);
    }

    /// <summary>An operator's wish is recorded first; where the disk stands still he is told so, and nothing is done.</summary>
    [Fact]
    public async Task StuckDisk_TellsAnOperatorWithin5Seconds_AndNothingIsDone()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync(disk: _disk);
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Processing));
        TradeNo doubt = TradeNo.Parse(System.Text.Encoding.ASCII.GetBytes((await corridor.CallAsync(corridor.Payment()))["trade_no"]));
        Task<Answered> underWay = Stick(() => corridor.CallAsync(corridor.Payment()));
        Task<PendingAnswer> wish = Task.Run(() => corridor.Desk.ResolveAsync(doubt, new PendingDecision(IsSuccess: false, IsConfirmed: false, default), "ann", "x"));
        Task<SwitchState> other = Task.Run(() => corridor.Breakers.OpenAsync("told", "ann", "x"));

        Assert.True(await corridor.UntilAsync(() => Task.FromResult(wish.IsCompleted && other.IsCompleted), TimeSpan.FromSeconds(30)));

        Assert.Equal((PendingVerdict.NotRecorded, SwitchState.NotRecorded, 0), ((await wish).Verdict, await other, corridor.Told.Reversals));
        Assert.True(corridor.Channels[0].Breaker.IsClosed);
        _gate.Set();
        await underWay.WaitAsync(Patience);
    }

    [Fact]
    public async Task StuckDisk_NewPaymentsAreA001AtOnce_QueriesAreAnswered_AndTheOneUnderWayIsCutAndReversed()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync(disk: _disk);
        corridor.Told.Inquire = _ => ClearingResult.Of(ClearingOutcome.NotFound);
        Answered known = await corridor.CallAsync(corridor.Payment());

        Dictionary<string, string> taken = corridor.Payment();
        Task<Answered> underWay = Stick(() => corridor.CallAsync(taken));
        corridor.Clock.Advance(TimeSpan.FromMilliseconds(300));
        Dictionary<string, string> refused = corridor.Payment();
        Assert.Equal("A001", (await corridor.CallAsync(refused).WaitAsync(Patience)).Code);
        Assert.Equal("SUCCESS", (await corridor.CallAsync(corridor.Query(("trade_no", known["trade_no"]))).WaitAsync(Patience))["trade_status"]);
        Assert.False(underWay.IsCompleted);
        corridor.Clock.Advance(Budget);
        Assert.Equal(0, (await underWay.WaitAsync(Patience)).Status);
        string metrics = await corridor.MetricsTextAsync();
        Assert.Contains("hotpath_refused_total{cause=\"diskslow\",answer=\"signed\"} 1", metrics, StringComparison.Ordinal);
        Assert.Contains("hotpath_disk_slow 1", metrics, StringComparison.Ordinal);

        // It becomes durable after all. Nobody sends it; the resolver finds that out and has it blocked at the channel.
        _gate.Set();
        Dictionary<string, string> query = corridor.Query(("out_trade_no", taken["out_trade_no"]));
        Assert.True(await corridor.UntilAsync(async () => (await corridor.CallAsync(query))["trade_status"] == "FAILED", TimeSpan.FromMinutes(2)));
        Assert.Equal(1, corridor.Told.Pays);
        // Virtual time goes on while the result becomes durable in real time: it may be reversed once more, which changes nothing.
        Assert.NotEqual(0, corridor.Told.Reversals);
        Assert.True(await corridor.UntilAsync(async () => (await corridor.CallAsync(taken)).Code == "B001", TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task StuckDisk_AResultThatIsNotDurableInTime_Is0001_AndIsFoundAfterwards()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync(disk: _disk);
        Dictionary<string, string> payment = corridor.Payment();
        var sent = new TaskCompletionSource<ClearingResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        corridor.Told.Pay = _ => sent.Task;
        Task<Answered> call = Task.Run(() => corridor.CallAsync(payment));
        Assert.True(SpinWait.SpinUntil(() => corridor.Told.Pays == 1, Patience));
        Task<Answered> answer = Stick(() =>
        {
            sent.SetResult(ClearingResult.Of(ClearingOutcome.Succeeded));
            return call;
        });
        corridor.Clock.Advance(Budget);
        Answered told = await answer.WaitAsync(Patience);
        Assert.Equal("0001", told.Code);
        Assert.Equal("PENDING", told["trade_status"]);

        _gate.Set();
        Dictionary<string, string> query = corridor.Query(("trade_no", told["trade_no"]));
        Assert.True(await corridor.UntilAsync(async () => (await corridor.CallAsync(query))["trade_status"] == "SUCCESS", TimeSpan.FromMinutes(1)));
        Answered repeated = await corridor.CallAsync(payment);
        Assert.Equal(("0000", told["trade_no"]), (repeated.Code, repeated["trade_no"]));
        Assert.Equal(1, corridor.Told.Pays);
    }

    /// <summary>A 0001 that shows a trade which has ended would be a riddle: the wish has its answer, and as long as that is not durable nothing is told.</summary>
    [Fact]
    public async Task StuckDisk_ACancelWhoseTradeHasFailed_IsCut_AndAnsweredAfterwards()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync(disk: _disk);
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.NotDelivered));
        Answered failed = await corridor.CallAsync(corridor.Payment());
        Dictionary<string, string> cancel = corridor.Cancel(("orig_trade_no", failed["trade_no"]));
        // The wish is durable, its end is not.
        _disk.SyncsLeft = 1;
        Task<Answered> answer = Stick(() => corridor.CallAsync(cancel));

        Assert.True(await corridor.UntilAsync(() => Task.FromResult(answer.IsCompleted), TimeSpan.FromSeconds(5)));

        Assert.Equal(0, (await answer).Status);
        _gate.Set();
        Assert.True(await corridor.UntilAsync(async () => (await corridor.CallAsync(cancel)).Code == "0000", TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task StuckDisk_ARefundWhoseResultCannotBeRecorded_IsFinalAfterwards_ThoughNobodyAsksForIt()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync(disk: _disk);
        Answered paid = await corridor.CallAsync(corridor.Payment());
        var word = new TaskCompletionSource<ClearingResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        corridor.Told.Refund = _ => word.Task;
        Task<Answered> first = Task.Run(() => corridor.CallAsync(corridor.Refund(paid, "1.00")));
        Assert.True(SpinWait.SpinUntil(() => !corridor.Told.Refunded.IsEmpty, Patience));
        // With a second one under way nobody can say for certain what is refunded of the trade.
        Task<Answered> second = Stick(() => corridor.CallAsync(corridor.Refund(paid, "2.00")));
        corridor.Clock.Advance(TimeSpan.FromMilliseconds(300));
        word.SetResult(ClearingResult.Of(ClearingOutcome.Succeeded));
        Assert.Equal(0, (await first.WaitAsync(Patience)).Status);

        _gate.Set();
        await second.WaitAsync(Patience);
        corridor.Told.Inquire = _ => ClearingResult.Of(ClearingOutcome.Succeeded);
        TradeNo refundId = corridor.Told.Refunded.First().TradeNo;
        var found = new Refund();
        Assert.True(await corridor.UntilAsync(async () => await corridor.Ledger.FindRefundAsync(refundId, found) && found.Status == TradeStatus.Success, TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task StuckDisk_UntilNoNumbersAreLeft_CutsTheConnection_AndLosesNoCreditOfTheChannel()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync(disk: _disk, maxInFlight: 1);
        Task<Answered> underWay = Stick(() => corridor.CallAsync(corridor.Payment(("inst_id", TestCorridor.Them))));
        // Behind the ceiling there are the 8 million of its last millisecond.
        corridor.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Throws<LedgerUnavailableException>(() => TakeNumbers(corridor.Ledger));
        await underWay.WaitAsync(Patience);
        Assert.Equal(0, (await corridor.CallAsync(corridor.Payment()).WaitAsync(Patience)).Status);
        Assert.Equal(0, (await corridor.CallAsync(corridor.Query(("out_trade_no", "unknown"))).WaitAsync(Patience)).Status);

        _gate.Set();
        Assert.True(await corridor.UntilAsync(async () => (await corridor.CallAsync(corridor.Payment())).Code == "0000", TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task StuckDisk_ARepetitionThatWasRecalledBeforeItsFirstWasTaken_IsNotToldThatNothingIsRecorded()
    {
        var clock = new HoldingClock();
        await using TestCorridor corridor = await TestCorridor.OpenAsync(clock: clock, disk: _disk);
        Dictionary<string, string> payment = corridor.Payment();
        // Looked at for its arrival, the key's dates, the age of what the ledger may know, and then its own: the ledger has been asked.
        Task<Answered> repetition = Task.Run(() => clock.HoldsAtLook(4, () => corridor.CallAsync(payment)));
        Assert.True(SpinWait.SpinUntil(() => clock.IsHolding, Patience));
        Task<Answered> first = Stick(() => corridor.CallAsync(payment));
        clock.Advance(TimeSpan.FromMilliseconds(300));
        clock.GoOn();
        Answered told = await repetition.WaitAsync(Patience);
        _gate.Set();
        // It is recorded, and whether it will be durable nobody knows: the connection is cut.
        Assert.Equal((0, ""), (told.Status, told.Code));
        Assert.Equal("0000", (await first.WaitAsync(Patience)).Code);
        Assert.Equal(1, corridor.Told.Pays);
    }

    private static void TakeNumbers(EmbeddedLedger ledger)
    {
        while (true)
        {
            ledger.NextNo();
        }
    }

    /// <summary>Virtual time that holds up whoever looks at it for the n-th time.</summary>
    private sealed class HoldingClock() : FakeTimeProvider(new DateTimeOffset(2026, 9, 19, 2, 30, 0, TimeSpan.Zero))
    {
        private volatile Thread? _who;
        private volatile bool _isHolding;
        private volatile bool _goesOn;
        private int _looksLeft;

        internal bool IsHolding => _isHolding;

        internal void GoOn() => _goesOn = true;

        internal Task<Answered> HoldsAtLook(int number, Func<Task<Answered>> call)
        {
            _looksLeft = number;
            _who = Thread.CurrentThread;
            Task<Answered> called = call();
            _who = null;
            return called;
        }

        public override DateTimeOffset GetUtcNow()
        {
            if (_who == Thread.CurrentThread && --_looksLeft == 0)
            {
                _isHolding = true;
                SpinWait.SpinUntil(() => _goesOn, Patience);
            }
            return base.GetUtcNow();
        }
    }

    /// <summary>Lets the disk stick, and returns when a commit stands in it.</summary>
    private Task<Answered> Stick(Func<Task<Answered>> call)
    {
        _disk.Stuck = _gate;
        Task<Answered> called = Task.Run(call);
        Assert.True(SpinWait.SpinUntil(() => _disk.IsStanding, Patience), "no commit came");
        return called;
    }
}
