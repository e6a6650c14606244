using HotPath.Core.Clearing;
using HotPath.Core.Tests.Allocation;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Clearing;

/// <summary>What a channel's weight is multiplied by, on virtual time (docs/decisions/0025-routing.md).</summary>
public class ChannelHealthTests
{
    private static readonly TimeSpan Fast = TimeSpan.FromMilliseconds(50);

    private readonly FakeTimeProvider _clock = new();
    private readonly ChannelHealth _health;

    public ChannelHealthTests() => _health = new ChannelHealth(_clock);

    [Fact]
    public void Channel_IsHealthy_UntilItFails_AndABusinessDeclineIsNoFailure()
    {
        Assert.Equal(1, _health.Value);
        End(ClearingOutcome.Succeeded, 300);
        End(ClearingOutcome.Failed, 300);
        End(ClearingOutcome.Processing, 300);
        Assert.Equal(1, Now());
    }

    [Theory]
    [InlineData(ClearingOutcome.Unknown)]
    [InlineData(ClearingOutcome.NotDelivered)]
    public void SuccessRate_CountsToTheEighthPower(ClearingOutcome failure)
    {
        // 20 good calls to begin with: 160 + 20 of 180 + 20.
        End(ClearingOutcome.Succeeded, 160);
        End(failure, 20);
        Assert.Equal(Math.Pow(0.9, 8), Now(), precision: 2);
    }

    [Fact]
    public void FirstFailureOfAQuietHour_IsNoVerdict()
    {
        End(ClearingOutcome.Unknown, 1);
        Assert.InRange(Now(), 0.6, 0.75);
    }

    [Theory]
    [InlineData(50, 1)]
    [InlineData(500, 1)]
    [InlineData(1000, 0.5)]
    [InlineData(2500, 0.2)]
    public void Pace_CountsBeyondTheAverageOfTheSpecification(int milliseconds, double health)
    {
        // The good calls it begins with take no time: a tenth of what 200 have to say.
        End(ClearingOutcome.Succeeded, 1000, TimeSpan.FromMilliseconds(milliseconds));
        Assert.Equal(Math.Min(1, health * 1.1), Now(), precision: 2);
    }

    [Fact]
    public void DeadChannel_KeepsTheFloor_SoThatItCanShowThatItRecovers()
    {
        End(ClearingOutcome.Unknown, 1000);
        Assert.Equal(ChannelHealth.Floor, Now());
        // 5 payments a second that succeed, the floor's share of 100: half well again in a minute and a half, although 1,000 had failed.
        for (int second = 0; second < 90; second++)
        {
            End(ClearingOutcome.Succeeded, 5);
            _clock.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.InRange(Now(), 0.3, 0.6);
        for (int second = 0; second < 60; second++)
        {
            End(ClearingOutcome.Succeeded, 5);
            _clock.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.InRange(Now(), 0.75, 1);
    }

    [Fact]
    public void FailuresOfAnIdleChannel_LoseHalfTheirSayIn30Seconds()
    {
        End(ClearingOutcome.Unknown, 20);
        Assert.Equal(ChannelHealth.Floor, Now());
        double was = 0;
        foreach (int evidence in new[] { 10, 5 })
        {
            _clock.Advance(ChannelHealth.HalfLife - TimeSpan.FromMilliseconds(100));
            double now = Now();
            Assert.Equal(Math.Max(ChannelHealth.Floor, Math.Pow(20.0 / (20 + evidence), 8)), now, precision: 2);
            Assert.True(now >= was);
            was = now;
        }
        _clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(1, Now(), precision: 4);
    }

    /// <summary>A channel that is left alone has failures that nobody folded in before; and a failure after an idle hour is one of now.</summary>
    [Fact]
    public void Calls_CountFromWhenTheyEnded_HoweverLateTheyAreLookedAt()
    {
        End(ClearingOutcome.Unknown, 200);
        _clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(1, _health.Value, precision: 3);
        _clock.Advance(TimeSpan.FromHours(1));
        End(ClearingOutcome.Unknown, 20);
        Assert.InRange(Now(), ChannelHealth.Floor, 0.1);
    }

    /// <summary>A busy hour's failures must not outweigh everything for long after: what calls can say has an end.</summary>
    [Fact]
    public void MillionFailures_WeighNoMoreThanAThousand()
    {
        var other = new ChannelHealth(_clock);
        for (int i = 0; i < 1000; i++)
        {
            other.Ended(ClearingOutcome.Unknown, Fast);
        }
        End(ClearingOutcome.Unknown, 1_000_000);
        _clock.Advance(TimeSpan.FromMinutes(4));
        Assert.InRange(Now(), 0.6, 0.85);
        Assert.Equal(other.Value, _health.Value, tolerance: 0.005);
    }

    [Fact]
    public void CallsOnManyThreads_AreAllCounted()
    {
        Parallel.For(0, 8, _ =>
        {
            for (int i = 0; i < 100; i++)
            {
                _health.Ended(ClearingOutcome.Succeeded, Fast);
                _health.Ended(ClearingOutcome.Unknown, Fast);
            }
        });
        // Of 1,600, whose say ends at 200: 100 + 20 of 220.
        Assert.Equal(ChannelHealth.Floor, Now());
        var halved = new ChannelHealth(_clock);
        for (int i = 0; i < 100; i++)
        {
            halved.Ended(ClearingOutcome.Succeeded, Fast);
            halved.Ended(ClearingOutcome.Unknown, Fast);
        }
        _clock.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(halved.Value, _health.Value, tolerance: 0.005);
    }

    [Fact]
    public void Health_IsKept_WithoutAllocating()
    {
        End(ClearingOutcome.Succeeded, 100);
        Assert.Equal(0, Allocated.LeastOnThisThread(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                _health.Ended(ClearingOutcome.Unknown, Fast);
                _ = _health.Value;
            }
        }));
    }

    // What has ended counts 100 ms later at the latest.
    private double Now()
    {
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        return _health.Value;
    }

    private void End(ClearingOutcome outcome, int times, TimeSpan? took = null)
    {
        for (int i = 0; i < times; i++)
        {
            _health.Ended(outcome, took ?? Fast);
        }
    }
}
