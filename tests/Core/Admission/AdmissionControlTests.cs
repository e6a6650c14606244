using HotPath.Core.Admission;
using Xunit;
using static HotPath.Core.Tests.Admission.ModelledServer;

namespace HotPath.Core.Tests.Admission;

public class AdmissionControlTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 5)]
    [InlineData(4, 10)]
    [InlineData(5, 30)]
    [InlineData(6, 100)]
    public void At130PercentOfTheKnee_GoodputStays_QueuesAreShort_AndTheFloorHolds(int seed, int institutions)
    {
        const double knee = 4000;
        var random = new Random(seed);
        using var server = new ModelledServer(knee, seed);
        double[] shares = [.. Enumerable.Range(0, institutions).Select(_ => Math.Exp(2 * random.NextDouble()))];
        Caller[] callers = [.. shares.Select(share => server.NewCaller(1.3 * knee * share / shares.Sum()))];

        server.Run(TimeSpan.FromSeconds(5), callers);
        Assert.True(server.IsOverloaded);
        server.ForgetWhatWas();
        server.Run(TimeSpan.FromSeconds(10), callers);

        Assert.InRange(server.Finished / 10.0, 0.9 * knee, knee);
        Assert.InRange(server.LongestWaitMs, 1, 250);
    }

    [Fact]
    public void NineBelowTheirGuarantee_AreNotRefused_WhileOneFloods()
    {
        using var server = new ModelledServer(4000);
        // One of them sends each second's calls all at once: still not above it.
        Caller[] nine = [.. Enumerable.Range(0, 9).Select(i => server.NewCaller(280, isBursty: i == 0))];
        Caller flooding = server.NewCaller(20_000);
        server.Run(TimeSpan.FromSeconds(2), nine);
        server.Run(TimeSpan.FromSeconds(15), [.. nine, flooding]);
        flooding.Granted = 0;
        server.Run(TimeSpan.FromSeconds(10), [.. nine, flooding]);

        Assert.All(nine, institution => Assert.Equal(0, institution.Refused));
        Assert.InRange(flooding.Granted / 10.0, 0.8 * (4000 - (9 * 280)), 1.1 * (4000 - (9 * 280)));
    }

    [Fact]
    public void ThoseAboveTheirGuarantee_GetTheSame_WhateverTheyAskFor()
    {
        using var server = new ModelledServer(4000);
        Caller small = server.NewCaller(200), large = server.NewCaller(3000), huge = server.NewCaller(9000);
        server.Run(TimeSpan.FromSeconds(6), small, large, huge);
        (small.Granted, large.Granted, huge.Granted) = (0, 0, 0);
        server.Run(TimeSpan.FromSeconds(10), small, large, huge);

        Assert.Equal(0, small.Refused);
        Assert.InRange(large.Granted / 10.0, 1700, 2050);
        Assert.InRange((double)huge.Granted / large.Granted, 0.97, 1.03);
    }

    [Theory]
    [InlineData(2, 1000)]
    [InlineData(10, 380)]
    [InlineData(50, 76)]
    public void Guarantee_IsAThousand_UntilTheMachineCannotDoThatForAllWhoCall(int institutions, double guarantee)
    {
        using var server = new ModelledServer(4000);
        Caller[] callers = [.. Enumerable.Range(0, institutions).Select(_ => server.NewCaller(8000.0 / institutions))];
        Assert.Equal(1000, server.Guarantee);
        server.Run(TimeSpan.FromSeconds(5), callers);
        Assert.InRange(server.Guarantee, 0.95 * guarantee, Math.Min(1000, 1.05 * guarantee));

        // Those who have gone silent no longer share it.
        server.Run(TimeSpan.FromSeconds(6), callers[0]);
        Assert.Equal(1000, server.Guarantee);
    }

    [Fact]
    public void WithoutOverload_NobodyIsRefused_HoweverHighTheRate()
    {
        using var server = new ModelledServer(200_000);
        Caller one = server.NewCaller(100_000);
        server.Run(TimeSpan.FromSeconds(2), one);
        Assert.False(server.IsOverloaded);
        Assert.Equal(0, one.Refused);
    }

    [Fact]
    public void Stall_AndABurst_RefuseNobody()
    {
        using var server = new ModelledServer(4000);
        Caller one = server.NewCaller(2500), burst = server.NewCaller(600, isBursty: true);
        server.Run(TimeSpan.FromSeconds(2), one);
        server.PerSecond = 10;
        server.Run(TimeSpan.FromMilliseconds(150), one);
        server.PerSecond = 4000;
        server.Run(TimeSpan.FromSeconds(1), one);
        server.Run(TimeSpan.FromSeconds(3), one, burst);
        Assert.Equal(0, one.Refused + burst.Refused);
    }

    [Fact]
    public void Overload_ThatIsOver_LeavesNothingBehind_AlsoWhenTheMachineHasGrown()
    {
        using var server = new ModelledServer(1000);
        Caller one = server.NewCaller(3000);
        server.Run(TimeSpan.FromSeconds(5), one);
        Assert.True(server.IsOverloaded);
        server.PerSecond = 5000;
        server.Run(TimeSpan.FromSeconds(25), one);
        Assert.False(server.IsOverloaded);
        one.Refused = 0;
        server.Run(TimeSpan.FromSeconds(5), one);
        Assert.Equal(0, one.Refused);
    }

    [Fact]
    public void StrangersThatKeepTheThreadsBusy_DoNotTalkInstitutionsOutOfTheirShare()
    {
        using var server = new ModelledServer(4000) { ChannelMs = 20 };
        Caller[] ten = [.. Enumerable.Range(0, 10).Select(_ => server.NewCaller(150))];
        server.Run(TimeSpan.FromSeconds(2), ten);
        server.AddStrangers(800);
        var refused = new List<long>();
        for (int time = 0; time < 4; time++)
        {
            server.Run(TimeSpan.FromSeconds(10), ten);
            refused.Add(ten.Sum(one => one.Refused));
            Array.ForEach(ten, one => one.Refused = 0);
        }

        Assert.True(server.IsOverloaded);
        // Of 15,000 each.
        Assert.True(refused[^1] < 1500, string.Join(' ', refused));
    }

    [Fact]
    public void LightLoad_AtASlowChannel_IsNotRefused_BecauseOfANeighbour()
    {
        using var server = new ModelledServer(4000) { ChannelMs = 2000, NeighbourMs = 8 };
        Caller[] ten = [.. Enumerable.Range(0, 10).Select(_ => server.NewCaller(10))];
        server.Run(TimeSpan.FromSeconds(10), ten);
        Assert.All(ten, one => Assert.Equal(0, one.Refused));
        Assert.False(server.IsOverloaded);
    }

    [Fact]
    public void OverloadAtASlowChannel_IsSeen()
    {
        using var server = new ModelledServer(4000) { ChannelMs = 2000 };
        Caller[] ten = [.. Enumerable.Range(0, 10).Select(_ => server.NewCaller(520))];
        server.Run(TimeSpan.FromSeconds(6), ten);
        Assert.True(server.IsOverloaded);
    }

    [Fact]
    public void Transient_IsForgottenWithinASecond()
    {
        using var server = new ModelledServer(4000);
        Caller[] ten = [.. Enumerable.Range(0, 10).Select(_ => server.NewCaller(150))];
        server.Run(TimeSpan.FromSeconds(2), ten);
        server.PerSecond = 400;
        server.Run(TimeSpan.FromSeconds(2), ten);
        Assert.True(server.IsOverloaded);
        server.PerSecond = 4000;
        server.Run(TimeSpan.FromSeconds(1), ten);
        Array.ForEach(ten, one => one.Refused = 0);
        server.Run(TimeSpan.FromSeconds(5), ten);
        // Of 7,500: what chance lets one of them ask for at once.
        Assert.InRange(ten.Sum(one => one.Refused), 0, 150);
        Assert.False(server.IsOverloaded);
    }
}
