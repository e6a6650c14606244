using System.Numerics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace HotPath.Signing.Tests;

public partial class Es256Tests
{
    private const int Length = 64;

    private static readonly byte[] Text = Encoding.UTF8.GetBytes("a=1&b=2");
    private static readonly (string Private, string Public) Pem = PemKeys.Generate(SignType.Es256);
    private static readonly (string Private, string Public) OtherPem = PemKeys.Generate(SignType.Es256);
    private static readonly (string Private, string Public) RsaPem = PemKeys.Generate();

    // The order of the base point of P-256, from SP 800-186.
    private static readonly byte[] Order = Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");

    [Fact]
    public void Signature_OfOurs_IsVerifiedByAnyEs256Implementation()
    {
        byte[] signature = Sign(Pem.Private);
        using var independent = ECDsa.Create();
        independent.ImportFromPem(Pem.Public);

        Assert.Equal(Length, signature.Length);
        Assert.True(independent.VerifyData(Text, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
        Assert.True(PemKeys.ReadPublic(Pem.Public).Verify(Text, signature));
    }

    [Fact]
    public void Verify_RefusesEverythingButThisKeysRAndSWithSha256()
    {
        VerifyingKey key = PemKeys.ReadPublic(Pem.Public);
        using var ecdsa = ECDsa.Create();
        ecdsa.ImportFromPem(Pem.Private);
        byte[] good = Sign(Pem.Private);

        Assert.False(key.Verify(Text, ecdsa.SignData(Text, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)));
        Assert.False(key.Verify(Text, ecdsa.SignData(Text, HashAlgorithmName.SHA384, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)));
        Assert.False(key.Verify(Text, Sign(OtherPem.Private)));
        Assert.False(key.Verify(Text, Sign(RsaPem.Private)));
        Assert.False(key.Verify("a=1&b=3"u8, good));
        Assert.False(key.Verify(Text, good.AsSpan(0, Length - 1)));
        Assert.False(key.Verify(Text, [.. good, 0]));
        Assert.False(key.Verify(Text, default));
        for (int bit = 0; bit < Length * 8; bit += 7)
        {
            byte[] flipped = [.. good];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(key.Verify(Text, flipped));
        }
    }

    [Fact]
    public void NumbersOutsideTheirRange_AreRefused_BeforeTheArithmetic()
    {
        VerifyingKey key = PemKeys.ReadPublic(Pem.Public);
        byte[] good = Sign(Pem.Private);
        byte[] zero = new byte[32];
        byte[][] impossible =
        [
            [.. zero, .. zero], [.. zero, .. good[32..]], [.. good[..32], .. zero], [.. Order, .. good[32..]], [.. good[..32], .. Order],
            Enumerable.Repeat((byte)0xFF, Length).ToArray(), good[..^1], [.. good, 0], [],
        ];

        Assert.All(impossible, bytes => Assert.False(key.CouldHaveMade(bytes)));
        Assert.All(impossible, bytes => Assert.False(key.Verify(Text, bytes)));
        byte[] last = [.. Order[..^1], 0x50];
        Assert.True(key.CouldHaveMade([.. last, .. last]));
        Assert.True(key.CouldHaveMade(good));
        Assert.True(key.CouldHaveMade(Sign(OtherPem.Private)));
    }

    [Fact]
    public void RsaNumbersOutsideTheirRange_AreRefused_BeforeTheArithmetic()
    {
        VerifyingKey key = PemKeys.ReadPublic(RsaPem.Public);
        using var rsa = RSA.Create();
        rsa.ImportFromPem(RsaPem.Public);
        byte[] modulus = rsa.ExportParameters(false).Modulus!;

        Assert.False(key.CouldHaveMade(modulus));
        Assert.False(key.CouldHaveMade(Enumerable.Repeat((byte)0xFF, 256).ToArray()));
        Assert.False(key.CouldHaveMade(new byte[256]));
        Assert.False(key.CouldHaveMade(new byte[255]));
        modulus[^1]--;
        Assert.True(key.CouldHaveMade(modulus));
        Assert.True(key.CouldHaveMade(Sign(RsaPem.Private)));
    }

    // Known of ECDSA: whoever has a signature can make this second one of it. No signature is an identifier here, nor in a fingerprint.
    [Fact]
    public void Signature_WithTheOtherS_IsOfTheSameText()
    {
        byte[] good = Sign(Pem.Private);
        BigInteger other = new BigInteger(Order, isUnsigned: true, isBigEndian: true) - new BigInteger(good.AsSpan(32), isUnsigned: true, isBigEndian: true);
        byte[] s = other.ToByteArray(isUnsigned: true, isBigEndian: true);
        Assert.True(PemKeys.ReadPublic(Pem.Public).Verify(Text, [.. good[..32], .. new byte[32 - s.Length], .. s]));
    }

    [Fact]
    public void Pem_OfEveryForm_IsRead()
    {
        using var ecdsa = ECDsa.Create();
        ecdsa.ImportFromPem(Pem.Private);
        SigningKey sec1 = PemKeys.ReadPrivate("k", ecdsa.ExportECPrivateKeyPem());

        Assert.Equal(SignType.Es256, sec1.SignType);
        Assert.Equal(Pem.Public.TrimEnd(), sec1.ExportPublicPem());
        Assert.Equal(SignType.Es256, PemKeys.ReadPublic(Pem.Private).SignType);
        Assert.Equal(SignType.Rsa2, PemKeys.ReadPublic(RsaPem.Public).SignType);
    }

    [Theory]
    [InlineData("nistP384")]
    [InlineData("nistP521")]
    [InlineData("secp256k1")]
    public void Pem_OfAnotherCurve_IsRefused(string curve)
    {
        using var ecdsa = ECDsa.Create(ECCurve.CreateFromFriendlyName(curve));
        KeyFormatException refusal = Assert.Throws<KeyFormatException>(() => PemKeys.ReadPublic(ecdsa.ExportSubjectPublicKeyInfoPem()));
        Assert.Contains("allowed is P-256", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<KeyFormatException>(() => PemKeys.ReadPrivate("k", ecdsa.ExportPkcs8PrivateKeyPem()));
    }

    [Fact]
    public void Pem_OfAPublicKeyWhereAPrivateOneIsNeeded_IsRefused() =>
        Assert.Contains("public key", Assert.Throws<KeyFormatException>(() => PemKeys.ReadPrivate("k", Pem.Public)).Message, StringComparison.Ordinal);

    [Fact]
    public void Ring_InRotation_BelievesBothKeys_ByNameOnlyTheNamed_AndNoneAfterItsEnd()
    {
        var ring = new KeyRing(
        [
            new RegisteredKey("new", PemKeys.ReadPublic(OtherPem.Public), NotBeforeMs: 100),
            new RegisteredKey("old", PemKeys.ReadPublic(Pem.Public), NotAfterMs: 200),
        ]);
        byte[] old = Sign(Pem.Private);
        byte[] renewed = Sign(OtherPem.Private);

        Assert.Equal(SignType.Es256, ring.SignType);
        Assert.True(ring.Verify(Text, old, default, nowMs: 150, out _));
        Assert.True(ring.Verify(Text, renewed, default, nowMs: 150, out _));
        Assert.True(ring.Verify(Text, old, "old"u8, nowMs: 150, out _));
        Assert.False(ring.Verify(Text, old, "new"u8, nowMs: 150, out _));
        Assert.False(ring.Verify(Text, renewed, default, nowMs: 99, out _));
        Assert.False(ring.Verify(Text, old, default, nowMs: 200, out _));
    }

    [Fact]
    public void Ring_OfTwoSignTypes_IsABug() => Assert.Throws<ArgumentException>(
        () => new KeyRing([new RegisteredKey("a", PemKeys.ReadPublic(Pem.Public)), new RegisteredKey("b", PemKeys.ReadPublic(RsaPem.Public))]));

    [Fact]
    public void GatewayKeys_AreOnePerType_AndASwapReplacesItsOwnType()
    {
        SigningKey rsa2 = PemKeys.ReadPrivate("gw-1", RsaPem.Private);
        SigningKey es256 = PemKeys.ReadPrivate("gw-es", Pem.Private);
        SigningKey next = PemKeys.ReadPrivate("gw-es-2", OtherPem.Private);
        var keys = new GatewayKeys(rsa2, es256);
        keys.Swap(next);

        Assert.Same(next, keys.For(SignType.Es256));
        Assert.Same(rsa2, keys.For(SignType.Rsa2));
        Assert.Same(rsa2, new GatewayKeys(rsa2).For(SignType.Es256));
        Assert.Throws<ArgumentException>(() => new GatewayKeys(es256));
        Assert.Throws<ArgumentException>(() => new GatewayKeys(rsa2, rsa2));
    }

    [Fact]
    public void Key_SharedByThreads_SignsAndVerifiesRight()
    {
        SigningKey signer = PemKeys.ReadPrivate("k", Pem.Private);
        VerifyingKey verifier = PemKeys.ReadPublic(Pem.Public);
        Parallel.For(0, 500, i =>
        {
            byte[] text = Encoding.ASCII.GetBytes($"n={i}");
            byte[] signature = new byte[SigningKey.MaxSignatureLength];
            Assert.True(verifier.Verify(text, signature.AsSpan(0, signer.Sign(text, signature))));
        });
    }

    /// <summary>What docs/protocol.md shows integrators, read from there: made by OpenSSL and Node, not by us.</summary>
    [Fact]
    public void VectorOfTheDocumentation_Verifies()
    {
        string page = File.ReadAllText(Path.Combine(Root(), "docs", "protocol.md"));
        string text = VectorText().Match(page).Value;
        string pem = VectorPem().Match(page).Value;
        string sign = VectorSign().Match(page).Groups[1].Value;
        byte[] signature = new byte[Length];

        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))), page, StringComparison.Ordinal);
        Assert.True(StrictBase64.TryDecode(Encoding.UTF8.GetBytes(sign), signature, out int length));
        Assert.Equal(Length, length);
        Assert.True(PemKeys.ReadPublic(pem).Verify(Encoding.UTF8.GetBytes(text), signature));
    }

    private static byte[] Sign(string privatePem)
    {
        byte[] signature = new byte[SigningKey.MaxSignatureLength];
        return signature[..PemKeys.ReadPrivate("k", privatePem).Sign(Text, signature)];
    }

    private static string Root([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "..", "..");

    [GeneratedRegex("^biz_type=.*&sign_type=ES256&.*$", RegexOptions.Multiline)]
    private static partial Regex VectorText();

    [GeneratedRegex("-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", RegexOptions.Singleline)]
    private static partial Regex VectorPem();

    [GeneratedRegex("^sign ([A-Za-z0-9+/=]+)$", RegexOptions.Multiline)]
    private static partial Regex VectorSign();
}
