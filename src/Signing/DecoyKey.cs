using System.Security.Cryptography;

namespace HotPath.Signing;

/// <summary>
/// What is verified against when there is nothing to verify against: unknown institution, unknown key, a signature that is none. The
/// answer comes after the same work as for a wrong signature (failure model F38).
/// </summary>
public static class DecoyKey
{
    // 2048 bits, as nearly every institution has. An institution with longer keys answers later than an unknown one; that one bit is public.
    private const int KeySize = 2048;
    private static readonly (RsaPublicKey Key, byte[] Signature) Decoy = Make();

    /// <summary>Spends the time of so many verifications.</summary>
    public static void Verify(ReadOnlySpan<byte> text, int times)
    {
        for (int i = 0; i < times; i++)
        {
            Decoy.Key.Verify(text, Decoy.Signature);
        }
    }

    private static (RsaPublicKey, byte[]) Make()
    {
        RSA rsa = RSA.Create(KeySize);
        byte[] signature = rsa.SignData("decoy"u8.ToArray(), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return (new RsaPublicKey(rsa), signature);
    }
}
