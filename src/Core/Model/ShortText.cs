using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace HotPath.Core.Model;

/// <summary>A text of up to 64 bytes held in place: an order number, a req_id, a key_id. No string, no heap.</summary>
public struct ShortText
{
    /// <summary>Longest text, in bytes: the longest identifier of the protocol is 64 ASCII characters.</summary>
    public const int MaxLength = 64;

    private Bytes _bytes;
    private byte _length;

    /// <summary>The bytes, valid as long as this variable is where it is.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Span =>
        MemoryMarshal.CreateReadOnlySpan(ref Unsafe.AsRef(in _bytes.First), _length);

    public readonly int Length => _length;

    /// <summary>Copies <paramref name="text"/> in.</summary>
    /// <exception cref="ArgumentException">It is longer than 64 bytes: a caller's bug, since every member's form has been checked.</exception>
    public void Set(ReadOnlySpan<byte> text)
    {
        if (text.Length > MaxLength)
        {
            throw new ArgumentException($"{text.Length} bytes do not fit into {MaxLength}", nameof(text));
        }
        text.CopyTo(MemoryMarshal.CreateSpan(ref _bytes.First, MaxLength));
        _length = (byte)text.Length;
    }

    public override readonly string ToString() => Encoding.UTF8.GetString(Span);

    [InlineArray(MaxLength)]
    private struct Bytes
    {
        internal byte First;
    }
}
