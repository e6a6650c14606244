using System.Buffers;
using System.Text;
using System.Text.Json;
using HotPath.Signing;

namespace HotPath.Faults.Simulation;

/// <summary>Messages as an institution makes and reads them. Apart from the gateway's own code, and quick: a seed sends a thousand.</summary>
internal static class Envelope
{
    /// <summary>The request with its signature, as JSON.</summary>
    internal static byte[] Sign(IReadOnlyDictionary<string, string> members, SigningKey key)
    {
        Span<byte> signature = stackalloc byte[SigningKey.MaxSignatureLength];
        int length = key.Sign(SigningString(members), signature);
        var json = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            foreach ((string name, string value) in members)
            {
                writer.WriteString(name, value);
            }
            writer.WriteString("sign", Convert.ToBase64String(signature[..length]));
            writer.WriteEndObject();
        }
        return json.WrittenSpan.ToArray();
    }

    /// <summary>The members of an answer, and whether its signature is this key's over them. Null: not a flat object of strings.</summary>
    internal static (Dictionary<string, string>? Members, bool IsVerified) Read(ReadOnlySpan<byte> json, VerifyingKey key)
    {
        var members = new Dictionary<string, string>();
        try
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                reader.Read();
                members.Add(name, reader.GetString()!);
            }
            byte[] signature = Convert.FromBase64String(members.GetValueOrDefault("sign", ""));
            return (members, key.Verify(SigningString(members), signature));
        }
        catch (Exception failure) when (failure is JsonException or FormatException or ArgumentException or InvalidOperationException)
        {
            return (null, false);
        }
    }

    private static byte[] SigningString(IReadOnlyDictionary<string, string> members) => Encoding.UTF8.GetBytes(string.Join(
        '&', members.Where(member => member.Key != "sign").OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => $"{member.Key}={member.Value}")));
}
