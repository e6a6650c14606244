using System.Runtime.CompilerServices;
using System.Threading.Channels;
using BenchmarkDotNet.Attributes;
using HotPath.Bench.Baselines;
using HotPath.Core.Buffers;
using HotPath.Core.Runtime;

namespace HotPath.Bench;

/// <summary>
/// A payment's hop to its channel's worker (7): each caller posts an item and goes on where the worker has taken it. Time per item.
/// </summary>
[MemoryDiagnoser]
public class HopBenchmarks
{
    private const int Items = 8192;
    private const int Capacity = 4096;

    private readonly Channel<HopItem> _bounded = Channel.CreateBounded<HopItem>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly Channel<HopItem> _unbounded = Channel.CreateUnbounded<HopItem>(new UnboundedChannelOptions { SingleReader = true });
    private readonly RingHop _ring = new(Capacity, ThreadScheduler.Instance);
    private Callers _throughBounded = null!;
    private Callers _throughUnbounded = null!;
    private Callers _throughRing = null!;

    /// <summary>Callers at once.</summary>
    [Params(1, 256)]
    public int Concurrency { get; set; } = 1;

    [GlobalSetup]
    public void Open()
    {
        _ = DrainAsync(_bounded.Reader);
        _ = DrainAsync(_unbounded.Reader);
        _throughBounded = Through(_bounded.Writer.TryWrite);
        _throughUnbounded = Through(_unbounded.Writer.TryWrite);
        _throughRing = Through(_ring.TryPost);
    }

    [GlobalCleanup]
    public void Close()
    {
        _bounded.Writer.Complete();
        _unbounded.Writer.Complete();
    }

    [Benchmark(Description = "Channel, bounded", OperationsPerInvoke = Items, Baseline = true)]
    public Task Bounded() => _throughBounded.RunAsync(0, Items);

    [Benchmark(Description = "Channel, unbounded", OperationsPerInvoke = Items)]
    public Task Unbounded() => _throughUnbounded.RunAsync(0, Items);

    [Benchmark(Description = "MpscRing and one posted work item", OperationsPerInvoke = Items)]
    public Task Ring() => _throughRing.RunAsync(0, Items);

    private Callers Through(Func<HopItem, bool> tryPost) => new([.. Enumerable.Range(0, Concurrency).Select(_ => new Hopper(tryPost))]);

    private static async Task DrainAsync(ChannelReader<HopItem> reader)
    {
        while (await reader.WaitToReadAsync())
        {
            while (reader.TryRead(out HopItem? item))
            {
                item.Arrive();
            }
        }
    }

    private sealed class Hopper(Func<HopItem, bool> tryPost) : ICaller
    {
        private readonly HopItem _item = new();

        [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
        public async ValueTask CallAsync(int index)
        {
            _item.Reset();
            if (!tryPost(_item))
            {
                throw new InvalidOperationException("full, although there are fewer callers than places");
            }
            await _item.Arrival;
        }
    }
}
