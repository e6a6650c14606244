using System.Net;
using System.Net.Sockets;

namespace HotPath.Faults.Accounting;

/// <summary>
/// The way to a channel, which is shut at random: then nobody listens at its port, connections are refused, and those that were open are cut, whatever is
/// under way on them. It copies bytes and knows nothing of what they say.
/// </summary>
internal sealed class RefusingDoor : IAsyncDisposable
{
    // Below the ports that the kernel gives to whoever dials: a dial to a port of those that nobody listens at can meet itself.
    private const int FirstPort = 18_000;
    private const int Ports = 12_000;

    // In the mean 300 ms of each second.
    private static readonly (int Least, int Most) OpenMs = (200, 1_200);
    private static readonly (int Least, int Most) ShutMs = (80, 520);

    private readonly Uri _behind;
    private readonly Random _random;
    private readonly Lock _gate = new();
    private readonly HashSet<Socket> _open = [];
    private readonly CancellationTokenSource _calm = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _spells;
    private Socket _listener;

    internal RefusingDoor(Uri behind, int seed)
    {
        _behind = behind;
        _random = new Random(seed);
        _listener = Listen();
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _spells = RunAsync();
    }

    internal int Port { get; }

    /// <summary>How often it was shut.</summary>
    internal int Spells { get; private set; }

    /// <summary>Connections that somebody had when it was shut.</summary>
    internal int Cut { get; private set; }

    /// <summary>It is not shut any more.</summary>
    internal Task StayOpenAsync() => _calm.CancelAsync();

    public async ValueTask DisposeAsync()
    {
        await _calm.CancelAsync();
        await _stop.CancelAsync();
        await _spells;
        Shut();
        _calm.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (true)
        {
            using var shuts = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            Task accepting = AcceptAsync(_listener, shuts.Token);
            await Task.Delay(_random.Next(OpenMs.Least, OpenMs.Most), _calm.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_calm.IsCancellationRequested)
            {
                await accepting;
                return;
            }
            Spells++;
            await shuts.CancelAsync();
            Cut += Shut();
            await accepting;
            await Task.Delay(_random.Next(ShutMs.Least, ShutMs.Most), CancellationToken.None);
            _listener = Listen(Port);
        }
    }

    private async Task AcceptAsync(Socket listener, CancellationToken shuts)
    {
        while (!shuts.IsCancellationRequested)
        {
            try
            {
                _ = RelayAsync(await listener.AcceptAsync(shuts), shuts);
            }
            catch (Exception failure) when (failure is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // It is shut, or whoever called went away before.
            }
        }
    }

    private async Task RelayAsync(Socket caller, CancellationToken shuts)
    {
        var channel = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        caller.NoDelay = true;
        lock (_gate)
        {
            _open.Add(caller);
            _open.Add(channel);
        }
        try
        {
            await channel.ConnectAsync(IPAddress.Loopback, _behind.Port, shuts);
            await Task.WhenAny(CopyAsync(caller, channel, shuts), CopyAsync(channel, caller, shuts));
        }
        catch (Exception failure) when (failure is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Shut while it was being opened.
        }
        lock (_gate)
        {
            _open.Remove(caller);
            _open.Remove(channel);
        }
        caller.Dispose();
        channel.Dispose();
    }

    private static async Task CopyAsync(Socket from, Socket to, CancellationToken shuts)
    {
        byte[] buffer = new byte[8 * 1024];
        try
        {
            for (int read = await from.ReceiveAsync(buffer, shuts); read > 0; read = await from.ReceiveAsync(buffer, shuts))
            {
                for (int sent = 0; sent < read; sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), shuts))
                {
                }
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The other end, or the door, has gone; whoever waits for either direction ends both.
        }
    }

    /// <summary>Nobody listens, and everything is reset; how many callers that cost their connection.</summary>
    private int Shut()
    {
        _listener.Dispose();
        lock (_gate)
        {
            int cut = _open.Count / 2;
            foreach (Socket socket in _open)
            {
                socket.Close(timeout: 0);
            }
            _open.Clear();
            return cut;
        }
    }

    private static Socket Listen(int? again = null)
    {
        for (int attempt = 0; ; attempt++)
        {
            var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                listener.Bind(new IPEndPoint(IPAddress.Loopback, again ?? FirstPort + Random.Shared.Next(Ports)));
                listener.Listen();
                return listener;
            }
            catch (SocketException) when (attempt < 100)
            {
                listener.Dispose();
            }
        }
    }
}
