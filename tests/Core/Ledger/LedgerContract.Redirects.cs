using HotPath.Core.Ledger;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Ledger;

/// <summary>A trade goes to a further channel: it is at one channel at any moment, and only that one's word ends it.</summary>
public abstract partial class LedgerContract
{
    [Fact]
    public async Task Redirect_APendingTrade_IsAtTheLastChannel_OverRestartsAndInTheEnd()
    {
        Trade trade = await Won("R1", "T1", "code");
        trade.Route.Set("fps.0@1a2b|second.1@1a2b,fps.0:t"u8);
        Assert.Equal(CompleteState.Recorded, await Ledger.RedirectAsync(trade.At("second")));
        await AssertFound(trade);
        await Reopen();
        await AssertFound(trade);
        Assert.Equal([trade.TradeNo], await Ledger.PendingAsync());
        Assert.Equal(CompleteState.Recorded, await Ledger.RedirectAsync(trade.At("third")));
        await Reopen();
        await Reopen();
        await AssertFound(trade);

        Assert.Equal(CompleteState.Recorded, await Ledger.CompleteAsync(trade.Ended(Ledger, NowMs, signatureLength: RecordedAnswer.MaxSignatureLength)));
        await AssertFound(trade);
        await Reopen();
        await AssertFound(trade);
        var found = new Trade();
        Assert.Equal(ReqIdState.Replay, await Ledger.RecallAsync(Trades.Cn, Trades.Bytes("R1"), trade.Fingerprint, found));
        Trades.AssertSame(trade, found);
        Assert.Empty(await Ledger.PendingAsync());
    }

    [Fact]
    public async Task Complete_ByTheWordOfAChannelBefore_ChangesNothing()
    {
        Trade trade = await Won("R1", "T1");
        Trade atTheFirst = trade.CopyOfClaim();
        await Ledger.RedirectAsync(trade.At("second"));
        Assert.Equal(CompleteState.Redirected, await Ledger.CompleteAsync(atTheFirst.Ended(Ledger, NowMs)));
        Assert.Equal(CompleteState.Redirected, await Ledger.CompleteAsync(atTheFirst.Ended(Ledger, NowMs, TradeStatus.Failed)));
        await AssertFound(trade);
        Assert.Equal(CompleteState.Recorded, await Ledger.CompleteAsync(trade.Ended(Ledger, NowMs)));
    }

    /// <summary>Two that both believe that they have the next attempt: one of them sends.</summary>
    [Fact]
    public async Task Redirect_TheSameAttemptTwice_IsRecordedOnce()
    {
        Trade trade = await Won("R1", "T1");
        Trade other = trade.CopyOfClaim();
        Assert.Equal(CompleteState.Recorded, await Ledger.RedirectAsync(trade.At("second")));
        Assert.Equal(CompleteState.Redirected, await Ledger.RedirectAsync(other.At("third")));
        await AssertFound(trade);
    }

    [Fact]
    public async Task Redirect_OfATradeThatHasEnded_IsAlreadyFinal()
    {
        Trade trade = await Won("R1", "T1");
        Trade next = trade.CopyOfClaim();
        await Ledger.CompleteAsync(trade.Ended(Ledger, NowMs, TradeStatus.Failed));
        Assert.Equal(CompleteState.AlreadyFinal, await Ledger.RedirectAsync(next.At("second")));
        await AssertFound(trade);
    }

    [Fact]
    public async Task Redirect_WhileACancelIsWished_GoesNowhere_UntilTheWishIsTakenBack()
    {
        Trade trade = await Won("R1", "T1");
        Cancellation wish = Cancels.New(Ledger, trade, "U1");
        await Ledger.Cancels.ClaimAsync(wish);
        Trade next = trade.CopyOfClaim().At("second");
        Assert.Equal(CompleteState.WishChanged, await Ledger.RedirectAsync(next));
        await Reopen();
        Assert.Equal(CompleteState.WishChanged, await Ledger.RedirectAsync(next));
        await AssertFound(trade);
        await Ledger.Cancels.SettleAsync(wish.Ended(Ledger, NowMs, RespCode.NetworkError));
        Assert.Equal(CompleteState.Recorded, await Ledger.RedirectAsync(next));
    }

    [Fact]
    public async Task Redirect_UnknownTrade_IsNotFound() =>
        Assert.Equal(CompleteState.NotFound, await Ledger.RedirectAsync(new Trade { TradeNo = Ledger.NextNo() }.At("second")));

    [Fact]
    public async Task Feed_OfATradeThatWentToAFurtherChannel_ShowsItsEndAtThatOne()
    {
        Trade trade = await Won("R1", "T1");
        await Ledger.RedirectAsync(trade.At("second"));
        await Ledger.CompleteAsync(trade.Ended(Ledger, NowMs));
        var seen = new SeenTrades();
        var from = default(FeedPosition);
        while (from.Address < Ledger.FeedEnd)
        {
            from = Ledger.ReadFeed(from, long.MaxValue, seen);
        }
        Assert.Equal([("fps", TradeStatus.Pending), ("second", TradeStatus.Success)], seen.Trades);
    }

    private async Task AssertFound(Trade expected)
    {
        var found = new Trade();
        Assert.True(await Ledger.FindAsync(expected.TradeNo, found));
        Trades.AssertSame(expected, found);
        Assert.True(await Ledger.FindByOrderAsync(expected.InstId, expected.OrderNo.Span.ToArray(), found));
        Trades.AssertSame(expected, found);
    }

    private sealed class SeenTrades : IFeedVisitor
    {
        internal List<(string Channel, TradeStatus Status)> Trades { get; } = [];

        public void Accepted(Trade trade, long sequence) => Trades.Add((trade.ChannelId.ToString(), trade.Status));

        public void Ended(Trade trade, long sequence) => Trades.Add((trade.ChannelId.ToString(), trade.Status));

        public void Ended(Refund refund, long sequence)
        {
        }
    }
}
