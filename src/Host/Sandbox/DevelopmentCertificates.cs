using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HotPath.Host.Sandbox;

/// <summary>A certificate authority for this one sandbox and a server certificate for localhost and 127.0.0.1, both ECDSA P-256.</summary>
internal static class DevelopmentCertificates
{
    private const int CaYears = 5;

    // Some clients refuse server certificates that live longer (Apple since 2020: 398 days).
    private const int LeafDays = 390;

    // Renewed a week early, so that a sandbox that is left running over the end does not surprise anybody.
    private const int RenewBeforeDays = 7;

    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>Makes the CA and the certificate when they are missing or (nearly) expired. A new CA makes a new certificate.</summary>
    internal static void Ensure(SandboxFolder folder, TimeProvider clock)
    {
        DateTimeOffset now = clock.GetUtcNow();
        bool hasCa = IsGood(folder.CaCertificate, folder.CaKey, now);
        if (hasCa && IsGood(folder.Certificate, folder.CertificateKey, now))
        {
            return;
        }
        Directory.CreateDirectory(Path.GetDirectoryName(folder.CaCertificate)!);
        if (!hasCa)
        {
            MakeCa(folder, now);
        }
        MakeLeaf(folder, now);
    }

    private static bool IsGood(string certificatePath, string keyPath, DateTimeOffset now)
    {
        if (!File.Exists(certificatePath) || !File.Exists(keyPath))
        {
            return false;
        }
        try
        {
            using X509Certificate2 certificate = X509Certificate2.CreateFromPemFile(certificatePath, keyPath);
            return certificate.NotAfter.ToUniversalTime() > now.UtcDateTime.AddDays(RenewBeforeDays);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static void MakeCa(SandboxFolder folder, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=HotPath sandbox CA", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddYears(CaYears));
        Write(folder.CaCertificate, folder.CaKey, certificate, key);
    }

    private static void MakeLeaf(SandboxFolder folder, DateTimeOffset now)
    {
        using X509Certificate2 ca = X509Certificate2.CreateFromPemFile(folder.CaCertificate, folder.CaKey);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication)], false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(ca, true, false));
        DateTimeOffset end = now.AddDays(LeafDays) < ca.NotAfter ? now.AddDays(LeafDays) : ca.NotAfter;
        using X509Certificate2 certificate = request.Create(ca, now.AddHours(-1), end, RandomNumberGenerator.GetBytes(16));
        Write(folder.Certificate, folder.CertificateKey, certificate, key);
    }

    private static void Write(string certificatePath, string keyPath, X509Certificate2 certificate, ECDsa key)
    {
        SandboxFolder.WritePrivate(keyPath, key.ExportPkcs8PrivateKeyPem() + "\n");
        File.WriteAllText(certificatePath, certificate.ExportCertificatePem() + "\n");
    }
}
