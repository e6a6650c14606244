using System.Buffers.Binary;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;

namespace HotPath.Core.DayFiles;

/// <summary>
/// The bytes of a file of numbers, little endian.
/// <code>
/// file  = block* · entry*               the entries of the block that is not full yet
/// block = entry (1,022) · lowest · highest        16 KiB; both are entries again, and say where in order the block lies
/// entry = 0 stamp · 8 node · 10 zero (2) · 12 CRC32C of 0 to 11, mixed with the entry's place and its file
/// </code>
/// </summary>
internal static class NumberFormat
{
    internal const int EntryBytes = 16;

    /// <summary>Numbers in a block.</summary>
    // Small enough that a page of a window reads and sorts in a quarter of a millisecond, large enough that a million trades are a thousand blocks.
    internal const int BlockNumbers = 1022;

    internal const int BlockBytes = (BlockNumbers + 2) * EntryBytes;

    /// <summary>How many numbers a file of this length holds.</summary>
    internal static long CountOf(long length) => (length / BlockBytes * BlockNumbers) + (length % BlockBytes / EntryBytes);

    /// <summary>Where number <paramref name="index"/> of the file stands.</summary>
    internal static long OffsetOf(long index) => (index / BlockNumbers * BlockBytes) + (index % BlockNumbers * EntryBytes);

    internal static void Write(Span<byte> into, TradeNo number, long offset, uint salt)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(into, number.Stamp);
        BinaryPrimitives.WriteUInt32LittleEndian(into[8..], number.Node);
        BinaryPrimitives.WriteUInt32LittleEndian(into[12..], JournalFormat.Checksum(into[..12]) ^ Place(offset, salt));
    }

    /// <summary>False when this is not the entry that was written there.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> from, long offset, uint salt, out TradeNo number)
    {
        number = new TradeNo(BinaryPrimitives.ReadUInt64LittleEndian(from), BinaryPrimitives.ReadUInt16LittleEndian(from[8..]));
        return BinaryPrimitives.ReadUInt32LittleEndian(from[12..]) == (JournalFormat.Checksum(from[..12]) ^ Place(offset, salt));
    }

    /// <summary>Mixed into a check value: what stands in another place or file does not check. Any odd factor does; this one spreads neighbours.</summary>
    internal static uint Place(long offset, uint salt) => ((uint)(offset >> 2) * 0x9E3779B1) + salt;
}
