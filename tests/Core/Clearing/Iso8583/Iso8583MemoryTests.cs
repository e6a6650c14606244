using HotPath.Core.Clearing.Adapters.Iso8583;
using Xunit;

namespace HotPath.Core.Tests.Clearing.Iso8583;

/// <summary>What a channel can make us hold. Alone, for all that the process holds is counted.</summary>
[Collection(nameof(CountedAlone))]
public sealed class Iso8583MemoryTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>A channel that asks and never reads must not fill our memory with answers.</summary>
    [Fact]
    public async Task EchoesWithoutEnd_FromAChannelThatDoesNotRead_AreNotAllAnswered()
    {
        byte[] echo = IsoServer.Frame(IsoMessages.Write(800, (7, "1123155901"), (11, "000077"), (70, "301")));
        byte[] many = [.. Enumerable.Repeat(echo, 10_000).SelectMany(bytes => bytes)];
        var written = new TaskCompletionSource();
        await using var server = new IsoServer(async (_, stream) =>
        {
            for (int i = 0; i < 60; i++)
            {
                await stream.WriteAsync(many);
            }
            written.SetResult();
            await Task.Delay(Timeout.Infinite, CancellationToken.None);
        });
        await using Iso8583ClearingAdapter adapter = server.Adapter();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        Task<bool> first = adapter.EchoAsync().AsTask();
        await written.Task.WaitAsync(Patience);

        // 600,000 answers are 30 MB; what the socket took and 64 KiB are ours.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 10_000_000);
        Assert.False(first.IsCompleted);
    }
}
