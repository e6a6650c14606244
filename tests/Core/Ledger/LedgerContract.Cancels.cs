using HotPath.Core.Ledger;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Ledger;

/// <summary>Cancels and surpluses, as every engine must keep them.</summary>
public abstract partial class LedgerContract
{
    [Fact]
    public async Task Cancel_ThatIsDurable_MakesAConfirmedReversalCancelled_OverRestarts()
    {
        Trade trade = await Won("R1", "T1");
        Cancellation cancel = await Wished(trade, "U1");
        await Reopen();
        Assert.Equal([cancel.CancelNo], await Ledger.Cancels.PendingAsync());
        trade.Reversed(Ledger, NowMs);
        Assert.Equal(CompleteState.WishChanged, await Ledger.CompleteAsync(trade));
        trade.TurnByWish();
        Assert.Equal(CompleteState.Recorded, await Ledger.CompleteAsync(trade));
        Assert.Equal(CompleteState.Recorded, await Ledger.Cancels.SettleAsync(cancel.Ended(Ledger, NowMs)));
        for (int restart = 0; restart < 3; restart++)
        {
            await Reopen();
            var found = new Trade();
            Assert.True(await Ledger.FindAsync(trade.TradeNo, found));
            Trades.AssertSame(trade, found);
            Assert.True(found.WasReversed);
            Assert.Equal([trade.TradeNo], await Ledger.Surpluses.ReversedAsync());
            var wish = new Cancellation();
            Assert.Equal(ReqIdState.Replay, await Ledger.Cancels.RecallAsync(trade.InstId, Trades.Bytes("U1"), cancel.Fingerprint, wish));
            Cancels.AssertSame(cancel, wish);
            Assert.Empty(await Ledger.Cancels.PendingAsync());
            Assert.Empty(await Ledger.PendingAsync());
        }
    }

    [Fact]
    public async Task Cancel_Unwished_OrTakenBack_LeavesAReversalFailed()
    {
        Trade trade = await Won("R1", "T1");
        Trade cancelled = trade.CopyOfClaim().Ended(Ledger, NowMs, TradeStatus.Cancelled);
        Assert.Equal(CompleteState.WishChanged, await Ledger.CompleteAsync(cancelled));
        Cancellation first = await Wished(trade, "U1");
        Cancellation second = await Wished(trade, "U2");
        await Ledger.Cancels.SettleAsync(first.Ended(Ledger, NowMs, RespCode.NetworkError));
        // One of two is taken back: the other stands.
        Assert.Equal(CompleteState.WishChanged, await Ledger.CompleteAsync(trade.CopyOfClaim().Reversed(Ledger, NowMs)));
        await Ledger.Cancels.SettleAsync(second.Ended(Ledger, NowMs, RespCode.NetworkError));
        await Reopen();
        Assert.Equal(ReqIdState.Free, await Ledger.Cancels.RecallAsync(trade.InstId, Trades.Bytes("U2"), second.Fingerprint, new Cancellation()));
        Assert.Equal(CompleteState.WishChanged, await Ledger.CompleteAsync(cancelled));
        Assert.Equal(CompleteState.Recorded, await Ledger.CompleteAsync(trade.CopyOfClaim().Reversed(Ledger, NowMs)));
    }

    /// <summary>A003 says that nothing changed; when the wish has made the trade CANCELLED in the same moment, something has.</summary>
    [Theory]
    [InlineData(TradeStatus.Cancelled)]
    [InlineData(TradeStatus.Failed)]
    [InlineData(TradeStatus.Success)]
    public async Task Cancel_IsNotTakenBack_OnceItsTradeHasEnded(TradeStatus status)
    {
        Trade trade = await Won("R1", "T1");
        Cancellation cancel = await Wished(trade, "U1");
        Assert.Equal(CompleteState.Recorded, await Ledger.CompleteAsync(trade.Ended(Ledger, NowMs, status)));
        Assert.Equal(CompleteState.TradeEnded, await Ledger.Cancels.SettleAsync(cancel.CopyOfWish().Ended(Ledger, NowMs, RespCode.NetworkError)));
        Assert.Equal([cancel.CancelNo], await Ledger.Cancels.PendingAsync());
        Assert.Equal(CompleteState.Recorded, await Ledger.Cancels.SettleAsync(cancel.Ended(Ledger, NowMs)));
    }

    /// <summary>What a channel declined for a reason of its own stays that, wished or not; what succeeded too.</summary>
    [Theory]
    [InlineData(TradeStatus.Success)]
    [InlineData(TradeStatus.Failed)]
    public async Task Cancel_ChangesNoOtherResult(TradeStatus status)
    {
        Trade trade = await Won("R1", "T1");
        await Wished(trade, "U1");
        Assert.Equal(CompleteState.Recorded, await Ledger.CompleteAsync(trade.Ended(Ledger, NowMs, status)));
        Claim again = await Ledger.Cancels.ClaimAsync(Cancels.New(Ledger, trade, "U2"));
        Assert.Equal(
            status == TradeStatus.Success ? (ClaimState.NotCancellable, RespCode.TradeSucceeded) : (ClaimState.Won, RespCode.None), (again.State, again.Reason));
    }

    [Fact]
    public async Task Cancel_OfWhatIsNoTrade_IsB006_AndKeepsNoReqId()
    {
        Trade nobody = Trades.New(Ledger, "R1", "T1");
        Cancellation cancel = Cancels.New(Ledger, nobody, "U1");
        Assert.Equal(new Claim(ClaimState.NotCancellable, default, RespCode.TradeNotFound), await Ledger.Cancels.ClaimAsync(cancel));
        Assert.Equal(ReqIdState.Free, await Ledger.Cancels.RecallAsync(nobody.InstId, Trades.Bytes("U1"), cancel.Fingerprint, new Cancellation()));
        Trade trade = await Won("R2", "T2");
        Cancellation wish = await Wished(trade, "U2");
        Assert.Equal(ClaimState.NotCancellable, (await Ledger.Cancels.ClaimAsync(Cancels.New(Ledger, new Trade { TradeNo = wish.CancelNo, InstId = trade.InstId }, "U3"))).State);
        Assert.False(await Ledger.FindAsync(wish.CancelNo, new Trade()));
        Assert.False(await Ledger.Cancels.FindAsync(trade.TradeNo, new Cancellation()));
    }

    [Fact]
    public async Task Cancel_SharesItsReqIdsWithPaymentsAndRefunds()
    {
        Trade trade = await Won("R1", "T1");
        Cancellation cancel = await Wished(trade, "U1");
        Assert.Equal(ClaimState.OtherContent, (await Ledger.ClaimAsync(Trades.New(Ledger, "U1", "T9"))).State);
        Assert.Equal(ClaimState.OtherContent, (await Ledger.Cancels.ClaimAsync(Cancels.New(Ledger, trade, "R1"))).State);
        Assert.Equal(new Claim(ClaimState.InFlight, cancel.CancelNo), await Ledger.Cancels.ClaimAsync(Cancels.New(Ledger, trade, "U1")));
        Assert.Equal(new Claim(ClaimState.Won, cancel.CancelNo), await Ledger.Cancels.ClaimAsync(cancel));
        Assert.Equal(CompleteState.Recorded, await Ledger.Cancels.SettleAsync(cancel.Ended(Ledger, NowMs, RespCode.TradeSucceeded)));
        Assert.Equal(CompleteState.AlreadyFinal, await Ledger.Cancels.SettleAsync(cancel));
        Assert.Equal(new Claim(ClaimState.Replay, cancel.CancelNo), await Ledger.Cancels.ClaimAsync(Cancels.New(Ledger, trade, "U1")));
        Clock.Advance(TimeSpan.FromHours(25));
        Assert.Equal(ClaimState.Won, (await Ledger.Cancels.ClaimAsync(Cancels.New(Ledger, trade, "U1", "other"))).State);
    }

    [Fact]
    public async Task Surplus_HasOneNumberForEver_AndItsEnd_OverRestarts()
    {
        Trade trade = await Won("R1", "T1");
        await Ledger.CompleteAsync(trade.Reversed(Ledger, NowMs));
        Surplus surplus = Cancels.SurplusOf(Ledger, trade);
        Assert.Equal(new Claim(ClaimState.Won, surplus.RefundId), await Ledger.Surpluses.RecordAsync(surplus));
        await Reopen();
        Assert.Equal(new Claim(ClaimState.Replay, surplus.RefundId), await Ledger.Surpluses.RecordAsync(Cancels.SurplusOf(Ledger, trade)));
        Assert.Equal([surplus.RefundId], await Ledger.Surpluses.PendingAsync());
        (surplus.Status, surplus.FailCode, surplus.FinalAtMs) = (TradeStatus.Failed, RespCode.TradeStateForbids, NowMs);
        surplus.ChannelRefundNo.Set("CR-9"u8);
        Assert.Equal(CompleteState.Recorded, await Ledger.Surpluses.SettleAsync(surplus));
        Assert.Equal(CompleteState.AlreadyFinal, await Ledger.Surpluses.SettleAsync(surplus));
        await Reopen();
        var found = new Surplus();
        Assert.True(await Ledger.Surpluses.FindAsync(surplus.RefundId, found));
        Assert.Equal(Cancels.Describe(surplus), Cancels.Describe(found));
        Assert.Empty(await Ledger.Surpluses.PendingAsync());
        Assert.False(await Ledger.FindRefundAsync(surplus.RefundId, new Refund()));
    }

    [Fact]
    public async Task Reversed_IsKnownForHalfAnHour_AndNotLonger()
    {
        Trade first = await Won("R1", "T1");
        await Ledger.CompleteAsync(first.Reversed(Ledger, NowMs));
        Clock.Advance(TimeSpan.FromMinutes(16));
        Trade second = await Won("R2", "T2");
        await Ledger.CompleteAsync(second.Reversed(Ledger, NowMs));
        await Reopen();
        Assert.Equal([first.TradeNo, second.TradeNo], await Ledger.Surpluses.ReversedAsync());
        Clock.Advance(TimeSpan.FromMinutes(15));
        // The ledger thread may have looked at the clock before, for the step that takes this one.
        await Ledger.Surpluses.ReversedAsync();
        Assert.Equal([second.TradeNo], await Ledger.Surpluses.ReversedAsync());
    }

    private async Task<Cancellation> Wished(Trade trade, string reqId)
    {
        Cancellation cancel = Cancels.New(Ledger, trade, reqId);
        Assert.Equal(new Claim(ClaimState.Won, cancel.CancelNo), await Ledger.Cancels.ClaimAsync(cancel));
        return cancel;
    }
}
