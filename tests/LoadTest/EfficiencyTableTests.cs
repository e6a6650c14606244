using HotPath.LoadTest.Efficiency;
using HotPath.LoadTest.Measuring;
using HotPath.Signing;
using Xunit;

namespace HotPath.LoadTest.Tests;

public sealed class EfficiencyTableTests
{
    [Fact]
    public void Median_IsTheMiddleOne_OrTheMeanOfTheTwoInTheMiddle()
    {
        Assert.Equal(3, Median.Of([9, 1, 3]));
        Assert.Equal(2.5, Median.Of([9, 1, 3, 2]));
        Assert.Throws<InvalidOperationException>(() => Median.Of([]));
    }

    [Theory]
    [InlineData(SignType.Rsa2, 9_999, 0.79, "", "at least 0.8: missed")]
    [InlineData(SignType.Rsa2, 9_999, 0.80, "", "at least 0.8: reached")]
    [InlineData(SignType.Es256, 9_999, 0.79, "at least 10000: missed", "")]
    [InlineData(SignType.Es256, 10_000, 0.80, "at least 10000: reached", "")]
    public void Goals_AreThoseOfTheSignType_AndReachedAtTheirBorder(SignType type, double perSecond, double efficiency, string rateGoal, string efficiencyGoal)
    {
        EfficiencyRound[] rounds = [Round(perSecond, efficiency)];
        string Judged(string name)
        {
            EfficiencyTable.Row row = Assert.Single(EfficiencyTable.Rows(type), row => row.Name == name);
            return row.Judge(row.MedianOf(rounds));
        }
        Assert.Equal(rateGoal, Judged("saturation, payments/s"));
        Assert.Equal(efficiencyGoal, Judged("  efficiency against openssl speed"));
    }

    [Fact]
    public void Figure_ThatOneRoundLacks_HasNoMedian()
    {
        EfficiencyTable.Row speed = Assert.Single(EfficiencyTable.Rows(SignType.Rsa2), row => row.Name == "crypto by openssl speed, µs");
        EfficiencyRound with = Round(1, 1) with { OpenSsl = new CryptoCost(200, 20) };
        Assert.Equal(220, speed.MedianOf([with, with]));
        Assert.Null(speed.MedianOf([with, Round(1, 1)]));
    }

    private static EfficiencyRound Round(double perSecond, double efficiency) => new()
    {
        Crypto = new CryptoCost(240, 20),
        OpenSsl = null,
        SaturatedPerSecond = perSecond,
        Saturated = new ServerSide { EfficiencyToOpensslSpeed = efficiency },
        GeneratorMicroseconds = 25,
        PartialPerSecond = 1,
        Partial = new ServerSide(),
        Added = new Latency(1, 2, 3, 4, 5),
    };
}
