using System.Net;
using System.Net.Sockets;

namespace HotPath.Core.Tests.Clearing;

/// <summary>A port whose accept queue is full: whoever connects hears nothing, neither yes nor no.</summary>
internal sealed class FullListener : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _waiting = [];

    internal FullListener()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(1);
        // As many as the kernel takes; the first that is not taken at once, and nobody after it is.
        Task connecting;
        do
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _waiting.Add(socket);
            connecting = socket.ConnectAsync(_listener.LocalEndPoint!);
        }
        while (connecting.Wait(TimeSpan.FromMilliseconds(100)));
    }

    internal int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public void Dispose()
    {
        foreach (Socket socket in _waiting)
        {
            socket.Dispose();
        }
        _listener.Dispose();
    }
}
