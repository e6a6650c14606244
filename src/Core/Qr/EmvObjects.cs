using System.Text;

namespace HotPath.Core.Qr;

/// <summary>What comes next in a row of objects.</summary>
internal enum EmvStep : byte
{
    /// <summary>The row ended where an object ended.</summary>
    End = 0,
    Object,

    /// <summary>What follows is no object; nothing more can be read.</summary>
    Broken,
}

/// <summary>
/// Walks the data objects of an EMVCo code, or of a template in it: two digits of id, two of length (01 to 99), the value. The length
/// counts <b>characters</b>, that is Unicode code points, while everything here is bytes of UTF-8 (EMV QRCPS merchant-presented mode 1.1, 3.2).
/// </summary>
/// <remarks>The text is UTF-8 that was found valid. Of any other bytes it makes sense or not, but it stays within them.</remarks>
internal ref struct EmvObjects(ReadOnlySpan<byte> text)
{
    /// <summary>Bytes before the value: id and length.</summary>
    internal const int HeaderLength = 4;

    private readonly ReadOnlySpan<byte> _text = text;
    private int _end;

    /// <summary>00 to 99.</summary>
    internal int Id { get; private set; }

    /// <summary>Length of the value in characters, 1 to 99.</summary>
    internal int Characters { get; private set; }

    /// <summary>Where the value stands in the text, in bytes.</summary>
    internal QrPart Part { get; private set; }

    internal readonly ReadOnlySpan<byte> Value => Part.Of(_text);

    internal EmvStep Next()
    {
        ReadOnlySpan<byte> rest = _text[_end..];
        if (rest.IsEmpty)
        {
            return EmvStep.End;
        }
        if (rest.Length < HeaderLength || rest[..HeaderLength].ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return EmvStep.Broken;
        }
        Id = TwoDigits(rest);
        Characters = TwoDigits(rest[2..]);
        int length = BytesOf(Characters, rest[HeaderLength..]);
        if (length <= 0)
        {
            return EmvStep.Broken;
        }
        Part = new QrPart(_end + HeaderLength, length);
        _end += HeaderLength + length;
        return EmvStep.Object;
    }

    private static int TwoDigits(ReadOnlySpan<byte> digits) => ((digits[0] - '0') * 10) + digits[1] - '0';

    // -1 when the text ends before.
    private static int BytesOf(int characters, ReadOnlySpan<byte> utf8)
    {
        if (characters <= utf8.Length && Ascii.IsValid(utf8[..characters]))
        {
            return characters;
        }
        int at = 0;
        for (; characters > 0 && at < utf8.Length; characters--)
        {
            // The first byte of a code point says how many there are.
            at += utf8[at] switch { < 0x80 => 1, < 0xE0 => 2, < 0xF0 => 3, _ => 4 };
        }
        return characters == 0 && at <= utf8.Length ? at : -1;
    }
}
