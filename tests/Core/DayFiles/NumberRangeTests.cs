using HotPath.Core.DayFiles;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.DayFiles;

public sealed class NumberRangeTests
{
    // A number's 41 bits of milliseconds end in 2039.
    private const long EndMs = 1L << (64 - TradeNo.CounterBits);

    [Theory]
    [InlineData(EndMs)]
    [InlineData(2 * EndMs)]
    [InlineData(100 * EndMs)]
    public void AWindowBehindTheLastNumber_HoldsNone_AndNotTodaysWhoseBitsItHas(long laterMs)
    {
        TradeNo today = Number(Changes.Start);
        Assert.True(NumberRange.Of(Changes.Start, Changes.Start + 1000).Holds(today));
        Assert.False(NumberRange.Of(laterMs + Changes.Start, laterMs + Changes.Start + 1000).Holds(today));
        Assert.False(NumberRange.Of(laterMs + Changes.Start, laterMs + Changes.Start + 1000).Holds(Number(EndMs - 1)));
    }

    [Fact]
    public void AWindowThatGoesOnBehindIt_HoldsTheLastOnes()
    {
        NumberRange range = NumberRange.Of(EndMs - 1000, EndMs + 1000);
        Assert.True(range.Holds(Number(EndMs - 1)));
        Assert.False(range.Holds(Number(EndMs - 1001)));
        Assert.True(NumberRange.Of(0, long.MaxValue).Holds(Number(Changes.Start)));
    }

    private static TradeNo Number(long ms) => new(((ulong)ms << TradeNo.CounterBits) | 5, 7);
}
