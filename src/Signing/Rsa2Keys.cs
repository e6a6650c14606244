using System.Security.Cryptography;

namespace HotPath.Signing;

/// <summary>RSA2: SHA256withRSA, PKCS#1 v1.5. Signing and verifying allocate nothing.</summary>
internal sealed class Rsa2VerifyingKey : VerifyingKey
{
    private readonly RSA _rsa;
    private readonly byte[] _modulus;

    internal Rsa2VerifyingKey(RSA rsa)
    {
        _rsa = rsa;
        _modulus = rsa.ExportParameters(includePrivateParameters: false).Modulus!;
    }

    public override SignType SignType => SignType.Rsa2;

    public override int SignatureLength => _modulus.Length;

    // 0 < s < n, both big-endian and equally long.
    public override bool CouldHaveMade(ReadOnlySpan<byte> signature) =>
        signature.Length == _modulus.Length && signature.SequenceCompareTo(_modulus) < 0 && signature.ContainsAnyExcept((byte)0);

    public override bool Verify(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature) =>
        _rsa.VerifyData(text, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    public override byte[] ExportSubjectPublicKeyInfo() => _rsa.ExportSubjectPublicKeyInfo();
}

/// <inheritdoc cref="Rsa2VerifyingKey"/>
internal sealed class Rsa2SigningKey(string keyId, RSA rsa) : SigningKey(keyId)
{
    public override SignType SignType => SignType.Rsa2;

    public override int Sign(ReadOnlySpan<byte> text, Span<byte> signature) =>
        rsa.SignData(text, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    public override string ExportPublicPem() => rsa.ExportSubjectPublicKeyInfoPem();
}
