using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Breakers;
using HotPath.Core.Model;
using HotPath.Core.Tests.Allocation;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Clearing.Breakers;

/// <summary>The breaker's cases, on virtual time (specification 4.4; failure model F61, F62).</summary>
public sealed class ChannelBreakerTests : IDisposable
{
    private static readonly TimeSpan Fast = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(10) + TimeSpan.FromMilliseconds(1);

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 9, 19, 2, 30, 0, TimeSpan.Zero));
    private readonly List<(TimeSpan At, TaskCompletionSource<bool> Answer)> _probes = [];
    private readonly ChannelBreaker _breaker;
    private readonly long _start;

    public ChannelBreakerTests()
    {
        _start = _clock.GetTimestamp();
        _breaker = new ChannelBreaker(new BreakerOptions(), _clock, Probe);
    }

    public void Dispose() => _breaker.Dispose();

    [Theory]
    [InlineData(1000, 300, false)]
    [InlineData(1000, 301, true)]
    [InlineData(20, 6, false)]
    [InlineData(20, 7, true)]
    [InlineData(19, 19, false)]
    public void ErrorRate_OpensOver30Percent_OfAtLeast20Calls(int calls, int errors, bool opens)
    {
        // Successes between, so that no other rule has a word, and errors last: it is judged when an error comes.
        End(ClearingOutcome.Succeeded, Fast, calls - errors);
        End(ClearingOutcome.Unknown, Fast, errors);

        Assert.Equal(opens, _breaker.State == BreakerState.Open);
        Assert.Equal(opens ? [BreakerCause.ErrorRate] : [], Causes());
    }

    [Fact]
    public void ErrorRate_CountsWhatWasNotDelivered_AndNoBusinessDecline()
    {
        foreach (ClearingOutcome sense in new[] { ClearingOutcome.Succeeded, ClearingOutcome.Failed, ClearingOutcome.Processing, ClearingOutcome.Reversed, ClearingOutcome.NotFound })
        {
            End(sense, Fast, 14);
        }
        Assert.True(_breaker.IsClosed);
        End(ClearingOutcome.NotDelivered, Fast, 30);
        Assert.True(_breaker.IsClosed);
        End(ClearingOutcome.NotDelivered, Fast);
        Assert.Equal([BreakerCause.ErrorRate], Causes());
    }

    [Fact]
    public void ErrorRate_ForgetsWhatIsOlderThanTheWindow()
    {
        End(ClearingOutcome.Unknown, Fast, 15);
        End(ClearingOutcome.Succeeded, Fast);
        _clock.Advance(TimeSpan.FromMinutes(11));
        End(ClearingOutcome.Succeeded, Fast, 70);
        End(ClearingOutcome.Unknown, Fast, 30);
        Assert.True(_breaker.IsClosed);
        End(ClearingOutcome.Unknown, Fast);
        Assert.Equal([BreakerCause.ErrorRate], Causes());
    }

    [Fact]
    public void SlowCalls_OpenWhenFiveComeInARow_AndNotWhenOneAmongThemIsNot()
    {
        End(ClearingOutcome.Succeeded, Slow, 4);
        End(ClearingOutcome.Succeeded, TimeSpan.FromSeconds(10));
        End(ClearingOutcome.Succeeded, Slow, 4);
        Assert.True(_breaker.IsClosed);
        End(ClearingOutcome.Succeeded, Slow);
        Assert.Equal([BreakerCause.SlowCalls], Causes());
    }

    /// <summary>A host that is half dead: what goes by its old connections hangs, and new ones cannot be made, or are answered with nonsense.</summary>
    [Theory]
    [InlineData(ClearingOutcome.NotDelivered, 2000)]
    [InlineData(ClearingOutcome.Unknown, 20)]
    public void SlowCalls_AreInARow_WhateverErrorsComeBetween(ClearingOutcome error, int milliseconds)
    {
        for (int i = 0; i < 4; i++)
        {
            End(ClearingOutcome.Unknown, Slow);
            End(error, TimeSpan.FromMilliseconds(milliseconds));
        }
        Assert.True(_breaker.IsClosed);
        End(ClearingOutcome.Unknown, Slow);
        Assert.Equal([BreakerCause.SlowCalls], Causes());
    }

    [Theory]
    [InlineData(ClearingOutcome.Succeeded)]
    [InlineData(ClearingOutcome.Failed)]
    [InlineData(ClearingOutcome.Processing)]
    public void SlowCalls_AreNoRow_WhereAnAnswerWithin10SecondsIsBetween_ThoughAnErrorCameToo(ClearingOutcome answer)
    {
        End(ClearingOutcome.Unknown, Slow, 4);
        End(ClearingOutcome.NotDelivered, Fast);
        End(answer, Fast);
        End(ClearingOutcome.Unknown, Slow, 4);
        Assert.True(_breaker.IsClosed);
    }

    [Fact]
    public void Unavailable_OpensAfterAMinuteOfNothingButErrors()
    {
        End(ClearingOutcome.Unknown, Fast);
        _clock.Advance(TimeSpan.FromSeconds(59));
        End(ClearingOutcome.Unknown, Fast);
        Assert.True(_breaker.IsClosed);
        _clock.Advance(TimeSpan.FromSeconds(1));
        End(ClearingOutcome.Unknown, Fast);
        Assert.Equal([BreakerCause.Unavailable], Causes());
    }

    [Fact]
    public void Unavailable_BeginsAnewWithEveryAnswer()
    {
        for (int i = 0; i < 10; i++)
        {
            End(ClearingOutcome.Unknown, Fast);
            _clock.Advance(TimeSpan.FromSeconds(59));
            End(ClearingOutcome.Unknown, Fast);
            End(ClearingOutcome.Failed, Fast, 20);
        }
        Assert.True(_breaker.IsClosed);
    }

    [Fact]
    public void Probe_IsSentEvery30Seconds_ExactlyOnce_UntilOneIsAnswered()
    {
        Trip();
        _clock.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromMilliseconds(1));
        Assert.Empty(_probes);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(BreakerState.HalfOpen, _breaker.State);
        Assert.False(_breaker.IsClosed);
        _clock.Advance(TimeSpan.FromSeconds(3));
        _probes[0].Answer.SetResult(false);
        Assert.Equal(BreakerState.Open, _breaker.State);
        for (int seconds = 0; seconds < 27 + 60; seconds++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            _probes[^1].Answer.TrySetResult(false);
        }
        Assert.Equal([30, 60, 90, 120], _probes.Select(probe => probe.At.TotalSeconds));

        _clock.Advance(TimeSpan.FromSeconds(30));
        _probes[^1].Answer.SetResult(true);

        Assert.True(_breaker.IsClosed);
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(5, _probes.Count);
        Assert.Equal(BreakerCause.ProbeAnswered, Causes()[^1]);
        Assert.Equal(TimeSpan.FromSeconds(150), _breaker.History()[^1].OpenFor);
    }

    [Fact]
    public void Probe_ThatHangs_HasFailedAfterItsDeadline_AndItsLateAnswerClosesNothing()
    {
        Trip();
        _clock.Advance(TimeSpan.FromSeconds(30));
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(BreakerState.Open, _breaker.State);
        _probes[0].Answer.SetResult(true);
        Assert.Equal(BreakerState.Open, _breaker.State);
        _clock.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(BreakerState.HalfOpen, _breaker.State);
        Assert.Equal([30, 60], _probes.Select(probe => probe.At.TotalSeconds));
    }

    [Fact]
    public void DeadlineThatWasQueuedWhenItsProbeFailed_SendsNoSecondOne()
    {
        var clock = new QueuedTimers();
        var probes = new List<TaskCompletionSource<bool>>();
        using var breaker = new ChannelBreaker(new BreakerOptions(), clock, () =>
        {
            probes.Add(new TaskCompletionSource<bool>());
            return probes[^1].Task;
        });
        Action tick = Assert.Single(clock.Ticks);
        for (int i = 0; i < 5; i++)
        {
            breaker.Ended(breaker.Period, ClearingOutcome.Unknown, Slow);
        }
        clock.Advance(TimeSpan.FromSeconds(30));
        tick();
        Assert.Single(probes);
        // Its deadline's tick is on its way when it fails, and comes after that.
        clock.Advance(TimeSpan.FromSeconds(10));
        probes[0].SetResult(false);
        tick();
        Assert.Equal((BreakerState.Open, 1), (breaker.State, probes.Count));
        Assert.InRange(clock.NextDue, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(20) + TimeSpan.FromMilliseconds(1));
        clock.Advance(TimeSpan.FromSeconds(20));
        tick();
        Assert.Equal((BreakerState.HalfOpen, 2), (breaker.State, probes.Count));
    }

    [Fact]
    public void LateOutcome_FromBeforeTheBreak_NeitherClosesNorCountsAfterwards()
    {
        int before = _breaker.Period;
        Trip();
        _clock.Advance(TimeSpan.FromSeconds(30));
        _breaker.Ended(before, ClearingOutcome.Succeeded, Slow);
        Assert.Equal(BreakerState.HalfOpen, _breaker.State);
        _probes[0].Answer.SetResult(true);
        for (int i = 0; i < 100; i++)
        {
            _breaker.Ended(before, ClearingOutcome.Unknown, Slow);
        }
        Assert.True(_breaker.IsClosed);
    }

    [Fact]
    public void Recovery_BeginsWithAnEmptyWindow()
    {
        Trip();
        _clock.Advance(TimeSpan.FromSeconds(30));
        _probes[0].Answer.SetResult(true);
        End(ClearingOutcome.Unknown, Slow, 4);
        End(ClearingOutcome.Succeeded, Fast, 15);
        End(ClearingOutcome.Unknown, Fast, 2);
        Assert.True(_breaker.IsClosed);
        End(ClearingOutcome.Unknown, Fast);
        Assert.Equal(BreakerState.Open, _breaker.State);
    }

    [Fact]
    public void Flapping_IsRecorded_OneTransitionAfterTheOther_AndOnlyTheLastHundredAreKept()
    {
        for (int i = 0; i < 60; i++)
        {
            Trip();
            _clock.Advance(TimeSpan.FromSeconds(30));
            _probes[^1].Answer.SetResult(true);
        }
        IReadOnlyList<BreakerTransition> history = _breaker.History();
        Assert.Equal(100, history.Count);
        Assert.All(history.Zip(history.Skip(1)), pair => Assert.Equal(pair.First.To, pair.Second.From));
        Assert.All(history.Where(one => one.To == BreakerState.Closed), one => Assert.Equal(TimeSpan.FromSeconds(30), one.OpenFor));
    }

    /// <summary>After 25 min of failing probes its last hundred transitions are nothing but these.</summary>
    [Fact]
    public void WhatOpenedIt_IsKnownForAsLongAsItIsOpen()
    {
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(_breaker.Opening);
        Trip();
        for (int minutes = 0; minutes < 60; minutes++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            _probes[^1].Answer.TrySetResult(false);
        }
        Assert.DoesNotContain(BreakerCause.SlowCalls, Causes());
        Assert.Equal(
            (BreakerCause.SlowCalls, _clock.GetUtcNow().AddHours(-1).ToUnixTimeMilliseconds(), BreakerState.Closed),
            (_breaker.Opening!.Value.Cause, _breaker.Opening.Value.AtMs, _breaker.Opening.Value.From));
        // An operator who takes over did not open it; that he did is the last line of the history, where nothing comes after it.
        _breaker.OpenManually("theirs is broken");
        Assert.Equal(BreakerCause.SlowCalls, _breaker.Opening!.Value.Cause);
        _breaker.CloseManually("mended");
        Assert.Null(_breaker.Opening);
        _breaker.OpenManually("again");
        Assert.Equal((BreakerCause.Manual, "again"), (_breaker.Opening!.Value.Cause, _breaker.Opening.Value.Reason));
    }

    [Fact]
    public void WallClockSteps_MoveNothing()
    {
        var clock = new SteppingWallClock();
        int probes = 0;
        using var breaker = new ChannelBreaker(new BreakerOptions(), clock, () =>
        {
            probes++;
            return Task.FromResult(true);
        });
        // Six errors and a step of an hour in either direction: still in the same window, for no time has passed.
        for (int i = 0; i < 21; i++)
        {
            clock.Step(TimeSpan.FromHours(i % 2 == 0 ? 1 : -3));
            breaker.Ended(breaker.Period, i < 14 ? ClearingOutcome.Succeeded : ClearingOutcome.Unknown, Fast);
        }
        Assert.Equal(BreakerState.Open, breaker.State);
        clock.Step(TimeSpan.FromHours(-5));
        clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(1, probes);
        Assert.True(breaker.IsClosed);
    }

    [Fact]
    public void Operator_OpensUntilAnOperatorCloses_AndNoProbeDoes()
    {
        Assert.True(_breaker.OpenManually("maintenance of the channel"));
        Assert.False(_breaker.OpenManually("again"));
        _clock.Advance(TimeSpan.FromHours(2));
        Assert.Empty(_probes);
        Assert.Equal(BreakerState.Open, _breaker.State);
        Assert.True(_breaker.CloseManually("done"));
        Assert.False(_breaker.CloseManually("again"));
        Assert.Equal(["maintenance of the channel", "done"], _breaker.History().Select(one => one.Reason));
        End(ClearingOutcome.Unknown, Slow, 5);
        Assert.Equal(BreakerState.Open, _breaker.State);
    }

    [Fact]
    public void Operator_WhoOpensWhileAProbeIsUnderWay_IsNotOverruledByItsAnswer()
    {
        Trip();
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.True(_breaker.OpenManually("we know more"));
        _probes[0].Answer.SetResult(true);
        _clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(BreakerState.Open, _breaker.State);
        Assert.Single(_probes);
    }

    [Fact]
    public void Outcome_AllocatesNothing()
    {
        End(ClearingOutcome.Succeeded, Fast, 1000);
        Assert.Equal(0, Allocated.LeastOnThisThread(() => End(ClearingOutcome.Succeeded, Fast, 10_000)));
    }

    private void Trip() => End(ClearingOutcome.Unknown, Slow, 5);

    private void End(ClearingOutcome outcome, TimeSpan took, int times = 1)
    {
        for (int i = 0; i < times; i++)
        {
            _breaker.Ended(_breaker.Period, outcome, took);
        }
    }

    private BreakerCause[] Causes() => [.. _breaker.History().Select(one => one.Cause)];

    private Task<bool> Probe()
    {
        var answer = new TaskCompletionSource<bool>();
        _probes.Add((_clock.GetElapsedTime(_start), answer));
        return answer.Task;
    }

    /// <summary>Its timers fire when the test says so, whatever they are set to: a tick that was queued before they were set anew.</summary>
    private sealed class QueuedTimers : TimeProvider
    {
        private readonly FakeTimeProvider _steady = new();
        private long _due;

        internal List<Action> Ticks { get; } = [];

        /// <summary>What the timer is set to now, from now.</summary>
        internal TimeSpan NextDue => GetElapsedTime(GetTimestamp(), _due);

        public override long TimestampFrequency => _steady.TimestampFrequency;

        internal void Advance(TimeSpan by) => _steady.Advance(by);

        public override long GetTimestamp() => _steady.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Ticks.Add(() => callback(state));
            return new Timer(this);
        }

        private sealed class Timer(QueuedTimers clock) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                clock._due = clock.GetTimestamp() + (long)(dueTime.TotalSeconds * clock.TimestampFrequency);
                return true;
            }

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => default;
        }
    }

    /// <summary>Its UTC is stepped; its timestamps and timers go on.</summary>
    private sealed class SteppingWallClock : TimeProvider
    {
        private readonly FakeTimeProvider _steady = new(new DateTimeOffset(2026, 9, 19, 2, 30, 0, TimeSpan.Zero));
        private TimeSpan _step;

        public override long TimestampFrequency => _steady.TimestampFrequency;

        internal void Step(TimeSpan by) => _step += by;

        internal void Advance(TimeSpan by) => _steady.Advance(by);

        public override DateTimeOffset GetUtcNow() => _steady.GetUtcNow() + _step;

        public override long GetTimestamp() => _steady.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            _steady.CreateTimer(callback, state, dueTime, period);
    }
}
