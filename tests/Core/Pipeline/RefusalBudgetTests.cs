using System.Text.Json;
using HotPath.Core.Clearing;
using Xunit;

namespace HotPath.Core.Tests.Pipeline;

/// <summary>
/// Who is refused with what under a ceiling and under overload, and what refusals cost: every HTTP 200 is a signature that was made (a repetition's
/// apart), every 429 is none.
/// </summary>
public class RefusalBudgetTests
{
    [Fact]
    public async Task Ceiling_AdmitsItsRate_AndRefusesTheNextWithD004()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync(maxTps: 20);
        Dictionary<string, int> answers = await ManyAsync(corridor, 100, i => corridor.Payment());
        Assert.Equal(new Dictionary<string, int> { ["0000"] = 20, ["D004"] = 50, ["429"] = 30 }, answers);
        Assert.Equal(20, corridor.Told.Pays);
        // Theirs is another's.
        Assert.Equal("0000", (await corridor.CallAsync(corridor.Payment(("inst_id", TestCorridor.Them)))).Code);

        corridor.Clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(2, (await ManyAsync(corridor, 10, _ => corridor.Payment()))["0000"]);
        string metrics = await corridor.MetricsTextAsync();
        Assert.Contains("hotpath_refused_total{cause=\"ceiling\",answer=\"signed\"} 55", metrics, StringComparison.Ordinal);
        Assert.Contains("hotpath_refused_total{cause=\"ceiling\",answer=\"unsigned\"} 33", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Overload_IsA001_WithinTheInstitutionsBudget_AndTheReqIdStaysFree()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        await corridor.OverloadAsync();
        Dictionary<string, string> last = [];
        Dictionary<string, int> answers = await ManyAsync(corridor, 120, _ => last = corridor.Payment());
        Assert.Equal(50, answers["A001"]);
        Assert.InRange(answers["429"], 40, 70);
        Assert.Equal(answers.GetValueOrDefault("0000"), corridor.Told.Pays);
        string metrics = await corridor.MetricsTextAsync();
        Assert.Contains("hotpath_refused_total{cause=\"overload\",answer=\"signed\"} 50", metrics, StringComparison.Ordinal);
        Assert.Contains("hotpath_overloaded 1", metrics, StringComparison.Ordinal);

        corridor.Threads.IsStanding = false;
        corridor.AdvanceInSteps(TimeSpan.FromSeconds(10));
        Assert.Equal("0000", (await corridor.CallAsync(last)).Code);
        Assert.Contains("hotpath_overloaded 0", await corridor.MetricsTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Overload_RepeatsRecordedAnswers_AndNeverCallsAClaimedRequestUnrecorded()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Dictionary<string, string> payment = corridor.Payment();
        Answered paid = await corridor.CallAsync(payment);
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Processing));
        Dictionary<string, string> pending = corridor.Payment();
        Assert.Equal("0001", (await corridor.CallAsync(pending)).Code);
        await corridor.OverloadAsync();
        await ManyAsync(corridor, 20, _ => corridor.Payment());

        Dictionary<string, int> repeats = await ManyAsync(corridor, 100, _ => payment);
        Assert.Equal(100, repeats["0000"]);
        Assert.Equal(paid.Json, (await corridor.CallAsync(payment)).Json);
        Dictionary<string, int> open = await ManyAsync(corridor, 20, _ => pending);
        Assert.Equal(20, open["429"]);
    }

    [Fact]
    public async Task Order_IsFreshness_ThenCapacity_ThenTheInterfacesMembers()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Dictionary<string, string> noTerminal = corridor.Payment();
        noTerminal.Remove("terminal_id");
        Assert.Equal("C001", (await corridor.CallAsync(noTerminal)).Code);
        await corridor.OverloadAsync();
        await ManyAsync(corridor, 20, _ => corridor.Query(("trade_no", "9999999999999999999999999999")));

        Assert.Equal("A001", (await corridor.CallAsync(noTerminal)).Code);
        Assert.Equal("D002", (await corridor.CallAsync(corridor.Payment(("req_time", "20260919000000")))).Code);
        Assert.Equal("D002", (await corridor.CallAsync(corridor.Query(("trade_no", "1"), ("req_time", "20260919000000")))).Code);
        Assert.Equal("A001", (await corridor.CallAsync(corridor.Query())).Code);
    }

    [Theory]
    [InlineData("D002", 50)]
    [InlineData("C004", 50)]
    [InlineData("D001", 300)]
    public async Task Refusals_BeforeACallIsAdmitted_CostNoMoreSignaturesThanTheirBudget(string code, int budget)
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Dictionary<string, string> known = corridor.Payment();
        await corridor.CallAsync(known);
        string forged = JsonSerializer.Serialize(TestCorridor.Sign(corridor.Payment(), TestCorridor.Them));
        int signed = 0;
        for (int i = 0; i < budget + 30; i++)
        {
            Answered answer = code switch
            {
                "D002" => await corridor.CallAsync(corridor.Payment(("req_time", "20260919000000"))),
                "C004" => await corridor.CallAsync(new Dictionary<string, string>(known) { ["total_amount"] = "1.00" }),
                _ => await corridor.SendAsync(forged),
            };
            Assert.Equal(signed < budget ? (200, code) : (429, ""), (answer.Status, answer.Code));
            signed += answer.Status == 200 ? 1 : 0;
        }
        Assert.Equal("0000", (await corridor.CallAsync(corridor.Payment())).Code);
    }

    private static async Task<Dictionary<string, int>> ManyAsync(TestCorridor corridor, int calls, Func<int, Dictionary<string, string>> members)
    {
        var answers = new Dictionary<string, int>();
        for (int i = 0; i < calls; i++)
        {
            Answered answer = await corridor.CallAsync(members(i));
            string code = answer.Status == 200 ? answer.Code : answer.Status.ToString(System.Globalization.CultureInfo.InvariantCulture);
            answers[code] = answers.GetValueOrDefault(code) + 1;
        }
        return answers;
    }
}
