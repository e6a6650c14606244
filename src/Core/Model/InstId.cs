using System.Runtime.InteropServices;
using System.Text;

namespace HotPath.Core.Model;

/// <summary>The number an institution is registered under: 1 to 32 of <c>A-Za-z0-9</c>, held in four machine words so that it is a cheap key.</summary>
public readonly record struct InstId(ulong A, ulong B, ulong C, ulong D)
{
    /// <summary>Longest number, in bytes.</summary>
    public const int MaxLength = 32;

    /// <summary>Packs a text whose form was checked; unused bytes are zero.</summary>
    public static InstId From(ReadOnlySpan<byte> text)
    {
        Span<ulong> words = stackalloc ulong[4];
        words.Clear();
        text.CopyTo(MemoryMarshal.AsBytes(words));
        return new InstId(words[0], words[1], words[2], words[3]);
    }

    /// <inheritdoc cref="From(ReadOnlySpan{byte})"/>
    public static InstId From(string text) => From(Encoding.ASCII.GetBytes(text));

    /// <summary>Writes the text.</summary>
    public int Format(Span<byte> into)
    {
        Span<ulong> words = [A, B, C, D];
        Span<byte> bytes = MemoryMarshal.AsBytes(words);
        int length = bytes.IndexOf((byte)0);
        length = length < 0 ? MaxLength : length;
        bytes[..length].CopyTo(into);
        return length;
    }

    public override string ToString()
    {
        Span<byte> text = stackalloc byte[MaxLength];
        return Encoding.ASCII.GetString(text[..Format(text)]);
    }
}
