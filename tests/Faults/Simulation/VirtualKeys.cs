using System.Security.Cryptography;
using System.Text;
using HotPath.Signing;

namespace HotPath.Faults.Simulation;

/// <summary>A stand-in for RSA: HMAC-SHA256, fifty times cheaper. A contract suite holds it to what the real keys do.</summary>
internal sealed class VirtualSigningKey(string keyId, string secret) : SigningKey(keyId)
{
    private readonly byte[] _secret = Encoding.UTF8.GetBytes(secret);

    // The corridor asks by sign type; which one it says is of no account here.
    public override SignType SignType => SignType.Rsa2;

    public override int Sign(ReadOnlySpan<byte> text, Span<byte> signature) => HMACSHA256.HashData(_secret, text, signature);

    public override string ExportPublicPem() => throw new NotSupportedException("nobody outside the simulation has use for it");
}

/// <inheritdoc cref="VirtualSigningKey"/>
internal sealed class VirtualVerifyingKey(string secret) : VerifyingKey
{
    private readonly byte[] _secret = Encoding.UTF8.GetBytes(secret);

    public override SignType SignType => SignType.Rsa2;

    public override int SignatureLength => HMACSHA256.HashSizeInBytes;

    public override bool CouldHaveMade(ReadOnlySpan<byte> signature) => signature.Length == HMACSHA256.HashSizeInBytes;

    public override bool Verify(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature)
    {
        Span<byte> own = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_secret, text, own);
        return own.SequenceEqual(signature);
    }

    public override byte[] ExportSubjectPublicKeyInfo() => [.. _secret];
}
