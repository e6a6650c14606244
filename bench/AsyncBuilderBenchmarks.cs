using System.Runtime.CompilerServices;
using BenchmarkDotNet.Attributes;
using HotPath.Bench.Baselines;
using HotPath.Core.Buffers;

namespace HotPath.Bench;

/// <summary>So many payments wait at once, then all go on: what the box of each waiting method costs. Time and bytes per wait.</summary>
[MemoryDiagnoser]
public class AsyncBuilderBenchmarks
{
    private const int Most = 1024;
    private const int Waits = 8192;

    private readonly HopItem[] _gates = [.. Enumerable.Range(0, Most).Select(static _ => new HopItem())];
    private readonly ValueTask[] _waiting = new ValueTask[Most];

    /// <summary>Methods that wait at the same time.</summary>
    [Params(1, 1024)]
    public int Waiting { get; set; } = 1;

    [Benchmark(Description = "async ValueTask", OperationsPerInvoke = Waits, Baseline = true)]
    public void Standard() => Run(StandardAsync);

    [Benchmark(Description = "PoolingAsyncValueTaskMethodBuilder", OperationsPerInvoke = Waits)]
    public void Frameworks() => Run(FrameworksAsync);

    [Benchmark(Description = "PooledValueTaskMethodBuilder", OperationsPerInvoke = Waits)]
    public void Ours() => Run(OursAsync);

    private void Run(Func<HopItem, ValueTask> wait)
    {
#pragma warning disable CA2012 // Kept in an array, each taken exactly once.
        for (int done = 0; done < Waits; done += Waiting)
        {
            for (int i = 0; i < Waiting; i++)
            {
                _gates[i].Reset();
                _waiting[i] = wait(_gates[i]);
            }
            for (int i = 0; i < Waiting; i++)
            {
                _gates[i].ArriveHere();
                _waiting[i].GetAwaiter().GetResult();
            }
        }
#pragma warning restore CA2012
    }

    private static async ValueTask StandardAsync(HopItem gate) => await gate.Arrival;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask FrameworksAsync(HopItem gate) => await gate.Arrival;

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    private static async ValueTask OursAsync(HopItem gate) => await gate.Arrival;
}
