using HotPath.Core.Clearing;
using HotPath.Core.Model;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Pipeline;

public class PendingResolverTests
{
    [Fact]
    public async Task SlowChannel_IsAnswered0001_AndItsLateResultAdopted()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        var late = new TaskCompletionSource<ClearingResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        corridor.Told.Pay = _ => late.Task;
        Dictionary<string, string> payment = corridor.Payment();
        Task<Answered> call = Task.Run(() => corridor.CallAsync(payment));
        while (corridor.Told.Pays == 0)
        {
            await Task.Yield();
        }
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(call.IsCompleted), TimeSpan.FromSeconds(4)));
        Assert.Equal(("0001", "PENDING"), ((await call).Code, (await call)["trade_status"]));

        late.SetResult(ClearingResult.Of(ClearingOutcome.Succeeded));
        Assert.True(await BecomesAsync(corridor, payment, "0000", TimeSpan.FromSeconds(3)));
        Assert.Equal((await corridor.CallAsync(payment)).Json, (await corridor.CallAsync(payment)).Json);
        Assert.Equal(1, corridor.Told.Pays);
    }

    /// <summary>Whoever tells a late result may be a connection's reading loop, with a thousand answers behind this one, or the clock's thread: the book and a signature are not his.</summary>
    [Fact]
    public async Task LateResult_IsAdoptedOnTheScheduler_NotWhereItIsTold()
    {
        var threads = new StalledThreads();
        await using TestCorridor corridor = await TestCorridor.OpenAsync(channelThreads: threads);
        // Without asynchronous continuations: what follows from it runs where it is told, as at a connection.
        var late = new TaskCompletionSource<ClearingResult>();
        corridor.Told.Pay = _ => late.Task;
        Dictionary<string, string> payment = corridor.Payment();
        Task<Answered> call = Task.Run(() => corridor.CallAsync(payment));
        while (corridor.Told.Pays == 0)
        {
            await Task.Yield();
        }
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(call.IsCompleted), TimeSpan.FromSeconds(4)));

        threads.IsStanding = true;
        late.SetResult(ClearingResult.Of(ClearingOutcome.Succeeded));
        await corridor.FollowAsync(turns: 20);
        Assert.Equal("PENDING", (await corridor.CallAsync(corridor.Query(("trade_no", (await call)["trade_no"]))))["trade_status"]);

        threads.IsStanding = false;
        Assert.True(await BecomesAsync(corridor, payment, "0000", TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task InDoubt_IsInquiredAt3And6And12And24Seconds()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Unknown));
        await corridor.CallAsync(corridor.Payment());
        var seen = new List<double>();
        for (double seconds = 0; seconds < 50; seconds += 0.5)
        {
            int before = corridor.Told.Inquiries;
            corridor.Clock.Advance(TimeSpan.FromSeconds(0.5));
            await corridor.FollowAsync();
            if (corridor.Told.Inquiries > before)
            {
                seen.Add(seconds + 0.5);
            }
        }
        // The resolver looks five times a second, so a due time may be seen one step late.
        Assert.Equal([3, 6, 12, 24, 48], seen.Select(seconds => Math.Round(seconds / 3) * 3));
        Assert.Equal(1, corridor.Told.Pays);
    }

    [Fact]
    public async Task SilentChannel_IsInquired3SecondsAfterAcceptance_NotAfterTheAnswer()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        corridor.Told.Pay = _ => new TaskCompletionSource<ClearingResult>().Task;
        Task<Answered> call = Task.Run(() => corridor.CallAsync(corridor.Payment()));
        while (corridor.Told.Pays == 0)
        {
            await Task.Yield();
        }
        // 2.5 s of answer budget, and half a second more; one step of 0.2 s for the resolver to look.
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(corridor.Told.Inquiries > 0), TimeSpan.FromSeconds(3.5)));
        Assert.Equal("0001", (await call).Code);
    }

    [Fact]
    public async Task Polling_DoesNotPushTheRegularInquiriesAway()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Unknown));
        Answered pending = await corridor.CallAsync(corridor.Payment());
        for (int second = 0; second < 30; second += 3)
        {
            await corridor.CallAsync(corridor.Query(("trade_no", pending["trade_no"])));
            await corridor.PassAsync(TimeSpan.FromSeconds(3));
        }
        int polled = corridor.Told.Inquiries;
        // The regular ones are at 3, 6, 12, 24 and 48 s: by 50 s there must have been one more.
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(corridor.Told.Inquiries > polled), TimeSpan.FromSeconds(21)));
    }

    [Fact]
    public async Task SilentChannel_DoesNotTakeTheTurnsOfItsOwnNewTrades_BeyondItsShare()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Processing));
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        corridor.Told.InquireSlowly = () => release.Task;
        int share = corridor.Channels[0].Inquiries.MostUnderWay - InquiryBudget.KeptForCancels;
        foreach (int _ in Enumerable.Range(0, share + 20))
        {
            await corridor.CallAsync(corridor.Payment());
        }
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(corridor.Told.Inquiries >= share), TimeSpan.FromSeconds(60)));
        await corridor.PassAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(share, corridor.Told.Inquiries);
        corridor.Told.Inquire = _ => ClearingResult.Of(ClearingOutcome.Succeeded);
        release.SetResult();
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(corridor.Resolver.Count == 0), TimeSpan.FromSeconds(60)));
    }

    /// <summary>At a stop, turns that end must not begin others: the ledger is about to be closed under them.</summary>
    [Fact]
    public async Task Stopped_EndsWhatIsUnderWay_AndAsksNobodyElse()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Processing));
        foreach (int _ in Enumerable.Range(0, corridor.Channels[0].Inquiries.MostUnderWay))
        {
            await corridor.CallAsync(corridor.Payment());
        }
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int ended = 0;
        corridor.Told.InquireSlowly = () => release.Task;
        corridor.Told.Inquire = _ =>
        {
            Interlocked.Increment(ref ended);
            return ClearingResult.Of(ClearingOutcome.Processing);
        };
        int share = corridor.Channels[0].Inquiries.MostUnderWay - InquiryBudget.KeptForCancels;
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(corridor.Told.Inquiries == share), TimeSpan.FromSeconds(60)));
        corridor.Resolver.Dispose();
        corridor.Clock.Advance(TimeSpan.FromSeconds(1));
        release.SetResult();
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(Volatile.Read(ref ended) >= share), TimeSpan.FromSeconds(1)));
        await corridor.PassAsync(TimeSpan.FromSeconds(3));
        Assert.Equal(share, corridor.Told.Inquiries);
    }

    /// <summary>Two wishes to cancel one trade: the second's turn sends nothing while the first's reversal is under way. That is no answer that says nothing: the pace stays.</summary>
    [Fact]
    public async Task TurnThatSendsNothing_DoesNotSlowTheOthersDown()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Processing));
        Answered doubt = await corridor.CallAsync(corridor.Payment());
        double before = corridor.Channels[0].Inquiries.Pace;
        var reversed = new TaskCompletionSource<ClearingResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        corridor.Told.ReverseSlowly = _ => reversed.Task;
        Task<Answered>[] cancelling =
            [.. Enumerable.Range(0, 2).Select(_ => Task.Run(() => corridor.CallAsync(corridor.Cancel(("orig_trade_no", doubt["trade_no"])))))];
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(corridor.Told.Reversals == 1 && corridor.Resolver.Count == 3), TimeSpan.FromSeconds(0.5)));

        await corridor.PassAsync(TimeSpan.FromSeconds(1));

        Assert.Equal(before, corridor.Channels[0].Inquiries.Pace);
        reversed.SetResult(ClearingResult.Of(ClearingOutcome.Reversed));
        Assert.All(await Task.WhenAll(cancelling).WaitAsync(TimeSpan.FromSeconds(20)), cancel => Assert.Equal("0000", cancel.Code));
    }

    [Fact]
    public async Task NotFound_IsNoProof_BeforeTheReversalIsConfirmed()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Unknown));
        corridor.Told.Inquire = _ => ClearingResult.Of(ClearingOutcome.NotFound);
        corridor.Told.Reverse = _ => ClearingResult.Of(ClearingOutcome.Unknown);
        Dictionary<string, string> payment = corridor.Payment();
        await corridor.CallAsync(payment);

        await corridor.PassAsync(TimeSpan.FromSeconds(14));
        Assert.Equal(0, corridor.Told.Reversals);
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(corridor.Told.Reversals > 0), TimeSpan.FromSeconds(15)));
        Assert.Equal("0001", (await corridor.CallAsync(payment)).Code);

        corridor.Told.Reverse = _ => ClearingResult.Of(ClearingOutcome.Reversed);
        Assert.True(await BecomesAsync(corridor, payment, "B001", TimeSpan.FromMinutes(3)));
    }

    /// <summary>It may have left the house when its answer budget was over: the channel's 15 s begin then, not with its acceptance.</summary>
    [Theory]
    [InlineData(false, 16.5)]
    [InlineData(true, 18.5)]
    public async Task NotFound_LeadsToNoReversal_WithinASettleWindowOfWhenItMayHaveBeenSent(bool isRefund, double askedAfterSeconds)
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Answered? paid = isRefund ? await corridor.CallAsync(corridor.Payment()) : null;
        corridor.Told.Pay = corridor.Told.Refund = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Unknown));
        corridor.Told.Inquire = _ => ClearingResult.Of(ClearingOutcome.NotFound);
        Answered doubt = await corridor.CallAsync(paid is null ? corridor.Payment() : corridor.Refund(paid, "30.00"));
        await corridor.PassAsync(TimeSpan.FromSeconds(askedAfterSeconds));
        int before = corridor.Told.Inquiries;

        await corridor.CallAsync(paid is null ? corridor.Query(("trade_no", doubt["trade_no"])) : corridor.RefundQuery(("refund_id", doubt["refund_id"])));
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(corridor.Told.Inquiries > before), TimeSpan.FromSeconds(0.5)));
        await corridor.PassAsync(TimeSpan.FromSeconds(0.5));

        Assert.Equal(0, corridor.Told.Reversals);
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(corridor.Told.Reversals > 0), TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task ClockThatStepsBack_DoesNotKeepTradesInDoubt()
    {
        var clock = new SteppingClock();
        await using TestCorridor corridor = await TestCorridor.OpenAsync(clock: clock);
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Unknown));
        corridor.Told.Inquire = _ => ClearingResult.Of(ClearingOutcome.NotFound);
        Dictionary<string, string> payment = corridor.Payment();
        await corridor.CallAsync(payment);
        clock.Behind = TimeSpan.FromHours(2);
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(corridor.Told.Reversals > 0), TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task TradeAcceptedByAClockThatWasAhead_EndsWhenTheClockIsBack()
    {
        var start = new DateTimeOffset(2026, 9, 19, 2, 30, 0, TimeSpan.Zero);
        TestCorridor corridor = await TestCorridor.OpenAsync(clock: new FakeTimeProvider(start.AddDays(1)));
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Unknown));
        corridor.Told.Inquire = _ => ClearingResult.Of(ClearingOutcome.NotFound);
        corridor.Told.Reverse = _ => ClearingResult.Of(ClearingOutcome.Reversed);
        Dictionary<string, string> payment = corridor.Payment();
        Assert.Equal("0001", (await corridor.CallAsync(payment)).Code);

        corridor = await corridor.RestartAsync(new FakeTimeProvider(start));
        await using TestCorridor _ = corridor;
        Assert.True(await BecomesAsync(corridor, payment, "B001", TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task Reversal_ThatComesTooLate_IsASuccess()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Unknown));
        corridor.Told.Inquire = _ => ClearingResult.Of(ClearingOutcome.NotFound);
        corridor.Told.Reverse = _ => ClearingResult.Of(ClearingOutcome.Succeeded);
        Dictionary<string, string> payment = corridor.Payment();
        await corridor.CallAsync(payment);
        Assert.True(await BecomesAsync(corridor, payment, "0000", TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task Pending_AfterARestart_IsInquired_NeverSentAgain()
    {
        TestCorridor corridor = await TestCorridor.OpenAsync();
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Unknown));
        Dictionary<string, string>[] payments = [.. Enumerable.Range(0, 20).Select(_ => corridor.Payment())];
        foreach (Dictionary<string, string> payment in payments)
        {
            Assert.Equal("0001", (await corridor.CallAsync(payment)).Code);
        }
        corridor.Told.Pay = _ => throw new InvalidOperationException("sent again");
        corridor.Told.Inquire = reference => ClearingResult.Of(ClearingOutcome.Succeeded);
        corridor = await corridor.RestartAsync();
        await using TestCorridor _ = corridor;

        foreach (Dictionary<string, string> payment in payments)
        {
            Assert.True(await BecomesAsync(corridor, payment, "0000", TimeSpan.FromSeconds(10)));
        }
        Assert.Equal(20, corridor.Told.Pays);
        // The results are durable before the resolver lets go of them.
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(corridor.Resolver.Count == 0), TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task Query_OfAPendingTrade_StartsOneInquiryIn3Seconds()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Processing));
        Answered pending = await corridor.CallAsync(corridor.Payment());
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal("PENDING", (await corridor.CallAsync(corridor.Query(("trade_no", pending["trade_no"]))))["trade_status"]);
        }
        await corridor.UntilAsync(() => Task.FromResult(corridor.Told.Inquiries > 0), TimeSpan.FromSeconds(1));
        Assert.Equal(1, corridor.Told.Inquiries);
    }

    [Fact]
    public async Task AdapterThatThrows_LeavesTheTradeInDoubt()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        corridor.Told.Pay = _ => throw new InvalidOperationException("an adapter with a bug");
        Dictionary<string, string> payment = corridor.Payment();
        Assert.Equal("0001", (await corridor.CallAsync(payment)).Code);
        corridor.Told.Inquire = _ => new ClearingResult(ClearingOutcome.Failed, RespCode.AccountAbnormal, default);
        Assert.True(await BecomesAsync(corridor, payment, "B004", TimeSpan.FromSeconds(10)));
    }

    // Asks by query: a repeated payment would wait for the result, and here only the test moves the clock.
    private static async Task<bool> BecomesAsync(TestCorridor corridor, Dictionary<string, string> payment, string code, TimeSpan virtualLimit) =>
        await corridor.UntilAsync(
            async () => (await corridor.CallAsync(corridor.Query(("out_trade_no", payment["out_trade_no"]))))["trade_status"] != "PENDING", virtualLimit) &&
        (await corridor.CallAsync(payment)).Code == code;
}
