using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using HotPath.Core.Clearing.Adapters.Iso8583;
using HotPath.Core.Runtime;

namespace HotPath.Core.Tests.Clearing.Iso8583;

/// <summary>A channel on a raw socket that reads whole messages and answers them with whatever bytes a test wants.</summary>
internal sealed class IsoServer : IAsyncDisposable
{
    internal static readonly MessageMac Key = new(Enumerable.Range(1, 32).Select(i => (byte)i).ToArray());

    private static readonly int[] Repeated = [3, 4, 7, 11, 12, 13, 37, 49, 60, 61, 70];

    private readonly TcpListener _listener;
    private readonly Func<ReceivedMessage, Stream, Task> _answer;
    private readonly Func<Stream, Task<Stream>> _wrap;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<int, TcpClient> _clients = [];
    private int _connections;

    /// <param name="answer">Writes the answer of a message; nothing, garbage or half of one. The message is the connection's own until it returns.</param>
    /// <param name="wrap">What a connection's stream becomes before it is read: TLS.</param>
    /// <param name="port">0: a free one.</param>
    internal IsoServer(Func<ReceivedMessage, Stream, Task> answer, Func<Stream, Task<Stream>>? wrap = null, int port = 0)
    {
        _answer = answer;
        _wrap = wrap ?? Task.FromResult;
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync();
    }

    internal int Port { get; }

    internal int Connections => Volatile.Read(ref _connections);

    /// <summary>Each message as <see cref="Describe"/> tells it.</summary>
    internal ConcurrentQueue<string> Messages { get; } = new();

    internal Iso8583Options Options => new() { Host = "127.0.0.1", Port = Port, Connections = 1, Deadline = TimeSpan.FromSeconds(10) };

    internal Iso8583ClearingAdapter Adapter(Func<Iso8583Options, Iso8583Options>? with = null, TimeProvider? clock = null) =>
        new(with is null ? Options : with(Options), ThreadScheduler.Instance, clock ?? TimeProvider.System);

    /// <summary>The answer to a message, with this response code, and the elements in <paramref name="instead"/> as they are there; null: not at all.</summary>
    internal static byte[] AnswerTo(ReceivedMessage asked, string code = "00", params (int Element, string? Value)[] instead) =>
        Frame(MessageTo(asked, code, instead));

    internal static byte[] MessageTo(ReceivedMessage asked, string code = "00", params (int Element, string? Value)[] instead)
    {
        var elements = new SortedDictionary<int, byte[]>();
        foreach (int element in Repeated.Where(asked.Has))
        {
            elements[element] = asked[element].ToArray();
        }
        elements[39] = Encoding.UTF8.GetBytes(code);
        foreach ((int element, string? value) in instead)
        {
            elements.Remove(element);
            if (value is not null)
            {
                elements[element] = Encoding.UTF8.GetBytes(value);
            }
        }
        return IsoMessages.Write(asked.Type + 10, elements.Select(one => (one.Key, one.Value)));
    }

    /// <summary>The same, with its code.</summary>
    internal static byte[] Sealed(ReceivedMessage asked, string code = "00")
    {
        return Sealed(MessageTo(asked, code));
    }

    /// <summary>A message with its code.</summary>
    internal static byte[] Sealed(byte[] plain)
    {
        ReceivedMessage read = IsoMessages.ReadWhole(plain);
        byte[] message = IsoMessages.Write(read.Type, Enumerable.Range(2, 126).Where(read.Has).Select(element => (element, read[element].ToArray())).Append((128, new byte[8])));
        Key.Seal(message);
        return message;
    }

    internal static byte[] Frame(byte[] message)
    {
        byte[] frame = new byte[2 + message.Length];
        BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)message.Length);
        message.CopyTo(frame, 2);
        return frame;
    }

    internal static string Describe(ReceivedMessage message) =>
        $"{message.Type:D4} " + string.Join(' ', Enumerable.Range(2, 127).Where(message.Has).Select(element => $"{element}={Encoding.UTF8.GetString(message[element])}"));

    /// <summary>Cuts every connection.</summary>
    internal void Cut()
    {
        // Not one that comes while this is at it: whoever was cut may be back already.
        foreach (int number in _clients.Keys.ToArray())
        {
            if (_clients.TryRemove(number, out TcpClient? client))
            {
                client.Close();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        Cut();
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                client.NoDelay = true;
                _clients[Interlocked.Increment(ref _connections)] = client;
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
            byte[] prefix = new byte[2];
            while (true)
            {
                await stream.ReadExactlyAsync(prefix, _stopping.Token);
                byte[] bytes = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
                await stream.ReadExactlyAsync(bytes, _stopping.Token);
                (MessageDefect defect, ReceivedMessage message) = IsoMessages.Read(bytes);
                Messages.Enqueue(defect == MessageDefect.None ? Describe(message) : $"{defect}: {Convert.ToHexString(bytes)}");
                await _answer(message, stream);
            }
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException or OperationCanceledException)
        {
        }
    }
}
