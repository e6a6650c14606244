using System.Text;

namespace HotPath.Signing;

/// <summary>A private key that signs, imported once and used by every thread. Its <see cref="KeyId"/> goes out with each signature.</summary>
public abstract class SigningKey
{
    /// <summary>Longest signature, in bytes: RSA-4096.</summary>
    public const int MaxSignatureLength = 512;

    private protected SigningKey(string keyId)
    {
        KeyId = keyId;
        KeyIdUtf8 = Encoding.UTF8.GetBytes(keyId);
    }

    public string KeyId { get; }

    public ReadOnlyMemory<byte> KeyIdUtf8 { get; }

    /// <summary>What its signatures are. One key is of one type.</summary>
    public abstract SignType SignType { get; }

    /// <summary>Signs <paramref name="text"/>.</summary>
    /// <returns>The bytes written, at most <see cref="MaxSignatureLength"/>.</returns>
    public abstract int Sign(ReadOnlySpan<byte> text, Span<byte> signature);

    /// <summary>The public half, for those who verify.</summary>
    public abstract string ExportPublicPem();
}
