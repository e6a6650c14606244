using HotPath.LoadTest.Running;
using Xunit;

namespace HotPath.LoadTest.Tests;

public sealed class ArrivalScheduleTests
{
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(ArrivalPattern.Constant, null)]
    [InlineData(ArrivalPattern.Poisson, null)]
    [InlineData(ArrivalPattern.Ramp, 3000.0)]
    [InlineData(ArrivalPattern.Ramp, 1.0)]
    public void SameSeed_SameTimes_AscendingAndAtTheRate(object pattern, double? end)
    {
        var schedule = new ArrivalSchedule(1000, (ArrivalPattern)pattern, seed: 3, end);

        long[] first = [.. schedule.Until(Time)];

        Assert.Equal(first, schedule.Until(Time));
        Assert.True(first.SequenceEqual(first.Order()));
        double mean = (1000 + (end ?? 1000)) / 2 * Time.TotalSeconds;
        // Five standard deviations of a Poisson count.
        Assert.InRange(first.Length, mean - (5 * Math.Sqrt(mean)), mean + (5 * Math.Sqrt(mean)));
        Assert.True(first.Length <= schedule.AtMost(Time));
    }

    [Theory]
    [InlineData(ArrivalPattern.Poisson)]
    [InlineData(ArrivalPattern.Ramp)]
    public void OtherSeed_OtherTimes(object pattern) => Assert.NotEqual(
        new ArrivalSchedule(1000, (ArrivalPattern)pattern, seed: 1, 2000).Until(Time), new ArrivalSchedule(1000, (ArrivalPattern)pattern, seed: 2, 2000).Until(Time));

    [Theory]
    [InlineData(200, 2000)]
    [InlineData(2000, 200)]
    public void Ramp_EachSecond_HasAsManyArrivalsAsTheLineSays(double from, double to)
    {
        long[] arrivals = [.. new ArrivalSchedule(from, ArrivalPattern.Ramp, seed: 5, to).Until(Time)];

        for (int second = 0; second < 20; second++)
        {
            double expected = from + ((to - from) * (second + 0.5) / 20);
            int seen = arrivals.Count(at => at / 1_000_000_000 == second);
            Assert.InRange(seen, expected - (5 * Math.Sqrt(expected)), expected + (5 * Math.Sqrt(expected)));
        }
    }

    [Fact]
    public void Ramp_WithinASecond_IsPoissonAndNotEven()
    {
        long[] arrivals = [.. new ArrivalSchedule(1000, ArrivalPattern.Ramp, seed: 5, 1000).Until(Time)];

        double[] gaps = [.. arrivals.Zip(arrivals.Skip(1), static (a, b) => (double)(b - a))];

        // Exponential gaps: the standard deviation is the mean. Equal gaps would have none.
        double mean = gaps.Average();
        double deviation = Math.Sqrt(gaps.Average(gap => (gap - mean) * (gap - mean)));
        Assert.InRange(deviation / mean, 0.95, 1.05);
    }
}
