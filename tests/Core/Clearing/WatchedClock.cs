using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Clearing;

/// <summary>Virtual time that tells which timers were set on it: time that passes before anybody waits for it passes in vain.</summary>
internal sealed class WatchedClock : FakeTimeProvider
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<TimeSpan> _set = new();

    /// <summary>How long each timer was to wait, in the order in which they were set.</summary>
    internal IReadOnlyList<TimeSpan> Set => [.. _set];

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ITimer timer = base.CreateTimer(callback, state, dueTime, period);
        _set.Enqueue(dueTime);
        return new Watched(this, timer);
    }

    /// <summary>Waits, on real time, until what was set is so.</summary>
    internal async Task UntilAsync(Func<IReadOnlyList<TimeSpan>, bool> isSo)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!isSo(Set))
        {
            Assert.False(limit.IsCancellationRequested, $"set were {string.Join(' ', Set)}");
            await Task.Delay(2, CancellationToken.None);
        }
    }

    /// <summary>Waits until somebody waits for so long, and lets it pass.</summary>
    internal async Task PassAsync(TimeSpan time)
    {
        await UntilAsync(set => set.Contains(time));
        Advance(time);
    }

    private sealed class Watched(WatchedClock clock, ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            bool isSet = timer.Change(dueTime, period);
            clock._set.Enqueue(dueTime);
            return isSet;
        }

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
