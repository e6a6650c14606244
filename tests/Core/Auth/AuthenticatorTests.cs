using System.Security.Cryptography;
using System.Text;
using HotPath.Core.Admission;
using HotPath.Core.Auth;
using HotPath.Core.Model;
using HotPath.Core.Telemetry;
using HotPath.Signing;
using Xunit;

namespace HotPath.Core.Tests.Auth;

/// <summary>Every D001 costs the same: so many verifications of the sign type that was asked for, whatever was wrong, whoever is registered.</summary>
public class AuthenticatorTests
{
    private const long NowMs = 1_000;

    private static readonly byte[] Text = Encoding.UTF8.GetBytes("a=1&b=2");
    private static readonly Dictionary<string, SigningKey> Signers = new()
    {
        ["rsa"] = NewKey(SignType.Rsa2),
        ["rsa-expired"] = NewKey(SignType.Rsa2),
        ["rsa-other"] = NewKey(SignType.Rsa2),
        ["es"] = NewKey(SignType.Es256),
        ["es-next"] = NewKey(SignType.Es256),
        ["es-expired"] = NewKey(SignType.Es256),
        ["es-other"] = NewKey(SignType.Es256),
    };

    private readonly int[] _verifications = new int[SignTypes.All.Count];
    private readonly InstitutionDirectory _institutions;
    private readonly Authenticator _authenticator;

    public AuthenticatorTests()
    {
        var metrics = new GatewayMetrics("test");
        Institution Register(string name, params string[] keys) => new(
            name, Region.Domestic, Language.Chinese, [], new KeyRing(keys.Select(Registered)), new Allowance(TimeProvider.System), metrics.ForInstitution(name));
        _institutions = new InstitutionDirectory(
            [Register("RSA", "rsa", "rsa-expired"), Register("RSAOTHER", "rsa-other"), Register("ES", "es", "es-next", "es-expired"), Register("ESOTHER", "es-other")]);
        _authenticator = new Authenticator(_institutions, new DecoyKeys(key => new CountingKey(key, _verifications)));
    }

    public static TheoryData<string> Ways =>
    [
        "no such institution", "other sign type", "no such key", "named the expired key", "expired key", "another text", "another institution's",
        "no base64", "a blank", "spare bits", "empty", "one byte less", "one byte more", "zeroes", "ones", "DER", "signature of the other type",
    ];

    [Theory]
    [MemberData(nameof(Ways))]
    public void EveryWayToD001_CostsTheSameVerifications_OfTheAskedTypeOnly(string way)
    {
        foreach ((SignType type, string institution, string key) in new[] { (SignType.Rsa2, "RSA", "rsa"), (SignType.Es256, "ES", "es") })
        {
            Array.Clear(_verifications);
            Assert.Null(Try(way, type, institution, key));
            Assert.Equal(type == SignType.Rsa2 ? [2, 0] : [0, 3], _verifications);
        }
    }

    [Fact]
    public void TheRightOne_IsKnown_WithAnyOfItsKeys()
    {
        Assert.Equal(InstId.From("RSA"u8), Authenticate("RSA", SignType.Rsa2, Sign("rsa"))?.InstId);
        Assert.Equal(InstId.From("ES"u8), Authenticate("ES", SignType.Es256, Sign("es"))?.InstId);
        Assert.Equal(InstId.From("ES"u8), Authenticate("ES", SignType.Es256, Sign("es-next"))?.InstId);
        Assert.Equal(InstId.From("ES"u8), Authenticate("ES", SignType.Es256, Sign("es-next"), "es-next")?.InstId);
    }

    [Fact]
    public void TypeThatNobodyHas_CostsOneVerification()
    {
        _institutions.Swap([]);
        Assert.Null(Authenticate("ES", SignType.Es256, Sign("es")));
        Assert.Equal([0, 1], _verifications);
    }

    private Institution? Try(string way, SignType type, string institution, string key)
    {
        string good = Sign(key);
        byte[] bytes = Convert.FromBase64String(good);
        string other = type == SignType.Rsa2 ? "es" : "rsa";
        return way switch
        {
            "no such institution" => Authenticate("NOBODY", type, good),
            "other sign type" => Authenticate(type == SignType.Rsa2 ? "ES" : "RSA", type, good),
            "no such key" => Authenticate(institution, type, good, "none"),
            "named the expired key" => Authenticate(institution, type, good, key + "-expired"),
            "expired key" => Authenticate(institution, type, Sign(key + "-expired")),
            "another text" => Authenticate(institution, type, Sign(key, "a=1&b=3")),
            "another institution's" => Authenticate(institution, type, Sign(key + "-other")),
            "no base64" => Authenticate(institution, type, "not base64!"),
            "a blank" => Authenticate(institution, type, good.Insert(8, " ")),
            "spare bits" => Authenticate(institution, type, WithSpareBit(good)),
            "empty" => Authenticate(institution, type, ""),
            "one byte less" => Authenticate(institution, type, Convert.ToBase64String(bytes.AsSpan(1))),
            "one byte more" => Authenticate(institution, type, Convert.ToBase64String([.. bytes, 0])),
            "zeroes" => Authenticate(institution, type, Convert.ToBase64String(new byte[bytes.Length])),
            "ones" => Authenticate(institution, type, Convert.ToBase64String(Enumerable.Repeat((byte)0xFF, bytes.Length).ToArray())),
            "DER" => Authenticate(institution, type, Convert.ToBase64String(Der())),
            "signature of the other type" => Authenticate(institution, type, Sign(other)),
            _ => throw new ArgumentOutOfRangeException(nameof(way), way, null),
        };
    }

    private Institution? Authenticate(string instId, SignType type, string sign, string keyId = "") => _authenticator.Authenticate(
        Encoding.UTF8.GetBytes(instId), Encoding.UTF8.GetBytes(keyId), type, Text, Encoding.UTF8.GetBytes(sign), NowMs);

    private RegisteredKey Registered(string key) => new(
        key, new CountingKey(PemKeys.ReadPublic(Signers[key].ExportPublicPem()), _verifications),
        NotAfterMs: key.EndsWith("-expired", StringComparison.Ordinal) ? NowMs : long.MaxValue);

    // The last letter before the padding holds four bits that must be zero (64 and 256 bytes both leave one byte over).
    private static string WithSpareBit(string base64)
    {
        Assert.EndsWith("==", base64, StringComparison.Ordinal);
        char next = base64[^3] switch { 'A' => 'B', 'Q' => 'R', 'g' => 'h', _ => 'x' };
        return base64[..^3] + next + "==";
    }

    private static byte[] Der()
    {
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return ecdsa.SignData(Text, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    private static string Sign(string key, string text = "a=1&b=2")
    {
        byte[] signature = new byte[SigningKey.MaxSignatureLength];
        return Convert.ToBase64String(signature.AsSpan(0, Signers[key].Sign(Encoding.UTF8.GetBytes(text), signature)));
    }

    private static SigningKey NewKey(SignType type) => PemKeys.ReadPrivate("", PemKeys.Generate(type).PrivatePem);

    /// <summary>Counts what is verified with it, by type. What a library refuses before the arithmetic takes no time and counts as nothing.</summary>
    private sealed class CountingKey(VerifyingKey key, int[] verifications) : VerifyingKey
    {
        public override SignType SignType => key.SignType;

        public override int SignatureLength => key.SignatureLength;

        public override bool CouldHaveMade(ReadOnlySpan<byte> signature) => key.CouldHaveMade(signature);

        public override bool Verify(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature)
        {
            verifications[(int)SignType] += key.CouldHaveMade(signature) ? 1 : 0;
            return key.Verify(text, signature);
        }

        public override byte[] ExportSubjectPublicKeyInfo() => key.ExportSubjectPublicKeyInfo();
    }
}
