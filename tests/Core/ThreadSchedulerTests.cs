using System.Diagnostics;
using HotPath.Core.Runtime;
using Xunit;

namespace HotPath.Core.Tests;

public sealed class ThreadSchedulerTests
{
    [Fact]
    public async Task APauseOfLessThanAMillisecond_IsAPause_AndNotAThreadInACircle()
    {
        var body = new Counter(TimeSpan.FromMicroseconds(100));
        long begin = Stopwatch.GetTimestamp();
        using (ThreadScheduler.Instance.StartWorker("counter", body))
        {
            while (body.Steps < 2 || Stopwatch.GetElapsedTime(begin) < TimeSpan.FromMilliseconds(200))
            {
                await Task.Delay(10);
            }
        }
        // Two steps a pause, a pause of a millisecond at least; however long this machine let it run.
        Assert.InRange(body.Steps, 2, 10 + (5 * Stopwatch.GetElapsedTime(begin).TotalMilliseconds));
    }

    private sealed class Counter(TimeSpan pause) : IWorkerBody
    {
        internal int Steps { get; private set; }

        public WorkerPause Step()
        {
            Steps++;
            return WorkerPause.Idle(pause);
        }
    }
}
