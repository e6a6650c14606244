using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace HotPath.Core.Model;

/// <summary>
/// Who is paid, as its code says it in words: a name and a city, either of which may be missing. Held in place like <see cref="ShortText"/>.
/// </summary>
public struct Merchant
{
    /// <summary>Longest name, in characters (EMVCo, tag 59).</summary>
    public const int MaxNameCharacters = 25;

    /// <summary>Longest city, in characters (EMVCo, tag 60).</summary>
    public const int MaxCityCharacters = 15;

    // A character is 4 bytes of UTF-8 at most.
    private const int MaxNameBytes = 4 * MaxNameCharacters;
    private const int MaxCityBytes = 4 * MaxCityCharacters;

    private Bytes _bytes;
    private byte _nameLength;
    private byte _cityLength;

    /// <summary>Valid as long as this variable is where it is.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Name => MemoryMarshal.CreateReadOnlySpan(ref Unsafe.AsRef(in _bytes.First), _nameLength);

    /// <inheritdoc cref="Name"/>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> City => MemoryMarshal.CreateReadOnlySpan(ref Unsafe.AsRef(in _bytes.First), MaxNameBytes + _cityLength)[MaxNameBytes..];

    /// <summary>
    /// Takes both over as an answer can show them: without blanks at the ends, and not at all where nothing is left or the first letter is
    /// an @ (protocol, section 1: public verifiers of Alipay's rule trip over such values).
    /// </summary>
    /// <exception cref="ArgumentException">One is longer than its characters allow: a caller's bug, since the code has been read.</exception>
    public void Set(ReadOnlySpan<byte> name, ReadOnlySpan<byte> city)
    {
        Span<byte> bytes = MemoryMarshal.CreateSpan(ref _bytes.First, MaxNameBytes + MaxCityBytes);
        _nameLength = Put(Presentable(name), bytes[..MaxNameBytes]);
        _cityLength = Put(Presentable(city), bytes[MaxNameBytes..]);
    }

    public override readonly string ToString() => $"{Encoding.UTF8.GetString(Name)}, {Encoding.UTF8.GetString(City)}";

    private static byte Put(ReadOnlySpan<byte> text, Span<byte> into)
    {
        text.CopyTo(into);
        return (byte)text.Length;
    }

    private static ReadOnlySpan<byte> Presentable(ReadOnlySpan<byte> text)
    {
        while (Rune.DecodeFromUtf8(text, out Rune first, out int length) == System.Buffers.OperationStatus.Done && Rune.IsWhiteSpace(first))
        {
            text = text[length..];
        }
        while (Rune.DecodeLastFromUtf8(text, out Rune last, out int length) == System.Buffers.OperationStatus.Done && Rune.IsWhiteSpace(last))
        {
            text = text[..^length];
        }
        return text.StartsWith("@"u8) ? default : text;
    }

    [InlineArray(MaxNameBytes + MaxCityBytes)]
    private struct Bytes
    {
        internal byte First;
    }
}
