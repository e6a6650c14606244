using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace HotPath.Core.Model;

/// <summary>A SHA-256 value in four machine words. <c>default</c> stands for "none".</summary>
public readonly record struct Digest(ulong A, ulong B, ulong C, ulong D)
{
    /// <summary>Bytes of a digest.</summary>
    public const int Length = 32;

    public bool IsNone => (A | B | C | D) == 0;

    public static Digest Of(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[Length];
        SHA256.HashData(bytes, hash);
        return Read(hash);
    }

    public static Digest Read(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<Digest>(bytes);

    public void Write(Span<byte> into) => MemoryMarshal.Write(into, in this);
}
