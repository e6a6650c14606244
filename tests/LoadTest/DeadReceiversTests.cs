using System.Text;
using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Running;
using HotPath.LoadTest.Scenarios;
using Xunit;

namespace HotPath.LoadTest.Tests;

/// <summary>What the scenario of receivers that are dead takes for good, and what it reads.</summary>
public sealed class DeadReceiversTests
{
    [Fact]
    public void NothingSlower_Holds() => Assert.True(Holds(Told(), Told(atOthers: 0)));

    /// <summary>Half as much again is allowed, and nothing is asked of differences below the floor.</summary>
    [Theory]
    [InlineData(40, 60, true)]
    [InlineData(40, 61, false)]
    [InlineData(3, 29, true)]
    [InlineData(3, 31, false)]
    public void TheEight_MayBeToldHalfAsSlowlyAgain(int calmMs, int besideMs, bool holds) =>
        Assert.Equal(holds, Holds(Told(delayMs: calmMs), Told(delayMs: besideMs, atOthers: 0)));

    [Fact]
    public void AFewThatAreLate_AreSeenInP99() => Assert.False(Holds(Told(), Told(atOthers: 0, late: 3)));

    [Theory]
    [InlineData(12, true)]
    [InlineData(13, false)]
    public void Payments_MayBeAFifthSlower(int besideMs, bool holds) => Assert.Equal(holds, Holds(Told(), Told(paymentMs: besideMs, atOthers: 0)));

    [Fact]
    public void EachBreach_IsSeen()
    {
        Assert.False(Holds(Told(), Told(atOthers: 0, missing: 1)));
        Assert.False(Holds(Told(missing: 1), Told(atOthers: 0)));
        Assert.False(Holds(Told(), Told(atOthers: 0, notVerified: 1)));
        // They were never dead, or never well.
        Assert.False(Holds(Told(), Told(atOthers: 1)));
        Assert.False(Holds(Told(atOthers: 0), Told(atOthers: 0)));
        Assert.False(Holds(Told(), new DeadReceivers.Told(Lanes.Of(("0000", 99), ("A001", 1)), 0, 0)));
    }

    [Fact]
    public void ANotification_IsFoundByItsTrade_AndCountsFromItsFirstArrival()
    {
        const string number = "2026092010300012300100000001";
        IReadOnlyDictionary<string, DateTimeOffset> arrivals = ReceiverUnderTest.ReadArrivals(
        [
            $$$"""{"received_at":"2026-09-20T02:30:01.5000000+00:00","verified":true,"answer":"success","notification":{"notify_id":"T{{{number}}}","x":"y"}}""",
            $$$"""{"received_at":"2026-09-20T02:30:09.0000000+00:00","verified":true,"answer":"success","notification":{"notify_id":"T{{{number}}}","x":"y"}}""",
            """{"received_at":"2026-09-20T02:30:09.0000000+00:00","verified":false,"answer":"not verified"}""",
            """{"received_at":"2026-09-20T02:3""",
        ]);
        Assert.Equal(new DateTimeOffset(2026, 9, 20, 2, 30, 1, 500, TimeSpan.Zero), Assert.Single(arrivals, pair => pair.Key == "T" + number).Value);
        Assert.Single(arrivals);
    }

    [Fact]
    public void AnAnswer_IsKeptWithItsTime_WhereItSaysPaid()
    {
        DateTimeOffset began = TimeProvider.System.GetUtcNow();
        var times = new AnswerTimes(TimeProvider.System);
        long at = Pacer.Now + 3_600_000_000_000;
        times.Note(Encoding.UTF8.GetBytes("""{"inst_id":"CN000001","out_trade_no":"L1","resp_code":"0000","trade_no":"123"}"""), at);
        times.Note(Encoding.UTF8.GetBytes("""{"inst_id":"CN000001","out_trade_no":"L2","resp_code":"0001","trade_no":"124"}"""), at);
        (string key, DateTimeOffset time) = Assert.Single(times.Times);
        Assert.Equal(AnswerTimes.KeyOf("CN000001", "123"), key);
        Assert.InRange((time - began).TotalMinutes, 59.9, 61);
    }

    private static bool Holds(DeadReceivers.Told calm, DeadReceivers.Told beside) => DeadReceivers.Judge(calm, beside).All(static finding => finding.Holds);

    private static DeadReceivers.Told Told(int delayMs = 10, int paymentMs = 10, int atOthers = 20, int missing = 0, int late = 0, int notVerified = 0)
    {
        var told = new DeadReceivers.Told(Lanes.Of(TimeSpan.FromMilliseconds(paymentMs), ("0000", 125)), 100, atOthers) { NotVerified = notVerified };
        for (int i = 0; i < 100 - missing; i++)
        {
            told.Delays.RecordValue(i < late ? 10_000_000 : delayMs * 1000);
        }
        return told;
    }
}
