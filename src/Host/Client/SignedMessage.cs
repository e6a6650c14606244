using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using HotPath.Signing;

namespace HotPath.Host.Client;

/// <summary>
/// A flat message of string members as an institution sees it: sorted, signed, verified. It knows no table of members, so that it cannot
/// share a mistake with the gateway's.
/// </summary>
internal sealed class SignedMessage
{
    internal const string Sign = "sign";

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = 2 };

    private readonly SortedDictionary<string, string> _members = new(Utf8Order.Instance);

    internal SignedMessage()
    {
    }

    internal SignedMessage(IEnumerable<KeyValuePair<string, string>> members)
    {
        foreach ((string name, string value) in members)
        {
            _members[name] = value;
        }
    }

    internal IReadOnlyDictionary<string, string> Members => _members;

    internal string? this[string name]
    {
        get => _members.GetValueOrDefault(name);
        set
        {
            if (value is null)
            {
                _members.Remove(name);
            }
            else
            {
                _members[name] = value;
            }
        }
    }

    /// <summary>Reads one flat JSON object of strings.</summary>
    /// <exception cref="FormatException">It is something else; says what.</exception>
    internal static SignedMessage Parse(ReadOnlySpan<byte> json)
    {
        var message = new SignedMessage();
        try
        {
            var reader = new Utf8JsonReader(json, ReaderOptions);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw new FormatException("not a JSON object");
            }
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                if (!reader.Read() || reader.TokenType != JsonTokenType.String)
                {
                    throw new FormatException($"member {name} is not a string");
                }
                if (!message._members.TryAdd(name, reader.GetString()!))
                {
                    throw new FormatException($"member {name} is there twice");
                }
            }
            // The reader refuses what comes after the object.
            reader.Read();
            return message;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw new FormatException("not a JSON object of strings: " + failure.Message, failure);
        }
    }

    /// <summary>What is signed: every member but <c>sign</c>, sorted, <c>name=value</c> joined by <c>&amp;</c> (5.1).</summary>
    internal byte[] SigningString()
    {
        int size = _members.Sum(member => Encoding.UTF8.GetByteCount(member.Key) + Encoding.UTF8.GetByteCount(member.Value) + 2);
        var text = new SigningText(new byte[size]);
        foreach ((string name, string value) in _members)
        {
            if (name != Sign)
            {
                text.Append(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(value));
            }
        }
        return text.Text.ToArray();
    }

    /// <summary>Signs the message: member <c>sign</c> is set.</summary>
    internal void SignWith(SigningKey key)
    {
        Span<byte> signature = stackalloc byte[SigningKey.MaxSignatureLength];
        int length = key.Sign(SigningString(), signature);
        _members[Sign] = Convert.ToBase64String(signature[..length]);
    }

    /// <summary>True when <c>sign</c> is this key's signature over the other members.</summary>
    internal bool IsSignedBy(VerifyingKey key)
    {
        Span<byte> signature = stackalloc byte[SigningKey.MaxSignatureLength];
        return TryReadSign(signature, out int length) && key.Verify(SigningString(), signature[..length]);
    }

    /// <summary>The bytes of <c>sign</c>; false when it is not there, or no Base64 as the gateway takes it.</summary>
    internal bool TryReadSign(Span<byte> into, out int length)
    {
        length = 0;
        // As strictly as the gateway reads it: Convert would skip blanks, and call valid what is answered D001.
        return this[Sign] is { } sign && StrictBase64.TryDecode(Encoding.UTF8.GetBytes(sign), into, out length);
    }

    /// <summary>The JSON, as it goes over the wire.</summary>
    internal byte[] ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            WriteTo(writer);
        }
        return buffer.WrittenSpan.ToArray();
    }

    internal void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        foreach ((string name, string value) in _members)
        {
            writer.WriteString(name, value);
        }
        writer.WriteEndObject();
    }

    /// <summary>Byte order of the names in UTF-8, which is not the order of their UTF-16 units beyond U+FFFF.</summary>
    private sealed class Utf8Order : IComparer<string>
    {
        internal static readonly Utf8Order Instance = new();

        public int Compare(string? x, string? y) => Encoding.UTF8.GetBytes(x!).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y!));
    }
}
