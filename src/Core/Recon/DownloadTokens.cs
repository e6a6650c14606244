using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using HotPath.Core.Model;

namespace HotPath.Core.Recon;

/// <summary>
/// Addresses of files that only whoever was told them knows: which file and until when, with an HMAC-SHA256 over it, in base64url. Nothing is kept; the key is
/// this process's own, so a restart ends all of them.
/// </summary>
internal sealed class DownloadTokens(TimeProvider clock)
{
    /// <summary>How long an address is good. 5 minutes (protocol, section 5).</summary>
    internal static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    // End (8), day (4), type (1), institution (32), then the HMAC over these.
    private const int ClaimLength = 8 + 4 + 1 + InstId.MaxLength;
    private const int Length = ClaimLength + HMACSHA256.HashSizeInBytes;

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes);

    /// <summary>An address for this file, good from now on.</summary>
    internal string Issue(ReconFileName name)
    {
        Span<byte> token = stackalloc byte[Length];
        token.Clear();
        BinaryPrimitives.WriteInt64LittleEndian(token, (clock.GetUtcNow() + Lifetime).ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt32LittleEndian(token[8..], name.Day.Number);
        token[12] = (byte)name.Type;
        name.InstId.Format(token.Slice(13, InstId.MaxLength));
        HMACSHA256.HashData(_key, token[..ClaimLength], token[ClaimLength..]);
        return Base64Url.EncodeToString(token);
    }

    /// <summary>The file it is for; null when we never gave it, or it has ended.</summary>
    internal ReconFileName? Find(ReadOnlySpan<char> text)
    {
        Span<byte> token = stackalloc byte[Length];
        if (text.Length != Base64Url.GetEncodedLength(Length) ||
            Base64Url.DecodeFromChars(text, token, out int read, out int written) != System.Buffers.OperationStatus.Done || read != text.Length || written != Length)
        {
            return null;
        }
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, token[..ClaimLength], expected);
        bool isOurs = CryptographicOperations.FixedTimeEquals(expected, token[ClaimLength..]);
        long endMs = BinaryPrimitives.ReadInt64LittleEndian(token);
        if (!isOurs || clock.GetUtcNow().ToUnixTimeMilliseconds() >= endMs)
        {
            return null;
        }
        ReadOnlySpan<byte> instId = token.Slice(13, InstId.MaxLength);
        return new ReconFileName(
            InstId.From(instId.TrimEnd((byte)0)), new BeijingDay(BinaryPrimitives.ReadInt32LittleEndian(token[8..])), (ReconType)token[12]);
    }
}
