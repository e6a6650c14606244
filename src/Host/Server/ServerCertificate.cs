using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace HotPath.Host.Server;

/// <summary>
/// The certificate the institutions' listener shows. A handshake takes the one that is current when it begins; <see cref="Swap"/> gives
/// the next handshakes another, and connections that stand are not touched (F41).
/// </summary>
/// <remarks>
/// The chain is built once per certificate and offline: handed a bare certificate, SslStream builds it again in each handshake
/// (dotnet/aspnetcore#46117) and may fetch from the network for it.
/// </remarks>
internal sealed class ServerCertificate
{
    private volatile SslServerAuthenticationOptions _current;

    public ServerCertificate(X509Certificate2 leaf, X509Certificate2Collection intermediates) => _current = Options(leaf, intermediates);

    public void Swap(X509Certificate2 leaf, X509Certificate2Collection intermediates) => _current = Options(leaf, intermediates);

    internal TlsHandshakeCallbackOptions Handshake(TimeSpan timeout) => new()
    {
        OnConnection = _ => ValueTask.FromResult(_current),
        HandshakeTimeout = timeout,
    };

    private static SslServerAuthenticationOptions Options(X509Certificate2 leaf, X509Certificate2Collection intermediates) => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(leaf, intermediates, offline: true),
#pragma warning disable CA5398 // Exactly these two, whatever the machine allows: an old policy file must not bring TLS 1.1 back.
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
#pragma warning restore CA5398
        ApplicationProtocols = [SslApplicationProtocol.Http11],
        AllowRenegotiation = false,
    };
}
