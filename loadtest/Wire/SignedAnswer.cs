using System.Text;
using System.Text.Json;
using HotPath.Signing;

namespace HotPath.LoadTest.Wire;

/// <summary>The gateway's answers as an institution reads them.</summary>
internal static class SignedAnswer
{
    private const int MaxTextBytes = 8 * 1024;

    /// <summary>A member's value without parsing the whole: our values hold no quotes. Empty when it is not there.</summary>
    public static ReadOnlySpan<byte> Peek(ReadOnlySpan<byte> json, ReadOnlySpan<byte> quotedNameAndColonQuote)
    {
        int at = json.IndexOf(quotedNameAndColonQuote);
        if (at < 0)
        {
            return default;
        }
        ReadOnlySpan<byte> rest = json[(at + quotedNameAndColonQuote.Length)..];
        int end = rest.IndexOf((byte)'"');
        return end < 0 ? default : rest[..end];
    }

    /// <summary>Every member, or null when it is not a flat object of strings.</summary>
    public static SortedDictionary<string, string>? Read(ReadOnlySpan<byte> json)
    {
        var members = new SortedDictionary<string, string>(StringComparer.Ordinal);
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                bool isNewText = reader.Read() && reader.TokenType == JsonTokenType.String && members.TryAdd(name, reader.GetString()!);
                if (!isNewText)
                {
                    return null;
                }
            }
            return reader.TokenType == JsonTokenType.EndObject ? members : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>True when the gateway signed exactly these members.</summary>
    public static bool Verifies(SortedDictionary<string, string> members, VerifyingKey gateway)
    {
        Span<byte> signature = stackalloc byte[SigningKey.MaxSignatureLength];
        if (!members.TryGetValue("sign", out string? sign) || !StrictBase64.TryDecode(Encoding.UTF8.GetBytes(sign), signature, out int length))
        {
            return false;
        }
        int longest = members.Sum(static member => member.Key.Length + 2 + Encoding.UTF8.GetMaxByteCount(member.Value.Length));
        var text = new SigningText(longest <= MaxTextBytes ? stackalloc byte[MaxTextBytes] : new byte[longest]);
        foreach ((string name, string value) in members)
        {
            if (name != "sign")
            {
                text.Append(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(value));
            }
        }
        return gateway.Verify(text.Text, signature[..length]);
    }
}
