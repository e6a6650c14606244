using System.Collections.Concurrent;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Ledger;

/// <summary>What every engine behind <see cref="ILedger"/> must do. Written against the port only.</summary>
public abstract partial class LedgerContract : IAsyncLifetime
{
    private ILedger? _ledger;

    /// <summary>The engine under test; opened in <see cref="InitializeAsync"/>.</summary>
    protected ILedger Ledger => _ledger!;

    protected abstract FakeTimeProvider Clock { get; }

    private long NowMs => Clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Opens the engine on the same storage as before.</summary>
    protected abstract ILedger Open();

    protected abstract ValueTask CleanUp();

    public Task InitializeAsync()
    {
        _ledger = Open();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await Ledger.DisposeAsync();
        await CleanUp();
    }

    [Fact]
    public async Task Claim_ReqIdNeverSeen_IsWonAndPending()
    {
        Trade trade = Trades.New(Ledger, "R1", "T1");
        Assert.Equal(new Claim(ClaimState.Won, trade.TradeNo), await Ledger.ClaimAsync(trade));
        var found = new Trade();
        Assert.True(await Ledger.FindAsync(trade.TradeNo, found));
        Trades.AssertSame(trade, found);
        Assert.Equal(ReqIdState.InFlight, await Ledger.RecallAsync(trade.InstId, Trades.Bytes("R1"), trade.Fingerprint, found));
        Assert.Equal([trade.TradeNo], await Ledger.PendingAsync());
    }

    [Fact]
    public async Task Recall_ReqIdNeverSeen_IsFree() =>
        Assert.Equal(ReqIdState.Free, await Ledger.RecallAsync(Trades.Cn, Trades.Bytes("R1"), default, new Trade()));

    [Fact]
    public async Task Claim_SameReqIdOfAnotherInstitution_IsWon()
    {
        await Won("R1", "T1");
        Assert.True((await Ledger.ClaimAsync(Trades.New(Ledger, "R1", "T1", Trades.Hk))).IsWon);
    }

    [Fact]
    public async Task Claim_RepeatedWithTheSameTradeNo_IsWonAgain()
    {
        Trade trade = await Won("R1", "T1");
        Assert.Equal(new Claim(ClaimState.Won, trade.TradeNo), await Ledger.ClaimAsync(trade));
        Assert.Single(await Ledger.PendingAsync());
    }

    [Fact]
    public async Task Claim_SameReqIdSameContentWhilePending_IsInFlight()
    {
        Trade trade = await Won("R1", "T1");
        Assert.Equal(new Claim(ClaimState.InFlight, trade.TradeNo), await Ledger.ClaimAsync(Trades.New(Ledger, "R1", "T1")));
    }

    [Fact]
    public async Task Claim_SameReqIdOtherContent_IsRefused()
    {
        Trade trade = await Won("R1", "T1");
        Trade other = Trades.New(Ledger, "R1", "T2", content: "other");
        Assert.Equal(new Claim(ClaimState.OtherContent, trade.TradeNo), await Ledger.ClaimAsync(other));
        Assert.Equal(ReqIdState.OtherContent, await Ledger.RecallAsync(Trades.Cn, Trades.Bytes("R1"), other.Fingerprint, new Trade()));
        Assert.False(await Ledger.FindAsync(other.TradeNo, new Trade()));
    }

    [Fact]
    public async Task Claim_KnownOrderWithNewReqId_NamesTheFirstTrade()
    {
        Trade trade = await Won("R1", "T1");
        Assert.Equal(new Claim(ClaimState.OrderExists, trade.TradeNo), await Ledger.ClaimAsync(Trades.New(Ledger, "R2", "T1")));
        Assert.Equal(ReqIdState.Free, await Ledger.RecallAsync(Trades.Cn, Trades.Bytes("R2"), default, new Trade()));
    }

    [Fact]
    public async Task Claim_SingleUseCodeOfAPendingOrPaidTrade_IsUsed()
    {
        Trade trade = await Won("R1", "T1", "code");
        Assert.Equal(new Claim(ClaimState.CodeUsed, trade.TradeNo), await Ledger.ClaimAsync(Trades.New(Ledger, "R2", "T2", Trades.Hk, "code")));
        await Ledger.CompleteAsync(trade.Ended(Ledger, NowMs));
        Assert.Equal(new Claim(ClaimState.CodeUsed, trade.TradeNo), await Ledger.ClaimAsync(Trades.New(Ledger, "R3", "T3", Trades.Hk, "code")));
    }

    [Theory]
    [InlineData(TradeStatus.Failed)]
    [InlineData(TradeStatus.Cancelled)]
    public async Task Claim_SingleUseCodeOfATradeThatMovedNoMoney_IsFreeAgain(TradeStatus status)
    {
        Trade trade = await Won("R1", "T1", "code");
        if (status == TradeStatus.Cancelled)
        {
            await Ledger.Cancels.ClaimAsync(Cancels.New(Ledger, trade, "U1"));
        }
        await Ledger.CompleteAsync(trade.Ended(Ledger, NowMs, status));
        Trade second = await Won("R2", "T2", "code");
        Assert.Equal(new Claim(ClaimState.CodeUsed, second.TradeNo), await Ledger.ClaimAsync(Trades.New(Ledger, "R3", "T3", null, "code")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(70)]
    [InlineData(RecordedAnswer.MaxSignatureLength)]
    public async Task Replay_AFinalTrade_HasTheRecordedAnswerByteForByte(int signatureLength)
    {
        Trade trade = await Won("R1", "T1", "code");
        Assert.Equal(CompleteState.Recorded, await Ledger.CompleteAsync(trade.Ended(Ledger, NowMs, signatureLength: signatureLength)));
        await Reopen();
        var found = new Trade();
        Assert.Equal(ReqIdState.Replay, await Ledger.RecallAsync(Trades.Cn, Trades.Bytes("R1"), trade.Fingerprint, found));
        Trades.AssertSame(trade, found);
        Assert.Equal(new Claim(ClaimState.Replay, trade.TradeNo), await Ledger.ClaimAsync(Trades.New(Ledger, "R1", "T1")));
    }

    [Fact]
    public async Task Complete_ASecondTime_ChangesNothing()
    {
        Trade trade = await Won("R1", "T1");
        await Ledger.CompleteAsync(trade.Ended(Ledger, NowMs));
        var second = new Trade { TradeNo = trade.TradeNo };
        Assert.Equal(CompleteState.AlreadyFinal, await Ledger.CompleteAsync(second.Ended(Ledger, NowMs, TradeStatus.Failed)));
        var found = new Trade();
        await Ledger.FindAsync(trade.TradeNo, found);
        Trades.AssertSame(trade, found);
        Assert.Empty(await Ledger.PendingAsync());
    }

    [Fact]
    public async Task Complete_UnknownTrade_IsNotFound() =>
        Assert.Equal(CompleteState.NotFound, await Ledger.CompleteAsync(new Trade { TradeNo = Ledger.NextNo() }.Ended(Ledger, NowMs)));

    [Fact]
    public async Task FindByOrder_IsForTheInstitutionAlone()
    {
        Trade trade = await Won("R1", "T1");
        var found = new Trade();
        Assert.True(await Ledger.FindByOrderAsync(Trades.Cn, Trades.Bytes("T1"), found));
        Trades.AssertSame(trade, found);
        Assert.False(await Ledger.FindByOrderAsync(Trades.Hk, Trades.Bytes("T1"), found));
        Assert.False(await Ledger.FindByOrderAsync(Trades.Cn, Trades.Bytes("T2"), found));
        Assert.False(await Ledger.FindAsync(Ledger.NextNo(), found));
    }

    [Fact]
    public async Task Restart_KeepsTradesClaimsOrdersCodesAndPending()
    {
        Trade paid = await Won("R1", "T1", "code1");
        await Ledger.CompleteAsync(paid.Ended(Ledger, NowMs));
        Trade first = await Won("R2", "T2");
        Trade second = await Won("R3", "T3", "code3");
        await Reopen();
        await Reopen();
        Assert.Equal([first.TradeNo, second.TradeNo], await Ledger.PendingAsync());
        Assert.Equal(ClaimState.OrderExists, (await Ledger.ClaimAsync(Trades.New(Ledger, "R9", "T1"))).State);
        Assert.Equal(ClaimState.CodeUsed, (await Ledger.ClaimAsync(Trades.New(Ledger, "R9", "T9", null, "code3"))).State);
        Assert.Equal(ClaimState.InFlight, (await Ledger.ClaimAsync(Trades.New(Ledger, "R2", "T2"))).State);
        Assert.Equal(CompleteState.Recorded, await Ledger.CompleteAsync(second.Ended(Ledger, NowMs)));
        var found = new Trade();
        Assert.True(await Ledger.FindAsync(paid.TradeNo, found));
        Trades.AssertSame(paid, found);
    }

    [Fact]
    public async Task Claim_MoreThanADayAfterItsTradeEnded_IsAbsent_AndTheOrderStays()
    {
        Trade trade = await Won("R1", "T1");
        await Ledger.CompleteAsync(trade.Ended(Ledger, NowMs));
        Clock.Advance(TimeSpan.FromHours(24));
        Assert.Equal(ClaimState.Replay, (await Ledger.ClaimAsync(Trades.New(Ledger, "R1", "T1"))).State);
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(ReqIdState.Free, await Ledger.RecallAsync(Trades.Cn, Trades.Bytes("R1"), trade.Fingerprint, new Trade()));
        Assert.Equal(new Claim(ClaimState.OrderExists, trade.TradeNo), await Ledger.ClaimAsync(Trades.New(Ledger, "R1", "T1")));
        Trade later = await Won("R1", "T2");
        Assert.Equal(new Claim(ClaimState.InFlight, later.TradeNo), await Ledger.ClaimAsync(Trades.New(Ledger, "R1", "T2")));
    }

    [Fact]
    public async Task Claim_OfAPendingTrade_NeverExpires()
    {
        Trade trade = await Won("R1", "T1");
        Clock.Advance(TimeSpan.FromDays(30));
        Assert.Equal(new Claim(ClaimState.InFlight, trade.TradeNo), await Ledger.ClaimAsync(Trades.New(Ledger, "R1", "T1")));
    }

    [Fact]
    public async Task Claim_ThatExpired_StaysExpiredWhenTheClockStepsBack()
    {
        Trade trade = await Won("R1", "T1");
        await Ledger.CompleteAsync(trade.Ended(Ledger, NowMs));
        Clock.Advance(TimeSpan.FromHours(25));
        await Won("R2", "T2");
        await Ledger.DisposeAsync();
        Clock.AdjustTime(Clock.GetUtcNow() - TimeSpan.FromHours(2));
        _ledger = Open();
        Assert.Equal(ReqIdState.Free, await Ledger.RecallAsync(Trades.Cn, Trades.Bytes("R1"), trade.Fingerprint, new Trade()));
        Assert.True((await Ledger.ClaimAsync(Trades.New(Ledger, "R1", "T3"))).IsWon);
    }

    [Fact]
    public async Task Numbers_OnlyEverGrow_OverRestartsAndClockSteps()
    {
        TradeNo last = default;
        foreach (int stepSeconds in new[] { 0, 3600, -7200, 86400, -86400, 1 })
        {
            Clock.AdjustTime(Clock.GetUtcNow() + TimeSpan.FromSeconds(stepSeconds));
            for (int i = 0; i < 1000; i++)
            {
                TradeNo next = Ledger.NextNo();
                Assert.True(next > last);
                last = next;
            }
            await Reopen();
        }
    }

    [Fact]
    public async Task Claim_SixtyFourAtOnceWithOneReqId_HasOneWinner()
    {
        for (int round = 0; round < 20; round++)
        {
            using var barrier = new Barrier(8);
            var claims = new ConcurrentBag<Task<Claim>>();
            // Threads of their own: waiting at a barrier must not take the pool's, which the ledger needs.
            Thread[] threads = [.. Enumerable.Range(0, 8).Select(_ => new Thread(() =>
            {
                Trade[] trades = [.. Enumerable.Range(0, 8).Select(_ => Trades.New(Ledger, $"R{round}", $"T{round}"))];
                barrier.SignalAndWait();
                foreach (Trade trade in trades)
                {
                    claims.Add(Ledger.ClaimAsync(trade).AsTask());
                }
            }))];
            Array.ForEach(threads, thread => thread.Start());
            Array.ForEach(threads, thread => thread.Join());
            Claim[] answers = await Task.WhenAll(claims);
            Claim winner = Assert.Single(answers, claim => claim.IsWon);
            Assert.All(answers, claim => Assert.Equal(winner.TradeNo, claim.TradeNo));
            Assert.Equal(63, answers.Count(claim => claim.State == ClaimState.InFlight));
        }
    }

    [Fact]
    public async Task Stopped_Claims_AreUnavailable()
    {
        Trade trade = Trades.New(Ledger, "R1", "T1");
        await Ledger.DisposeAsync();
        Assert.False(Ledger.IsReady);
        Assert.Equal(ClaimState.Unavailable, (await Ledger.ClaimAsync(trade)).State);
        Assert.Equal(CompleteState.Unavailable, await Ledger.CompleteAsync(trade));
        Assert.Equal(CompleteState.Unavailable, await Ledger.RedirectAsync(trade));
        Assert.False(Ledger.Failure.IsCompleted);
    }

    private async Task<Trade> Won(string reqId, string orderNo, string? code = null)
    {
        Trade trade = Trades.New(Ledger, reqId, orderNo, null, code);
        Assert.Equal(new Claim(ClaimState.Won, trade.TradeNo), await Ledger.ClaimAsync(trade));
        return trade;
    }

    private async Task Reopen()
    {
        await Ledger.DisposeAsync();
        _ledger = Open();
        Assert.True(Ledger.IsReady);
    }
}
