using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Iso8583;
using HotPath.Core.Model;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Clearing.Iso8583;

/// <summary>The adapter against a channel on a raw socket: connections, who gets which answer, and what is certain when there is none.</summary>
public sealed class Iso8583ClearingAdapterTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    private readonly ClearingReference _payment = Payments.NewReference();
    private readonly ClearingReference _refund = Payments.NewRefund(1200);

    [Fact]
    public async Task EveryKindOfCall_IsSentOnOneConnectionThatStays_AndItsAnswerIsBelieved()
    {
        await using var server = new IsoServer((asked, stream) => stream.WriteAsync(IsoServer.AnswerTo(asked, "00", (62, "C-1"))).AsTask());
        await using Iso8583ClearingAdapter adapter = server.Adapter();
        var caller = new Caller(adapter);

        ClearingResult paid = await caller.SendAsync(_payment);
        ClearingResult refunded = await caller.SendAsync(_refund);
        Assert.Equal((ClearingOutcome.Succeeded, "C-1"), (paid.Outcome, paid.ChannelTradeNo.ToString()));
        Assert.Equal((ClearingOutcome.Succeeded, "C-1"), (refunded.Outcome, refunded.ChannelTradeNo.ToString()));
        Assert.Equal(ClearingOutcome.Succeeded, (await adapter.InquireAsync(_payment)).Outcome);
        Assert.Equal(ClearingOutcome.Reversed, (await adapter.ReverseAsync(_refund)).Outcome);
        Assert.True(await adapter.EchoAsync());

        Assert.Equal(["0200", "0200", "0100", "0400", "0800"], server.Messages.Select(message => message[..4]));
        Assert.Equal(1, server.Connections);
        Assert.Empty(caller.Heard);
    }

    [Fact]
    public async Task ThreeThousandCallsAtOnce_AnsweredInAnyOrder_EachGetItsOwn()
    {
        const int calls = 3000;
        var asked = new ConcurrentQueue<(byte[] Answer, Stream Stream)>();
        await using var server = new IsoServer(async (message, stream) =>
        {
            // Each answer says whose it is, and none is given before all are there.
            asked.Enqueue((IsoServer.AnswerTo(message, "00", (62, "C" + System.Text.Encoding.ASCII.GetString(message[60]))), stream));
            if (asked.Count == calls)
            {
                (byte[] Answer, Stream Stream)[] all = [.. asked];
                Random.Shared.Shuffle(all);
                foreach (IGrouping<Stream, (byte[] Answer, Stream Stream)> connection in all.GroupBy(one => one.Stream))
                {
                    await connection.Key.WriteAsync(connection.SelectMany(one => one.Answer).ToArray());
                }
            }
        });
        await using Iso8583ClearingAdapter adapter = server.Adapter(options => options with { Connections = 3 });
        var caller = new Caller(adapter, calls);

        ClearingReference[] references = [.. Enumerable.Range(0, calls).Select(i => i % 3 == 0 ? Payments.NewRefund(100 + i) : Payments.NewReference(100 + i))];
        ClearingResult[] results = await Task.WhenAll(references.Select(caller.SendAsync));

        Assert.All(results.Zip(references), pair => Assert.Equal((ClearingOutcome.Succeeded, "C" + pair.Second.TradeNo), (pair.First.Outcome, pair.First.ChannelTradeNo.ToString())));
        Assert.Empty(caller.Heard);
        Assert.Equal(3, server.Connections);
        int[] loads = [.. asked.GroupBy(one => one.Stream).Select(connection => connection.Count())];
        Assert.Equal(3, loads.Length);
        Assert.All(loads, load => Assert.InRange(load, calls / 6, calls / 2));
    }

    [Fact]
    public async Task ConnectionCutInTheMiddle_LeavesWhatWasSentInDoubt_AndTheNextCallGoesByANewOne()
    {
        int messages = 0;
        await using var server = new IsoServer((asked, stream) =>
            Interlocked.Increment(ref messages) is 1 or > 51 ? stream.WriteAsync(IsoServer.AnswerTo(asked)).AsTask() : Task.CompletedTask);
        await using Iso8583ClearingAdapter adapter = server.Adapter();
        var caller = new Caller(adapter);
        Assert.Equal(ClearingOutcome.Succeeded, (await caller.SendAsync(_payment)).Outcome);

        Task<ClearingResult>[] sending = [.. Enumerable.Range(0, 50).Select(_ => caller.SendAsync(Payments.NewReference()))];
        await UntilAsync(() => server.Messages.Count == 51);
        server.Cut();

        Assert.All(await Task.WhenAll(sending), result => Assert.Equal(ClearingOutcome.Unknown, result.Outcome));
        Assert.Equal(50, caller.Heard.Count(kind => kind == BadAnswer.CutShort));
        Assert.Equal(ClearingOutcome.Succeeded, (await caller.SendAsync(Payments.NewReference())).Outcome);
        Assert.Equal(2, server.Connections);
        // Nothing was sent twice.
        Assert.Equal(52, server.Messages.Select(message => message.Split(" 60=")[1]).Distinct().Count());
    }

    [Fact]
    public async Task ClosedPort_IsCertainlyNotDelivered_AndAChannelThatComesBackIsFoundByItself()
    {
        int port = FreePort();
        await using var adapter = new Iso8583ClearingAdapter(
            new Iso8583Options { Host = "127.0.0.1", Port = port, Connections = 2, ReconnectAtMost = TimeSpan.FromMilliseconds(200) }, ThreadScheduler.Instance, TimeProvider.System);
        var caller = new Caller(adapter);

        Assert.Equal(ClearingOutcome.NotDelivered, (await caller.SendAsync(_payment)).Outcome);
        Assert.Equal(ClearingOutcome.NotDelivered, (await caller.SendAsync(_refund)).Outcome);
        // An inquiry that did not arrive says nothing; a reversal that did not, that it changed nothing (A003).
        Assert.Equal(ClearingOutcome.Unknown, (await adapter.InquireAsync(_payment)).Outcome);
        Assert.Equal(ClearingOutcome.NotDelivered, (await adapter.ReverseAsync(_payment)).Outcome);
        Assert.False(await adapter.EchoAsync());

        await using var server = new IsoServer((asked, stream) => stream.WriteAsync(IsoServer.AnswerTo(asked)).AsTask(), port: port);
        await UntilAsync(() => server.Connections == 2);
        Assert.Equal(ClearingOutcome.Succeeded, (await caller.SendAsync(_payment)).Outcome);
    }

    [Fact]
    public async Task WhatTheChannelCannotCarry_IsNotDelivered_AndNothingIsSent()
    {
        await using var server = new IsoServer((asked, stream) => stream.WriteAsync(IsoServer.AnswerTo(asked)).AsTask());
        await using Iso8583ClearingAdapter adapter = server.Adapter();
        ClearingReference tooMuch = Payments.NewReference(Dialect.MaxMinorUnits + 1);
        var caller = new Caller(adapter);

        Assert.Equal((false, Dialect.MaxMinorUnits), (Iso8583ClearingAdapter.Reach.CarriesFaces, Iso8583ClearingAdapter.Reach.MaxMinorUnits));
        Assert.Equal(ClearingOutcome.NotDelivered, (await caller.SendAsync(tooMuch)).Outcome);
        Assert.Equal(ClearingOutcome.NotDelivered, (await caller.PayByFaceAsync(_payment)).Outcome);
        Assert.Equal(ClearingOutcome.NotDelivered, (await adapter.ReverseAsync(tooMuch)).Outcome);
        Assert.Equal(ClearingOutcome.Unknown, (await adapter.InquireAsync(tooMuch)).Outcome);
        Assert.True(await adapter.EchoAsync());
        Assert.Equal(["0800"], server.Messages.Select(message => message[..4]));
    }

    [Fact]
    public async Task Silence_EndsAtTheDeadline_AndAnAnswerThatComesLaterIsCountedAndNobodyElses()
    {
        Stream? channelSide = null;
        byte[] late = [];
        int messages = 0;
        await using var server = new IsoServer(async (asked, stream) =>
        {
            if (asked.Type == Dialect.NetworkManagement)
            {
                await stream.WriteAsync(IsoServer.AnswerTo(asked));
                return;
            }
            if (Interlocked.Increment(ref messages) == 1)
            {
                late = IsoServer.AnswerTo(asked);
                Volatile.Write(ref channelSide, stream);
                return;
            }
            await channelSide!.WriteAsync(late);
            await stream.WriteAsync(IsoServer.AnswerTo(asked, "51"));
        });
        var clock = new FakeTimeProvider();
        await using Iso8583ClearingAdapter adapter = server.Adapter(clock: clock);
        var caller = new Caller(adapter);
        Task<ClearingResult> first = caller.SendAsync(_payment);
        await UntilAsync(() => channelSide is not null);
        // Its answer says that the socket had taken the payment: one that takes nothing to the deadline would cost the connection.
        Assert.True(await adapter.EchoAsync());

        clock.Advance(server.Options.Deadline - TimeSpan.FromMilliseconds(1));
        Assert.False(first.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(ClearingOutcome.Unknown, (await first.WaitAsync(Patience)).Outcome);
        Assert.Empty(caller.Heard);
        ClearingResult second = await caller.SendAsync(Payments.NewReference());

        Assert.Equal((ClearingOutcome.Failed, RespCode.InsufficientBalance), (second.Outcome, second.FailCode));
        Assert.Equal([BadAnswer.Late], caller.Heard);
        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task QuietConnection_IsKeptAliveByEchoes_AndOneThatAnswersNoneIsGivenUp()
    {
        bool answers = true;
        var clock = new FakeTimeProvider();
        await using var server = new IsoServer((asked, stream) => Volatile.Read(ref answers) ? stream.WriteAsync(IsoServer.AnswerTo(asked)).AsTask() : Task.CompletedTask);
        await using Iso8583ClearingAdapter adapter = server.Adapter(options => options with { EchoInterval = TimeSpan.FromSeconds(30) }, clock);
        var caller = new Caller(adapter);
        Assert.True(await adapter.EchoAsync());

        // Each in its own quiet half minute and a look; an answer that was read is proved by the next one's, which comes behind it.
        for (int echoes = 1; echoes <= 3; echoes++)
        {
            clock.Advance(TimeSpan.FromSeconds(30));
            Assert.Equal((2 * echoes) - 1, server.Messages.Count);
            clock.Advance(TimeSpan.FromSeconds(1));
            await UntilAsync(() => server.Messages.Count == 2 * echoes);
            Assert.True(await adapter.EchoAsync());
        }
        Assert.Equal(1, server.Connections);
        Volatile.Write(ref answers, false);
        clock.Advance(TimeSpan.FromSeconds(31));
        await UntilAsync(() => server.Messages.Count == 8);
        Assert.Equal(1, server.Connections);
        clock.Advance(TimeSpan.FromSeconds(30));
        await UntilAsync(() => server.Connections == 2);

        Assert.All(server.Messages, message => Assert.StartsWith("0800", message, StringComparison.Ordinal));
        Assert.Empty(caller.Heard);
    }

    /// <summary>An echo is answered. What this dialect does not do, sign-on, sign-off and a change of keys, is not agreed to: the channel would rely on it.</summary>
    [Theory]
    [InlineData("301", "00")]
    [InlineData("001", "40")]
    [InlineData("002", "40")]
    [InlineData("161", "40")]
    [InlineData(null, "40")]
    public async Task ManagementMessageOfTheChannels_IsAnswered_AndSealed_ButOnlyAnEchoWithYes(string? asks, string answer)
    {
        Stream? line = null;
        await using var server = new IsoServer(async (asked, stream) =>
        {
            line = stream;
            if (asked.Type == Dialect.NetworkManagement)
            {
                await stream.WriteAsync(IsoServer.Frame(IsoServer.Sealed(asked)));
            }
        });
        await using Iso8583ClearingAdapter adapter = server.Adapter(options => options with { Mac = IsoServer.Key });
        var caller = new Caller(adapter);
        Assert.True(await adapter.EchoAsync());
        (int Element, string Value)[] code = asks is null ? [] : [(70, asks)];

        await line!.WriteAsync(IsoServer.Frame(IsoServer.Sealed(IsoMessages.Write(800, [(7, "1123155901"), (11, "000077"), .. code]))));
        await UntilAsync(() => server.Messages.Count == 2);

        Assert.StartsWith($"0810 7=1123155901 11=000077 39={answer} {(asks is null ? "" : $"70={asks} ")}128=", server.Messages.Last(), StringComparison.Ordinal);
        Assert.Equal(answer == "00" ? [] : [BadAnswer.Unsupported], caller.Heard);
    }

    [Fact]
    public async Task EchoOfTheChannels_IsASignOfLife_AndOursIsNotNeeded()
    {
        Stream? line = null;
        var clock = new FakeTimeProvider();
        await using var server = new IsoServer(async (asked, stream) =>
        {
            line = stream;
            if (asked.Type != Dialect.NetworkManagement + Dialect.AnswerStep)
            {
                await stream.WriteAsync(IsoServer.AnswerTo(asked, asked.Type == Dialect.Inquiry ? "25" : "00"));
            }
        });
        await using Iso8583ClearingAdapter adapter = server.Adapter(options => options with { Deadline = TimeSpan.FromSeconds(60), EchoInterval = TimeSpan.FromSeconds(30) }, clock);
        Assert.True(await adapter.EchoAsync());
        clock.Advance(TimeSpan.FromSeconds(20));

        await line!.WriteAsync(IsoServer.Frame(IsoMessages.Write(800, (7, "1123155901"), (11, "000077"), (70, "301"))));
        await UntilAsync(() => server.Messages.Count == 2);
        // 40 s after the last answer, 20 s after the channel's own word.
        clock.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(ClearingOutcome.NotFound, (await AskNobodysAsync(adapter)).Outcome);

        Assert.Equal(["0800", "0810", "0100"], server.Messages.Select(message => message[..4]));
    }

    /// <summary>One well-formed word to nobody, and gone: it is not worth a new handshake as fast as the network goes.</summary>
    [Fact]
    public async Task ChannelThatSaysOneThingToNobody_AndCloses_IsComeBackToAfterAPause()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int connections = 0;
        byte[] word = IsoServer.Frame(IsoMessages.Write(810, (7, "1123155901"), (11, "000077"), (39, "91"), (70, "301")));
        var clock = new WatchedClock();
        await using var adapter = new Iso8583ClearingAdapter(
            new Iso8583Options { Host = "127.0.0.1", Port = ((IPEndPoint)listener.LocalEndpoint).Port, Connections = 1 }, ThreadScheduler.Instance, clock);
        var caller = new Caller(adapter);
        Task serving = Task.Run(async () =>
        {
            while (true)
            {
                using TcpClient client = await listener.AcceptTcpClientAsync();
                connections++;
                await client.GetStream().WriteAsync(word);
            }
        });

        // No time passes here: whoever is to be called again after a pause is not called at all. And that he pauses is seen.
        await clock.UntilAsync(set => set.Any(time => time < TimeSpan.FromMilliseconds(150)));
        Assert.Equal((1, ClearingOutcome.NotDelivered), (connections, (await caller.SendAsync(_payment)).Outcome));
        Assert.Equal([BadAnswer.ToNobody], caller.Heard);
        Assert.False(serving.IsCompleted);
    }

    [Fact]
    public async Task ChannelThatTakesConnectionsAndDropsThem_IsTriedMoreAndMoreSeldom()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var clock = new WatchedClock();
        await using var adapter = new Iso8583ClearingAdapter(
            new Iso8583Options
            {
                Host = "127.0.0.1",
                Port = ((IPEndPoint)listener.LocalEndpoint).Port,
                Connections = 1,
                ConnectTimeout = ConnectTimeout,
                ReconnectAtMost = TimeSpan.FromSeconds(1.6),
                Chance = new NoChance(),
            },
            ThreadScheduler.Instance, clock);
        // A 64th of 1.6 s, doubled up to it.
        double[] expected = [25, 50, 100, 200, 400, 800, 1600, 1600];
        for (int attempt = 1; attempt <= expected.Length; attempt++)
        {
            using (Socket socket = await listener.AcceptSocketAsync().WaitAsync(Patience))
            {
                socket.Close(0);
            }
            // Every other timer is the limit of a connection's making, or the adapter's look.
            await clock.UntilAsync(set => Pauses(set).Length == attempt);
            Assert.False(listener.Pending());
            clock.Advance(Pauses(clock.Set)[^1]);
        }

        Assert.Equal(expected, Pauses(clock.Set).Select(pause => pause.TotalMilliseconds));
        TimeSpan[] Pauses(IEnumerable<TimeSpan> set) => [.. set.Where(time => time != ConnectTimeout).Skip(1)];
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TlsHandshakeThatFailsOrHangs_IsCertainlyNotDelivered(bool hangs)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task<TcpClient> accepted = listener.AcceptTcpClientAsync();
        var clock = new FakeTimeProvider();
        await using var adapter = new Iso8583ClearingAdapter(
            new Iso8583Options { Host = "127.0.0.1", Port = ((IPEndPoint)listener.LocalEndpoint).Port, IsTls = true, Connections = 1, ConnectTimeout = ConnectTimeout }, ThreadScheduler.Instance, clock);

        Task<ClearingResult> sending = adapter.SendOnceAsync(_payment);
        using TcpClient client = await accepted;
        if (!hangs)
        {
            await client.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
        }
        else
        {
            // It was set before there was anybody to accept.
            clock.Advance(ConnectTimeout);
        }

        Assert.Equal(ClearingOutcome.NotDelivered, (await sending.WaitAsync(Patience)).Outcome);
    }

    [Fact]
    public async Task OverTls_WithTheRightAuthority_PaymentsGoThrough_AndWithAnotherNothingIsSent()
    {
        using X509Certificate2 certificate = LocalCertificate.Make();
        using X509Certificate2 stranger = LocalCertificate.Make();
        await using var server = new IsoServer(
            (asked, stream) => stream.WriteAsync(IsoServer.AnswerTo(asked)).AsTask(),
            LocalCertificate.Server(certificate));
        await using Iso8583ClearingAdapter adapter = server.Adapter(options => options with { Host = "localhost", IsTls = true, Authority = certificate });
        await using Iso8583ClearingAdapter misled = server.Adapter(options => options with { Host = "localhost", IsTls = true, Authority = stranger });

        var caller = new Caller(adapter);
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(ClearingOutcome.Succeeded, (await caller.SendAsync(Payments.NewReference())).Outcome);
        }
        Assert.Equal(ClearingOutcome.NotDelivered, (await misled.SendOnceAsync(_payment)).Outcome);
    }

    [Fact]
    public async Task Stop_LeavesWhatIsUnderWayInDoubt_AtOnce()
    {
        await using var server = new IsoServer((_, _) => Task.CompletedTask);
        Iso8583ClearingAdapter adapter = server.Adapter();
        var caller = new Caller(adapter);
        Task<ClearingResult> sending = adapter.SendOnceAsync(_payment);
        await UntilAsync(() => server.Messages.Count == 1);

        await adapter.DisposeAsync();

        Assert.Equal(ClearingOutcome.Unknown, (await sending.WaitAsync(Patience)).Outcome);
        Assert.Equal(ClearingOutcome.NotDelivered, (await caller.SendAsync(_refund)).Outcome);
        Assert.Empty(caller.Heard);
    }

    [Theory]
    [InlineData("Deadline")]
    [InlineData("Connections")]
    [InlineData("Port")]
    public void OptionOutOfRange_IsRefusedByName(string name)
    {
        var fine = new Iso8583Options { Host = "localhost", Port = 1 };
        Iso8583Options options = name switch { "Deadline" => fine with { Deadline = TimeSpan.Zero }, "Port" => fine with { Port = 0 }, _ => fine with { Connections = 65 } };

        Assert.Contains(name, Assert.ThrowsAny<ArgumentException>(() => new Iso8583ClearingAdapter(options, ThreadScheduler.Instance, TimeProvider.System)).Message, StringComparison.Ordinal);
    }

    private static ValueTask<ClearingResult> AskNobodysAsync(Iso8583ClearingAdapter adapter) => adapter.InquireAsync(ClearingReference.Nobodys);

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!isSo())
        {
            await Task.Delay(5, limit.Token);
        }
    }

    private static int FreePort()
    {
        using var reserved = new TcpListener(IPAddress.Loopback, 0);
        reserved.Start();
        return ((IPEndPoint)reserved.LocalEndpoint).Port;
    }

    private sealed class NoChance : Random
    {
        public override double NextDouble() => 0;
    }
}
