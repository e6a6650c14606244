using HotPath.Core.Model;

namespace HotPath.Core.Qr;

/// <summary>What kind of code a text is.</summary>
public enum QrKind : byte
{
    /// <summary>Not read yet.</summary>
    None = 0,

    /// <summary>Anything else: its channel will know.</summary>
    Opaque,

    /// <summary>An https address.</summary>
    Https,

    /// <summary>EMVCo merchant-presented mode.</summary>
    Emv,
}

/// <summary>A stretch of a code's bytes; empty where there is none.</summary>
public readonly record struct QrPart(int At, int Length)
{
    public bool IsEmpty => Length == 0;

    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> content) => content.Slice(At, Length);
}

/// <summary>
/// What <see cref="QrReader"/> found in a code: where things stand, not the things. It is used together with the same bytes, and its
/// parts count only without a <see cref="Defect"/>.
/// </summary>
public readonly record struct QrReading
{
    public QrKind Kind { get; init; }

    /// <summary>What is wrong with the code by itself, or, once compared, with the two together.</summary>
    public QrDefect Defect { get; init; }

    /// <summary>What tag 01 says of the code; None when it says nothing.</summary>
    public QrType Method { get; init; }

    /// <summary>Tag 53, ISO 4217's three digits.</summary>
    public QrPart Currency { get; init; }

    /// <summary>Tag 54, major units.</summary>
    public QrPart Amount { get; init; }

    /// <summary>Tag 59, where it keeps within EMVCo's 25 characters.</summary>
    public QrPart MerchantName { get; init; }

    /// <summary>Tag 60, where it keeps within EMVCo's 15 characters.</summary>
    public QrPart MerchantCity { get; init; }

    /// <summary>Of an https address.</summary>
    public QrPart Host { get; init; }
}
