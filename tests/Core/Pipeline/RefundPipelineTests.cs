using HotPath.Core.Clearing;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Pipeline;

/// <summary>REFUND and REFUND_QUERY through the whole corridor (protocol, section 5; F42 to F45).</summary>
public sealed class RefundPipelineTests
{
    [Fact]
    public async Task Partial_ThenTheRest_EachSaysTheTotal_AndTheTradeSaysBoth()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Answered paid = await PaidAsync(corridor);

        Answered first = await corridor.CallAsync(corridor.Refund(paid, "30.00", ("refund_no", "F1")));
        Assert.Equal(("0000", "SUCCESS", "30.00", "30.00", "HKD", "F1"), (first.Code, first["refund_status"], first["refund_amount"], first["total_refunded_amount"], first["currency"], first["refund_no"]));
        Assert.Equal((paid["trade_no"], paid["out_trade_no"], 28), (first["orig_trade_no"], first["out_trade_no"], first["refund_id"].Length));
        Assert.Equal(("PARTIAL", "30.00"), await RefundedAsync(corridor, paid));

        Answered rest = await corridor.CallAsync(corridor.Refund(paid, "58.80"));
        Assert.Equal(("0000", "88.80"), (rest.Code, rest["total_refunded_amount"]));
        Assert.Equal(("FULL", "88.80"), await RefundedAsync(corridor, paid));
        ClearingReference sent = Assert.Single(corridor.Told.Refunded, refund => refund.TradeNo.ToString() == rest["refund_id"]);
        Assert.Equal((paid["trade_no"], 5_880L, "HKD"), (sent.Original.ToString(), sent.Amount.MinorUnits, sent.Currency.ToString()));
    }

    [Fact]
    public async Task Refusals_ComeInTheirOrder_AndNothingIsSent()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Answered paid = await PaidAsync(corridor);
        corridor.Told.Pay = _ => Task.FromResult(new ClearingResult(ClearingOutcome.Failed, RespCode.InsufficientBalance, default));
        Answered failed = await corridor.CallAsync(corridor.Payment());

        foreach ((string code, Answered trade, string amount, (string, string)[] changes) in new (string, Answered, string, (string, string)[])[]
        {
            ("B006", paid, "1.00", [("out_trade_no", "other")]),
            ("B006", paid, "1.00", [("orig_trade_no", "2026091910300000100100000009")]),
            ("B006", paid, "1.00", [("inst_id", TestCorridor.Them)]),
            ("B011", failed, "999.00", []),
            ("B008", paid, "88.81", []),
            ("B008", paid, "88.79", [("refund_type", "01")]),
            ("C002", paid, "1.005", []),
            ("C003", paid, "0.00", []),
            ("C003", paid, "1.00", [("refund_type", "03")]),
            ("C003", paid, "1.00", [("total_amount", "1.00")]),
        })
        {
            Dictionary<string, string> refund = corridor.Refund(trade, amount, changes);
            Assert.Equal(code, (await corridor.CallAsync(refund)).Code);
            Assert.Equal("B006", (await corridor.CallAsync(corridor.RefundQuery(("refund_no", refund["refund_no"])))).Code);
        }
        Assert.Empty(corridor.Told.Refunded);
        Assert.Equal(("NONE", "0.00"), await RefundedAsync(corridor, paid));
    }

    [Fact]
    public async Task AReqIdAgain_IsTheSameBytes_AndOtherContentIsC004()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Dictionary<string, string> refund = corridor.Refund(await PaidAsync(corridor), "30.00");
        Answered first = await corridor.CallAsync(refund);
        corridor.Clock.Advance(TimeSpan.FromMinutes(30));
        Assert.Equal(first.Json, (await corridor.CallAsync(refund)).Json);
        refund["refund_amount"] = "31.00";
        Assert.Equal("C004", (await corridor.CallAsync(refund)).Code);
        refund["biz_type"] = "SCAN_PAY";
        Assert.Equal("C004", (await corridor.CallAsync(corridor.Payment(("req_id", refund["req_id"])))).Code);
        Assert.Single(corridor.Told.Refunded);
    }

    [Fact]
    public async Task ARefundNumberAgain_UnderAnotherReqId_IsThatRefund_OrC004()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Answered paid = await PaidAsync(corridor);
        Answered first = await corridor.CallAsync(corridor.Refund(paid, "30.00", ("refund_no", "F1")));
        Answered again = await corridor.CallAsync(corridor.Refund(paid, "30.00", ("refund_no", "F1")));
        Assert.Equal(("0000", first["refund_id"], "30.00"), (again.Code, again["refund_id"], again["total_refunded_amount"]));
        Assert.NotEqual(first["req_id"], again["req_id"]);
        Assert.Equal("C004", (await corridor.CallAsync(corridor.Refund(paid, "30.01", ("refund_no", "F1")))).Code);
        Assert.Single(corridor.Told.Refunded);
    }

    [Fact]
    public async Task Declined_GivesItsAmountBack_AndMayBeTriedAgainWithTheSameNumber()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Answered paid = await PaidAsync(corridor);
        corridor.Told.Refund = _ => Task.FromResult(new ClearingResult(ClearingOutcome.Failed, RespCode.AccountAbnormal, default));
        Answered declined = await corridor.CallAsync(corridor.Refund(paid, "88.80", ("refund_type", "01"), ("refund_no", "F1")));
        Assert.Equal(("B004", "FAILED", "0.00"), (declined.Code, declined["refund_status"], declined["total_refunded_amount"]));
        Answered asked = await corridor.CallAsync(corridor.RefundQuery(("refund_no", "F1")));
        Assert.Equal(("0000", "FAILED", "B004"), (asked.Code, asked["refund_status"], asked["fail_code"]));

        corridor.Told.Refund = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Succeeded));
        Answered second = await corridor.CallAsync(corridor.Refund(paid, "88.80", ("refund_type", "01"), ("refund_no", "F1")));
        Assert.Equal(("0000", "88.80"), (second.Code, second["total_refunded_amount"]));
        Assert.NotEqual(declined["refund_id"], second["refund_id"]);
        Assert.Equal("FAILED", (await corridor.CallAsync(corridor.RefundQuery(("refund_id", declined["refund_id"])))).Members["refund_status"]);
        Assert.Equal("B006", (await corridor.CallAsync(corridor.RefundQuery(("refund_id", second["refund_id"]), ("refund_no", "F2")))).Code);
    }

    [Fact]
    public async Task NeverSent_IsA003_NothingChanged_AndTheSameReqIdIsANewAttempt()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Answered paid = await PaidAsync(corridor);
        Dictionary<string, string> refund = corridor.Refund(paid, "88.80");
        corridor.Told.Refund = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.NotDelivered));
        Assert.Equal("A003", (await corridor.CallAsync(refund)).Code);
        Assert.Equal(("NONE", "0.00"), await RefundedAsync(corridor, paid));

        corridor.Told.Refund = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Succeeded));
        Answered again = await corridor.CallAsync(refund);
        Assert.Equal(("0000", "SUCCESS"), (again.Code, again["refund_status"]));
        Assert.Equal(again.Json, (await corridor.CallAsync(refund)).Json);
    }

    [Fact]
    public async Task InDoubt_HoldsItsAmount_IsResolvedByInquiry_OverARestart()
    {
        TestCorridor corridor = await TestCorridor.OpenAsync();
        Answered paid = await PaidAsync(corridor);
        corridor.Told.Refund = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Unknown));
        Dictionary<string, string> refund = corridor.Refund(paid, "80.00", ("refund_no", "F1"));
        Answered doubt = await corridor.CallAsync(refund);
        Assert.Equal(("0001", "PENDING", "0.00"), (doubt.Code, doubt["refund_status"], doubt["total_refunded_amount"]));
        Assert.Equal("B008", (await corridor.CallAsync(corridor.Refund(paid, "8.81"))).Code);

        await using TestCorridor restarted = await corridor.RestartAsync();
        Assert.Equal("B008", (await restarted.CallAsync(restarted.Refund(paid, "8.81"))).Code);
        restarted.Told.Inquire = asked => ClearingResult.Of(asked.IsRefund && asked.Original.ToString() == paid["trade_no"] ? ClearingOutcome.Succeeded : ClearingOutcome.Unknown);
        Assert.True(await restarted.UntilAsync(async () => (await restarted.CallAsync(restarted.RefundQuery(("refund_no", "F1"))))["refund_status"] == "SUCCESS", TimeSpan.FromMinutes(1)));
        Answered final = await restarted.CallAsync(refund);
        Assert.Equal(("0000", "80.00", doubt["refund_id"]), (final.Code, final["total_refunded_amount"], final["refund_id"]));
        Assert.Equal(final.Json, (await restarted.CallAsync(refund)).Json);
        Assert.Single(restarted.Told.Refunded);
    }

    [Fact]
    public async Task UnknownToItsChannel_FailsOnlyAfterAConfirmedReversal()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Answered paid = await PaidAsync(corridor);
        corridor.Told.Refund = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Unknown));
        corridor.Told.Inquire = _ => ClearingResult.Of(ClearingOutcome.NotFound);
        await corridor.CallAsync(corridor.Refund(paid, "80.00", ("refund_no", "F1")));
        Assert.True(await corridor.UntilAsync(async () => (await corridor.CallAsync(corridor.RefundQuery(("refund_no", "F1"))))["refund_status"] == "FAILED", TimeSpan.FromMinutes(1)));
        Assert.Equal(1, corridor.Told.Reversals);
        Assert.Equal("B001", (await corridor.CallAsync(corridor.RefundQuery(("refund_no", "F1"))))["fail_code"]);
        corridor.Told.Refund = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Succeeded));
        Assert.Equal("0000", (await corridor.CallAsync(corridor.Refund(paid, "88.80", ("refund_type", "01")))).Code);
    }

    [Fact]
    public async Task LateResult_AfterTheBudget_IsAdopted()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Answered paid = await PaidAsync(corridor);
        var word = new TaskCompletionSource<ClearingResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        corridor.Told.Refund = _ => word.Task;
        Task<Answered> call = corridor.CallAsync(corridor.Refund(paid, "80.00", ("refund_no", "F1")));
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(call.IsCompleted), TimeSpan.FromSeconds(5)));
        Assert.Equal("0001", (await call).Code);
        word.SetResult(ClearingResult.Of(ClearingOutcome.Succeeded));
        Assert.True(await corridor.UntilAsync(async () => (await RefundedAsync(corridor, paid)) == ("PARTIAL", "80.00"), TimeSpan.FromSeconds(2)));
    }

    /// <summary>64 refunds of a third at once: three succeed, and their answers count up without a gap (F43).</summary>
    [Fact]
    public async Task SixtyFourAtOnce_NeverGiveBackMoreThanWasPaid_AndEachAnswerSaysItsOwnTotal()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        for (int round = 0; round < 5; round++)
        {
            Answered paid = await PaidAsync(corridor);
            Answered[] answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(() => corridor.CallAsync(corridor.Refund(paid, "29.60")))));
            Assert.Equal(61, answers.Count(answer => answer.Code == "B008"));
            Assert.Equal(["29.60", "59.20", "88.80"], answers.Where(answer => answer.Code == "0000").Select(answer => answer["total_refunded_amount"]).Order(StringComparer.Ordinal));
            Assert.Equal(("FULL", "88.80"), await RefundedAsync(corridor, paid));
        }
        Assert.Equal(15, corridor.Told.Refunded.Count);
    }

    [Fact]
    public async Task FullChannel_IsA001_AndNothingIsReserved()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync(maxInFlight: 1);
        Answered paid = await PaidAsync(corridor);
        var word = new TaskCompletionSource<ClearingResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        corridor.Told.Refund = _ => word.Task;
        Task<Answered> first = corridor.CallAsync(corridor.Refund(paid, "1.00", ("refund_no", "F1")));
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(!corridor.Told.Refunded.IsEmpty), TimeSpan.FromSeconds(1)));
        Dictionary<string, string> second = corridor.Refund(paid, "2.00");
        Assert.Equal("A001", (await corridor.CallAsync(second)).Code);
        // What can never be is told before the want of room, and what is known already too.
        Assert.Equal("B008", (await corridor.CallAsync(corridor.Refund(paid, "87.81"))).Code);
        Assert.Equal("C004", (await corridor.CallAsync(corridor.Refund(paid, "3.00", ("refund_no", "F1")))).Code);
        Answered known = await corridor.CallAsync(corridor.Refund(paid, "1.00", ("refund_no", "F1")));
        Assert.Equal(("0001", corridor.Told.Refunded.First().TradeNo.ToString()), (known.Code, known["refund_id"]));
        word.SetResult(ClearingResult.Of(ClearingOutcome.Succeeded));
        Assert.Equal("0000", (await first).Code);
        Assert.Equal("0000", (await corridor.CallAsync(second)).Code);
    }

    private static async Task<Answered> PaidAsync(TestCorridor corridor)
    {
        Answered paid = await corridor.CallAsync(corridor.Payment());
        Assert.Equal("0000", paid.Code);
        return paid;
    }

    private static async Task<(string, string)> RefundedAsync(TestCorridor corridor, Answered paid)
    {
        Answered found = await corridor.CallAsync(corridor.Query(("trade_no", paid["trade_no"])));
        return (found["refund_status"], found["total_refunded_amount"]);
    }
}
