using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace HotPath.Core.Tests.Clearing;

/// <summary>A request as it came over the socket.</summary>
internal sealed record ReceivedRequest(string Head, string Body);

/// <summary>A server on a raw socket that reads whole requests and answers them with whatever bytes a test wants.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<ReceivedRequest, Stream, Task> _answer;
    private readonly bool _closesAfterAnswer;
    private readonly Func<Stream, Task<Stream>> _wrap;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentBag<TcpClient> _clients = [];
    private int _connections;

    /// <param name="answer">Writes the answer of a request; nothing, garbage or half of one.</param>
    /// <param name="closesAfterAnswer">Closes the connection after each answer, without having said so.</param>
    /// <param name="wrap">What a connection's stream becomes before it is read: TLS.</param>
    internal ScriptedServer(Func<ReceivedRequest, Stream, Task> answer, bool closesAfterAnswer = false, Func<Stream, Task<Stream>>? wrap = null)
    {
        _wrap = wrap ?? Task.FromResult;
        _answer = answer;
        _closesAfterAnswer = closesAfterAnswer;
        _listener.Start();
        BaseAddress = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _ = AcceptAsync();
    }

    internal Uri BaseAddress { get; }

    internal ConcurrentQueue<ReceivedRequest> Requests { get; } = new();

    internal int Connections => Volatile.Read(ref _connections);

    /// <summary>An HTTP answer with this body and its right length.</summary>
    internal static byte[] Http(string body, string status = "200 OK") =>
        Encoding.UTF8.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        foreach (TcpClient client in _clients)
        {
            client.Dispose();
        }
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                Interlocked.Increment(ref _connections);
                _clients.Add(client);
                _ = ServeAsync(client);
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using Stream stream = await _wrap(client.GetStream());
            while (await ReadRequestAsync(stream) is { } request)
            {
                Requests.Enqueue(request);
                await _answer(request, stream);
                if (_closesAfterAnswer)
                {
                    return;
                }
            }
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException or OperationCanceledException)
        {
        }
    }

    private async Task<ReceivedRequest?> ReadRequestAsync(Stream stream)
    {
        var received = new List<byte>();
        byte[] buffer = new byte[4096];
        while (true)
        {
            int read = await stream.ReadAsync(buffer, _stopping.Token);
            if (read == 0)
            {
                return null;
            }
            received.AddRange(buffer.AsSpan(0, read));
            string text = Encoding.UTF8.GetString([.. received]);
            int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0)
            {
                continue;
            }
            string head = text[..end];
            string length = head.Split("Content-Length: ")[1].Split("\r\n")[0];
            string body = text[(end + 4)..];
            if (Encoding.UTF8.GetByteCount(body) == int.Parse(length, System.Globalization.CultureInfo.InvariantCulture))
            {
                return new ReceivedRequest(head, body);
            }
        }
    }
}
