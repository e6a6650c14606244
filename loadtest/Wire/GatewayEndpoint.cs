using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace HotPath.LoadTest.Wire;

/// <summary>Where the gateway is and whom to believe there.</summary>
internal sealed class GatewayEndpoint
{
    private readonly X509Certificate2Collection _authorities = [];

    /// <param name="url">https://host:port/path, or http:// to measure without TLS.</param>
    /// <param name="authorityFile">The CA's certificate (PEM); null for plain HTTP.</param>
    public GatewayEndpoint(Uri url, string? authorityFile)
    {
        Url = url;
        if (authorityFile is not null)
        {
            _authorities.ImportFromPemFile(authorityFile);
        }
        RequestHead = Encoding.ASCII.GetBytes(
            $"POST {url.PathAndQuery} HTTP/1.1\r\nHost: {url.Authority}\r\nContent-Type: application/json\r\nContent-Length: ");
    }

    public Uri Url { get; }

    /// <summary>The request up to the number of its length.</summary>
    public byte[] RequestHead { get; }

    /// <summary>A new connection, its TLS handshake done.</summary>
    public async Task<Stream> ConnectAsync(CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(Url.Host, Url.Port, cancel);
            var stream = new NetworkStream(socket, ownsSocket: true);
            return Url.Scheme == Uri.UriSchemeHttps ? await AuthenticateAsync(stream, cancel) : stream;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<Stream> AuthenticateAsync(NetworkStream stream, CancellationToken cancel)
    {
        var tls = new SslStream(stream, leaveInnerStreamOpen: false);
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(_authorities);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = Url.Host, CertificateChainPolicy = policy }, cancel);
        return tls;
    }
}
