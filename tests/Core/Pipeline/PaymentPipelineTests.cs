using System.Text.Json;
using HotPath.Core.Clearing;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Pipeline;

public class PaymentPipelineTests
{
    [Fact]
    public async Task Payment_IsClearedOnce_AndAnsweredWithItsTrade()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Dictionary<string, string> payment = corridor.Payment();
        Answered paid = await corridor.CallAsync(payment);

        Assert.Equal("0000", paid.Code);
        Assert.Equal("SUCCESS", paid["trade_status"]);
        Assert.Equal("交易成功", paid["resp_msg"]);
        Assert.Equal("88.80", paid["total_amount"]);
        Assert.Equal("HKD", paid["currency"]);
        Assert.Equal("20260919103000", paid["trade_time"]);
        Assert.Equal("gw-1", paid["key_id"]);
        foreach (string echo in new[] { "req_id", "inst_id", "biz_type", "out_trade_no" })
        {
            Assert.Equal(payment[echo], paid[echo]);
        }
        Assert.Equal(1, corridor.Told.Pays);
        Assert.Equal("咖啡", Assert.Single(corridor.Told.Bodies));
    }

    [Fact]
    public async Task Repeated_IsTheSameBytes_EvenLater_StaleAndAfterARestart()
    {
        TestCorridor corridor = await TestCorridor.OpenAsync();
        Dictionary<string, string> payment = corridor.Payment();
        Answered paid = await corridor.CallAsync(payment);
        corridor.Clock.Advance(TimeSpan.FromHours(23));
        Answered again = await corridor.CallAsync(payment);
        corridor = await corridor.RestartAsync();
        await using TestCorridor _ = corridor;
        Answered afterRestart = await corridor.CallAsync(new Dictionary<string, string>(payment) { ["nonce"] = "another-one", ["version"] = "1.0" });

        Assert.Equal(paid.Json, again.Json);
        Assert.Equal(paid.Json, afterRestart.Json);
        Assert.Equal(1, corridor.Told.Pays);
    }

    [Fact]
    public async Task Repeated_After24Hours_IsANewRequest_ThatTheOrderStillStops()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Dictionary<string, string> payment = corridor.Payment();
        Answered paid = await corridor.CallAsync(payment);
        corridor.Clock.Advance(TimeSpan.FromHours(24) + TimeSpan.FromSeconds(1));

        Assert.Equal("D002", (await corridor.CallAsync(payment)).Code);
        Answered fresh = await corridor.CallAsync(new Dictionary<string, string>(corridor.Payment()) { ["req_id"] = payment["req_id"], ["out_trade_no"] = payment["out_trade_no"] });
        Assert.Equal("B005", fresh.Code);
        Assert.Equal(paid["trade_no"], fresh["trade_no"]);
        Assert.Equal(1, corridor.Told.Pays);
    }

    [Fact]
    public async Task ReqId_UsedAgainAfter24Hours_ShowsNothingOfTheOldTrade()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        corridor.Told.Pay = _ => Task.FromResult(new ClearingResult(ClearingOutcome.Failed, RespCode.InsufficientBalance, default));
        Dictionary<string, string> old = corridor.Payment();
        Assert.Equal("B002", (await corridor.CallAsync(old)).Code);
        corridor.Clock.Advance(TimeSpan.FromHours(25));

        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Processing));
        Answered fresh = await corridor.CallAsync(corridor.Payment(("req_id", old["req_id"])));
        Assert.Equal(("0001", "PENDING", "20260920113000"), (fresh.Code, fresh["trade_status"], fresh["trade_time"]));
    }

    [Fact]
    public async Task KnownOrder_IsB005_AlsoWhenThereIsNoRouteForItNow()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync(maxMinorUnits: 10_000);
        Dictionary<string, string> payment = corridor.Payment();
        Answered paid = await corridor.CallAsync(payment);
        Answered again = await corridor.CallAsync(new Dictionary<string, string>(payment) { ["req_id"] = "lost", ["total_amount"] = "1000.00" });
        Assert.Equal(("B005", paid["trade_no"], "88.80"), (again.Code, again["trade_no"], again["total_amount"]));
    }

    [Fact]
    public async Task GatewayKey_SwappedUnderLoad_RefusesNobody_AndOldAnswersStayAsTheyWere()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Dictionary<string, string> before = corridor.Payment();
        Answered old = await corridor.CallAsync(before);
        using var stop = new CancellationTokenSource();
        Task swapping = Task.Run(async () =>
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                corridor.SwapGatewayKey(i % 2 == 0 ? "gw-2" : "gw-1");
                await Task.Yield();
            }
        });
        // CallAsync verifies each answer with the key that its key_id names.
        var answers = new List<Answered>();
        // On a busy machine the swapping thread may stand still through a whole round.
        for (int round = 0; round == 0 || (round < 20 && answers.DistinctBy(answer => answer["key_id"]).Count() == 1); round++)
        {
            answers.AddRange(await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => corridor.CallAsync(corridor.Payment())))));
        }
        await stop.CancelAsync();
        await swapping;

        Assert.All(answers, answer => Assert.Equal("0000", answer.Code));
        Assert.Equal(["gw-1", "gw-2"], answers.Select(answer => answer["key_id"]).Distinct().Order());
        corridor.SwapGatewayKey("gw-2");
        Assert.Equal(old.Json, (await corridor.CallAsync(before)).Json);
    }

    [Fact]
    public async Task InstitutionKeys_Swapped_CountFromTheNextRequest()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        corridor.SwapInstitutionKeys(TestCorridor.Us, signsWith: TestCorridor.Them);
        Assert.Equal("D001", (await corridor.CallAsync(corridor.Payment())).Code);
        Assert.Equal("0000", (await corridor.SendAsync(JsonSerializer.Serialize(TestCorridor.Sign(corridor.Payment(), TestCorridor.Them)))).Code);
    }

    [Fact]
    public async Task SameReqId_OtherContent_IsC004_AndChangesNothing()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Dictionary<string, string> payment = corridor.Payment();
        Answered paid = await corridor.CallAsync(payment);
        Answered other = await corridor.CallAsync(new Dictionary<string, string>(payment) { ["total_amount"] = "88.81" });

        Assert.Equal("C004", other.Code);
        Assert.Equal("", other["trade_no"]);
        Assert.Equal(paid.Json, (await corridor.CallAsync(payment)).Json);
        Assert.Equal(1, corridor.Told.Pays);
    }

    [Fact]
    public async Task SameReqId_64AtOnce_IsOneDispatch_AndEqualAnswers()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        for (int round = 0; round < 20; round++)
        {
            var gate = new TaskCompletionSource<ClearingResult>(TaskCreationOptions.RunContinuationsAsynchronously);
            corridor.Told.Pay = _ => gate.Task;
            string json = JsonSerializer.Serialize(TestCorridor.Sign(corridor.Payment(), TestCorridor.Us));
            Task<Answered>[] calls = [.. Enumerable.Range(0, 64).Select(_ => Task.Run(() => corridor.SendAsync(json)))];
            while (corridor.Told.Pays == round)
            {
                await Task.Yield();
            }
            gate.SetResult(ClearingResult.Of(ClearingOutcome.Succeeded));
            Answered[] answers = await Task.WhenAll(calls);

            Assert.Single(answers.Select(answer => answer.Json).Distinct());
            Assert.Equal("0000", answers[0].Code);
            Assert.Equal(round + 1, corridor.Told.Pays);
        }
    }

    [Fact]
    public async Task Repetition_InFlight_WaitsNoLongerThanTheFirst()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        corridor.Told.Pay = _ => new TaskCompletionSource<ClearingResult>().Task;
        Dictionary<string, string> payment = corridor.Payment();
        Task<Answered> first = corridor.CallAsync(payment);
        while (corridor.Told.Pays == 0)
        {
            await Task.Yield();
        }
        // The channel has it: it wants no thread of ours.
        Assert.Equal(0, corridor.Admission.WantThread);
        Task<Answered> second = Task.Run(() => corridor.CallAsync(payment));
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(first.IsCompleted && second.IsCompleted), TimeSpan.FromSeconds(4)));
        Assert.Equal(0, corridor.Admission.WantThread);

        Assert.Equal("0001", (await first).Code);
        Assert.Equal("0001", (await second).Code);
        Assert.Equal((await first)["trade_no"], (await second)["trade_no"]);
        Assert.NotEqual((await first)["resp_id"], (await second)["resp_id"]);
    }

    [Fact]
    public async Task SameOrder_OtherReqId_ShowsTheOriginal()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Dictionary<string, string> payment = corridor.Payment();
        Answered paid = await corridor.CallAsync(payment);
        Answered other = await corridor.CallAsync(new Dictionary<string, string>(payment) { ["req_id"] = "another" });

        Assert.Equal("B005", other.Code);
        Assert.Equal(paid["trade_no"], other["trade_no"]);
        Assert.Equal("SUCCESS", other["trade_status"]);
        Assert.Equal("88.80", other["total_amount"]);
        // B005 made no trade, so it does not consume the req_id.
        Assert.Equal("0000", (await corridor.CallAsync(new Dictionary<string, string>(payment) { ["req_id"] = "another", ["out_trade_no"] = "another" })).Code);
    }

    [Fact]
    public async Task SameOrderNumber_OfAnotherInstitution_IsAnotherOrder()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Dictionary<string, string> payment = corridor.Payment();
        Answered ours = await corridor.CallAsync(payment);
        Answered theirs = await corridor.CallAsync(new Dictionary<string, string>(payment) { ["inst_id"] = TestCorridor.Them });
        Assert.Equal("0000", theirs.Code);
        Assert.Equal("success", theirs["resp_msg"]);
        Assert.NotEqual(ours["trade_no"], theirs["trade_no"]);
    }

    [Fact]
    public async Task DynamicCode_PaysOnceOverAllInstitutions_AndIsShownToItsOwnerOnly()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        (string, string)[] code = [("qr_type", "01"), ("qr_content", "https://qr.example.hk/d/1")];
        Answered paid = await corridor.CallAsync(corridor.Payment(code));
        Answered own = await corridor.CallAsync(corridor.Payment(code));
        Answered theirs = await corridor.CallAsync(corridor.Payment([.. code, ("inst_id", TestCorridor.Them)]));

        Assert.Equal("0000", paid.Code);
        Assert.Equal(("B005", paid["trade_no"]), (own.Code, own["trade_no"]));
        Assert.Equal(("B005", ""), (theirs.Code, theirs["trade_no"]));
    }

    [Fact]
    public async Task DynamicCode_OfAFailedPayment_IsFreeAgain()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        (string, string)[] code = [("qr_type", "01"), ("qr_content", "https://qr.example.hk/d/2")];
        corridor.Told.Pay = _ => Task.FromResult(new ClearingResult(ClearingOutcome.Failed, RespCode.InsufficientBalance, default));
        Assert.Equal("B002", (await corridor.CallAsync(corridor.Payment(code))).Code);
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Succeeded));
        Assert.Equal("0000", (await corridor.CallAsync(corridor.Payment(code))).Code);
    }

    [Theory]
    [InlineData(ClearingOutcome.Failed, RespCode.InsufficientBalance, "B002")]
    [InlineData(ClearingOutcome.Failed, RespCode.LimitExceeded, "B003")]
    [InlineData(ClearingOutcome.Failed, RespCode.AccountAbnormal, "B004")]
    [InlineData(ClearingOutcome.NotDelivered, RespCode.None, "B001")]
    public async Task Decline_IsFinal_AndRepeatedAsItWas(ClearingOutcome outcome, RespCode reason, string code)
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        corridor.Told.Pay = _ => Task.FromResult(new ClearingResult(outcome, reason, default));
        Dictionary<string, string> payment = corridor.Payment();
        Answered declined = await corridor.CallAsync(payment);
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Succeeded));

        Assert.Equal((code, "FAILED"), (declined.Code, declined["trade_status"]));
        Assert.Equal(declined.Json, (await corridor.CallAsync(payment)).Json);
        Answered asked = await corridor.CallAsync(corridor.Query(("trade_no", declined["trade_no"])));
        Assert.Equal(("0000", code), (asked.Code, asked["fail_code"]));
        Assert.Equal(1, corridor.Told.Pays);
    }

    [Fact]
    public async Task Query_FindsByEitherNumber_AndNeverAnothersTrade()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Dictionary<string, string> payment = corridor.Payment();
        Answered paid = await corridor.CallAsync(payment);
        string tradeNo = paid["trade_no"], order = payment["out_trade_no"];

        Assert.Equal(("0000", "NONE", "0.00"), Seen(await corridor.CallAsync(corridor.Query(("trade_no", tradeNo)))));
        Assert.Equal(("0000", "NONE", "0.00"), Seen(await corridor.CallAsync(corridor.Query(("out_trade_no", order)))));
        Assert.Equal(("0000", "NONE", "0.00"), Seen(await corridor.CallAsync(corridor.Query(("trade_no", tradeNo), ("out_trade_no", order)))));
        Assert.Equal("B006", (await corridor.CallAsync(corridor.Query(("trade_no", tradeNo), ("out_trade_no", "other")))).Code);
        Assert.Equal("B006", (await corridor.CallAsync(corridor.Query(("trade_no", "9999999999999999999999999999")))).Code);
        Assert.Equal("C001", (await corridor.CallAsync(corridor.Query())).Code);
        Answered theirs = await corridor.CallAsync(corridor.Query(("trade_no", tradeNo), ("inst_id", TestCorridor.Them)));
        Answered absent = await corridor.CallAsync(corridor.Query(("trade_no", "2026091910300000100100000001"), ("inst_id", TestCorridor.Them)));
        Assert.Equal("B006", theirs.Code);
        Assert.Equal(absent.Members.Keys, theirs.Members.Keys);

        static (string, string, string) Seen(Answered answer) => (answer.Code, answer["refund_status"], answer["total_refunded_amount"]);
    }

    [Fact]
    public async Task Refusals_LeaveNothingBehind()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync(maxMinorUnits: 100_000);
        foreach ((string code, (string, string)[] changes) in new (string, (string, string)[])[]
        {
            ("D002", [("req_time", "20260919101959")]), ("C002", [("total_amount", "1e2")]), ("C003", [("total_amount", "0")]),
            ("C003", [("currency", "EUR")]), ("C003", [("currency", "USD")]), ("B003", [("total_amount", "1000.01")]),
        })
        {
            Dictionary<string, string> payment = corridor.Payment(changes);
            Assert.Equal(code, (await corridor.CallAsync(payment)).Code);
            Assert.Equal("B006", (await corridor.CallAsync(corridor.Query(("out_trade_no", payment["out_trade_no"])))).Code);
            Assert.Equal("0000", (await corridor.CallAsync(corridor.Payment(("req_id", payment["req_id"])))).Code);
        }
    }

    [Fact]
    public async Task Freshness_IsTenMinutesEitherWay()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        foreach ((string reqTime, string code) in new[] { ("20260919102000", "0000"), ("20260919101959", "D002"), ("20260919104000", "0000"), ("20260919104001", "D002") })
        {
            Assert.Equal(code, (await corridor.CallAsync(corridor.Payment(("req_time", reqTime)))).Code);
        }
    }

    [Fact]
    public async Task EveryChange_ToASignedRequest_IsD001()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Dictionary<string, string> good = TestCorridor.Sign(corridor.Payment(("nonce", "12345678")), TestCorridor.Us);
        foreach (string name in good.Keys.Where(name => name is not ("version" or "charset" or "sign_type" or "biz_type" or "sign" or "qr_type" or "terminal_type" or "trade_type" or "currency")))
        {
            string value = good[name];
            string changed = value[..^1] + (value[^1] == '1' ? '2' : '1');
            Answered answer = await corridor.SendAsync(JsonSerializer.Serialize(new Dictionary<string, string>(good) { [name] = changed }));
            Assert.Equal("D001", answer.Code);
        }
        Assert.Equal("D001", (await corridor.SendAsync(JsonSerializer.Serialize(TestCorridor.Sign(corridor.Payment(), TestCorridor.Them)))).Code);
        Assert.Equal("D001", (await corridor.SendAsync(JsonSerializer.Serialize(new Dictionary<string, string>(good) { ["sign"] = "AAAA" }))).Code);
        Assert.Equal("D001", (await corridor.SendAsync(JsonSerializer.Serialize(new Dictionary<string, string>(good) { ["sign"] = " " + good["sign"] }))).Code);
        Assert.Equal("D001", (await corridor.SendAsync(JsonSerializer.Serialize(TestCorridor.Sign(corridor.Payment(("key_id", "k2")), TestCorridor.Us)))).Code);
        Assert.Equal(0, corridor.Told.Pays);
    }

    [Fact]
    public async Task Strangers_GetNoMoreSignaturesThanTheirBudget()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        int signed = 0;
        for (int i = 0; i < 400; i++)
        {
            signed += (await corridor.SendAsync("{}")).Status == 200 ? 1 : 0;
        }
        Assert.Equal(300, signed);
        Assert.Equal("0000", (await corridor.CallAsync(corridor.Payment())).Code);
    }

    [Fact]
    public async Task FullChannel_IsA001_AndTheReqIdStaysFree()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync(maxInFlight: 1);
        var gate = new TaskCompletionSource<ClearingResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        corridor.Told.Pay = _ => gate.Task;
        Task<Answered> first = Task.Run(() => corridor.CallAsync(corridor.Payment()));
        while (corridor.Told.Pays == 0)
        {
            await Task.Yield();
        }
        Dictionary<string, string> second = corridor.Payment();
        Assert.Equal("A001", (await corridor.CallAsync(second)).Code);
        gate.SetResult(ClearingResult.Of(ClearingOutcome.Succeeded));
        Assert.Equal("0000", (await first).Code);
        Assert.Equal("0000", (await corridor.CallAsync(second)).Code);
    }
}
