using HotPath.Core.Clearing;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Pipeline;

/// <summary>TRADE_CANCEL as an institution sees it (protocol.md, section 5).</summary>
public class CancelPipelineTests
{
    private static readonly ClearingResult Succeeded = ClearingResult.Of(ClearingOutcome.Succeeded);
    private static readonly ClearingResult Unknown = ClearingResult.Of(ClearingOutcome.Unknown);
    private static readonly ClearingResult Reversed = ClearingResult.Of(ClearingOutcome.Reversed);

    [Fact]
    public async Task Pending_IsReversed_AndCancelled_AndSoIsEveryAnswerAboutIt()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        (Dictionary<string, string> payment, Answered doubt) = await InDoubtAsync(corridor);
        Dictionary<string, string> cancel = corridor.Cancel(("orig_trade_no", doubt["trade_no"]), ("out_trade_no", doubt["out_trade_no"]));
        Answered cancelled = await corridor.CallAsync(cancel);
        Assert.Equal(("0000", "CANCELLED", doubt["trade_no"], doubt["out_trade_no"], "88.80", "HKD"),
            (cancelled.Code, cancelled["trade_status"], cancelled["trade_no"], cancelled["out_trade_no"], cancelled["total_amount"], cancelled["currency"]));
        Assert.Equal(("TRADE_CANCEL", cancel["req_id"]), (cancelled["biz_type"], cancelled["req_id"]));
        Assert.Equal(1, corridor.Told.Reversals);
        Assert.Equal(cancelled.Json, (await corridor.CallAsync(cancel)).Json);

        Answered paid = await corridor.CallAsync(payment);
        Assert.Equal(("B001", "CANCELLED"), (paid.Code, paid["trade_status"]));
        Assert.Equal(paid.Json, (await corridor.CallAsync(payment)).Json);
        Answered asked = await corridor.CallAsync(corridor.Query(("trade_no", doubt["trade_no"])));
        Assert.Equal(("0000", "CANCELLED", ""), (asked.Code, asked["trade_status"], asked["fail_code"]));
        Assert.Equal("B011", (await corridor.CallAsync(corridor.Refund(doubt, "1.00"))).Code);
        Assert.Equal(1, corridor.Told.Reversals);
    }

    [Fact]
    public async Task ByEitherNumber_OrBoth_AndOnlyItsOwn()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        (_, Answered one) = await InDoubtAsync(corridor);
        (_, Answered other) = await InDoubtAsync(corridor);
        foreach ((string code, (string, string)[] by) in new[]
        {
            ("C001", Array.Empty<(string, string)>()),
            ("C002", [("orig_trade_no", "1")]),
            ("B006", [("orig_trade_no", "9999999999999999999999999999")]),
            ("B006", [("out_trade_no", "nobody")]),
            ("B006", [("orig_trade_no", one["trade_no"]), ("out_trade_no", other["out_trade_no"])]),
            ("B006", [("orig_trade_no", one["trade_no"]), ("inst_id", TestCorridor.Them)]),
            ("B006", [("out_trade_no", one["out_trade_no"]), ("inst_id", TestCorridor.Them)]),
            ("C003", [("trade_no", one["trade_no"])]),
        })
        {
            Assert.Equal(code, (await corridor.CallAsync(corridor.Cancel(by))).Code);
        }
        Assert.Equal(0, corridor.Told.Reversals);
        Assert.Equal("0000", (await corridor.CallAsync(corridor.Cancel(("orig_trade_no", one["trade_no"])))).Code);
        Assert.Equal("0000", (await corridor.CallAsync(corridor.Cancel(("out_trade_no", other["out_trade_no"])))).Code);
    }

    [Fact]
    public async Task Succeeded_IsB007_AndTheReqIdIsFree()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Answered paid = await corridor.CallAsync(corridor.Payment());
        Dictionary<string, string> cancel = corridor.Cancel(("orig_trade_no", paid["trade_no"]));
        Answered refused = await corridor.CallAsync(cancel);
        Assert.Equal(("B007", "SUCCESS", paid["trade_no"]), (refused.Code, refused["trade_status"], refused["trade_no"]));
        Assert.Equal(0, corridor.Told.Reversals);
        Assert.Equal("0000", (await corridor.CallAsync(corridor.Payment(("req_id", cancel["req_id"])))).Code);
    }

    [Fact]
    public async Task FailedOrCancelledBefore_Is0000_WithThatStatus_AndNothingIsReversed()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        corridor.Told.Pay = _ => Task.FromResult(new ClearingResult(ClearingOutcome.Failed, RespCode.InsufficientBalance, default));
        Answered failed = await corridor.CallAsync(corridor.Payment());
        Dictionary<string, string> cancel = corridor.Cancel(("out_trade_no", failed["out_trade_no"]));
        Answered answer = await corridor.CallAsync(cancel);
        Assert.Equal(("0000", "FAILED", "B002"), (answer.Code, answer["trade_status"], answer["fail_code"]));
        Assert.Equal(answer.Json, (await corridor.CallAsync(cancel)).Json);
        Assert.Equal(0, corridor.Told.Reversals);

        (_, Answered doubt) = await InDoubtAsync(corridor);
        await corridor.CallAsync(corridor.Cancel(("orig_trade_no", doubt["trade_no"])));
        answer = await corridor.CallAsync(corridor.Cancel(("orig_trade_no", doubt["trade_no"])));
        Assert.Equal(("0000", "CANCELLED"), (answer.Code, answer["trade_status"]));
        Assert.Equal(1, corridor.Told.Reversals);
    }

    /// <summary>The channel executed it and says so to the reversal: the trade is SUCCESS and the cancel B007, for good.</summary>
    [Fact]
    public async Task ExecutedMeanwhile_IsB007_Recorded_AndTheTradeIsSuccess()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        (Dictionary<string, string> payment, Answered doubt) = await InDoubtAsync(corridor);
        corridor.Told.Reverse = _ => Succeeded;
        Dictionary<string, string> cancel = corridor.Cancel(("orig_trade_no", doubt["trade_no"]));
        Answered late = await corridor.CallAsync(cancel);
        Assert.Equal(("B007", "SUCCESS"), (late.Code, late["trade_status"]));
        Assert.Equal(("0000", "SUCCESS"), await OfAsync(corridor, payment));
        // Refunded or not, its bytes stay.
        Assert.Equal("0000", (await corridor.CallAsync(corridor.Refund(doubt, "1.00"))).Code);
        Assert.Equal(late.Json, (await corridor.CallAsync(cancel)).Json);
        Assert.Equal(1, corridor.Told.Reversals);
    }

    [Fact]
    public async Task NotSent_IsA003_TheTradeIsPending_AndTheSameReqIdIsANewAttempt()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        (_, Answered doubt) = await InDoubtAsync(corridor);
        corridor.Told.Reverse = _ => ClearingResult.Of(ClearingOutcome.NotDelivered);
        Dictionary<string, string> cancel = corridor.Cancel(("orig_trade_no", doubt["trade_no"]));
        Answered unsent = await corridor.CallAsync(cancel);
        Assert.Equal(("A003", ""), (unsent.Code, unsent["trade_status"]));
        Assert.Equal("PENDING", (await corridor.CallAsync(corridor.Query(("trade_no", doubt["trade_no"]))))["trade_status"]);
        corridor.Told.Reverse = _ => Reversed;
        Assert.Equal(("0000", "CANCELLED"), await OfAsync(corridor, cancel));
    }

    /// <summary>A wish that was taken back (A003) does not make the resolver's own reversal, a settle window later, a cancel.</summary>
    [Fact]
    public async Task NotSent_IsNoWish_WhenTheTradeIsReversedLater()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        (_, Answered doubt) = await InDoubtAsync(corridor);
        corridor.Told.Reverse = _ => ClearingResult.Of(ClearingOutcome.NotDelivered);
        Assert.Equal("A003", (await corridor.CallAsync(corridor.Cancel(("orig_trade_no", doubt["trade_no"])))).Code);
        corridor.Told.Reverse = _ => Reversed;
        corridor.Told.Inquire = _ => ClearingResult.Of(ClearingOutcome.NotFound);
        Assert.True(await corridor.UntilAsync(async () => (await OfAsync(corridor, corridor.Query(("trade_no", doubt["trade_no"])))) == ("0000", "FAILED"), TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task InDoubt_Is0001_LivesOn_AndItsReqIdGetsTheEnd_OverARestart()
    {
        TestCorridor corridor = await TestCorridor.OpenAsync();
        (Dictionary<string, string> payment, Answered doubt) = await InDoubtAsync(corridor);
        corridor.Told.Reverse = _ => Unknown;
        Dictionary<string, string> cancel = corridor.Cancel(("orig_trade_no", doubt["trade_no"]));
        Answered open = await AfterAsync(corridor, corridor.CallAsync(cancel), TimeSpan.FromSeconds(5));
        Assert.Equal(("0001", "PENDING", doubt["trade_no"]), (open.Code, open["trade_status"], open["trade_no"]));
        Assert.Equal("C004", (await corridor.CallAsync(corridor.Cancel(("req_id", cancel["req_id"]), ("out_trade_no", doubt["out_trade_no"])))).Code);

        await using TestCorridor restarted = await corridor.RestartAsync();
        restarted.Told.Reverse = _ => Reversed;
        Assert.True(await restarted.UntilAsync(async () => (await OfAsync(restarted, payment)) == ("B001", "CANCELLED"), TimeSpan.FromMinutes(1)));
        Answered ended = await restarted.CallAsync(cancel);
        Assert.Equal(("0000", "CANCELLED"), (ended.Code, ended["trade_status"]));
        Assert.Equal(ended.Json, (await restarted.CallAsync(cancel)).Json);
    }

    /// <summary>While nobody knows, the payment's own SUCCESS makes the cancel B007, at once and not when the reversal comes back.</summary>
    [Fact]
    public async Task PaymentsOwnSuccess_EndsTheCancelThatWaits()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        TaskCompletionSource<ClearingResult> word = NewWord();
        TaskCompletionSource<ClearingResult> reversal = NewWord();
        corridor.Told.Pay = _ => word.Task;
        corridor.Told.ReverseSlowly = _ => reversal.Task;
        Dictionary<string, string> payment = corridor.Payment();
        Task<Answered> paying = corridor.CallAsync(payment);
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(corridor.Told.Pays == 1), TimeSpan.FromSeconds(1)));
        Task<Answered> cancelling = corridor.CallAsync(corridor.Cancel(("out_trade_no", payment["out_trade_no"])));
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(corridor.Told.Reversals == 1), TimeSpan.FromSeconds(1)));
        word.SetResult(Succeeded);
        Assert.Equal("0000", (await paying).Code);
        Answered late = await cancelling.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(("B007", "SUCCESS"), (late.Code, late["trade_status"]));
        reversal.SetResult(Succeeded);
        Assert.Equal(("0000", "SUCCESS"), await OfAsync(corridor, payment));
    }

    /// <summary>The payer's own call, and one that repeats it, still wait when the trade is cancelled: B001, CANCELLED.</summary>
    [Fact]
    public async Task CallsThatStillWait_AreToldB001Cancelled()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        TaskCompletionSource<ClearingResult> word = NewWord();
        corridor.Told.Pay = _ => word.Task;
        Dictionary<string, string> payment = corridor.Payment();
        Task<Answered> paying = corridor.CallAsync(payment);
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(corridor.Told.Pays == 1), TimeSpan.FromSeconds(1)));
        Task<Answered> repeating = corridor.CallAsync(payment);
        Assert.Equal(("0000", "CANCELLED"), await OfAsync(corridor, corridor.Cancel(("out_trade_no", payment["out_trade_no"]))));
        Answered repeated = await repeating.WaitAsync(TimeSpan.FromSeconds(20));
        Answered paid = await AfterAsync(corridor, paying, TimeSpan.FromSeconds(3));
        Assert.Equal(("B001", "CANCELLED"), (repeated.Code, repeated["trade_status"]));
        Assert.Equal(repeated.Json, paid.Json);
        word.SetResult(Reversed);
    }

    /// <summary>The channel declines the payment as REVERSED, because a cancel came first: that is the cancel's doing, whoever records it.</summary>
    [Fact]
    public async Task PaymentDeclinedAsReversed_WhileACancelIsWished_IsCancelled()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        TaskCompletionSource<ClearingResult> word = NewWord();
        TaskCompletionSource<ClearingResult> reversal = NewWord();
        corridor.Told.Pay = _ => word.Task;
        corridor.Told.ReverseSlowly = _ => reversal.Task;
        Dictionary<string, string> payment = corridor.Payment();
        Task<Answered> paying = corridor.CallAsync(payment);
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(corridor.Told.Pays == 1), TimeSpan.FromSeconds(1)));
        Task<Answered> cancelling = corridor.CallAsync(corridor.Cancel(("out_trade_no", payment["out_trade_no"])));
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(corridor.Told.Reversals == 1), TimeSpan.FromSeconds(1)));
        word.SetResult(Reversed);
        Answered paid = await paying.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(("B001", "CANCELLED"), (paid.Code, paid["trade_status"]));
        Answered cancelled = await cancelling.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(("0000", "CANCELLED"), (cancelled.Code, cancelled["trade_status"]));
        reversal.SetResult(Reversed);
    }

    /// <summary>64 cancels of one trade while it ends: all are told the same end, and the payer too.</summary>
    [Theory]
    [InlineData(ClearingOutcome.Reversed, "0000", "CANCELLED")]
    [InlineData(ClearingOutcome.Succeeded, "B007", "SUCCESS")]
    public async Task SixtyFourAtOnce_AreToldOneEnd(ClearingOutcome outcome, string code, string status)
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        corridor.Told.Reverse = _ => ClearingResult.Of(outcome);
        for (int round = 0; round < 5; round++)
        {
            TaskCompletionSource<ClearingResult> word = NewWord();
            corridor.Told.Pay = _ => word.Task;
            Dictionary<string, string> payment = corridor.Payment();
            int before = corridor.Told.Pays;
            Task<Answered> paying = corridor.CallAsync(payment);
            Assert.True(await corridor.UntilAsync(() => Task.FromResult(corridor.Told.Pays > before), TimeSpan.FromSeconds(1)));
            Task<Answered[]> cancelling = Task.WhenAll(Enumerable.Range(0, 64)
                .Select(_ => Task.Run(() => corridor.CallAsync(corridor.Cancel(("out_trade_no", payment["out_trade_no"]))))));
            word.SetResult(ClearingResult.Of(outcome));
            Answered paid = await paying.WaitAsync(TimeSpan.FromSeconds(20));
            foreach (Answered answer in await cancelling.WaitAsync(TimeSpan.FromSeconds(20)))
            {
                // One that came when the payment had been declined, and nobody had wished anything yet, finds it FAILED.
                Assert.Equal((code, paid["trade_status"]), (answer.Code, answer["trade_status"]));
            }
            Assert.Contains(paid["trade_status"], outcome == ClearingOutcome.Reversed ? [status, "FAILED"] : new[] { status });
        }
    }

    private static TaskCompletionSource<ClearingResult> NewWord() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static async Task<(string, string)> OfAsync(TestCorridor corridor, Dictionary<string, string> request)
    {
        Answered answer = await corridor.CallAsync(request);
        return (answer.Code, answer["trade_status"]);
    }

    private static async Task<Answered> AfterAsync(TestCorridor corridor, Task<Answered> call, TimeSpan time)
    {
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(call.IsCompleted), time));
        return await call;
    }

    /// <summary>A payment of which nobody knows.</summary>
    private static async Task<(Dictionary<string, string> Request, Answered Doubt)> InDoubtAsync(TestCorridor corridor)
    {
        corridor.Told.Pay = _ => Task.FromResult(Unknown);
        Dictionary<string, string> payment = corridor.Payment();
        Answered doubt = await corridor.CallAsync(payment);
        Assert.Equal("0001", doubt.Code);
        return (payment, doubt);
    }
}
