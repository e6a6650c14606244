using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Http;
using Xunit;

namespace HotPath.Core.Tests.Clearing;

/// <summary>
/// "Not delivered" sends a payment to another channel, so it must be certain, and what is in doubt must not be sent a second time by the HTTP library either.
/// A server on raw sockets closes the connection after each number of bytes of the request, and counts what it got; whatever comes after that is answered SUCCESS.
/// </summary>
public sealed class HttpDeliveryTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_connection_that_ends_after_any_byte_of_a_payment_leaves_it_in_doubt_and_sends_it_nowhere_else(bool isPooled, bool isReset)
    {
        await using var server = new CuttingServer();
        int whole = await LengthOfAsync(server);
        for (int bytes = 0; bytes <= whole; bytes++)
        {
            await using HttpClearingAdapter adapter = AdapterTo(server);
            if (isPooled)
            {
                server.CutAfter = null;
                Assert.Equal(ClearingOutcome.Succeeded, (await adapter.SendOnceAsync(Payments.NewReference())).Outcome);
            }
            ClearingReference reference = Payments.NewReference();
            server.Begin(reference, bytes, isReset);

            ClearingOutcome outcome = (await adapter.SendOnceAsync(reference)).Outcome;

            string at = $"after {bytes} of {whole} bytes: {outcome}, {server.WholeRequests} whole, parts of {server.Connections}";
            if (bytes > 0)
            {
                Assert.True(outcome == ClearingOutcome.Unknown && server.Connections == 1 && server.WholeRequests == (bytes == whole ? 1 : 0), at);
            }
            else
            {
                // Closed under a request of which no byte was read: the library may use a new connection, once, or know that nothing was sent.
                bool isRight = server.WholeRequests == 0 ? outcome is ClearingOutcome.Unknown or ClearingOutcome.NotDelivered : outcome == ClearingOutcome.Succeeded;
                Assert.True(isRight && server.WholeRequests <= 1 && (outcome != ClearingOutcome.NotDelivered || server.Connections == 0), at);
            }
        }
    }

    /// <summary>The server closes while nothing is under way: the next payment goes out once, whole, on a new connection.</summary>
    [Fact]
    public async Task A_pooled_connection_that_was_closed_while_idle_is_not_written_to()
    {
        await using var server = new CuttingServer();
        await using HttpClearingAdapter adapter = AdapterTo(server);
        for (int i = 0; i < 50; i++)
        {
            server.CutAfter = null;
            Assert.Equal(ClearingOutcome.Succeeded, (await adapter.SendOnceAsync(Payments.NewReference())).Outcome);
            server.CloseIdle();
            await Task.Delay(5);
            ClearingReference reference = Payments.NewReference();
            server.Begin(reference, cutAfter: null, isReset: false);
            ClearingOutcome outcome = (await adapter.SendOnceAsync(reference)).Outcome;
            Assert.True(outcome == (server.WholeRequests == 1 ? ClearingOutcome.Succeeded : ClearingOutcome.Unknown), $"{outcome}, {server.WholeRequests} whole");
        }
    }

    /// <summary>
    /// The connection in the pool was closed and the port is closed too, as when a channel's process is killed: either no byte went out, and it is certain, or it is in doubt.
    /// </summary>
    [Fact]
    public async Task A_server_that_is_gone_under_a_pooled_connection_is_certainly_not_delivered_only_when_nothing_was_written()
    {
        var outcomes = new List<ClearingOutcome>();
        for (int i = 0; i < 30; i++)
        {
            var server = new CuttingServer();
            await using HttpClearingAdapter adapter = AdapterTo(server);
            Assert.Equal(ClearingOutcome.Succeeded, (await adapter.SendOnceAsync(Payments.NewReference())).Outcome);
            await server.DisposeAsync();
            await Task.Delay(i % 3 * 5);
            outcomes.Add((await adapter.SendOnceAsync(Payments.NewReference())).Outcome);
            // By now no connection is left, in the pool or at the port.
            Assert.Equal(ClearingOutcome.NotDelivered, (await adapter.SendOnceAsync(Payments.NewReference())).Outcome);
        }
        Assert.All(outcomes, outcome => Assert.True(outcome is ClearingOutcome.NotDelivered or ClearingOutcome.Unknown, $"{outcome}"));
    }

    private static async Task<int> LengthOfAsync(CuttingServer server)
    {
        await using HttpClearingAdapter adapter = AdapterTo(server);
        ClearingReference reference = Payments.NewReference();
        server.Begin(reference, cutAfter: null, isReset: false);
        Assert.Equal(ClearingOutcome.Succeeded, (await adapter.SendOnceAsync(reference)).Outcome);
        return server.LastLength;
    }

    private static HttpClearingAdapter AdapterTo(CuttingServer server) =>
        new(new HttpClearingOptions { BaseAddress = server.Address, Deadline = TimeSpan.FromSeconds(20) }, TimeProvider.System);

    /// <summary>Answers whole requests with SUCCESS, but the first one after <see cref="Begin"/>: that one's connection ends after so many bytes of it.</summary>
    private sealed class CuttingServer : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly ConcurrentDictionary<TcpClient, bool> _clients = [];
        private readonly Lock _lock = new();
        private ClearingReference _reference;
        private bool _isReset;
        private int _connections;
        private int _whole;

        internal CuttingServer()
        {
            _listener.Start();
            Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
            _ = AcceptAsync();
        }

        internal Uri Address { get; }

        /// <summary>Bytes of the request that are read; null: all, and it is answered.</summary>
        internal int? CutAfter { get; set; }

        internal int LastLength { get; private set; }

        /// <summary>Connections on which a byte of the request came.</summary>
        internal int Connections
        {
            get
            {
                lock (_lock)
                {
                    return _connections;
                }
            }
        }

        /// <summary>How often it came whole.</summary>
        internal int WholeRequests
        {
            get
            {
                lock (_lock)
                {
                    return _whole;
                }
            }
        }

        internal void Begin(in ClearingReference reference, int? cutAfter, bool isReset)
        {
            lock (_lock)
            {
                (_reference, CutAfter, _isReset, _connections, _whole) = (reference, cutAfter, isReset, 0, 0);
            }
            if (cutAfter == 0)
            {
                // The pooled connection, of which no byte is to be read any more.
                CloseIdle();
            }
        }

        internal void CloseIdle()
        {
            foreach (TcpClient client in _clients.Keys)
            {
                End(client);
            }
        }

        public ValueTask DisposeAsync()
        {
            _listener.Stop();
            CloseIdle();
            return default;
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    TcpClient client = await _listener.AcceptTcpClientAsync();
                    _clients.TryAdd(client, true);
                    _ = ServeAsync(client);
                }
            }
            catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
            {
            }
        }

        private async Task ServeAsync(TcpClient client)
        {
            // A byte at a time: the read that waits on a pooled connection was begun before anybody knew how many it may take.
            byte[] buffer = new byte[1];
            try
            {
                NetworkStream stream = client.GetStream();
                while (true)
                {
                    var received = new List<byte>();
                    string? body;
                    int? cut;
                    do
                    {
                        lock (_lock)
                        {
                            cut = CutAfter is null ? null : CutAfter - received.Count;
                        }
                        int read = cut == 0 ? 0 : await stream.ReadAsync(buffer);
                        if (read == 0)
                        {
                            End(client);
                            return;
                        }
                        received.AddRange(buffer.AsSpan(0, read));
                        body = received[^1] == (byte)'}' ? BodyOf(received) : null;
                        Note(received.Count == read, body is not null, received.Count);
                        lock (_lock)
                        {
                            if (CutAfter is { } most && received.Count >= most)
                            {
                                // From here on everything is answered: should the request come again, it would be executed.
                                CutAfter = null;
                                End(client);
                                return;
                            }
                        }
                    }
                    while (body is null);
                    await stream.WriteAsync(ScriptedServer.Http(body[..^1] + ",\"result\":\"SUCCESS\"}"));
                }
            }
            catch (Exception failure) when (failure is IOException or ObjectDisposedException or InvalidOperationException)
            {
                End(client);
            }
        }

        private void Note(bool isFirst, bool isWhole, int length)
        {
            lock (_lock)
            {
                _connections += isFirst ? 1 : 0;
                _whole += isWhole ? 1 : 0;
                LastLength = length;
            }
        }

        private static string? BodyOf(List<byte> received)
        {
            string text = Encoding.UTF8.GetString([.. received]);
            int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0)
            {
                return null;
            }
            int length = int.Parse(text[..end].Split("Content-Length: ")[1].Split("\r\n")[0], System.Globalization.CultureInfo.InvariantCulture);
            string body = text[(end + 4)..];
            return Encoding.UTF8.GetByteCount(body) == length ? body : null;
        }

        private void End(TcpClient client)
        {
            if (_clients.TryRemove(client, out _))
            {
                client.LingerState = new LingerOption(_isReset, 0);
                client.Dispose();
            }
        }
    }
}
