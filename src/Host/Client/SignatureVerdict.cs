using System.Globalization;
using HotPath.Signing;

namespace HotPath.Host.Client;

/// <summary>Holds a message's <c>sign</c> against a key, and says what was checked and the usual mistakes by name.</summary>
internal static class SignatureVerdict
{
    private const string SignTypeMember = "sign_type";

    // ASN.1: SEQUENCE. What OpenSSL, Java and Go make of ECDSA by default begins with it.
    private const byte DerSequence = 0x30;

    /// <summary>
    /// Why this kind of key cannot be the message's; null when it can. The key must be what is <paramref name="asked"/> for and what the
    /// message's own sign_type says: the gateway goes by that one alone, so nothing else may make the message valid here. A message without one
    /// is an answer, and what signed it is the key's affair.
    /// </summary>
    internal static string? Misfit(SignedMessage message, SignType? asked, SignType ofKey)
    {
        string name = SignTypes.Name(ofKey);
        if (asked is { } type && type != ofKey)
        {
            return $"--sign-type is {SignTypes.Name(type)}, the key is one of {name}";
        }
        return message[SignTypeMember] is { } said && said != name ? $"{SignTypeMember} is {said}, the key is one of {name}" : null;
    }

    /// <summary>Lines for people.</summary>
    internal static IEnumerable<string> Explain(SignedMessage message, SignType? asked, VerifyingKey key)
    {
        if (message[SignedMessage.Sign] is null)
        {
            return ["sign: not there"];
        }
        string was = $"checked: {SignTypes.Name(key.SignType)}, {HowOf(key.SignType)}";
        if (Misfit(message, asked, key.SignType) is { } misfit)
        {
            return [was, "sign: invalid for this key", "why: " + misfit];
        }
        return message.IsSignedBy(key) ? [was, "sign: valid"] : [was, "sign: invalid for this key", .. Reasons(message, key)];
    }

    private static IEnumerable<string> Reasons(SignedMessage message, VerifyingKey key)
    {
        Span<byte> signature = stackalloc byte[SigningKey.MaxSignatureLength];
        if (!message.TryReadSign(signature, out int length))
        {
            return ["why: sign is not standard Base64 with padding and nothing else"];
        }
        if (length == key.SignatureLength)
        {
            return ["why: another key, or another signing string"];
        }
        string sizes = string.Create(CultureInfo.InvariantCulture, $"why: sign is {length} bytes long, this key's signatures are {key.SignatureLength}");
        bool isDer = key.SignType == SignType.Es256 && signature[0] == DerSequence;
        return isDer ? [sizes, "why: it is DER; ES256 wants r and s as they are, 32 bytes each (IEEE P1363)"] : [sizes];
    }

    private static string HowOf(SignType type) => type == SignType.Es256
        ? "ECDSA on P-256 with SHA-256, sign is r and s of 32 bytes each"
        : "SHA256withRSA, PKCS#1 v1.5";
}
