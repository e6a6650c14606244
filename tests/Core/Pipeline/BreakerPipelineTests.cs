using HotPath.Core.Clearing;
using HotPath.Core.Model;
using Microsoft.Extensions.Logging;
using Xunit;

namespace HotPath.Core.Tests.Pipeline;

/// <summary>What institutions and the resolver see of a channel that is left alone (protocol, section 6; F61).</summary>
public sealed class BreakerPipelineTests
{
    [Fact]
    public async Task SickChannel_IsAnsweredA002_BeforeAnythingIsClaimed_UntilAProbeIsAnswered()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Answered paid = await corridor.CallAsync(corridor.Payment());
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Unknown));
        corridor.Told.Inquire = _ => ClearingResult.Of(ClearingOutcome.Unknown);
        Answered pending = await TripAsync(corridor);
        int pays = corridor.Told.Pays;

        Dictionary<string, string> payment = corridor.Payment();
        Assert.Equal("A002", (await corridor.CallAsync(payment)).Code);
        Assert.Equal("B006", (await corridor.CallAsync(corridor.Query(("out_trade_no", payment["out_trade_no"])))).Code);
        Dictionary<string, string> refund = corridor.Refund(paid, "1.00");
        Assert.Equal("A002", (await corridor.CallAsync(refund)).Code);
        Dictionary<string, string> cancel = corridor.Cancel(("orig_trade_no", pending["trade_no"]));
        Assert.Equal("A002", (await corridor.CallAsync(cancel)).Code);
        // What the book has is told all the same.
        Assert.Equal("B005", (await corridor.CallAsync(corridor.Payment(("out_trade_no", paid["out_trade_no"])))).Code);
        Assert.Equal("PENDING", (await corridor.CallAsync(corridor.Query(("trade_no", pending["trade_no"]))))["trade_status"]);
        Assert.Equal((pays, 0, 0), (corridor.Told.Pays, corridor.Told.Refunded.Count, corridor.Told.Reversals));

        // Well again; it is found out by a probe, and what waited goes on with the same words.
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Succeeded));
        corridor.Told.Inquire = reference => ClearingResult.Of(reference == ClearingReference.Nobodys ? ClearingOutcome.NotFound : ClearingOutcome.Succeeded);
        Assert.True(await corridor.UntilAsync(async () => (await corridor.CallAsync(payment)).Code == "0000", TimeSpan.FromSeconds(32)));
        Assert.Equal("0000", (await corridor.CallAsync(refund)).Code);
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(corridor.Resolver.Count == 0), TimeSpan.FromSeconds(60)));
        Assert.Equal("SUCCESS", (await corridor.CallAsync(corridor.Query(("trade_no", pending["trade_no"]))))["trade_status"]);
    }

    [Fact]
    public async Task SickChannel_IsAskedOnceIn30Seconds_HoweverManyTradesWaitForIt()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Unknown));
        corridor.Told.Inquire = _ => ClearingResult.Of(ClearingOutcome.Unknown);
        Answered pending = await TripAsync(corridor);
        int before = corridor.Told.Inquiries;

        await corridor.PassAsync(TimeSpan.FromSeconds(100));
        await corridor.CallAsync(corridor.Query(("trade_no", pending["trade_no"])));

        Assert.Equal(3, corridor.Told.Inquiries - before);
    }

    [Fact]
    public async Task RefundToAChannelThatRecovers_AndHasWhatItMayHave_IsA002_UntilItHasRecovered()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Answered paid = await corridor.CallAsync(corridor.Payment());
        Channel channel = corridor.Channels[0];
        await corridor.Breakers.OpenAsync("told", "ann", "maintenance");
        await corridor.Breakers.CloseAsync("told", "ann", "done");
        var working = new TaskCompletionSource<ClearingResult>();
        corridor.Told.Pay = _ => working.Task;
        Task<Answered>[] paying = [.. Enumerable.Range(0, 20).Select(_ => corridor.CallAsync(corridor.Payment()))];
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(channel.CallsUnderWay == 20), TimeSpan.FromMilliseconds(1)));
        Dictionary<string, string> refund = corridor.Refund(paid, "1.00");
        Assert.Equal("A002", (await corridor.CallAsync(refund)).Code);
        Assert.Equal("A002", (await corridor.CallAsync(corridor.Payment())).Code);
        working.SetResult(ClearingResult.Of(ClearingOutcome.Succeeded));
        Assert.All(await Task.WhenAll(paying), answer => Assert.Equal("0000", answer.Code));
        Assert.Equal("0000", (await corridor.CallAsync(refund)).Code);
    }

    [Fact]
    public async Task EveryTransition_IsOneWarning()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Unknown));
        corridor.Told.Inquire = _ => ClearingResult.Of(ClearingOutcome.Unknown);
        await TripAsync(corridor);
        corridor.Clock.Advance(TimeSpan.FromSeconds(30));
        await corridor.UntilAsync(() => Task.FromResult(corridor.Channels[0].Breaker.History().Count == 3), TimeSpan.FromSeconds(1));
        await corridor.Breakers.OpenAsync("told", "ann", "we know");
        await corridor.Breakers.CloseAsync("told", "bob", "well again");
        Assert.Equal(
            [
                "breaker of channel told: Closed to Open, ErrorRate, after 0 s in it, open for 0 s ",
                "breaker of channel told: Open to HalfOpen, ProbeDue, after 30 s in it, open for 30 s ",
                "breaker of channel told: HalfOpen to Open, ProbeFailed, after 0 s in it, open for 30 s ",
                "breaker of channel told: Open to Open, Manual, after 0 s in it, open for 30 s by ann: we know",
                "breaker of channel told: Open to Closed, Manual, after 0 s in it, open for 30 s by bob: well again",
            ],
            corridor.Logs.Of(LogLevel.Warning, 230));
    }

    [Fact]
    public async Task WhatIsInDoubtForADay_IsAnErrorLine_OneAnHour()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Unknown));
        Answered pending = await corridor.CallAsync(corridor.Payment());
        corridor.Clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(20));
        await corridor.PassAsync(TimeSpan.FromSeconds(10));
        Assert.Empty(corridor.Logs.Of(LogLevel.Error, 201));
        corridor.Clock.Advance(TimeSpan.FromSeconds(20));
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(corridor.Logs.Of(LogLevel.Error, 201).Length == 1), TimeSpan.FromSeconds(20)));
        Assert.StartsWith(
            $"1 trades, refunds, cancels or surpluses at channel told are PENDING for more than 24 h, the oldest, {pending["trade_no"]}, for 24", corridor.Logs.Of(LogLevel.Error, 201)[0],
            StringComparison.Ordinal);
        await corridor.PassAsync(TimeSpan.FromSeconds(20));
        Assert.Single(corridor.Logs.Of(LogLevel.Error, 201));
        corridor.Clock.Advance(TimeSpan.FromHours(1));
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(corridor.Logs.Of(LogLevel.Error, 201).Length == 2), TimeSpan.FromSeconds(20)));
    }

    // As many payments without an answer as it takes; the last one is given back.
    private static async Task<Answered> TripAsync(TestCorridor corridor)
    {
        Answered last = await corridor.CallAsync(corridor.Payment());
        for (Answered next = last; next.Code != "A002"; next = await corridor.CallAsync(corridor.Payment()))
        {
            Assert.Equal("0001", next.Code);
            last = next;
        }
        return last;
    }
}
