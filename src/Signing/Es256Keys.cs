using System.Security.Cryptography;

namespace HotPath.Signing;

/// <summary>ES256: ECDSA on P-256 with SHA-256, signatures as r‖s. What it allocates is .NET's own (it turns r‖s into DER and back for OpenSSL).</summary>
internal sealed class Es256VerifyingKey(ECDsa ecdsa) : VerifyingKey
{
    /// <summary>Bytes of r, and of s.</summary>
    internal const int ScalarLength = 32;

    // The order of P-256's base point (SP 800-186, section 3.2.1.3), big-endian.
    private static ReadOnlySpan<byte> Order =>
    [
        0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    ];

    public override SignType SignType => SignType.Es256;

    public override int SignatureLength => 2 * ScalarLength;

    // 0 < r < n and 0 < s < n.
    public override bool CouldHaveMade(ReadOnlySpan<byte> signature) =>
        signature.Length == SignatureLength && IsScalar(signature[..ScalarLength]) && IsScalar(signature[ScalarLength..]);

    public override bool Verify(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature) =>
        ecdsa.VerifyData(text, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    public override byte[] ExportSubjectPublicKeyInfo() => ecdsa.ExportSubjectPublicKeyInfo();

    private static bool IsScalar(ReadOnlySpan<byte> number) => number.SequenceCompareTo(Order) < 0 && number.ContainsAnyExcept((byte)0);
}

/// <inheritdoc cref="Es256VerifyingKey"/>
internal sealed class Es256SigningKey(string keyId, ECDsa ecdsa) : SigningKey(keyId)
{
    public override SignType SignType => SignType.Es256;

    public override int Sign(ReadOnlySpan<byte> text, Span<byte> signature) =>
        ecdsa.SignData(text, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    public override string ExportPublicPem() => ecdsa.ExportSubjectPublicKeyInfoPem();
}
