using System.Security.Cryptography;
using System.Text;
using Xunit;

namespace HotPath.Signing.Tests;

public class KeyTests
{
    private static readonly byte[] Text = Encoding.UTF8.GetBytes("a=1&b=2");
    private static readonly (string Private, string Public) Pem = PemKeys.Generate();
    private static readonly (string Private, string Public) OtherPem = PemKeys.Generate();

    [Fact]
    public void Signature_OfOurs_IsVerifiedByAnyRsa2Implementation()
    {
        byte[] signature = Sign(Pem.Private);
        using var independent = RSA.Create();
        independent.ImportFromPem(Pem.Public);

        Assert.True(independent.VerifyData(Text, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        Assert.True(PemKeys.ReadPublic(Pem.Public).Verify(Text, signature));
    }

    [Fact]
    public void Verify_RefusesEverythingButThisKeysPkcs1Sha256()
    {
        VerifyingKey key = PemKeys.ReadPublic(Pem.Public);
        using var rsa = RSA.Create();
        rsa.ImportFromPem(Pem.Private);
        byte[] good = Sign(Pem.Private);

        Assert.False(key.Verify(Text, rsa.SignData(Text, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)));
        Assert.False(key.Verify(Text, rsa.SignData(Text, HashAlgorithmName.SHA1, RSASignaturePadding.Pkcs1)));
        Assert.False(key.Verify(Text, rsa.SignData(Text, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1)));
        Assert.False(key.Verify(Text, Sign(OtherPem.Private)));
        Assert.False(key.Verify(Encoding.UTF8.GetBytes("a=1&b=3"), good));
        Assert.False(key.Verify(Text, good.AsSpan(0, 255)));
        Assert.False(key.Verify(Text, default));
        for (int bit = 0; bit < good.Length * 8; bit += 61)
        {
            byte[] flipped = [.. good];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(key.Verify(Text, flipped));
        }
    }

    [Fact]
    public void Ring_WithoutKeyId_TriesEveryValidKey()
    {
        var ring = new KeyRing([Registered("new", OtherPem), Registered("old", Pem)]);
        Assert.True(ring.Verify(Text, Sign(Pem.Private), default, nowMs: 1000, out _));
        Assert.True(ring.Verify(Text, Sign(OtherPem.Private), default, nowMs: 1000, out _));
    }

    [Fact]
    public void Ring_WithKeyId_TriesOnlyThatKey()
    {
        var ring = new KeyRing([Registered("new", OtherPem), Registered("old", Pem)]);
        Assert.True(ring.Verify(Text, Sign(Pem.Private), "old"u8, nowMs: 1000, out _));
        Assert.False(ring.Verify(Text, Sign(Pem.Private), "new"u8, nowMs: 1000, out _));
        Assert.False(ring.Verify(Text, Sign(Pem.Private), "none"u8, nowMs: 1000, out _));
    }

    [Fact]
    public void Ring_KeyOutsideItsTime_IsNotBelieved()
    {
        var ring = new KeyRing([new RegisteredKey("k", PemKeys.ReadPublic(Pem.Public), NotBeforeMs: 100, NotAfterMs: 200)]);
        byte[] signature = Sign(Pem.Private);
        Assert.False(ring.Verify(Text, signature, default, nowMs: 99, out _));
        Assert.True(ring.Verify(Text, signature, default, nowMs: 100, out _));
        Assert.True(ring.Verify(Text, signature, default, nowMs: 199, out _));
        Assert.False(ring.Verify(Text, signature, default, nowMs: 200, out _));
    }

    [Theory]
    [InlineData(1024)]
    [InlineData(4608)]
    public void Pem_OfAnotherSize_IsRefusedWithItsSize(int keySize)
    {
        using var rsa = RSA.Create(keySize);
        KeyFormatException refusal = Assert.Throws<KeyFormatException>(() => PemKeys.ReadPublic(rsa.ExportSubjectPublicKeyInfoPem()));
        Assert.Contains($"{keySize}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pem_ThatIsNone_IsRefused()
    {
        Assert.Throws<KeyFormatException>(() => PemKeys.ReadPublic("not a key"));
        Assert.Throws<KeyFormatException>(() => PemKeys.ReadPublic(""));
        Assert.Throws<KeyFormatException>(() => PemKeys.ReadPrivate("k", Pem.Public));
    }

    [Fact]
    public void Key_SharedByThreads_SignsAndVerifiesRight()
    {
        SigningKey signer = PemKeys.ReadPrivate("k", Pem.Private);
        VerifyingKey verifier = PemKeys.ReadPublic(Pem.Public);
        Parallel.For(0, 200, i =>
        {
            byte[] text = Encoding.ASCII.GetBytes($"n={i}");
            byte[] signature = new byte[SigningKey.MaxSignatureLength];
            int length = signer.Sign(text, signature);
            Assert.True(verifier.Verify(text, signature.AsSpan(0, length)));
        });
    }

    private static RegisteredKey Registered(string keyId, (string Private, string Public) pem) => new(keyId, PemKeys.ReadPublic(pem.Public));

    private static byte[] Sign(string privatePem)
    {
        byte[] signature = new byte[SigningKey.MaxSignatureLength];
        int length = PemKeys.ReadPrivate("k", privatePem).Sign(Text, signature);
        return signature[..length];
    }
}
