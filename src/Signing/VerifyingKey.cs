namespace HotPath.Signing;

/// <summary>
/// A public key, imported once and used by every thread. Never disposed in use: when a key ring is swapped, the old handles are left to the
/// garbage collector.
/// </summary>
/// <remarks>OpenSSL lets threads share a key that nobody changes; measured with RSA, one shared handle scales like one per thread.</remarks>
public abstract class VerifyingKey
{
    private protected VerifyingKey()
    {
    }

    /// <summary>What its signatures are. One key is of one type.</summary>
    public abstract SignType SignType { get; }

    /// <summary>Bytes of every signature of this key.</summary>
    public abstract int SignatureLength { get; }

    /// <summary>
    /// False for bytes that can be nobody's signature by this kind of key: of another length, or numbers outside their range. A library
    /// refuses those before any arithmetic, so they tell by their time that there was a key: who must not tell asks this first.
    /// </summary>
    public abstract bool CouldHaveMade(ReadOnlySpan<byte> signature);

    /// <summary>True when <paramref name="signature"/> is this key's over <paramref name="text"/>. Never throws for what a caller sent.</summary>
    public abstract bool Verify(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature);

    /// <summary>The key as it is compared with others: DER of SubjectPublicKeyInfo.</summary>
    public abstract byte[] ExportSubjectPublicKeyInfo();
}
