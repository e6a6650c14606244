using HotPath.Faults.Simulation;
using HotPath.Signing;
using Xunit;

namespace HotPath.Faults.Tests.Simulation;

/// <summary>What every pair of keys does, the stand-in of the simulation too.</summary>
public abstract class SigningContract
{
    private static readonly byte[] Text = "biz_type=SCAN_PAY&body=茶&inst_id=CN000001"u8.ToArray();

    internal abstract (SigningKey Private, VerifyingKey Public) NewPair(string name);

    [Fact]
    public void Signature_IsItsOwnKeys_AndOfItsLength()
    {
        (SigningKey signer, VerifyingKey verifier) = NewPair("one");
        byte[] signature = Sign(signer);
        Assert.Equal(verifier.SignatureLength, signature.Length);
        Assert.True(verifier.CouldHaveMade(signature));
        Assert.True(verifier.Verify(Text, signature));
        Assert.Equal(signer.SignType, verifier.SignType);
    }

    [Fact]
    public void Signature_WithOneBitFlipped_IsNobodys()
    {
        (SigningKey signer, VerifyingKey verifier) = NewPair("one");
        byte[] signature = Sign(signer);
        for (int at = 0; at < signature.Length; at++)
        {
            signature[at] ^= 1;
            Assert.False(verifier.CouldHaveMade(signature) && verifier.Verify(Text, signature));
            signature[at] ^= 1;
        }
    }

    [Fact]
    public void Signature_CutShort_OrEmpty_IsNobodys()
    {
        (SigningKey signer, VerifyingKey verifier) = NewPair("one");
        byte[] signature = Sign(signer);
        Assert.False(verifier.CouldHaveMade(signature.AsSpan(..^1)));
        Assert.False(verifier.Verify(Text, signature.AsSpan(..^1)));
        Assert.False(verifier.Verify(Text, []));
    }

    [Fact]
    public void Signature_OfAnotherKey_OrOverAnotherText_IsNotThisOnes()
    {
        (SigningKey signer, VerifyingKey verifier) = NewPair("one");
        (SigningKey other, _) = NewPair("two");
        Assert.False(verifier.Verify(Text, Sign(other)));
        Assert.False(verifier.Verify(Text.AsSpan(..^1), Sign(signer)));
    }

    private static byte[] Sign(SigningKey key)
    {
        byte[] signature = new byte[SigningKey.MaxSignatureLength];
        return signature[..key.Sign(Text, signature)];
    }
}

public sealed class Rsa2SigningTests : SigningContract
{
    internal override (SigningKey Private, VerifyingKey Public) NewPair(string name) => PemPair.New(name, SignType.Rsa2);
}

public sealed class Es256SigningTests : SigningContract
{
    internal override (SigningKey Private, VerifyingKey Public) NewPair(string name) => PemPair.New(name, SignType.Es256);
}

public sealed class VirtualSigningTests : SigningContract
{
    internal override (SigningKey Private, VerifyingKey Public) NewPair(string name) =>
        (new VirtualSigningKey(name, $"secret of {name}"), new VirtualVerifyingKey($"secret of {name}"));
}

internal static class PemPair
{
    internal static (SigningKey Private, VerifyingKey Public) New(string name, SignType type)
    {
        (string privatePem, string publicPem) = PemKeys.Generate(type);
        return (PemKeys.ReadPrivate(name, privatePem), PemKeys.ReadPublic(publicPem));
    }
}
