using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Telemetry;
using Xunit;

namespace HotPath.Core.Tests.Ledger;

/// <summary>
/// Whoever is told DiskSlow (A001) is told that nothing is recorded under his req_id: not by an earlier request either that still stood in the
/// ring just then (F21).
/// </summary>
public sealed class SlowSpellTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(2.5);
    private static readonly TimeSpan SlowStep = TimeSpan.FromMilliseconds(250);

    private readonly TroubledDisk _disk = new();
    private readonly ManualResetEventSlim _gate = new();

    public void Dispose() => _gate.Dispose();

    [Fact]
    public async Task Claim_InTheRing_WhoseRepetitionIsRefused_NeverWins()
    {
        await using var bench = new LedgerBench { Storage = _disk, SlowStep = SlowStep };
        await using EmbeddedLedger ledger = bench.Open();
        // The batch that names the start as durable comes before this or, on a clock that stands still, never: it must not be the one that stands.
        await ledger.ClaimAsync(Trades.New(ledger, "before", "before"));
        _disk.Stuck = _gate;
        Task<Claim> other = ledger.ClaimAsync(Trades.New(ledger, "other", "other"), Budget).AsTask();
        Assert.True(SpinWait.SpinUntil(() => _disk.IsStanding, Patience), "no commit came");
        Trade first = Trades.New(ledger, "R", "T");
        Task<Claim> waiting = ledger.ClaimAsync(first, Budget).AsTask();
        bench.Clock.Advance(SlowStep * 2);
        Assert.Equal(ClaimState.DiskSlow, (await ledger.ClaimAsync(Trades.New(ledger, "R", "T"), Budget)).State);

        _gate.Set();
        Assert.True((await other.WaitAsync(Patience)).IsWon);
        Assert.Equal(ClaimState.DiskSlow, (await waiting.WaitAsync(Patience)).State);
        Assert.True(SpinWait.SpinUntil(() => bench.Told(LedgerEventKind.DiskIsQuick), Patience), "it stays slow");
        Assert.False(await ledger.FindAsync(first.TradeNo, new Trade()));
        Assert.True((await ledger.ClaimAsync(Trades.New(ledger, "R", "T"), Budget)).IsWon);
    }

    [Fact]
    public async Task Claim_InTheRing_OfWhatIsKnown_IsToldWhatItIs_AlsoWhenTheDiskBecameSlow()
    {
        await using var bench = new LedgerBench { Storage = _disk, SlowStep = SlowStep };
        await using EmbeddedLedger ledger = bench.Open();
        Claim known = await ledger.ClaimAsync(Trades.New(ledger, "R", "T"));
        _disk.Stuck = _gate;
        Task<Claim> other = ledger.ClaimAsync(Trades.New(ledger, "other", "other"), Budget).AsTask();
        Assert.True(SpinWait.SpinUntil(() => _disk.IsStanding, Patience), "no commit came");
        Task<Claim> repetition = ledger.ClaimAsync(Trades.New(ledger, "R", "T"), Budget).AsTask();
        bench.Clock.Advance(SlowStep * 2);
        _gate.Set();
        await other.WaitAsync(Patience);
        Assert.Equal(new Claim(ClaimState.InFlight, known.TradeNo), await repetition.WaitAsync(Patience));
    }

    [Fact]
    public async Task Claim_WhileAnotherOfItsReqIdIsJustBeingTaken_IsNotToldThatNothingIsRecorded()
    {
        using var isAsked = new ManualResetEventSlim();
        using var mayAnswer = new ManualResetEventSlim();
        await using var bench = new LedgerBench
        {
            SlowStep = SlowStep,
            WhenAskedForAClaim = () =>
            {
                isAsked.Set();
                mayAnswer.Wait(Patience);
            },
        };
        await using EmbeddedLedger ledger = bench.Open();
        Task<Claim> first = ledger.ClaimAsync(Trades.New(ledger, "R", "T"), Budget).AsTask();
        Assert.True(isAsked.Wait(Patience), "the ledger thread does not look at it");
        // The step under way has become a slow one after it was looked whether it is.
        bench.Clock.Advance(SlowStep * 2);
        Claim repetition = await ledger.ClaimAsync(Trades.New(ledger, "R", "T"), Budget);
        mayAnswer.Set();
        Assert.True((await first.WaitAsync(Patience)).IsWon);
        Assert.Equal(ClaimState.Unknown, repetition.State);
    }

    [Fact]
    public void Watch_AfterASlowSpellIsOver_RefusesWhatHadComeBeforeIt_AndTakesWhatCameAfter()
    {
        using var bench = new Quick();
        DiskWatch watch = bench.Watch;
        Assert.Null(watch.RefusesAtOnce(out int before));
        bench.Step(SlowStep * 2);
        Assert.Equal(ClaimState.DiskSlow, watch.RefusesAtOnce(out _));
        for (int step = 0; step < 4; step++)
        {
            bench.Step(TimeSpan.FromMilliseconds(1));
        }
        Assert.Null(watch.RefusesAtOnce(out int after));

        watch.GatheringBegins();
        Assert.Equal(ClaimState.DiskSlow, watch.RefusesGathered(before));
        Assert.Null(watch.RefusesGathered(after));
        watch.GatheringEnds();
    }

    /// <summary>A watch whose steps take as long as they are told.</summary>
    private sealed class Quick : IDisposable
    {
        private readonly LedgerBench _bench = new() { SlowStep = SlowStep };

        internal Quick() => Watch = new DiskWatch(_bench.Options, new TroubledDisk(), _bench.Clock, new GatewayMetrics("test"), _ => { });

        internal DiskWatch Watch { get; }

        internal void Step(TimeSpan time)
        {
            Watch.StepBegins();
            _bench.Clock.Advance(time);
            Watch.StepEnds();
        }

        public void Dispose() => Watch.Dispose();
    }
}
