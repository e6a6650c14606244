using System.Text;
using Microsoft.Net.Http.Headers;

namespace HotPath.Host.Server;

/// <summary>
/// Makes Kestrel refuse every Content-Length that is not plain digits. Its own parser takes "+2" for 2; a proxy in front may not, and two
/// opinions of where a request ends are how requests are smuggled (F60).
/// </summary>
/// <remarks>
/// The header's text is gone by the time a handler sees the request, and the encoding of header values is the one place where Kestrel lets
/// us in before: this encoding shows it an 'x' for everything that is no digit, and an 'x' is no number.
/// </remarks>
internal sealed class StrictContentLength : Encoding
{
    private static readonly StrictContentLength Instance = new();

    /// <summary>For <c>KestrelServerOptions.RequestHeaderEncodingSelector</c>; null is Kestrel's own way.</summary>
    internal static Encoding? Select(string header) => ReferenceEquals(header, HeaderNames.ContentLength) || header == HeaderNames.ContentLength ? Instance : null;

    public override int GetCharCount(byte[] bytes, int index, int count) => count;

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
        GetChars(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

    public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            chars[i] = bytes[i] is >= (byte)'0' and <= (byte)'9' ? (char)bytes[i] : 'x';
        }
        return bytes.Length;
    }

    public override int GetMaxCharCount(int byteCount) => byteCount;

    public override int GetByteCount(char[] chars, int index, int count) => throw new NotSupportedException("it reads only");

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) => throw new NotSupportedException("it reads only");

    public override int GetMaxByteCount(int charCount) => charCount;
}
