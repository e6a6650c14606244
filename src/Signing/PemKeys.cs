using System.Security.Cryptography;

namespace HotPath.Signing;

/// <summary>A key file that cannot be used. The message says why, never what is in it.</summary>
public sealed class KeyFormatException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// Keys from PEM texts, unencrypted; what a key is decides its sign type. RSA2: SubjectPublicKeyInfo or PKCS#1 public keys, PKCS#8 or PKCS#1
/// private keys, 2048 to 4096 bits. ES256: SubjectPublicKeyInfo, PKCS#8 or SEC1, P-256 by name only.
/// </summary>
public static class PemKeys
{
    /// <summary>Smallest RSA key, in bits (chapter 5.1 of the specification).</summary>
    public const int MinKeySize = 2048;

    /// <summary>Largest RSA key, in bits. Signing time grows with the cube: 4096 costs 20 times 2048.</summary>
    public const int MaxKeySize = 4096;

    // prime256v1, secp256r1, P-256: three names, one number (RFC 5480, section 2.1.1.1).
    private const string P256 = "1.2.840.10045.3.1.7";

    /// <exception cref="KeyFormatException">Not one public key, or of a size or curve that is not accepted.</exception>
    public static VerifyingKey ReadPublic(string pem) =>
        Import(pem) switch
        {
            RSA rsa => new Rsa2VerifyingKey(rsa),
            var ecdsa => new Es256VerifyingKey((ECDsa)ecdsa),
        };

    /// <exception cref="KeyFormatException">Not one unencrypted private key, or of a size or curve that is not accepted.</exception>
    public static SigningKey ReadPrivate(string keyId, string pem)
    {
        SigningKey key = Import(pem) switch
        {
            RSA rsa => new Rsa2SigningKey(keyId, rsa),
            var ecdsa => new Es256SigningKey(keyId, (ECDsa)ecdsa),
        };
        try
        {
            key.Sign("probe"u8, stackalloc byte[SigningKey.MaxSignatureLength]);
            return key;
        }
        catch (CryptographicException failure)
        {
            throw new KeyFormatException("a public key where a private key is needed", failure);
        }
    }

    /// <summary>A new RSA key pair as PKCS#8 and SubjectPublicKeyInfo PEM texts.</summary>
    public static (string PrivatePem, string PublicPem) Generate(int keySize = MinKeySize)
    {
        using var rsa = RSA.Create(keySize);
        return Export(rsa);
    }

    /// <summary>A new key pair of this type as PKCS#8 and SubjectPublicKeyInfo PEM texts.</summary>
    public static (string PrivatePem, string PublicPem) Generate(SignType type)
    {
        if (type == SignType.Rsa2)
        {
            return Generate();
        }
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Export(ecdsa);
    }

    private static (string PrivatePem, string PublicPem) Export(AsymmetricAlgorithm key) =>
        (key.ExportPkcs8PrivateKeyPem() + "\n", key.ExportSubjectPublicKeyInfoPem() + "\n");

    private static AsymmetricAlgorithm Import(string pem)
    {
        if (TryImport(RSA.Create(), pem) is { } rsa)
        {
            return rsa.KeySize is >= MinKeySize and <= MaxKeySize
                ? rsa
                : throw new KeyFormatException($"RSA key of {rsa.KeySize} bits; allowed are {MinKeySize} to {MaxKeySize}");
        }
        if (TryImport(ECDsa.Create(), pem) is { } ecdsa)
        {
            ECCurve curve = ecdsa.ExportParameters(includePrivateParameters: false).Curve;
            return curve.IsNamed && curve.Oid.Value == P256
                ? ecdsa
                : throw new KeyFormatException($"EC key on {(curve.IsNamed ? curve.Oid.FriendlyName ?? curve.Oid.Value : "a curve without a name")}; allowed is P-256");
        }
        throw new KeyFormatException("not a PEM text with one unencrypted RSA or EC key");
    }

    // What a PEM text holds stands inside its DER: the label PUBLIC KEY says nothing. So whoever can read it, has it.
    private static T? TryImport<T>(T key, string pem)
        where T : AsymmetricAlgorithm
    {
        try
        {
            key.ImportFromPem(pem);
            return key;
        }
        catch (Exception failure) when (failure is ArgumentException or CryptographicException)
        {
            key.Dispose();
            return null;
        }
    }
}
