using System.Net.Sockets;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters;
using HotPath.Core.Clearing.Adapters.Iso8583;
using HotPath.Core.Runtime;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Clearing.Iso8583;

/// <summary>A connection that cannot be made, for whatever reason, is one failed attempt: nobody waits for it longer than they would, and the next one is made.</summary>
public sealed class LineTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static TheoryData<Exception> Failures =>
    [
        // socket(2) without a descriptor left.
        new SocketException((int)SocketError.TooManyOpenSockets),
        new InvalidOperationException("a bug"),
    ];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task WhateverADialThrows_IsOneFailedAttempt_AndTheLineLivesOn(Exception failure)
    {
        await using var server = new IsoServer((asked, stream) => stream.WriteAsync(IsoServer.AnswerTo(asked)).AsTask());
        var real = new ChannelDialer("127.0.0.1", server.Port, isTls: false, authority: null, Patience, TimeProvider.System);
        bool fails = true;
        Iso8583Options options = server.Options with { Connections = 2, ReconnectAtMost = TimeSpan.FromMilliseconds(640) };
        await using (var adapter = new Iso8583ClearingAdapter(
            options, ThreadScheduler.Instance, TimeProvider.System, stop => Volatile.Read(ref fails) ? throw failure : real.DialAsync(stop)))
        {
            Assert.Equal(ClearingOutcome.NotDelivered, (await adapter.SendOnceAsync(Payments.NewReference()).WaitAsync(Patience)).Outcome);
            Assert.Equal(ClearingOutcome.NotDelivered, (await adapter.ReverseAsync(Payments.NewReference()).AsTask().WaitAsync(Patience)).Outcome);
            Assert.Empty(server.Messages);
            Volatile.Write(ref fails, false);
            using var limit = new CancellationTokenSource(Patience);
            while (server.Connections < 2)
            {
                await Task.Delay(5, limit.Token);
            }
            Assert.Equal(ClearingOutcome.Succeeded, (await adapter.SendOnceAsync(Payments.NewReference()).WaitAsync(Patience)).Outcome);
        }
    }

    [Fact]
    public async Task DialThatDoesNotEnd_IsWaitedForAsLongAsAConnectionMayTake_AndNothingIsDelivered()
    {
        var clock = new FakeTimeProvider();
        var never = new TaskCompletionSource<Dialed>();
        var options = new Iso8583Options { Host = "127.0.0.1", Port = 1, Connections = 2, ConnectTimeout = TimeSpan.FromSeconds(2) };
        await using var adapter = new Iso8583ClearingAdapter(options, ThreadScheduler.Instance, clock, stop => new(never.Task.WaitAsync(stop)));
        Task<ClearingResult> reversing = adapter.ReverseAsync(Payments.NewReference()).AsTask();
        Task<ClearingResult> asking = adapter.InquireAsync(Payments.NewReference()).AsTask();

        clock.Advance(TimeSpan.FromSeconds(2) - TimeSpan.FromTicks(1));
        Assert.False(reversing.IsCompleted || asking.IsCompleted);
        clock.Advance(TimeSpan.FromTicks(1));

        Assert.Equal(ClearingOutcome.NotDelivered, (await reversing.WaitAsync(Patience)).Outcome);
        Assert.Equal(ClearingOutcome.Unknown, (await asking.WaitAsync(Patience)).Outcome);
    }
}
