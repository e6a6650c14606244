namespace HotPath.Signing;

/// <summary>
/// What is verified against when there is nothing to verify against: unknown institution, unknown key, a signature that is none. One key for
/// each sign type; the answer comes after the same work as for a wrong signature of that type (failure model F38).
/// </summary>
// RSA of 2048 bits, as nearly every institution has. An institution with longer keys answers later than an unknown one; that one bit is public.
public sealed class DecoyKeys
{
    private readonly VerifyingKey[] _keys;
    private readonly byte[][] _signatures;

    /// <param name="wrap">What a key is used through; for a test that counts.</param>
    internal DecoyKeys(Func<VerifyingKey, VerifyingKey> wrap)
    {
        SigningKey[] made = [.. SignTypes.All.Select(type => PemKeys.ReadPrivate("decoy", PemKeys.Generate(type).PrivatePem))];
        _keys = [.. made.Select(key => wrap(PemKeys.ReadPublic(key.ExportPublicPem())))];
        // A good signature, of something else: it is refused after all the work there is.
        _signatures = [.. made.Select(Sign)];
    }

    /// <summary>The process's own: making RSA keys takes a tenth of a second.</summary>
    public static DecoyKeys Shared { get; } = new(static key => key);

    /// <summary>Spends the time of so many verifications of this type.</summary>
    public void Verify(SignType type, ReadOnlySpan<byte> text, int times)
    {
        for (int i = 0; i < times; i++)
        {
            _keys[(int)type].Verify(text, _signatures[(int)type]);
        }
    }

    private static byte[] Sign(SigningKey key)
    {
        byte[] signature = new byte[SigningKey.MaxSignatureLength];
        return signature[..key.Sign("decoy"u8, signature)];
    }
}
