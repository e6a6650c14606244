using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Running;
using HotPath.LoadTest.Scenarios;
using Xunit;

namespace HotPath.LoadTest.Tests;

public sealed class BadSignatureFloodTests
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData(900, 5000, true)]
    [InlineData(1000, 5000, false)]
    [InlineData(0, 5000, false)]
    [InlineData(0, 0, false)]
    public void Flood_IsToldD001_AtMost300TimesASecondAndABurst(int withD001, int with429, bool holds) =>
        Assert.Equal(holds, Holds(Paid(), Lanes.Of(("D001", withD001), ("HTTP 429", with429))));

    [Fact]
    public void SecondsAfterTheLastArrival_BuyNoSignatures()
    {
        // Answered until second 19: over twenty seconds a thousand would be few, but they came in the first.
        Lane flood = Lanes.Of(("D001", 1000));
        Lanes.Add(flood.Record, "HTTP 429", 1, second: 19);

        Assert.False(Holds(Paid(), flood));
    }

    [Fact]
    public void FloodThatIsAnsweredOtherwise_IsABreach() => Assert.False(Holds(Paid(), Lanes.Of(("D001", 300), (RunRecord.NoAnswer, 1))));

    [Fact]
    public void NoPaymentBesideIt_IsABreach() => Assert.False(Holds(Lanes.Of(), Lanes.Of(("D001", 300))));

    private static bool Holds(Lane beside, Lane flood) => BadSignatureFlood.Judge(Paid(), beside, flood, Duration).All(static finding => finding.Holds);

    private static Lane Paid() => Lanes.Of(("0000", 600));
}
