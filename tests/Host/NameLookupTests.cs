using System.Net;
using HotPath.Host.Server;
using Xunit;

namespace HotPath.Host.Tests;

public sealed class NameLookupTests
{
    [Fact]
    public async Task NameServersThatAreSilent_HoldNoThreadOfThePool()
    {
        using var silence = new ManualResetEventSlim();
        bool wasPooled = false;
        var lookup = new NameLookup(_ =>
        {
            wasPooled |= Thread.CurrentThread.IsThreadPoolThread;
            silence.Wait();
            return [IPAddress.Loopback];
        });
        Task<IPAddress[]>[] asked = [.. Enumerable.Range(0, 100).Select(i => lookup.FindAsync($"host{i}.example", CancellationToken.None))];
        silence.Set();
        Assert.All(await Task.WhenAll(asked), addresses => Assert.Equal([IPAddress.Loopback], addresses));
        Assert.False(wasPooled);
    }

    [Fact]
    public async Task WhoAsksForTheSameNameMeanwhile_WaitsForTheSameAnswer_AndLaterItIsAskedAgain()
    {
        using var silence = new ManualResetEventSlim();
        int asks = 0;
        var lookup = new NameLookup(host =>
        {
            Interlocked.Increment(ref asks);
            silence.Wait();
            return host == "gone.example" ? throw new System.Net.Sockets.SocketException(11001) : [IPAddress.Loopback];
        });
        using var impatient = new CancellationTokenSource();
        Task<IPAddress[]> first = lookup.FindAsync("one.example", impatient.Token);
        Task<IPAddress[]> second = lookup.FindAsync("ONE.example", CancellationToken.None);
        Task<IPAddress[]> gone = lookup.FindAsync("gone.example", CancellationToken.None);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        silence.Set();
        await second;
        await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(() => gone);
        Assert.Equal(2, asks);
        await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(() => lookup.FindAsync("gone.example", CancellationToken.None));
        Assert.Equal(3, asks);
    }
}
