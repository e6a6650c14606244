using HotPath.Core.Clearing;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Pipeline;

/// <summary>A payment that its channel certainly did not get goes to another one, and to nobody after the first byte (protocol.md, section 6).</summary>
public sealed class FailoverTests
{
    private static readonly ClearingResult NotDelivered = ClearingResult.Of(ClearingOutcome.NotDelivered);
    private static readonly ClearingResult Succeeded = ClearingResult.Of(ClearingOutcome.Succeeded);

    [Fact]
    public async Task NotDelivered_GoesToTheNextChannel_AndIsThatOnesFromThenOn()
    {
        (ToldChannel second, ToldChannel third) = (new ToldChannel(), new ToldChannel());
        await using TestCorridor corridor = await TestCorridor.OpenAsync(others: [second, third]);
        corridor.Told.Pay = _ => Task.FromResult(NotDelivered);
        Dictionary<string, string> payment = corridor.Payment();
        Answered paid = await corridor.CallAsync(payment);
        Assert.Equal(("0000", "SUCCESS"), (paid.Code, paid["trade_status"]));
        Assert.Equal((1, 1, 0), (corridor.Told.Pays, second.Pays, third.Pays));
        Assert.Equal(paid.Json, (await corridor.CallAsync(payment)).Json);

        Trade trade = await FindAsync(corridor, paid);
        Assert.Equal(("other-1", 1), (trade.ChannelId.ToString(), trade.Redirects));
        Assert.Equal(2, trade.Route.ToString().Split('|').Length);
        string metrics = await corridor.MetricsTextAsync();
        Assert.Contains("hotpath_failovers_total{from=\"told\",to=\"other-1\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("hotpath_failover_attempts_total{result=\"succeeded\"} 1\n", metrics, StringComparison.Ordinal);

        Assert.Equal("0000", (await corridor.CallAsync(corridor.Refund(paid, "1.00"))).Code);
        Assert.Equal((0, 1), (corridor.Told.Refunded.Count, second.Refunded.Count));
    }

    [Theory]
    [InlineData(ClearingOutcome.Unknown)]
    [InlineData(ClearingOutcome.Processing)]
    [InlineData(ClearingOutcome.NotFound)]
    [InlineData(ClearingOutcome.Failed)]
    [InlineData(ClearingOutcome.Reversed)]
    public async Task AnyOtherWord_StaysWithItsChannel(ClearingOutcome outcome)
    {
        var second = new ToldChannel();
        await using TestCorridor corridor = await TestCorridor.OpenAsync(others: [second]);
        corridor.Told.Pay = _ => Task.FromResult(new ClearingResult(outcome, outcome == ClearingOutcome.Failed ? RespCode.InsufficientBalance : RespCode.None, default));
        Answered answer = await corridor.CallAsync(corridor.Payment());
        Assert.Equal((1, 0), (corridor.Told.Pays, second.Pays));
        Assert.Equal("told", (await FindAsync(corridor, answer)).ChannelId.ToString());
    }

    [Fact]
    public async Task NobodyGotIt_IsFailedForGood_AfterAsManyAsMayBe()
    {
        ToldChannel[] others = [new ToldChannel(), new ToldChannel(), new ToldChannel()];
        await using TestCorridor corridor = await TestCorridor.OpenAsync(others: others, maxInFlight: 1);
        foreach (ToldChannel channel in others.Prepend(corridor.Told))
        {
            channel.Pay = _ => Task.FromResult(NotDelivered);
        }
        // A credit that is not given back would end this.
        for (int i = 0; i < 3; i++)
        {
            Answered failed = await corridor.CallAsync(corridor.Payment());
            Assert.Equal(("B001", "FAILED"), (failed.Code, failed["trade_status"]));
            Trade trade = await FindAsync(corridor, failed);
            Assert.Equal((RespCode.TradeTimeout, "other-2", 2), (trade.FailCode, trade.ChannelId.ToString(), trade.Redirects));
        }
        Assert.Equal((3, 3, 3, 0), (corridor.Told.Pays, others[0].Pays, others[1].Pays, others[2].Pays));
        Assert.Contains("hotpath_failover_refused_total{cause=\"attempts\"} 3\n", await corridor.MetricsTextAsync(), StringComparison.Ordinal);
        Assert.Equal(0, corridor.Resolver.Count);
    }

    [Fact]
    public async Task NoOtherRouteTakesIt_IsFailed_AndItsTrailIsAsItWas()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        corridor.Told.Pay = _ => Task.FromResult(NotDelivered);
        Answered failed = await corridor.CallAsync(corridor.Payment());
        Assert.Equal(("B001", "FAILED"), (failed.Code, failed["trade_status"]));
        Trade trade = await FindAsync(corridor, failed);
        Assert.Equal(("told", 0), (trade.ChannelId.ToString(), trade.Redirects));
        Assert.DoesNotContain("|", trade.Route.ToString(), StringComparison.Ordinal);
        Assert.Contains("hotpath_failover_refused_total{cause=\"nochannel\"} 1\n", await corridor.MetricsTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OneAttemptConfigured_NeverGoesToAnother()
    {
        var second = new ToldChannel();
        await using TestCorridor corridor = await TestCorridor.OpenAsync(others: [second], maxAttempts: 1);
        corridor.Told.Pay = _ => Task.FromResult(NotDelivered);
        Assert.Equal("B001", (await corridor.CallAsync(corridor.Payment())).Code);
        Assert.Equal(0, second.Pays);
    }

    [Theory]
    [InlineData(1_999, 1)]
    [InlineData(2_001, 0)]
    public async Task TooLittleOfTheBudgetLeft_IsFailed_AndNoCallIsBegunThatCouldNotBeAnswered(int tookMs, int secondPays)
    {
        var second = new ToldChannel();
        await using TestCorridor corridor = await TestCorridor.OpenAsync(others: [second]);
        var connecting = new TaskCompletionSource<ClearingResult>();
        corridor.Told.Pay = _ => connecting.Task;
        Task<Answered> payment = corridor.CallAsync(corridor.Payment());
        await Until(() => corridor.Told.Pays == 1);
        corridor.Clock.Advance(TimeSpan.FromMilliseconds(tookMs));
        connecting.SetResult(NotDelivered);
        Assert.Equal(secondPays == 1 ? "0000" : "B001", (await payment).Code);
        Assert.Equal(secondPays, second.Pays);
    }

    [Fact]
    public async Task CancelWishedBetweenTwoAttempts_GoesNowhere_AndIsCancelled()
    {
        var second = new ToldChannel();
        await using TestCorridor corridor = await TestCorridor.OpenAsync(others: [second]);
        (var connecting, var reversing) = (new TaskCompletionSource<ClearingResult>(), new TaskCompletionSource<ClearingResult>());
        corridor.Told.Pay = _ => connecting.Task;
        corridor.Told.ReverseSlowly = _ => reversing.Task;
        Dictionary<string, string> payment = corridor.Payment();
        Task<Answered> paying = corridor.CallAsync(payment);
        await Until(() => corridor.Told.Pays == 1);
        Task<Answered> cancelling = corridor.CallAsync(corridor.Cancel(("out_trade_no", payment["out_trade_no"])));
        await Until(() => corridor.Told.Reversals == 1);
        connecting.SetResult(NotDelivered);
        Answered paid = await paying;
        Assert.Equal(("B001", "CANCELLED"), (paid.Code, paid["trade_status"]));
        Assert.Equal(0, second.Pays);
        Assert.Equal("told", (await FindAsync(corridor, paid)).ChannelId.ToString());
        Answered cancelled = await cancelling;
        Assert.Equal(("0000", "CANCELLED"), (cancelled.Code, cancelled["trade_status"]));
        reversing.SetResult(ClearingResult.Of(ClearingOutcome.NotDelivered));
        Assert.Contains("hotpath_failover_refused_total{cause=\"cancelled\"} 1\n", await corridor.MetricsTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EndedByAReversalBetweenTwoAttempts_GoesNowhere_AndIsAnsweredAsItEnded()
    {
        var second = new ToldChannel();
        await using TestCorridor corridor = await TestCorridor.OpenAsync(others: [second]);
        var connecting = new TaskCompletionSource<ClearingResult>();
        corridor.Told.Pay = _ => connecting.Task;
        Dictionary<string, string> payment = corridor.Payment();
        Task<Answered> paying = corridor.CallAsync(payment);
        await Until(() => corridor.Told.Pays == 1);
        Assert.Equal("0000", (await corridor.CallAsync(corridor.Cancel(("out_trade_no", payment["out_trade_no"])))).Code);
        connecting.SetResult(NotDelivered);
        Answered paid = await paying;
        Assert.Equal(("B001", "CANCELLED"), (paid.Code, paid["trade_status"]));
        Assert.Equal(0, second.Pays);
    }

    /// <summary>A cancel after the second channel has it goes there: a reversal at the first would prove nothing.</summary>
    [Fact]
    public async Task CancelWishedAfterwards_IsReversedAtTheLastChannelAlone()
    {
        var second = new ToldChannel { Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Unknown)) };
        await using TestCorridor corridor = await TestCorridor.OpenAsync(others: [second]);
        corridor.Told.Pay = _ => Task.FromResult(NotDelivered);
        Answered doubt = await corridor.CallAsync(corridor.Payment());
        Assert.Equal(("0001", "PENDING"), (doubt.Code, doubt["trade_status"]));
        Assert.Equal("0000", (await corridor.CallAsync(corridor.Cancel(("orig_trade_no", doubt["trade_no"])))).Code);
        Assert.Equal((0, 1), (corridor.Told.Reversals, second.Reversals));
    }

    /// <summary>Asked while the payment was at the first channel, and answered when it was at the second: it must not end it.</summary>
    [Theory]
    [InlineData(ClearingOutcome.Failed)]
    [InlineData(ClearingOutcome.Reversed)]
    [InlineData(ClearingOutcome.Succeeded)]
    public async Task LateWordOfTheChannelBefore_EndsNothing(ClearingOutcome outcome)
    {
        var second = new ToldChannel();
        await using TestCorridor corridor = await TestCorridor.OpenAsync(others: [second]);
        (var connecting, var working, var inquired) = (new TaskCompletionSource<ClearingResult>(), new TaskCompletionSource<ClearingResult>(), new TaskCompletionSource());
        corridor.Told.Pay = _ => connecting.Task;
        corridor.Told.InquireSlowly = () => inquired.Task;
        corridor.Told.Inquire = _ => new ClearingResult(outcome, outcome == ClearingOutcome.Failed ? RespCode.InsufficientBalance : RespCode.None, default);
        second.Pay = _ => working.Task;
        Dictionary<string, string> payment = corridor.Payment();
        Task<Answered> paying = corridor.CallAsync(payment);
        await Until(() => corridor.Told.Pays == 1);
        // Somebody asks: the resolver inquires at the first channel, which takes its time.
        await corridor.CallAsync(corridor.Query(("out_trade_no", payment["out_trade_no"])));
        await Until(() =>
        {
            corridor.Clock.Advance(TimeSpan.FromMilliseconds(10));
            return corridor.Told.Inquiries == 1;
        });
        connecting.SetResult(NotDelivered);
        await Until(() => second.Pays == 1);
        inquired.SetResult();
        Answered asked = await corridor.CallAsync(corridor.Query(("out_trade_no", payment["out_trade_no"])));
        if (outcome == ClearingOutcome.Succeeded)
        {
            // Only an adapter that was wrong about "not delivered" comes here: somebody must look.
            await UntilAsync(async () => (await corridor.MetricsTextAsync()).Contains("hotpath_book_disagreements_total{kind=\"contradicted\"} 1\n", StringComparison.Ordinal));
        }
        await Task.Delay(20);
        Assert.Equal("PENDING", asked["trade_status"]);
        working.SetResult(Succeeded);
        Answered paid = await paying;
        Assert.Equal(("0000", "SUCCESS"), (paid.Code, paid["trade_status"]));
        Assert.Equal("other-1", (await FindAsync(corridor, paid)).ChannelId.ToString());
    }

    /// <summary>Asked about while it was at the first channel, executed by the second: nothing of it is in doubt, however long the first is left alone.</summary>
    [Fact]
    public async Task AskedAboutWhileItWasUnderWay_AndEndedElsewhere_LeavesNothingInDoubtWhereItWas()
    {
        var second = new ToldChannel();
        await using TestCorridor corridor = await TestCorridor.OpenAsync(others: [second]);
        var connecting = new TaskCompletionSource<ClearingResult>();
        corridor.Told.Pay = _ => connecting.Task;
        Dictionary<string, string> payment = corridor.Payment();
        Task<Answered> paying = corridor.CallAsync(payment);
        await Until(() => corridor.Told.Pays == 1);
        corridor.Channels[0].Breaker.OpenManually("nobody asks it any more");
        Assert.Equal("PENDING", (await corridor.CallAsync(corridor.Query(("out_trade_no", payment["out_trade_no"]))))["trade_status"]);
        Assert.Equal(1, corridor.Resolver.Count);
        connecting.SetResult(NotDelivered);
        Assert.Equal("SUCCESS", (await paying)["trade_status"]);
        await Until(() => corridor.Resolver.Count == 0);
    }

    [Fact]
    public async Task RefundThatWasAskedAboutWhileItWasUnderWay_AndHasEnded_IsInDoubtNoMore()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Answered paid = await corridor.CallAsync(corridor.Payment());
        var refunding = new TaskCompletionSource<ClearingResult>();
        corridor.Told.Refund = _ => refunding.Task;
        Dictionary<string, string> refund = corridor.Refund(paid, "1.00");
        Task<Answered> answer = corridor.CallAsync(refund);
        await Until(() => !corridor.Told.Refunded.IsEmpty);
        corridor.Channels[0].Breaker.OpenManually("nobody asks it any more");
        Assert.Equal("PENDING", (await corridor.CallAsync(corridor.RefundQuery(("refund_no", refund["refund_no"]))))["refund_status"]);
        Assert.Equal(1, corridor.Resolver.Count);
        refunding.SetResult(Succeeded);
        Assert.Equal("SUCCESS", (await answer)["refund_status"]);
        await Until(() => corridor.Resolver.Count == 0);
    }

    /// <summary>Died between DISPATCHED and the send, or anywhere behind: the first channel certainly never had it, and is not asked.</summary>
    [Fact]
    public async Task AfterARestart_OnlyTheLastChannelIsAsked_AndReversedBeforeItIsCalledFailed()
    {
        var second = new ToldChannel { Inquire = _ => ClearingResult.Of(ClearingOutcome.NotFound) };
        TestCorridor corridor = await TestCorridor.OpenAsync(others: [second]);
        Trade trade = Ledger.Trades.New(corridor.Ledger, "R1", "T1");
        trade.ChannelId = corridor.Channels[0].Id;
        await corridor.Ledger.ClaimAsync(trade);
        trade.GoTo(corridor.Channels[1].Id);
        await corridor.Ledger.RedirectAsync(trade);
        await using TestCorridor again = await corridor.RestartAsync();
        Assert.True(await again.UntilAsync(() => Task.FromResult(again.Resolver.Count == 0), TimeSpan.FromSeconds(60)));
        Assert.Equal((0, 0, 1), (again.Told.Inquiries, again.Told.Reversals, second.Reversals));
        var found = new Trade();
        await again.Ledger.FindAsync(trade.TradeNo, found);
        Assert.Equal((TradeStatus.Failed, "other-1"), (found.Status, found.ChannelId.ToString()));
    }

    [Fact]
    public async Task RefundsAndCancels_NeverGoToAnother()
    {
        var second = new ToldChannel();
        await using TestCorridor corridor = await TestCorridor.OpenAsync(others: [second]);
        Answered paid = await corridor.CallAsync(corridor.Payment());
        corridor.Told.Refund = _ => Task.FromResult(NotDelivered);
        Assert.Equal("A003", (await corridor.CallAsync(corridor.Refund(paid, "1.00"))).Code);
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Unknown));
        corridor.Told.Reverse = _ => NotDelivered;
        Answered doubt = await corridor.CallAsync(corridor.Payment());
        Assert.Equal("A003", (await corridor.CallAsync(corridor.Cancel(("orig_trade_no", doubt["trade_no"])))).Code);
        Assert.Equal((0, 0, 0), (second.Pays, second.Refunded.Count, second.Reversals));
    }

    private static async Task<Trade> FindAsync(TestCorridor corridor, Answered answer)
    {
        var found = new Trade();
        Assert.True(await corridor.Ledger.FindAsync(TradeNo.Parse(System.Text.Encoding.ASCII.GetBytes(answer["trade_no"])), found));
        return found;
    }

    private static Task Until(Func<bool> isTrue) => UntilAsync(() => Task.FromResult(isTrue()));

    private static async Task UntilAsync(Func<Task<bool>> isTrue)
    {
        for (int look = 0; !await isTrue(); look++)
        {
            Assert.True(look < 20_000, "it did not become true");
            await Task.Delay(2);
        }
    }
}
