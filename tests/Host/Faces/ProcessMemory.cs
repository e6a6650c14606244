using System.Globalization;

namespace HotPath.Host.Tests.Faces;

/// <summary>The memory of another process of this user that it may write to: its heaps, its stacks, its libraries' buffers.</summary>
internal static class ProcessMemory
{
    private const int PieceBytes = 1 << 20;

    /// <summary>Every writable region, in pieces with an overlap: what spans two pieces is in one of them whole.</summary>
    internal static IEnumerable<(string Region, byte[] Bytes)> Read(int processId, int overlap)
    {
        using FileStream memory = File.OpenRead($"/proc/{processId}/mem");
        // 7f0c2c000000-7f0c2c021000 rw-p 00000000 00:00 0    [heap]
        foreach (string line in File.ReadAllLines($"/proc/{processId}/maps"))
        {
            string[] parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (!parts[1].StartsWith("rw", StringComparison.Ordinal))
            {
                continue;
            }
            string[] range = parts[0].Split('-');
            (long begin, long end) = (Hex(range[0]), Hex(range[1]));
            string region = parts[0] + " " + (parts.Length > 5 ? parts[5] : "anonymous");
            for (long at = begin; at < end; at += PieceBytes)
            {
                byte[] piece = new byte[Math.Min(PieceBytes + overlap, end - at)];
                memory.Position = at;
                int length;
                try
                {
                    length = memory.ReadAtLeast(piece, piece.Length, throwOnEndOfStream: false);
                }
                catch (IOException)
                {
                    // Gone since it was listed, or a device's.
                    break;
                }
                yield return (region, piece[..length]);
            }
        }
    }

    private static long Hex(string text) => long.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
