namespace HotPath.Signing;

/// <summary>How something is signed. A closed set: an institution is registered with exactly one of them.</summary>
public enum SignType : byte
{
    /// <summary>SHA256withRSA: RSA of 2048 to 4096 bits, PKCS#1 v1.5 (chapter 5.1 of the specification). What every gateway speaks.</summary>
    Rsa2 = 0,

    /// <summary>ECDSA on P-256 with SHA-256; the signature is r‖s, 32 bytes each (IEEE P1363, JWS's ES256 of RFC 7518). Never DER.</summary>
    Es256 = 1,
}

/// <summary>The names of sign types, as sign_type and the configuration spell them.</summary>
public static class SignTypes
{
    private static readonly string[] ByType = ["RSA2", "ES256"];

    /// <summary>Every sign type, in the order of their numbers.</summary>
    public static IReadOnlyList<SignType> All { get; } = [SignType.Rsa2, SignType.Es256];

    /// <summary>Every name, in the order of <see cref="All"/>.</summary>
    public static string[] Names => [.. ByType];

    public static string Name(SignType type) => ByType[(int)type];

    /// <summary>False, and <see cref="SignType.Rsa2"/>, for what is no name of one.</summary>
    public static bool TryParse(ReadOnlySpan<byte> name, out SignType type)
    {
        bool isEs256 = name.SequenceEqual("ES256"u8);
        type = isEs256 ? SignType.Es256 : SignType.Rsa2;
        return isEs256 || name.SequenceEqual("RSA2"u8);
    }
}
