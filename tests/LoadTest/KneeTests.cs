using HotPath.LoadTest.Measuring;
using Xunit;

namespace HotPath.LoadTest.Tests;

public sealed class KneeTests
{
    // A server of capacity 3,000/s: the wait grows like 1/(1 - load) before it, and what is beyond is not done.
    private static IEnumerable<LoadPoint> Curve(double capacity) => Enumerable.Range(1, 40).Select(step =>
    {
        double rate = step * 100;
        return new LoadPoint(rate, Math.Min(1, capacity / rate), rate < capacity ? 2 / (1 - (rate / capacity)) : 5000);
    });

    [Theory]
    [InlineData(100, 2900)]
    [InlineData(21, 2700)]
    public void SyntheticCurve_KneeIsTheLargestRateWithinTheBound(double maxAddedMs, double rate) => Assert.Equal(rate, Knee.Of(Curve(3000), maxAddedMs)!.Value.Rate);

    [Theory]
    [InlineData(0.99, true)]
    [InlineData(0.9899, false)]
    public void OneInAHundredUnpaid_IsTheBorder(double share, bool holds) => Assert.Equal(holds, Knee.Of([new LoadPoint(1000, share, 1)], 100) is not null);

    [Fact]
    public void HiccupBelow_DoesNotHideTheKnee() =>
        Assert.Equal(1200, Knee.Of([new(1000, 1, 5), new(1100, 1, 500), new(1200, 1, 5), new(1300, 0.9, 900)], 100)!.Value.Rate);

    [Fact]
    public void NothingHolds_HasNoKnee() => Assert.Null(Knee.Of([new LoadPoint(1000, 0.5, 5000)], 100));
}
