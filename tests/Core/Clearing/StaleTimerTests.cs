using System.Diagnostics;
using HotPath.Core.Clearing;
using Xunit;

namespace HotPath.Core.Tests.Clearing;

public sealed class StaleTimerTests
{
    [Fact]
    public async Task A_timer_that_fires_while_its_call_changes_hands_does_not_end_the_next_payment()
    {
        var clock = new SteppedClock();
        using var adapter = new ScriptedAdapter();
        Channel channel = Payments.NewChannel(adapter, clock, InlineScheduler.Instance);
        int withoutCalls = clock.Timers;
        ClearingReference first = Payments.NewReference();
        ClearingReference second = Payments.NewReference();
        Assert.True(channel.TryTakeCredit());
        Task<ClearingResult> firstAnswer = channel.PayAsync(first, TimeSpan.FromSeconds(1)).AsTask();
        Task<ClearingResult>? secondAnswer = null;

        // The timer's thread has read the first payment's deadline and stops there: meanwhile that payment ends and the call goes to the next.
        clock.NowMs = 10_000;
        clock.OnNextRead = () =>
        {
            adapter.Answer(first, ClearingOutcome.Succeeded);
            Assert.True(channel.TryTakeCredit());
            secondAnswer = channel.PayAsync(second, TimeSpan.FromSeconds(1)).AsTask();
        };
        clock.FireTimers();

        Assert.Equal(ClearingOutcome.Succeeded, (await firstAnswer).Outcome);
        Assert.NotNull(secondAnswer);
        Assert.False(secondAnswer.IsCompleted);
        Assert.Equal(withoutCalls + 1, clock.Timers);
        adapter.Answer(second, ClearingOutcome.Failed);
        Assert.Equal(ClearingOutcome.Failed, (await secondAnswer).Outcome);
    }

    /// <summary>Time that a test can stop in the midst of a reading.</summary>
    private sealed class SteppedClock : TimeProvider
    {
        private readonly List<Action> _timers = [];

        internal long NowMs { get; set; }

        internal Action? OnNextRead { get; set; }

        internal int Timers => _timers.Count;

        public override long GetTimestamp()
        {
            Action? step = OnNextRead;
            OnNextRead = null;
            step?.Invoke();
            return NowMs * Stopwatch.Frequency / 1000;
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _timers.Add(() => callback(state));
            return new NoTimer();
        }

        internal void FireTimers() => _timers.ToArray().ToList().ForEach(fire => fire());
    }

    private sealed class NoTimer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => default;
    }
}
