using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Scenarios;
using Xunit;

namespace HotPath.LoadTest.Tests;

/// <summary>What the scenario of the PENDING drain takes for good.</summary>
public sealed class PendingDrainTests
{
    private static readonly DrainFigures Good = new(Messages: 2_000, MostPerSecond: 480, MostMegabytes: 300);

    [Fact]
    public void Drain_WithinItsBudget_BesidePayments_ToItsEnd_IsGood() => Assert.True(Holds());

    [Fact]
    public void EachBreach_IsSeen()
    {
        Assert.False(Holds(beside: Paid(16)));
        Assert.False(Holds(beside: Lanes.Of(("0000", 99), ("A001", 1))));
        Assert.False(Holds(left: 1));
        Assert.False(Holds(leftThen: 0));
        Assert.False(Holds(drain: Good with { MostPerSecond = 530 }));
        Assert.False(Holds(drain: Good with { Messages = 1_999 }));
        Assert.False(Holds(left: double.NaN));
    }

    [Fact]
    public void Messages_AreThoseOfTheDrain_AndNotPayments()
    {
        const string page = """
            # TYPE hotpath_channel_requests_total counter
            hotpath_channel_requests_total{channel="simulator",result="succeeded"} 4000
            hotpath_channel_requests_total{channel="simulator",result="notfound"} 1200
            hotpath_channel_requests_total{channel="simulator",result="reversed"} 34
            hotpath_channel_duration_seconds_count{channel="simulator"} 5234
            """;
        Assert.Equal(1_234, DrainFigures.MessagesIn(page));
    }

    private static bool Holds(Lane? beside = null, double leftThen = 500, double left = 0, DrainFigures? drain = null) =>
        PendingDrain.Judge(Paid(10), beside ?? Paid(12), 1_000, leftThen, left, drain ?? Good).All(static finding => finding.Holds);

    private static Lane Paid(int milliseconds) => Lanes.Of(TimeSpan.FromMilliseconds(milliseconds), ("0000", 100));
}
