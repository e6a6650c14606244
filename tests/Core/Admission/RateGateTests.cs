using HotPath.Core.Admission;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Admission;

public class RateGateTests
{
    private static readonly TimeSpan OneSecond = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void Gate_AllowsItsRate_AndNoMore()
    {
        RateGate gate = Gate(50);
        Assert.Equal(50, Taken(gate, 1000));
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(5, Taken(gate, 1000));
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(50, Taken(gate, 1000));
    }

    [Fact]
    public void Gate_SharedByThreads_IsNotOverdrawn()
    {
        RateGate gate = Gate(300);
        int taken = 0;
        Parallel.For(0, 5000, _ => Interlocked.Add(ref taken, gate.TryTake() ? 1 : 0));
        Assert.Equal(300, taken);
    }

    [Fact]
    public void Gate_UnderRealThreadsAndTime_NeverAllowsMoreThanItsRate()
    {
        TimeProvider clock = TimeProvider.System;
        var rate = new Rate(20_000, TimeSpan.FromMilliseconds(1), clock);
        var gate = new RateGate(rate, clock);
        long taken = 0;
        long startedAt = clock.GetTimestamp();
        Parallel.For(0, 8, _ =>
        {
            while (clock.GetElapsedTime(startedAt) < TimeSpan.FromMilliseconds(100))
            {
                Interlocked.Add(ref taken, gate.TryTake(rate) ? 1 : 0);
            }
        });
        double seconds = clock.GetElapsedTime(startedAt).TotalSeconds;
        // The burst, the rate, and the one that is due at the very end.
        Assert.InRange(taken, 1, 20 + (20_000 * seconds) + 1);
    }

    [Fact]
    public void Rate_BelowOneASecond_AllowsOneInItsTime()
    {
        RateGate gate = Gate(0.1);
        Assert.Equal(1, Taken(gate, 10));
        _clock.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(0, Taken(gate, 10));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, Taken(gate, 10));
    }

    [Fact]
    public void Rate_ThatRises_DoesNotWaitForTheDebtOfTheOldOne()
    {
        var slow = new Rate(0.1, OneSecond, _clock);
        var fast = new Rate(100, OneSecond, _clock);
        var gate = new RateGate(slow, _clock);
        Assert.True(gate.TryTake(slow));
        Assert.False(gate.TryTake(fast));
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.InRange(Enumerable.Range(0, 1000).Count(_ => gate.TryTake(fast)), 9, 10);
    }

    [Fact]
    public void Charged_ForPartOfItsSecond_HasTheRest()
    {
        var rate = new Rate(100, OneSecond, _clock);
        var gate = new RateGate(rate, _clock);
        gate.Charge(rate, 60);
        Assert.Equal(40, Taken(gate, 1000));
        gate.Charge(rate, 10);
        _clock.Advance(TimeSpan.FromMilliseconds(10));
        Assert.Equal(1, Taken(gate, 1000));
        gate.Charge(rate, 1e9);
        _clock.Advance(TimeSpan.FromMilliseconds(10));
        Assert.Equal(1, Taken(gate, 1000));
    }

    private static int Taken(RateGate gate, int asked) => Enumerable.Range(0, asked).Count(_ => gate.TryTake());

    private RateGate Gate(double perSecond) => new(new Rate(perSecond, OneSecond, _clock), _clock);
}
