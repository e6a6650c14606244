using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Scenarios;
using Xunit;

namespace HotPath.LoadTest.Tests;

public sealed class HungChannelTests
{
    [Theory]
    [InlineData(10, 12, true)]
    [InlineData(10, 13, false)]
    public void Other_MayBeAFifthSlower(int beforeMs, int besideMs, bool holds) =>
        Assert.Equal(holds, Holds(HungChannel.JudgeOther("then", Paid(beforeMs), Paid(besideMs))));

    [Fact]
    public void Other_MoreRefusedThanBefore_IsABreach() => Assert.False(Holds(HungChannel.JudgeOther("then", Paid(10), Lanes.Of(("0000", 94), ("A001", 6)))));

    [Fact]
    public void Other_OneInDoubt_IsABreach() => Assert.False(Holds(HungChannel.JudgeOther("then", Paid(10), Lanes.Of(("0000", 99), ("B001", 1)))));

    [Fact]
    public void Hung_OpenedInTime_Holds() => Assert.True(Holds(HungChannel.JudgeHung(Hung(openedIn: 11))));

    [Fact]
    public void Hung_OpenedLate_IsABreach() => Assert.False(Holds(HungChannel.JudgeHung(Hung(openedIn: 13))));

    [Fact]
    public void Hung_NeverOpened_IsABreach() => Assert.False(Holds(HungChannel.JudgeHung(Lanes.Of(("0001", 10)))));

    [Fact]
    public void Hung_AnsweredAfter3Seconds_IsABreach() => Assert.False(Holds(HungChannel.JudgeHung(Hung(openedIn: 11, told: TimeSpan.FromSeconds(3.1)))));

    /// <summary>A refusal while there are credits: somebody is told to come back who could have paid, or been told 0001.</summary>
    [Theory]
    [InlineData(4096, true)]
    [InlineData(4095, false)]
    public void Hung_RefusedForCapacity_OnlyWhenItsCreditsAreTaken(int inDoubt, bool holds)
    {
        Lane hung = Hung(openedIn: 11, inDoubt: inDoubt);
        Lanes.Add(hung.Record, "A001", 1, second: 3);
        Assert.Equal(holds, Holds(HungChannel.JudgeHung(hung)));
    }

    [Fact]
    public void Hung_NoAnswer_IsABreach()
    {
        Lane hung = Hung(openedIn: 11);
        Lanes.Add(hung.Record, "no answer", 1, second: 12);
        Assert.False(Holds(HungChannel.JudgeHung(hung)));
    }

    [Theory]
    [InlineData("A002", 4, true)]
    [InlineData("A002", 6, false)]
    [InlineData("A001", 4, false)]
    public void LeftAlone_IsA002AtOnce(string code, int ms, bool holds)
    {
        Lane lane = Lanes.Of(TimeSpan.FromMilliseconds(ms), (code, 100));
        Assert.Equal(holds, Holds(HungChannel.JudgeAlone(lane, lane)));
    }

    private static Lane Paid(int ms) => Lanes.Of(TimeSpan.FromMilliseconds(ms), ("0000", 100));

    private static Lane Hung(int openedIn, TimeSpan? told = null, int inDoubt = 10)
    {
        Lane lane = Lanes.Of(told ?? TimeSpan.FromSeconds(2.5), ("0001", inDoubt));
        Lanes.Add(lane.Record, "A002", 10, openedIn);
        return lane;
    }

    private static bool Holds(IEnumerable<Finding> findings) => findings.All(static finding => finding.Holds);
}
