using System.Security.Cryptography;

namespace HotPath.Signing;

/// <summary>
/// An RSA public key (RSA2 = SHA256withRSA, PKCS#1 v1.5), imported once and used by every thread. Never disposed in use: when a key ring
/// is swapped, the old handles are left to the garbage collector.
/// </summary>
/// <remarks>OpenSSL lets threads share a key that nobody changes; measured, one shared handle scales like one per thread.</remarks>
public sealed class RsaPublicKey
{
    private readonly RSA _rsa;

    internal RsaPublicKey(RSA rsa) => _rsa = rsa;

    /// <summary>Bits of the modulus, 2048 to 4096.</summary>
    public int KeySize => _rsa.KeySize;

    /// <summary>Bytes of every signature of this key.</summary>
    public int SignatureLength => (_rsa.KeySize + 7) / 8;

    /// <summary>True when <paramref name="signature"/> is this key's over <paramref name="text"/>. Never throws for what a caller sent.</summary>
    public bool Verify(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature) =>
        _rsa.VerifyData(text, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
}

/// <summary>An RSA private key that signs answers, imported once and used by every thread. Its <see cref="KeyId"/> goes out with each signature.</summary>
public sealed class RsaSigningKey
{
    /// <summary>Longest signature, in bytes: RSA-4096.</summary>
    public const int MaxSignatureLength = 512;

    private readonly RSA _rsa;

    internal RsaSigningKey(string keyId, RSA rsa)
    {
        KeyId = keyId;
        KeyIdUtf8 = System.Text.Encoding.UTF8.GetBytes(keyId);
        _rsa = rsa;
    }

    public string KeyId { get; }

    public ReadOnlyMemory<byte> KeyIdUtf8 { get; }

    public int KeySize => _rsa.KeySize;

    /// <summary>Signs <paramref name="text"/> with SHA256withRSA.</summary>
    /// <returns>The bytes written: the key's size in bytes.</returns>
    public int Sign(ReadOnlySpan<byte> text, Span<byte> signature) =>
        _rsa.SignData(text, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    /// <summary>The public half, for those who verify.</summary>
    public string ExportPublicPem() => _rsa.ExportSubjectPublicKeyInfoPem();
}
