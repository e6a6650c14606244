using System.Text;
using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Packing;
using HotPath.LoadTest.Running;
using HotPath.LoadTest.Scenarios;
using HotPath.LoadTest.Wire;
using HotPath.Signing;
using Xunit;

namespace HotPath.LoadTest.Tests;

/// <summary>A gateway that refuses is fast and cheap: nowhere may that look like success.</summary>
public sealed class RefusalTests
{
    [Theory]
    [InlineData("0000", true)]
    [InlineData("0001", true)]
    [InlineData("A001", false)]
    [InlineData("B003", false)]
    [InlineData("HTTP 429", false)]
    [InlineData(RunRecord.NoAnswer, false)]
    public void OnlyPaid_OneOtherCodeAmongThousands_IsABreach(string code, bool holds) =>
        Assert.Equal(holds, Payments.OnlyPaid("saturation", Lanes.Of(("0000", 1000), (code, 1))).Holds);

    [Fact]
    public void OnlyPaid_NothingAtAll_IsABreach() => Assert.False(Payments.OnlyPaid("saturation", Lanes.Of()).Holds);

    [Theory]
    [InlineData("HTTP 429")]
    [InlineData("A001")]
    [InlineData("D001")]
    [InlineData(RunRecord.NoAnswer)]
    public void Run_InWhichNothingWasPaid_IsABreach_WithoutAnySlo(string code)
    {
        (string verdict, IReadOnlyList<string> reasons) = Verdicts.On(Lanes.Of((code, 1000)).Record, new AnswerCheck(null, 1));

        Assert.Equal(Verdicts.Breach, verdict);
        Assert.Contains("none of 1000", Assert.Single(reasons), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_WithoutAnArrival_IsInvalid() => Assert.Equal(Verdicts.Invalid, Verdicts.On(new RunRecord(), new AnswerCheck(null, 1)).Verdict);

    [Fact]
    public void Run_OfOverload_RefusedBesideWhatIsPaid_IsOk() =>
        Assert.Equal(Verdicts.Ok, Verdicts.On(Lanes.Of(("0000", 10), ("A001", 500), ("HTTP 429", 500)).Record, new AnswerCheck(null, 1)).Verdict);

    [Fact]
    public void Run_ThatWasToVerifyAndVerifiedNothing_IsInvalid()
    {
        var check = new AnswerCheck(PemKeys.ReadPublic(PemKeys.Generate().PublicPem), 100);
        RunRecord record = Lanes.Of(("0000", 10)).Record;
        Assert.Equal(Verdicts.Invalid, Verdicts.On(record, check).Verdict);

        record.WasVerified(null);

        Assert.Equal(Verdicts.Ok, Verdicts.On(record, check).Verdict);
    }

    [Theory]
    [InlineData(10, 0, true)]
    [InlineData(10, 1, false)]
    [InlineData(0, 0, false)]
    public void EveryOnePaid_WantsAllOfThem_AndOneAtLeast(int paid, int unanswered, bool holds) =>
        Assert.Equal(holds, Payments.EveryOnePaid("every payment is paid", Lanes.Of(("0000", paid), (RunRecord.NoAnswer, unanswered))).Holds);

    [Fact]
    public void Outcomes_AreNotAnswers()
    {
        RunRecord record = Lanes.Of(("0000", 3), ("0001", 2), ("B003", 1), ("A001", 50), ("HTTP 429", 40), (RunRecord.NoAnswer, 30)).Record;

        Assert.Equal((96, 6), (record.Done, record.Outcomes));
    }

    [Fact]
    public async Task CostOfAPayment_WhereAllWereRefused_IsNotKnown() => Assert.Null((await CostAsync("A001")).GeneratorCpuMicroseconds);

    [Fact]
    public async Task CostOfAPayment_WhereTheyWerePaid_IsKnown() => Assert.True((await CostAsync("0000")).GeneratorCpuMicroseconds > 0);

    private static async Task<Measurement.Result> CostAsync(string code)
    {
        await using var server = new StallingServer(TimeSpan.Zero, TimeSpan.Zero, reqId => $$"""{"req_id":"{{reqId}}","resp_code":"{{code}}"}""");
        var pack = new Pack([.. Enumerable.Range(0, 20).Select(static i => Encoding.ASCII.GetBytes($$"""{"req_id":"R{{i}}"}"""))], DateTimeOffset.UnixEpoch);
        var target = new Target(new GatewayEndpoint(server.Url, null), null, null);
        return await Phase.RunAsync(target, TimeSpan.FromSeconds(30), [new Lane(pack, 2)], default);
    }
}
