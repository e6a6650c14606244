using HotPath.Core.Clearing;
using HotPath.Core.Model;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Pipeline;

/// <summary>A channel that confirms a reversal, or declines, and executes (F15); and books that disagree about a refund.</summary>
public class LateSuccessTests
{
    private static readonly ClearingResult Succeeded = ClearingResult.Of(ClearingOutcome.Succeeded);
    private static readonly ClearingResult Unknown = ClearingResult.Of(ClearingOutcome.Unknown);

    /// <summary>Nobody asks: one look after the settle window finds it.</summary>
    [Fact]
    public async Task ExecutedAfterACancel_StaysCancelled_IsFoundByLooking_AndGivenBackOnce()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Answered cancelled = await CancelledAsync(corridor);
        corridor.Told.Inquire = asked => asked.IsRefund ? Unknown : Succeeded;
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(!corridor.Told.Refunded.IsEmpty), TimeSpan.FromSeconds(40)));
        ClearingReference refund = Assert.Single(corridor.Told.Refunded);
        Assert.Equal((cancelled["trade_no"], 8_880), (refund.Original.ToString(), refund.Amount.MinorUnits));
        Assert.Equal("CANCELLED", await StatusAsync(corridor, cancelled));
        Assert.True(await corridor.HasAsync("hotpath_book_disagreements_total{kind=\"surplus\"} 1", "hotpath_surpluses_returned_total 1"));
        // It is nobody's refund: neither in the trade nor under its number.
        Answered asked = await corridor.CallAsync(corridor.Query(("trade_no", cancelled["trade_no"])));
        Assert.Equal(("NONE", "0.00"), (asked["refund_status"], asked["total_refunded_amount"]));
        Assert.Equal("B006", (await corridor.CallAsync(corridor.RefundQuery(("refund_id", refund.TradeNo.ToString())))).Code);
        await corridor.PassAsync(TimeSpan.FromMinutes(11));
        Assert.Single(corridor.Told.Refunded);
    }

    /// <summary>The first look finds nothing, the second, two minutes after the reversal, does; a third there is not.</summary>
    [Theory]
    [InlineData(60, true)]
    [InlineData(200, false)]
    public async Task Looked_TwiceAndNotLonger(int executedAfterSeconds, bool isFound)
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        await CancelledAsync(corridor);
        corridor.Told.Inquire = _ => ClearingResult.Of(ClearingOutcome.Reversed);
        int before = corridor.Told.Inquiries;
        await corridor.PassAsync(TimeSpan.FromSeconds(executedAfterSeconds));
        Assert.Equal(isFound ? 1 : 2, corridor.Told.Inquiries - before);
        corridor.Told.Inquire = asked => asked.IsRefund ? Unknown : Succeeded;
        await corridor.PassAsync(TimeSpan.FromMinutes(10));
        Assert.Equal(isFound ? 1 : 0, corridor.Told.Refunded.Count);
    }

    /// <summary>Whoever wants to restart sees what the restart may forget.</summary>
    [Fact]
    public async Task FirstLooks_AreCounted_UntilTheChannelHasAnswered()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Assert.True(await corridor.UntilAsync(() => corridor.HasAsync("hotpath_looks_outstanding{channel=\"told\"} 0"), TimeSpan.FromSeconds(6)));
        await CancelledAsync(corridor);
        corridor.Told.Inquire = _ => Unknown;
        await corridor.PassAsync(TimeSpan.FromMinutes(1));
        Assert.True(await corridor.HasAsync("hotpath_looks_outstanding{channel=\"told\"} 1"));
        corridor.Told.Inquire = _ => ClearingResult.Of(ClearingOutcome.Reversed);
        int before = corridor.Told.Inquiries;
        Assert.True(await corridor.UntilAsync(() => corridor.HasAsync("hotpath_looks_outstanding{channel=\"told\"} 0"), TimeSpan.FromSeconds(40)));
        Assert.Equal(1, corridor.Told.Inquiries - before);
    }

    /// <summary>PENDING of what was reversed is no end of the matter: it is asked about until there is one.</summary>
    [Fact]
    public async Task StillProcessing_IsLookedAtAgain_UntilItEnds()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        await CancelledAsync(corridor);
        corridor.Told.Inquire = _ => ClearingResult.Of(ClearingOutcome.Processing);
        await corridor.PassAsync(TimeSpan.FromMinutes(5));
        corridor.Told.Inquire = asked => asked.IsRefund ? Unknown : Succeeded;
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(!corridor.Told.Refunded.IsEmpty), TimeSpan.FromMinutes(1)));
    }

    /// <summary>The gateway was away for hours right after the reversal: it looks as soon as it is back.</summary>
    [Fact]
    public async Task AwayForHours_LooksWhenItIsBack()
    {
        TestCorridor corridor = await TestCorridor.OpenAsync();
        Answered cancelled = await CancelledAsync(corridor);
        corridor.Told.Inquire = asked => asked.IsRefund ? Unknown : Succeeded;
        await using TestCorridor back = await corridor.RestartAsync(new FakeTimeProvider(corridor.Clock.GetUtcNow().AddHours(3)));
        Assert.True(await back.UntilAsync(() => Task.FromResult(!back.Told.Refunded.IsEmpty), TimeSpan.FromSeconds(40)));
        Assert.Equal(cancelled["trade_no"], Assert.Single(back.Told.Refunded).Original.ToString());
    }

    /// <summary>The resolver's own reversal, after "not found", makes FAILED; the same holds for it.</summary>
    [Fact]
    public async Task ExecutedAfterTheResolversReversal_StaysFailed_AndIsGivenBack()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        corridor.Told.Pay = _ => Task.FromResult(Unknown);
        Answered doubt = await corridor.CallAsync(corridor.Payment());
        corridor.Told.Inquire = _ => ClearingResult.Of(ClearingOutcome.NotFound);
        Assert.True(await corridor.UntilAsync(async () => await StatusAsync(corridor, doubt) == "FAILED", TimeSpan.FromMinutes(1)));
        corridor.Told.Inquire = asked => asked.IsRefund ? Unknown : Succeeded;
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(!corridor.Told.Refunded.IsEmpty), TimeSpan.FromSeconds(40)));
        Assert.Equal("FAILED", await StatusAsync(corridor, doubt));
    }

    /// <summary>The payment's own answer, late or within the payer's 2.5 s, is the first to tell.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public async Task PaymentsOwnLateSuccess_AfterACancel_IsGivenBack_AndThePayerIsToldB001(int seconds)
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        var word = new TaskCompletionSource<ClearingResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        corridor.Told.Pay = _ => word.Task;
        Dictionary<string, string> payment = corridor.Payment();
        Task<Answered> paying = corridor.CallAsync(payment);
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(corridor.Told.Pays == 1), TimeSpan.FromSeconds(1)));
        Assert.Equal("0000", (await corridor.CallAsync(corridor.Cancel(("out_trade_no", payment["out_trade_no"])))).Code);
        await corridor.PassAsync(TimeSpan.FromSeconds(seconds));
        word.SetResult(Succeeded);
        Answered paid = await paying.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(("B001", "CANCELLED"), (paid.Code, paid["trade_status"]));
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(!corridor.Told.Refunded.IsEmpty), TimeSpan.FromSeconds(3)));
        Assert.Equal(paid["trade_no"], Assert.Single(corridor.Told.Refunded).Original.ToString());
    }

    /// <summary>A restart between the reversal and the look, and another between the refund and its answer: one number, and sent once.</summary>
    [Fact]
    public async Task Restarts_LookAgain_AndNeverSendUnderAnotherNumber()
    {
        TestCorridor corridor = await TestCorridor.OpenAsync();
        await CancelledAsync(corridor);
        corridor = await corridor.RestartAsync();
        corridor.Told.Refund = _ => Task.FromResult(Unknown);
        corridor.Told.Inquire = asked => asked.IsRefund ? Unknown : Succeeded;
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(!corridor.Told.Refunded.IsEmpty), TimeSpan.FromSeconds(40)));
        corridor = await corridor.RestartAsync();
        await corridor.PassAsync(TimeSpan.FromMinutes(2));
        ClearingReference sent = Assert.Single(corridor.Told.Refunded);

        // The channel never heard of it: the same number again, and only a settle window after this process can have sent it.
        corridor.Told.Inquire = asked => asked.IsRefund ? ClearingResult.Of(ClearingOutcome.NotFound) : Succeeded;
        corridor.Told.Refund = _ => Task.FromResult(Succeeded);
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(corridor.Told.Refunded.Count == 2), TimeSpan.FromMinutes(15)));
        Assert.All(corridor.Told.Refunded, refund => Assert.Equal(sent, refund));
        Assert.True(await corridor.UntilAsync(() => corridor.HasAsync("hotpath_surpluses_returned_total 1"), TimeSpan.FromSeconds(5)));
        await using TestCorridor last = await corridor.RestartAsync();
        await last.PassAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(2, last.Told.Refunded.Count);
    }

    [Fact]
    public async Task RefundThatCouldNotBeSent_IsSentLater_UnderTheSameNumber()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        await CancelledAsync(corridor);
        corridor.Told.Inquire = asked => asked.IsRefund ? ClearingResult.Of(ClearingOutcome.NotFound) : Succeeded;
        corridor.Told.Refund = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.NotDelivered));
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(corridor.Told.Refunded.Count >= 2), TimeSpan.FromMinutes(1)));
        corridor.Told.Refund = _ => Task.FromResult(Succeeded);
        Assert.True(await corridor.UntilAsync(() => corridor.HasAsync("hotpath_surpluses_returned_total 1"), TimeSpan.FromMinutes(2)));
        Assert.Single(corridor.Told.Refunded.Select(refund => refund.TradeNo).Distinct());
    }

    [Fact]
    public async Task RefundThatIsDeclined_IsTold_AndNothingMoreIsSent()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        await CancelledAsync(corridor);
        corridor.Told.Inquire = _ => Succeeded;
        corridor.Told.Refund = _ => Task.FromResult(new ClearingResult(ClearingOutcome.Failed, RespCode.TradeStateForbids, default));
        Assert.True(await corridor.UntilAsync(() => corridor.HasAsync("hotpath_book_disagreements_total{kind=\"surpluskept\"} 1"), TimeSpan.FromSeconds(40)));
        await corridor.PassAsync(TimeSpan.FromMinutes(11));
        Assert.Single(corridor.Told.Refunded);
    }

    /// <summary>REFUND_EXCEEDED and ORIGINAL_NOT_EXECUTED: FAILED for the institution, and an alarm, once each.</summary>
    [Theory]
    [InlineData(RespCode.RefundAmountExceeded, "B008")]
    [InlineData(RespCode.TradeStateForbids, "B011")]
    public async Task RefundDeclinedByTheChannelsGuard_IsAnAlarm_AnsweredOrAdopted(RespCode reason, string code)
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Answered paid = await corridor.CallAsync(corridor.Payment());
        corridor.Told.Refund = _ => Task.FromResult(new ClearingResult(ClearingOutcome.Failed, RespCode.AccountAbnormal, default));
        await corridor.CallAsync(corridor.Refund(paid, "1.00"));
        Assert.True(await corridor.HasAsync("hotpath_book_disagreements_total{kind=\"refunddeclined\"} 0"));
        corridor.Told.Refund = _ => Task.FromResult(new ClearingResult(ClearingOutcome.Failed, reason, default));
        Dictionary<string, string> refund = corridor.Refund(paid, "1.00");
        Assert.Equal(code, (await corridor.CallAsync(refund)).Code);
        Assert.Equal(code, (await corridor.CallAsync(refund)).Code);
        Assert.True(await corridor.HasAsync("hotpath_book_disagreements_total{kind=\"refunddeclined\"} 1"));
        corridor.Told.Refund = _ => Task.FromResult(Unknown);
        corridor.Told.Inquire = _ => new ClearingResult(ClearingOutcome.Failed, reason, default);
        await corridor.CallAsync(corridor.Refund(paid, "1.00"));
        Assert.True(await corridor.UntilAsync(() => corridor.HasAsync("hotpath_book_disagreements_total{kind=\"refunddeclined\"} 2"), TimeSpan.FromSeconds(30)));
    }

    /// <summary>A trade that ended by a cancel, a channel that is silent from then on but for the reversal.</summary>
    private static async Task<Answered> CancelledAsync(TestCorridor corridor)
    {
        corridor.Told.Pay = _ => Task.FromResult(Unknown);
        Answered doubt = await corridor.CallAsync(corridor.Payment());
        Answered cancelled = await corridor.CallAsync(corridor.Cancel(("orig_trade_no", doubt["trade_no"])));
        Assert.Equal(("0000", "CANCELLED"), (cancelled.Code, cancelled["trade_status"]));
        // What the payment was on the schedule for is over.
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(corridor.Resolver.Count == 0), TimeSpan.FromSeconds(5)));
        return cancelled;
    }

    private static async Task<string> StatusAsync(TestCorridor corridor, Answered trade) =>
        (await corridor.CallAsync(corridor.Query(("trade_no", trade["trade_no"]))))["trade_status"];
}
