using System.Security.Cryptography.X509Certificates;
using HotPath.Signing;

namespace HotPath.Host.Sandbox;

/// <summary>
/// Where everything of a sandbox lies. <c>gateway/</c> and <c>institutions/&lt;inst_id&gt;/</c> each hold <c>private.pem</c> (PKCS#8) and
/// <c>public.pem</c>, all of the one sign type that the sandbox was made with; <c>tls/</c> the development CA and certificate;
/// <c>simulator/</c> the channel's books; the rest is the ledger's.
/// </summary>
/// <remarks>
/// Of an ES256 sandbox <c>gateway/</c> holds <c>rsa2-private.pem</c> and <c>rsa2-public.pem</c> too: every gateway has an RSA2 key, for
/// callers whose sign_type could not be read. Clients need none of this: what <c>private.pem</c> is, is what they sign with.
/// </remarks>
internal sealed class SandboxFolder(string root)
{
    internal const string Default = ".hotpath/sandbox";
    internal const string GatewayRsa2KeyId = "gw-1";
    internal const string GatewayEs256KeyId = "gw-es256-1";
    internal const string InstitutionKeyId = "key-1";

    internal string Root { get; } = Path.GetFullPath(root);

    internal string CaCertificate => Path.Combine(Root, "tls", "ca.pem");

    internal string CaKey => Path.Combine(Root, "tls", "ca-key.pem");

    internal string Certificate => Path.Combine(Root, "tls", "server.pem");

    internal string CertificateKey => Path.Combine(Root, "tls", "server-key.pem");

    internal string GatewayPrivateKey => Path.Combine(Root, "gateway", "private.pem");

    internal string GatewayPublicKey => Path.Combine(Root, "gateway", "public.pem");

    internal string GatewayRsa2PrivateKeyBeside => Path.Combine(Root, "gateway", "rsa2-private.pem");

    internal string GatewayRsa2PublicKeyBeside => Path.Combine(Root, "gateway", "rsa2-public.pem");

    internal string SimulatorBooks => Path.Combine(Root, "simulator");

    /// <summary>What the demo institutions were notified of: INST.jsonl each.</summary>
    internal string Notifications => Path.Combine(Root, "notifications");

    internal string Lock => Path.Combine(Root, "sandbox.lock");

    internal string PrivateKeyOf(string instId) => Path.Combine(Root, "institutions", instId, "private.pem");

    internal string PublicKeyOf(string instId) => Path.Combine(Root, "institutions", instId, "public.pem");

    /// <summary>What a client of this sandbox trusts.</summary>
    internal X509Certificate2 LoadCa() => X509CertificateLoader.LoadCertificateFromFile(CaCertificate);

    internal VerifyingKey LoadGatewayKey() => PemKeys.ReadPublic(File.ReadAllText(GatewayPublicKey));

    internal SigningKey LoadPrivateKeyOf(string instId) => PemKeys.ReadPrivate(InstitutionKeyId, File.ReadAllText(PrivateKeyOf(instId)));

    /// <summary>Makes what is missing: signing keys once and for ever, certificates again when they expire.</summary>
    /// <exception cref="SandboxException">A key cannot be read, or is of another sign type: the folder was made for that one.</exception>
    internal void Furnish(IEnumerable<string> instIds, TimeProvider clock, SignType signType = SignType.Rsa2)
    {
        EnsureKeys(GatewayPrivateKey, GatewayPublicKey, signType);
        foreach (string instId in instIds)
        {
            EnsureKeys(PrivateKeyOf(instId), PublicKeyOf(instId), signType);
        }
        if (signType != SignType.Rsa2)
        {
            EnsureKeys(GatewayRsa2PrivateKeyBeside, GatewayRsa2PublicKeyBeside, SignType.Rsa2);
        }
        DevelopmentCertificates.Ensure(this, clock);
    }

    /// <summary>Writes a file that only its owner may read, whole or not at all.</summary>
    internal static void WritePrivate(string path, string text) => Write(path, text, UnixFileMode.UserRead | UnixFileMode.UserWrite);

    private static void WritePublic(string path, string text) =>
        Write(path, text, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

    private static void Write(string path, string text, UnixFileMode mode)
    {
        string next = path + ".new";
        File.Delete(next);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            // From the first byte on, not after the fact.
            options.UnixCreateMode = mode;
        }
        using (var writer = new StreamWriter(next, options))
        {
            writer.Write(text);
        }
        File.Move(next, path, overwrite: true);
    }

    private void EnsureKeys(string privatePath, string publicPath, SignType signType)
    {
        if (!File.Exists(privatePath))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(privatePath)!);
            (string privatePem, string publicPem) = PemKeys.Generate(signType);
            // First goes the old public key, if one was left: a stop in between must not leave two halves of different pairs.
            File.Delete(publicPath);
            WritePrivate(privatePath, privatePem);
            WritePublic(publicPath, publicPem);
            return;
        }
        SigningKey key = Load(privatePath);
        if (key.SignType != signType)
        {
            string made = SignTypes.Name(key.SignType);
            throw new SandboxException($"{Root} was made with --sign-type {made}: start it with that, or give another folder with --data");
        }
        if (!File.Exists(publicPath))
        {
            // The private key is the identity; what it signed must verify for ever. Its public half can always be had again.
            WritePublic(publicPath, key.ExportPublicPem() + "\n");
        }
    }

    private static SigningKey Load(string privatePath)
    {
        try
        {
            return PemKeys.ReadPrivate(InstitutionKeyId, File.ReadAllText(privatePath));
        }
        catch (KeyFormatException failure)
        {
            throw new SandboxException($"{privatePath}: {failure.Message}", failure);
        }
    }
}
