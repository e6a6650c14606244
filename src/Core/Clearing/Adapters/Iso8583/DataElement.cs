namespace HotPath.Core.Clearing.Adapters.Iso8583;

/// <summary>What a data element may hold. All of it is ASCII on the wire, but <see cref="Binary"/>.</summary>
public enum Content : byte
{
    /// <summary>The element is not in the table.</summary>
    None = 0,

    /// <summary>n: digits.</summary>
    Digits,

    /// <summary>an: letters and digits, and blanks where a value is padded.</summary>
    Alphanumeric,

    /// <summary>ans: what can be printed, 0x20 to 0x7E.</summary>
    Printable,

    /// <summary>x + n: C or D, then digits.</summary>
    SignedDigits,

    /// <summary>z: track data, digits with <c>=</c> or <c>D</c> between them.</summary>
    Track,

    /// <summary>b: any bytes.</summary>
    Binary,
}

/// <summary>A row of <see cref="DataElements"/>.</summary>
/// <param name="Content">What its bytes may be.</param>
/// <param name="LengthDigits">0: always <paramref name="MaxBytes"/> long. 2 or 3: so many digits in front say how long (LLVAR, LLLVAR).</param>
/// <param name="MaxBytes">Its length, or the longest.</param>
public readonly record struct DataElement(Content Content, byte LengthDigits, ushort MaxBytes)
{
    /// <summary>False: the table has no such element, and a message that has it cannot be read past it.</summary>
    public bool IsKnown => Content != Content.None;

    /// <summary>True when a value of this length may be there. An empty one is left out, never sent.</summary>
    public bool IsLength(int bytes) => LengthDigits == 0 ? bytes == MaxBytes : bytes > 0 && bytes <= MaxBytes;

    /// <summary>True when every byte is one that the element may hold.</summary>
    public bool IsContent(ReadOnlySpan<byte> value) => Content switch
    {
        Content.Digits => IsDigits(value),
        Content.Alphanumeric => value.IndexOfAnyExcept(Letters.AlphanumericOrBlank) < 0,
        Content.Printable => value.IndexOfAnyExceptInRange((byte)' ', (byte)'~') < 0,
        Content.SignedDigits => value is [(byte)'C' or (byte)'D', ..] && IsDigits(value[1..]),
        Content.Track => value.IndexOfAnyExcept(Letters.Track) < 0,
        Content.Binary => true,
        _ => false,
    };

    private static bool IsDigits(ReadOnlySpan<byte> value) => value.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;

    private static class Letters
    {
        internal static readonly System.Buffers.SearchValues<byte> AlphanumericOrBlank =
            System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 "u8);

        internal static readonly System.Buffers.SearchValues<byte> Track = System.Buffers.SearchValues.Create("0123456789=D"u8);
    }
}
