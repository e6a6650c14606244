using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace HotPath.Core.Clearing.Adapters;

/// <summary>Makes a connection to a channel, for every adapter alike: the name's addresses one after the other, TCP, and TLS where the channel has it.</summary>
/// <remarks>
/// It fails with what happened (<see cref="SocketException"/>, <see cref="AuthenticationException"/>, <see cref="IOException"/>) and with <see cref="SocketError.TimedOut"/> when its time
/// is over; with a cancellation only when it was cancelled. The HTTP library's own limit makes an exception with a text of the whole stack and its source files in it, 85 to
/// 139 KB of garbage for each instead of 16 to 31 (<c>HangingConnectTests</c>): a channel that hangs would be felt by all others.
/// </remarks>
internal sealed class ChannelDialer
{
    private readonly string _host;
    private readonly int _port;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _clock;
    private readonly SslClientAuthenticationOptions? _tls;

    /// <param name="host">A name or an address; of TLS, whose certificate it must be.</param>
    /// <param name="port">1 to 65,535.</param>
    /// <param name="isTls">TLS 1.2 or 1.3 on top of TCP.</param>
    /// <param name="authority">Whose certificate the channel's must be of; null: any that this machine trusts.</param>
    /// <param name="timeout">For all of it: DNS, TCP and the handshake.</param>
    /// <param name="clock">Whose time counts.</param>
    internal ChannelDialer(string host, int port, bool isTls, X509Certificate2? authority, TimeSpan timeout, TimeProvider clock)
    {
        (_host, _port, _timeout, _clock) = (host, port, timeout, clock);
        _tls = isTls ? Handshake(host, authority) : null;
    }

    /// <summary>An open connection, its handshake done. Its streams belong to each other: whoever ends the one has ended all.</summary>
    internal async ValueTask<Dialed> DialAsync(CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(_timeout, _clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        // This too may fail: a process that has all its descriptors open gets no socket.
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            await socket.ConnectAsync(_host, _port, both.Token);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (_tls is not null)
            {
                var tls = new SslStream(stream);
                stream = tls;
                await tls.AuthenticateAsClientAsync(_tls, both.Token);
            }
            return new Dialed(stream, socket);
        }
        catch (Exception failure)
        {
            // The stream's own end may want to say goodbye, and to wait for it.
            socket.Dispose();
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }
            if (failure is OperationCanceledException && !stop.IsCancellationRequested)
            {
                throw new SocketException((int)SocketError.TimedOut);
            }
            throw;
        }
    }

    private static SslClientAuthenticationOptions Handshake(string host, X509Certificate2? authority)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = host, EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 };
        if (authority is not null)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                CustomTrustStore = { authority },
            };
        }
        return options;
    }
}

/// <summary>A connection as it was made.</summary>
/// <param name="Stream">What is written to and read from.</param>
/// <param name="Socket">What is under it; null where there is none, as in a test.</param>
internal readonly record struct Dialed(Stream Stream, Socket? Socket = null)
{
    /// <summary>Ends it at once: what the system still holds of what was written is dropped, not sent later.</summary>
    internal void Abort()
    {
        Socket?.Close(timeout: 0);
        Stream.Dispose();
    }
}
