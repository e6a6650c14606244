using System.Security.Cryptography;

namespace HotPath.Core.Clearing.Adapters.Iso8583;

/// <summary>
/// The message authentication code of both directions: the first eight bytes of HMAC-SHA-256 over everything before it (ISO 16609 allows HMAC of ISO/IEC 9797-2, whose
/// codes may be cut; eight bytes are what elements 64 and 128 hold).
/// </summary>
public sealed class MessageMac
{
    /// <summary>Bytes of the code.</summary>
    public const int Bytes = 8;

    /// <summary>Shortest key, in bytes: as long as the hash, which is what HMAC needs to be as strong as it (RFC 2104, 3).</summary>
    public const int MinKeyBytes = 32;

    private readonly byte[] _key;

    /// <exception cref="ArgumentException">The key is shorter than 32 bytes.</exception>
    public MessageMac(ReadOnlySpan<byte> key)
    {
        if (key.Length < MinKeyBytes)
        {
            throw new ArgumentException($"a key of {key.Length} bytes; {MinKeyBytes} at least", nameof(key));
        }
        _key = key.ToArray();
    }

    /// <summary>The key as operators keep it.</summary>
    /// <exception cref="FormatException">It is not 32 or more bytes in hexadecimal digits.</exception>
    public static MessageMac FromHex(string text)
    {
        string digits = text.Trim();
        return digits.Length >= 2 * MinKeyBytes && digits.Length % 2 == 0 && digits.All(char.IsAsciiHexDigit)
            ? new MessageMac(Convert.FromHexString(digits))
            : throw new FormatException($"is not {MinKeyBytes} or more bytes in hexadecimal digits");
    }

    /// <summary>Writes the code of <paramref name="message"/>, whose last eight bytes it is to be, into those.</summary>
    public void Seal(Span<byte> message) => Of(message[..^Bytes], message[^Bytes..]);

    /// <summary>True when the message has a code, and the right one. Takes the same time wherever it differs.</summary>
    public bool IsSealed(ReceivedMessage message)
    {
        Span<byte> expected = stackalloc byte[Bytes];
        Of(message.BeforeMac, expected);
        return CryptographicOperations.FixedTimeEquals(expected, message.Mac);
    }

    private void Of(ReadOnlySpan<byte> source, Span<byte> into)
    {
        Span<byte> whole = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, source, whole);
        whole[..Bytes].CopyTo(into);
    }
}
