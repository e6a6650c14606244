using System.Net;
using System.Net.Sockets;
using System.Text;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Http;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Clearing;

/// <summary>What a channel and a network can do to a payment or a refund: in doubt, unless it is certain that nothing was sent.</summary>
public abstract class HttpClearingAdapterFailureTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly Func<ClearingReference> _next;
    private readonly ClearingReference _reference;

    /// <param name="next">Makes payments, or refunds.</param>
    protected HttpClearingAdapterFailureTests(Func<ClearingReference> next)
    {
        _next = next;
        _reference = next();
    }

    [Theory]
    [InlineData("500 Internal Server Error")]
    [InlineData("503 Service Unavailable")]
    [InlineData("404 Not Found")]
    [InlineData("409 Conflict")]
    [InlineData("202 Accepted")]
    [InlineData("307 Temporary Redirect\r\nLocation: /v1/pay")]
    public async Task Any_status_but_200_is_in_doubt_even_when_its_body_says_success(string status)
    {
        byte[] answer = ScriptedServer.Http(Payments.AnswerTo(_reference, "SUCCESS"), status);
        await using var server = new ScriptedServer((_, stream) => stream.WriteAsync(answer).AsTask());

        Assert.Equal(ClearingOutcome.Unknown, await SendAsync(server));
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData("no HTTP at all\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<htm>")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\u001f\u0001")]
    public async Task Garbage_is_in_doubt(string answer)
    {
        await using var server = new ScriptedServer((_, stream) => stream.WriteAsync(Encoding.UTF8.GetBytes(answer)).AsTask(), closesAfterAnswer: true);

        Assert.Equal(ClearingOutcome.Unknown, await SendAsync(server));
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(80)]
    [InlineData(-1)]
    public async Task A_connection_that_closes_before_the_answer_is_whole_is_in_doubt_and_nothing_is_sent_again(int bytes)
    {
        byte[] whole = ScriptedServer.Http(Payments.AnswerTo(_reference, "SUCCESS"));
        await using var server = new ScriptedServer(
            (_, stream) => stream.WriteAsync(whole.AsMemory(0, bytes < 0 ? whole.Length + bytes : bytes)).AsTask(), closesAfterAnswer: true);

        Assert.Equal(ClearingOutcome.Unknown, await SendAsync(server));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_pooled_connection_that_closes_on_the_next_call_does_not_send_it_twice()
    {
        byte[] first = ScriptedServer.Http(Payments.AnswerTo(_reference, "SUCCESS"));
        int requests = 0;
        await using var server = new ScriptedServer(async (_, stream) =>
        {
            if (Interlocked.Increment(ref requests) == 1)
            {
                await stream.WriteAsync(first);
                return;
            }
            stream.Close();
        });
        await using HttpClearingAdapter adapter = AdapterTo(server.BaseAddress);

        Assert.Equal(ClearingOutcome.Succeeded, (await adapter.SendOnceAsync(_reference)).Outcome);
        Assert.Equal(ClearingOutcome.Unknown, (await adapter.SendOnceAsync(_reference)).Outcome);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task Connections_that_went_stale_in_the_pool_never_carry_a_request_twice()
    {
        await using var server = new ScriptedServer(
            async (request, stream) => await stream.WriteAsync(ScriptedServer.Http(request.Body[..^1] + ",\"result\":\"PENDING\"}")), closesAfterAnswer: true);
        await using HttpClearingAdapter adapter = AdapterTo(server.BaseAddress);

        for (int i = 0; i < 40; i++)
        {
            ClearingReference reference = _next();
            ClearingOutcome outcome = (await adapter.InquireAsync(reference)).Outcome;
            Assert.Contains(outcome, new[] { ClearingOutcome.Processing, ClearingOutcome.Unknown });
            Assert.InRange(server.Requests.Count(request => request.Body.Contains(reference.TradeNo.ToString(), StringComparison.Ordinal)), 0, 1);
        }
    }

    [Fact]
    public async Task An_answer_that_announces_200_MB_is_not_read()
    {
        byte[] head = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 209715200\r\n\r\n");
        await using var server = new ScriptedServer((_, stream) => stream.WriteAsync(head).AsTask());

        Assert.Equal(ClearingOutcome.Unknown, await SendAsync(server));
    }

    [Fact]
    public async Task An_answer_without_end_is_left_at_the_limit()
    {
        long written = 0;
        await using var server = new ScriptedServer(async (_, stream) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());
            byte[] spaces = Enumerable.Repeat((byte)' ', 64 * 1024).ToArray();
            for (int i = 0; i < 3200; i++)
            {
                await stream.WriteAsync(spaces);
                written += spaces.Length;
            }
        });

        Assert.Equal(ClearingOutcome.Unknown, await SendAsync(server));
        // What the socket buffers took; far from the 200 MB.
        Assert.InRange(Interlocked.Read(ref written), 0, 50_000_000);
    }

    [Fact]
    public async Task Silence_and_a_slow_drip_end_at_the_deadline_and_the_next_call_is_unharmed()
    {
        byte[] whole = ScriptedServer.Http(Payments.AnswerTo(_reference, "SUCCESS"));
        int requests = 0;
        var isSilent = new TaskCompletionSource();
        var drips = new TaskCompletionSource();
        await using var server = new ScriptedServer(async (_, stream) =>
        {
            switch (Interlocked.Increment(ref requests))
            {
                case 1:
                    isSilent.SetResult();
                    return;
                case 2:
                    // All but the last byte.
                    for (int i = 0; i < whole.Length - 1; i++)
                    {
                        await stream.WriteAsync(whole.AsMemory(i, 1));
                        await Task.Delay(1);
                    }
                    drips.SetResult();
                    return;
                default:
                    await stream.WriteAsync(whole);
                    return;
            }
        });
        var clock = new FakeTimeProvider();
        await using HttpClearingAdapter adapter = AdapterTo(server.BaseAddress, clock);
        foreach (TaskCompletionSource isThere in new[] { isSilent, drips })
        {
            Task<ClearingResult> waiting = adapter.SendOnceAsync(_reference);
            await isThere.Task.WaitAsync(Patience);
            clock.Advance(Deadline - TimeSpan.FromMilliseconds(1));
            Assert.False(waiting.IsCompleted);
            clock.Advance(TimeSpan.FromMilliseconds(1));
            Assert.Equal(ClearingOutcome.Unknown, (await waiting.WaitAsync(Patience)).Outcome);
        }

        Assert.Equal(ClearingOutcome.Succeeded, (await adapter.SendOnceAsync(_reference)).Outcome);
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task A_closed_port_is_certainly_not_delivered()
    {
        // Bound, so that it is nobody else's meanwhile; and nobody listens.
        using var reserved = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        reserved.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using HttpClearingAdapter adapter = AdapterTo(new Uri($"http://127.0.0.1:{((IPEndPoint)reserved.LocalEndPoint!).Port}"));

        Assert.Equal(ClearingOutcome.NotDelivered, (await adapter.SendOnceAsync(_reference)).Outcome);
        // An inquiry that did not arrive says nothing; a reversal that did not, that it changed nothing (A003).
        Assert.Equal(ClearingOutcome.Unknown, (await adapter.InquireAsync(_reference)).Outcome);
        Assert.Equal(ClearingOutcome.NotDelivered, (await adapter.ReverseAsync(_reference)).Outcome);
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_is_certainly_not_delivered()
    {
        await using HttpClearingAdapter adapter = AdapterTo(new Uri("http://channel.invalid"));

        Assert.Equal(ClearingOutcome.NotDelivered, (await adapter.SendOnceAsync(_reference)).Outcome);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_TLS_handshake_that_fails_or_hangs_is_certainly_not_delivered(bool hangs)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task<TcpClient> accepted = listener.AcceptTcpClientAsync();
        var clock = new WatchedClock();
        await using HttpClearingAdapter adapter = AdapterTo(new Uri($"https://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"), clock);

        Task<ClearingResult> sending = adapter.SendOnceAsync(_reference);
        using TcpClient client = await accepted;
        if (!hangs)
        {
            await client.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
        }
        else
        {
            await clock.PassAsync(ConnectTimeout);
        }

        Assert.Equal(ClearingOutcome.NotDelivered, (await sending.WaitAsync(Patience)).Outcome);
    }

    /// <summary>A channel whose accept queue is full answers no SYN: nothing was sent, and that is known when the time for a connection is over, by the adapter's own clock.</summary>
    [Fact]
    public async Task A_connect_that_hangs_is_certainly_not_delivered_when_its_time_is_over()
    {
        using var full = new FullListener();
        var clock = new WatchedClock();
        await using HttpClearingAdapter adapter = AdapterTo(new Uri($"http://127.0.0.1:{full.Port}"), clock);

        Task<ClearingResult> sending = adapter.SendOnceAsync(_reference);
        // Before the deadline of the whole call, 10 s: what ends then is in doubt.
        await clock.UntilAsync(set => set.Contains(ConnectTimeout));
        clock.Advance(ConnectTimeout - TimeSpan.FromMilliseconds(1));
        Assert.False(sending.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(ClearingOutcome.NotDelivered, (await sending.WaitAsync(Patience)).Outcome);
    }

    [Fact]
    public async Task Waiting_for_a_free_connection_to_the_deadline_is_not_taken_for_proof()
    {
        await using var server = new ScriptedServer((_, _) => Task.CompletedTask);
        var clock = new WatchedClock();
        await using var adapter = new HttpClearingAdapter(
            new HttpClearingOptions { BaseAddress = server.BaseAddress, Deadline = Deadline, MaxConnections = 1 }, clock);

        Task<ClearingResult> first = adapter.SendOnceAsync(_reference);
        Task<ClearingResult> second = adapter.SendOnceAsync(_next());
        while (server.Requests.IsEmpty)
        {
            await Task.Delay(1);
        }
        // Each began on a thread of its own.
        await clock.UntilAsync(set => set.Count(time => time == Deadline) == 2);
        clock.Advance(Deadline);

        // Whichever had the connection, the other had none; and neither knows enough.
        Assert.Equal(ClearingOutcome.Unknown, (await first.WaitAsync(Patience)).Outcome);
        Assert.Equal(ClearingOutcome.Unknown, (await second.WaitAsync(Patience)).Outcome);
    }

    private static HttpClearingAdapter AdapterTo(Uri address, TimeProvider? clock = null) =>
        new(new HttpClearingOptions { BaseAddress = address, Deadline = Deadline, ConnectTimeout = ConnectTimeout }, clock ?? TimeProvider.System);

    private async Task<ClearingOutcome> SendAsync(ScriptedServer server)
    {
        await using HttpClearingAdapter adapter = AdapterTo(server.BaseAddress);
        return (await adapter.SendOnceAsync(_reference)).Outcome;
    }
}

public sealed class HttpPaymentFailureTests() : HttpClearingAdapterFailureTests(() => Payments.NewReference());

public sealed class HttpRefundFailureTests() : HttpClearingAdapterFailureTests(() => Payments.NewRefund());
