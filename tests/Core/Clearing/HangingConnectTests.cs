using System.Net;
using System.Net.Sockets;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Http;
using HotPath.Core.Clearing.Adapters.Iso8583;
using HotPath.Core.Runtime;
using Xunit;

namespace HotPath.Core.Tests.Clearing;

/// <summary>When a channel hangs, its calls fail by the hundred in the same two seconds: what one of them costs is what the other channels' payments wait for.</summary>
[Collection(nameof(CountedAlone))]
public sealed class HangingConnectTests
{
    private const int Calls = 100;

    // Seen: 16 KB, with TLS 31 KB. With the HTTP library's own limit it was 85 and 139 KB, most of it a stack trace in words.
    private const long MostBytesOfOne = 50_000;

    [Theory]
    [InlineData("http")]
    [InlineData("https")]
    public async Task ConnectsThatHang_AreNotDelivered_AndLeaveLittleBehind(string scheme)
    {
        using var full = new FullListener();
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        int port = scheme == "http" ? full.Port : ((IPEndPoint)silent.LocalEndpoint).Port;
        // The HTTP library's own limit is twice as long, and on real time: it never comes first.
        TimeSpan limit = TimeSpan.FromSeconds(14);
        var clock = new WatchedClock();
        await using var adapter = new HttpClearingAdapter(new HttpClearingOptions { BaseAddress = new Uri($"{scheme}://127.0.0.1:{port}"), ConnectTimeout = limit }, clock);
        // What is made once.
        Task<ClearingResult> first = adapter.InquireAsync(Payments.NewReference()).AsTask();
        await clock.PassAsync(limit);
        await first;
        long before = GC.GetTotalAllocatedBytes(precise: true);

        var calling = Task.WhenAll(Enumerable.Range(0, Calls).Select(_ => adapter.ReverseAsync(Payments.NewReference()).AsTask()));
        await clock.UntilAsync(set => set.Count(time => time == limit) == 1 + Calls);
        // A hello of TLS is on its way by then; what comes later costs less.
        await Task.Delay(200);
        clock.Advance(limit);
        ClearingResult[] results = await calling;

        Assert.All(results, result => Assert.Equal(ClearingOutcome.NotDelivered, result.Outcome));
        Assert.InRange((GC.GetTotalAllocatedBytes(precise: true) - before) / Calls, 0, MostBytesOfOne);
    }

    [Fact]
    public async Task Iso8583LineThatHangs_IsNotDelivered_WhenAConnectionsTimeIsOver()
    {
        using var full = new FullListener();
        await using var adapter = new Iso8583ClearingAdapter(
            new Iso8583Options { Host = "127.0.0.1", Port = full.Port, ConnectTimeout = TimeSpan.FromMilliseconds(300) }, ThreadScheduler.Instance, TimeProvider.System);

        ClearingResult[] results = await Task.WhenAll(Enumerable.Range(0, Calls).Select(_ => adapter.ReverseAsync(Payments.NewReference()).AsTask())).WaitAsync(TimeSpan.FromSeconds(20));

        Assert.All(results, result => Assert.Equal(ClearingOutcome.NotDelivered, result.Outcome));
    }
}
