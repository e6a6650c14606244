using System.Net;
using System.Net.Sockets;

namespace HotPath.Core.Tests.Clearing;

/// <summary>A port whose accept queue is full: whoever connects hears nothing, neither yes nor no.</summary>
internal sealed class FullListener : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _waiting = [];

    /// <param name="address">Of this machine; null: the usual one.</param>
    /// <param name="port">0: a free one.</param>
    internal FullListener(IPAddress? address = null, int port = 0)
    {
        _listener.Bind(new IPEndPoint(address ?? IPAddress.Loopback, port));
        _listener.Listen(1);
        // As many as the kernel takes; the first that is not taken at once, and nobody after it is. The kernel is asked, not the thread pool: on a busy machine a connection
        // that was made long ago is heard of late.
        Socket socket;
        do
        {
            socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            _waiting.Add(socket);
            try
            {
                socket.Connect(_listener.LocalEndPoint!);
            }
            catch (SocketException underWay) when (underWay.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
            }
        }
        while (socket.Poll(TimeSpan.FromMilliseconds(400), SelectMode.SelectWrite));
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
