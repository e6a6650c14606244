using System.Text;
using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Core.Pipeline;
using HotPath.Core.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HotPath.Core.Tests.Pipeline;

/// <summary>A channel's word against a refund, or a surplus's refund, that has ended: nothing is changed by it, and somebody is told (F15, F45).</summary>
public sealed class ContraryWordTests
{
    private const string Contradicted = "hotpath_book_disagreements_total{kind=\"contradicted\"} ";

    private static readonly ClearingResult Succeeded = ClearingResult.Of(ClearingOutcome.Succeeded);
    private static readonly ClearingResult Unknown = ClearingResult.Of(ClearingOutcome.Unknown);
    private static readonly PendingDecision Failed = new(IsSuccess: false, IsConfirmed: true, default);

    /// <summary>People settle by hand what an operator called not given back: that it went back all the same is what they must hear.</summary>
    [Fact]
    public async Task SurplusThatAnOperatorEnded_AndThatGoesBackAllTheSame_IsTold()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        TradeNo trade = await ReversedAsync(corridor);
        var word = new TaskCompletionSource<ClearingResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        corridor.Told.Refund = _ => word.Task;
        corridor.Told.Inquire = asked => asked.IsRefund ? Unknown : Succeeded;
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(!corridor.Told.Refunded.IsEmpty), TimeSpan.FromSeconds(40)));
        TradeNo refund = Assert.Single(corridor.Told.Refunded).TradeNo;
        PendingAnswer ended = await corridor.Desk.ResolveAsync(refund, Failed, "ann", "settled by hand");
        Assert.Equal((PendingVerdict.Ended, TradeStatus.Failed), (ended.Verdict, ended.Status));
        Assert.Contains("an operator", Assert.Single(corridor.Logs.Of(LogLevel.Error, 213)), StringComparison.Ordinal);
        Assert.Empty(corridor.Logs.Of(LogLevel.Error, 204));

        word.SetResult(Succeeded);
        Assert.True(await corridor.UntilAsync(() => corridor.HasAsync(Contradicted + "1"), TimeSpan.FromSeconds(5)));
        Assert.Contains($"{refund} is Failed, and channel told now says Succeeded", Assert.Single(corridor.Logs.Of(LogLevel.Error, 204)), StringComparison.Ordinal);
        Assert.True(await corridor.HasAsync("hotpath_surpluses_returned_total 0"), $"trade {trade} was settled by hand");
    }

    /// <summary>The turn that was to send it had found it open; an operator ended it in between.</summary>
    [Fact]
    public async Task SurplusThatAnOperatorEnds_WhileItsTurnBegins_IsNotSent()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Channel channel = corridor.Channels[0];
        var surpluses = new SurplusesInDoubt(
            corridor.Ledger, new Router([new Route { Channel = channel, Currencies = new HashSet<Currency> { Currency.Parse("HKD") } }]), new PendingSchedule(corridor.Clock),
            new Disagreements(corridor.Metrics, NullLogger<Disagreements>.Instance), corridor.Clock);
        var trade = new Trade();
        Assert.True(await corridor.Ledger.FindAsync(await ReversedAsync(corridor), trade));
        Assert.True(await surpluses.RecordAsync(trade, Succeeded));
        TradeNo number = Assert.Single(await surpluses.ListAsync());
        Doubt doubt = (await surpluses.FindAsync(number))!;
        Assert.Equal(Adoption.Ended, await surpluses.AdoptAsync(doubt.ChannelId, number, ClearingResult.Of(ClearingOutcome.Reversed), isHearsay: true));

        await surpluses.AskAsync(channel, doubt, new Turn(number, TimeSpan.Zero, IsUnknownThere: false, WasDueAt: 0));

        Assert.Empty(corridor.Told.Refunded);
        Assert.Equal(0, channel.CallsUnderWay);
    }

    /// <summary>The refund's own answer, within its budget, after somebody had it stopped.</summary>
    [Fact]
    public async Task RefundsOwnSuccess_AfterItWasStopped_IsTold()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        (Task<Answered> refunding, TaskCompletionSource<ClearingResult> word, TradeNo refund) = await RefundingAsync(corridor);
        Assert.Equal(PendingVerdict.Ended, (await corridor.Desk.ResolveAsync(refund, Failed, "ann", "their letter")).Verdict);
        word.SetResult(Succeeded);
        Answered answer = await refunding.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(("B001", "FAILED"), (answer.Code, answer["refund_status"]));
        Assert.True(await corridor.UntilAsync(() => corridor.HasAsync(Contradicted + "1"), TimeSpan.FromSeconds(3)));
    }

    /// <summary>The resolver's reversal, an operator's word, or the refund's own answer that it was stopped: the channel executes it later, and a look finds it.</summary>
    [Theory]
    [InlineData("resolver")]
    [InlineData("operator")]
    [InlineData("answer")]
    public async Task RefundExecutedAfterItWasStopped_IsFoundByLooking_AndTold_AndNoMoneyMoves(string stoppedBy)
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        (Task<Answered> refunding, TaskCompletionSource<ClearingResult> word, TradeNo refund) = await RefundingAsync(corridor);
        corridor.Told.Inquire = _ => ClearingResult.Of(ClearingOutcome.NotFound);
        word.SetResult(stoppedBy == "answer" ? ClearingResult.Of(ClearingOutcome.Reversed) : Unknown);
        await refunding.WaitAsync(TimeSpan.FromSeconds(20));
        if (stoppedBy == "operator")
        {
            corridor.Told.Reverse = _ => Unknown;
            Assert.Equal(PendingVerdict.Ended, (await corridor.Desk.ResolveAsync(refund, Failed, "ann", "their letter")).Verdict);
        }
        Assert.True(await corridor.UntilAsync(async () => await StatusAsync(corridor, refund) == "FAILED", TimeSpan.FromMinutes(1)));

        corridor.Told.Inquire = asked => asked.TradeNo == refund && asked.IsRefund ? Succeeded : ClearingResult.Of(ClearingOutcome.NotFound);
        Assert.True(await corridor.UntilAsync(() => corridor.HasAsync(Contradicted + "1"), TimeSpan.FromSeconds(40)));
        await corridor.PassAsync(TimeSpan.FromMinutes(4));
        Assert.True(await corridor.HasAsync(Contradicted + "1", "hotpath_book_disagreements_total{kind=\"surplus\"} 0"));
        Assert.Equal("FAILED", await StatusAsync(corridor, refund));
        Assert.Single(corridor.Told.Refunded);
    }

    /// <summary>One that was declined, or never sent, was not stopped: there is nothing to look for, and there may be thousands.</summary>
    [Theory]
    [InlineData(ClearingOutcome.Failed)]
    [InlineData(ClearingOutcome.NotDelivered)]
    public async Task RefundThatWasNotStopped_IsNotLookedAt(ClearingOutcome outcome)
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        (Task<Answered> refunding, TaskCompletionSource<ClearingResult> word, _) = await RefundingAsync(corridor);
        word.SetResult(new ClearingResult(outcome, outcome == ClearingOutcome.Failed ? RespCode.AccountAbnormal : RespCode.None, default));
        await refunding.WaitAsync(TimeSpan.FromSeconds(20));
        await corridor.PassAsync(TimeSpan.FromMinutes(3));
        Assert.Equal(0, corridor.Told.Inquiries);
    }

    // A payment that was paid, and a refund of it under way.
    private static async Task<(Task<Answered> Refunding, TaskCompletionSource<ClearingResult> Word, TradeNo RefundId)> RefundingAsync(TestCorridor corridor)
    {
        Answered paid = await corridor.CallAsync(corridor.Payment());
        var word = new TaskCompletionSource<ClearingResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        corridor.Told.Refund = _ => word.Task;
        Task<Answered> refunding = Task.Run(() => corridor.CallAsync(corridor.Refund(paid, "10.00")));
        while (corridor.Told.Refunded.IsEmpty)
        {
            await Task.Yield();
        }
        return (refunding, word, corridor.Told.Refunded.First().TradeNo);
    }

    // A payment in doubt that the resolver had reversed.
    private static async Task<TradeNo> ReversedAsync(TestCorridor corridor)
    {
        corridor.Told.Pay = _ => Task.FromResult(Unknown);
        corridor.Told.Inquire = _ => Unknown;
        TradeNo trade = TradeNo.Parse(Encoding.ASCII.GetBytes((await corridor.CallAsync(corridor.Payment()))["trade_no"]));
        Assert.Equal(PendingVerdict.Ended, (await corridor.Desk.ResolveAsync(trade, Failed, "ann", "x")).Verdict);
        return trade;
    }

    private static async Task<string> StatusAsync(TestCorridor corridor, TradeNo refund) =>
        (await corridor.CallAsync(corridor.RefundQuery(("refund_id", refund.ToString()))))["refund_status"];
}
