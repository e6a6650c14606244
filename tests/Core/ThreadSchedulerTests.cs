using HotPath.Core.Runtime;
using Xunit;

namespace HotPath.Core.Tests;

public sealed class ThreadSchedulerTests
{
    [Fact]
    public async Task APauseOfLessThanAMillisecond_IsAPause_AndNotAThreadInACircle()
    {
        var body = new Counter(TimeSpan.FromMicroseconds(100));
        using (ThreadScheduler.Instance.StartWorker("counter", body))
        {
            await Task.Delay(200);
        }
        // Two steps a pause, a pause of a millisecond at least.
        Assert.InRange(body.Steps, 2, 1_000);
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
