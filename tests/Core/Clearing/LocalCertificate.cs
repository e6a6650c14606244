using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HotPath.Core.Tests.Clearing;

/// <summary>Certificates of "localhost" that are their own authority, and servers that show them.</summary>
internal static class LocalCertificate
{
    internal static X509Certificate2 Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }

    /// <summary>What makes a server's connection one of TLS.</summary>
    internal static Func<Stream, Task<Stream>> Server(X509Certificate2 certificate) => async stream =>
    {
        var tls = new SslStream(stream);
        await tls.AuthenticateAsServerAsync(certificate);
        return tls;
    };
}
