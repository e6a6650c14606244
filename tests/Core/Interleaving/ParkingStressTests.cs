using HotPath.Core.Buffers;
using HotPath.Core.Runtime;
using Xunit;

namespace HotPath.Core.Tests.Interleaving;

/// <summary>
/// Parking on real threads, where the processor may move a store behind a load: what the exploration of interleavings cannot show.
/// </summary>
[Collection(nameof(WholeMachine))]
public sealed class ParkingStressTests
{
    private const int Rounds = 50_000;

    [Fact]
    public void Worker_ThatGoesToSleepWhileWorkComes_IsAlwaysWoken()
    {
        var body = new Counting();
        using IWorker worker = ThreadScheduler.Instance.StartWorker("stress", body);
        for (int i = 1; i <= Rounds; i++)
        {
            Assert.True(body.Ring.TryEnqueue(body));
            worker.Wake();
            // The next comes at the very moment when the worker finds nothing more; a pause that is not ended lasts ten minutes.
            Assert.True(SpinWait.SpinUntil(() => body.Done == i, TimeSpan.FromSeconds(20)), $"round {i} was slept through");
        }
    }

    private sealed class Counting : IWorkerBody
    {
        private volatile int _done;

        internal MpscRing<Counting> Ring { get; } = new(2);

        internal int Done => _done;

        public WorkerPause Step()
        {
            if (!Ring.TryDequeue(out _))
            {
                return WorkerPause.Idle(TimeSpan.FromMinutes(10));
            }
            _done++;
            return WorkerPause.None;
        }
    }
}
