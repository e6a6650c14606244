using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HotPath.Core.Clearing.Adapters.Iso8583;
using HotPath.Host.Server;
using HotPath.Signing;

namespace HotPath.Host.Configuration;

/// <summary>Reads key and certificate files, and refuses those that are not safe to use.</summary>
internal sealed class KeyFiles(Faults faults, TimeProvider clock)
{
    private const UnixFileMode OthersMayTouch =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute |
        UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    // Whose key a public key is, by its SHA-256: one key of two owners would let one sign for the other (F37).
    private readonly Dictionary<string, string> _owners = [];

    internal SigningKey? ReadSigningKey(string path, KeyFileConfiguration configuration, SignType type)
    {
        string? keyId = faults.Token(path + ".key_id", configuration.KeyId, 64);
        if (ReadPrivateText(path + ".path", configuration.Path) is not { } pem || keyId is null)
        {
            return null;
        }
        SigningKey? key = Guard(path + ".path", () => PemKeys.ReadPrivate(keyId, pem));
        if (key is not null && IsOf(type, key.SignType, path + ".path"))
        {
            Own(path + ".path", PemKeys.ReadPublic(key.ExportPublicPem()), "the gateway");
            return key;
        }
        return null;
    }

    internal VerifyingKey? ReadInstitutionKey(string path, string? file, string owner, SignType type)
    {
        if (ReadText(path, file) is not { } pem)
        {
            return null;
        }
        VerifyingKey? key = Guard(path, () => PemKeys.ReadPublic(pem));
        if (key is not null && IsOf(type, key.SignType, path))
        {
            Own(path, key, owner);
            return key;
        }
        return null;
    }

    internal ServerCertificate? ReadCertificate(string path, ListenConfiguration listen)
    {
        string? chainPem = ReadText(path + ".certificate", listen.Certificate);
        string? keyPem = ReadPrivateText(path + ".certificate_key", listen.CertificateKey);
        if (chainPem is null || keyPem is null)
        {
            return null;
        }
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(chainPem);
            X509Certificate2 leaf = X509Certificate2.CreateFromPem(chainPem, keyPem);
            if (leaf.NotAfter.ToUniversalTime() <= clock.GetUtcNow().UtcDateTime)
            {
                faults.Add(path + ".certificate", $"expired on {leaf.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm} UTC");
                return null;
            }
            return new ServerCertificate(leaf, [.. chain.Skip(1)]);
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException)
        {
            faults.Add(path + ".certificate", "is not a PEM certificate that belongs to certificate_key: " + failure.Message);
            return null;
        }
    }

    /// <summary>The key that seals a channel's messages (docs/channel-contract.md).</summary>
    internal MessageMac? ReadMacKey(string path, string? file)
    {
        try
        {
            return ReadPrivateText(path, file) is { } text ? MessageMac.FromHex(text) : null;
        }
        catch (FormatException failure)
        {
            faults.Add(path, $"{file} {failure.Message}");
            return null;
        }
    }

    /// <summary>The certificate of an authority.</summary>
    internal X509Certificate2? ReadAuthority(string path, string? file)
    {
        if (ReadText(path, file) is not { } pem)
        {
            return null;
        }
        try
        {
            return X509Certificate2.CreateFromPem(pem);
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException)
        {
            faults.Add(path, "is not a PEM certificate: " + failure.Message);
            return null;
        }
    }

    private bool IsOf(SignType wanted, SignType type, string path)
    {
        if (type != wanted)
        {
            faults.Add(path, $"is a key of {SignTypes.Name(type)}; needed is one of {SignTypes.Name(wanted)}");
        }
        return type == wanted;
    }

    private T? Guard<T>(string path, Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (KeyFormatException failure)
        {
            faults.Add(path, failure.Message);
            return null;
        }
    }

    private string? ReadPrivateText(string path, string? file)
    {
        string? text = ReadText(path, file);
        if (text is not null && !OperatingSystem.IsWindows() && (File.GetUnixFileMode(file!) & OthersMayTouch) != 0)
        {
            faults.Add(path, $"{file} holds a private key that group or others may touch: chmod 600");
        }
        return text;
    }

    private string? ReadText(string path, string? file)
    {
        if (faults.Required(path, file) is null)
        {
            return null;
        }
        try
        {
            return File.ReadAllText(file!);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            faults.Add(path, failure.Message);
            return null;
        }
    }

    private void Own(string path, VerifyingKey key, string owner)
    {
        string print = Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));
        if (PublishedKeys.Prints.Contains(print))
        {
            faults.Add(path, "is a published demo key: everybody can sign with it");
        }
        if (_owners.TryGetValue(print, out string? other) && other != owner)
        {
            faults.Add(path, $"is the key of {other} too: either could sign for the other");
        }
        _owners[print] = owner;
    }
}
