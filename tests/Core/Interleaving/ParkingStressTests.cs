using System.Diagnostics;
using HotPath.Core.Buffers;
using HotPath.Core.Runtime;
using Xunit;

namespace HotPath.Core.Tests.Interleaving;

/// <summary>
/// Parking on real threads, as often as fits into a second. It finds a wake-up that is lost now and then; a missing fence it does not: with either
/// of the two taken out it passes (docs/decisions/0012).
/// </summary>
[Collection(nameof(WholeMachine))]
public sealed class ParkingStressTests
{
    private const int Rounds = 50_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public void Worker_ThatGoesToSleepWhileWorkComes_IsAlwaysWoken()
    {
        var body = new Counting();
        using IWorker worker = ThreadScheduler.Instance.StartWorker("stress", body);
        for (int i = 1; i <= Rounds; i++)
        {
            Assert.True(body.Ring.TryEnqueue(body));
            worker.Wake();
            // The next one comes at about the moment when the worker finds nothing more and parks; a pause that nobody ends lasts ten minutes.
            long begin = Stopwatch.GetTimestamp();
            while (body.Done != i)
            {
                Assert.True(Stopwatch.GetElapsedTime(begin) < Patience, $"round {i} was slept through");
            }
            Thread.SpinWait(i % 40);
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
