using System.Security.Cryptography;

namespace HotPath.Signing;

/// <summary>A key file that cannot be used. The message says why, never what is in it.</summary>
public sealed class KeyFormatException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Keys from PEM texts: SubjectPublicKeyInfo or PKCS#1 public keys, PKCS#8 or PKCS#1 private keys, unencrypted.</summary>
public static class PemKeys
{
    /// <summary>Smallest key, in bits (chapter 5.1 of the specification).</summary>
    public const int MinKeySize = 2048;

    /// <summary>Largest key, in bits. Signing time grows with the cube: 4096 costs 20 times 2048.</summary>
    public const int MaxKeySize = 4096;

    /// <exception cref="KeyFormatException">Not one public key, or not 2048 to 4096 bits.</exception>
    public static RsaPublicKey ReadPublic(string pem) => new(Checked(Import(pem), needsPrivate: false));

    /// <exception cref="KeyFormatException">Not one unencrypted private key, or not 2048 to 4096 bits.</exception>
    public static RsaSigningKey ReadPrivate(string keyId, string pem) => new(keyId, Checked(Import(pem), needsPrivate: true));

    /// <summary>A new key pair as PKCS#8 and SubjectPublicKeyInfo PEM texts.</summary>
    public static (string PrivatePem, string PublicPem) Generate(int keySize = MinKeySize)
    {
        using var rsa = RSA.Create(keySize);
        return (rsa.ExportPkcs8PrivateKeyPem() + "\n", rsa.ExportSubjectPublicKeyInfoPem() + "\n");
    }

    private static RSA Import(string pem)
    {
        var rsa = RSA.Create();
        try
        {
            rsa.ImportFromPem(pem);
            return rsa;
        }
        catch (Exception failure) when (failure is ArgumentException or CryptographicException)
        {
            rsa.Dispose();
            throw new KeyFormatException("not a PEM text with one unencrypted RSA key", failure);
        }
    }

    private static RSA Checked(RSA rsa, bool needsPrivate)
    {
        if (rsa.KeySize is < MinKeySize or > MaxKeySize)
        {
            throw new KeyFormatException($"RSA key of {rsa.KeySize} bits; allowed are {MinKeySize} to {MaxKeySize}");
        }
        if (needsPrivate)
        {
            try
            {
                rsa.SignData("probe"u8, stackalloc byte[RsaSigningKey.MaxSignatureLength], HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            }
            catch (CryptographicException failure)
            {
                throw new KeyFormatException("a public key where a private key is needed", failure);
            }
        }
        return rsa;
    }
}
