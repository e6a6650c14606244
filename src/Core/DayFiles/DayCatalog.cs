using System.Buffers.Binary;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;

namespace HotPath.Core.DayFiles;

/// <summary>
/// How much counts of each file of one day. A new one, under a new number, with each manifest that comes after a change to the day.
/// <code>0 magic · 8 number · 16 day · 24 files · each: inst_id (32) · kind · length · CRC32C of all before (8)</code>
/// </summary>
internal static class DayCatalog
{
    internal const string Prefix = "catalog-";

    private const ulong Magic = 0x3143594144505448; // "HTPDAYC1"
    private const int FixedBytes = 32;
    private const int FileBytes = 48;

    internal static string Name(long number) => $"{Prefix}{number:D10}";

    internal static byte[] Write(long number, long day, IReadOnlyCollection<DayFile> files)
    {
        byte[] bytes = new byte[FixedBytes + (files.Count * FileBytes) + 8];
        Span<byte> into = bytes;
        BinaryPrimitives.WriteUInt64LittleEndian(into, Magic);
        BinaryPrimitives.WriteInt64LittleEndian(into[8..], number);
        BinaryPrimitives.WriteInt64LittleEndian(into[16..], day);
        BinaryPrimitives.WriteInt64LittleEndian(into[24..], files.Count);
        Span<byte> at = into[FixedBytes..];
        foreach (DayFile file in files)
        {
            TradeRecords.WriteInstId(at, file.Key.InstId);
            BinaryPrimitives.WriteInt64LittleEndian(at[32..], (long)file.Key.Kind);
            BinaryPrimitives.WriteInt64LittleEndian(at[40..], file.Length);
            at = at[FileBytes..];
        }
        return Sealed(bytes);
    }

    /// <summary>Key and length of each file; null when it is not whole, or another's.</summary>
    internal static List<(DayFileKey Key, long Length)>? Read(ReadOnlySpan<byte> from, long number, long day)
    {
        if (!IsWhole(from, Magic, FixedBytes) || BinaryPrimitives.ReadInt64LittleEndian(from[8..]) != number ||
            BinaryPrimitives.ReadInt64LittleEndian(from[16..]) != day ||
            FixedBytes + (BinaryPrimitives.ReadInt64LittleEndian(from[24..]) * FileBytes) + 8 != from.Length)
        {
            return null;
        }
        var files = new List<(DayFileKey Key, long Length)>();
        for (ReadOnlySpan<byte> at = from[FixedBytes..^8]; !at.IsEmpty; at = at[FileBytes..])
        {
            var key = new DayFileKey(TradeRecords.ReadInstId(at), day, (DayFileKind)BinaryPrimitives.ReadInt64LittleEndian(at[32..]));
            files.Add((key, BinaryPrimitives.ReadInt64LittleEndian(at[40..])));
        }
        return files;
    }

    internal static byte[] Sealed(byte[] bytes)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(bytes.Length - 8), JournalFormat.Checksum(bytes.AsSpan(0, bytes.Length - 8)));
        return bytes;
    }

    internal static bool IsWhole(ReadOnlySpan<byte> from, ulong magic, int fixedBytes) =>
        from.Length >= fixedBytes + 8 && BinaryPrimitives.ReadUInt64LittleEndian(from) == magic &&
        BinaryPrimitives.ReadUInt64LittleEndian(from[^8..]) == JournalFormat.Checksum(from[..^8]);
}
