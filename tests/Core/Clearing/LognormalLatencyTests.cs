using HotPath.Core.Clearing.Adapters.Simulated;
using Xunit;

namespace HotPath.Core.Tests.Clearing;

public sealed class LognormalLatencyTests
{
    [Fact]
    public void Latencies_are_around_the_mean_with_a_long_tail_and_repeatable_by_seed()
    {
        var latency = new LognormalLatency(TimeSpan.FromMilliseconds(20), seed: 42);
        double[] sample = [.. Enumerable.Range(0, 100_000).Select(_ => latency.Next().TotalMilliseconds).Order()];

        Assert.InRange(sample.Average(), 19.5, 20.5);
        Assert.InRange(sample[sample.Length / 2], 18, 19.5);
        Assert.InRange(sample[sample.Length * 99 / 100], 38, 46);
        Assert.True(sample[0] > 0);
        Assert.Equal(new LognormalLatency(TimeSpan.FromSeconds(1), seed: 9).Next(), new LognormalLatency(TimeSpan.FromSeconds(1), seed: 9).Next());
        Assert.Equal(TimeSpan.Zero, new LognormalLatency(TimeSpan.Zero).Next());
    }
}
