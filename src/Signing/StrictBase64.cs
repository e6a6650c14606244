using System.Buffers;
using System.Buffers.Text;

namespace HotPath.Signing;

/// <summary>Standard Base64 with padding and nothing else: no blanks, no URL alphabet, no spare bits. One signature has one spelling.</summary>
public static class StrictBase64
{
    /// <summary>Decodes; false when the text is anything but the one canonical spelling, or longer than <paramref name="into"/>.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> text, Span<byte> into, out int length)
    {
        length = 0;
        if (text.IsEmpty || text.Length % 4 != 0 ||
            Base64.DecodeFromUtf8(text, into, out int consumed, out length) != OperationStatus.Done || consumed != text.Length)
        {
            return false;
        }
        // The decoder skips white space and ignores spare bits: only what encodes back to the same text counts.
        Span<byte> again = text.Length <= 1024 ? stackalloc byte[1024] : new byte[text.Length];
        return Base64.EncodeToUtf8(into[..length], again, out _, out int written) == OperationStatus.Done &&
            again[..written].SequenceEqual(text);
    }
}
