using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>What a record says. The number is in the journal: never reuse one.</summary>
internal enum RecordType : byte
{
    None = 0,

    /// <summary>Begins each batch: what was durable before it, the chain, and how far it reaches.</summary>
    Batch = 1,

    /// <summary>A trade was accepted (PENDING).</summary>
    Accepted = 2,

    /// <summary>A trade became final.</summary>
    Result = 3,

    /// <summary>No number above this one is given before the next record of this type.</summary>
    Ceiling = 4,

    /// <summary>The segment ends here and the next one exists.</summary>
    Seal = 5,

    /// <summary>A refund was reserved (PENDING).</summary>
    Refund = 6,

    /// <summary>A refund became final.</summary>
    Settled = 7,

    /// <summary>An institution wishes that a trade be cancelled.</summary>
    Cancel = 8,

    /// <summary>What it was told.</summary>
    CancelResult = 9,

    /// <summary>A channel executed a payment that the book says was not executed: it is to be given back.</summary>
    Surplus = 10,

    /// <summary>It was given back, or the channel declined.</summary>
    SurplusResult = 11,

    /// <summary>An operator did something by hand. Nothing of the book follows from it.</summary>
    OperatorAct = 12,

    /// <summary>A trade's channel certainly did not get it, and another one is to have it.</summary>
    Dispatched = 13,
}

/// <summary>What is wrong with the bytes where a record should be.</summary>
internal enum RecordDefect : byte
{
    None = 0,
    NotWritten,
    BadLength,
    BadChecksum,
    BadSequence,
    BadChain,
    BadType,
    BadBatch,
}

/// <summary>
/// The bytes of the journal; docs/journal-format.md draws the same. Everything little endian, records 8-byte aligned.
/// <code>
/// segment  = header block (4096 B) · batch* · [batch with SEAL] · zeroes
/// batch    = BATCH record · record*           never crosses a segment; whole or dropped
/// record   = 0 CRC32C of all that follows · 4 payload length · 8 sequence · 16 type · 17 zero (7) · 24 payload, zero-padded to 8
/// BATCH    = 0 highest sequence durable before · 8 chain · 16 time (Unix ms) · 24 records after this one · 28 their bytes · 32 ledger id
/// header   = 0 magic · 8 version · 12 segment bytes · 16 ledger id · 24 segment number · 32 first sequence · 40 chain
///            · 48 highest sequence durable before · 56 CRC32C of 0..55 · 60 zero to the end of the block
/// chain    = XxHash3 (64 bit) of the previous batch's bytes, seeded with the chain before; the ledger id to begin with
/// address  = segment number × segment bytes + offset
/// </code>
/// </summary>
internal static class JournalFormat
{
    internal const int HeaderBlockBytes = 4096;
    internal const int RecordHeaderBytes = 24;
    internal const int BatchPayloadBytes = 40;
    internal const int BatchRecordBytes = RecordHeaderBytes + BatchPayloadBytes;

    /// <summary>A batch that holds nothing but the SEAL: kept free at the end of each segment.</summary>
    internal const int SealBatchBytes = BatchRecordBytes + RecordHeaderBytes;

    /// <summary>Longest batch, in bytes.</summary>
    internal const int MaxBatchBytes = 1024 * 1024;

    /// <summary>Longest record of any type: a RESULT with a 512-byte signature and its texts as long as they may be needs 912 bytes.</summary>
    internal const int MaxRecordBytes = 1024;

    internal const int MaxPayloadBytes = MaxRecordBytes - RecordHeaderBytes;

    private const ulong Magic = 0x314C4E524A505448; // "HTPJRNL1"
    private const uint Version = 1;
    private const int SegmentHeaderBytes = 60; // The block's other bytes are zero.
    private const int SegmentHeaderChecked = 56;

    internal static int RecordBytes(int payloadLength) => RecordHeaderBytes + ((payloadLength + 7) & ~7);

    internal static string SegmentName(long number) => $"journal-{number:D10}.seg";

    /// <summary>The number in a segment's name, or -1.</summary>
    internal static long SegmentNumber(string name) =>
        name.Length == 22 && name.StartsWith("journal-", StringComparison.Ordinal) && name.EndsWith(".seg", StringComparison.Ordinal) &&
        long.TryParse(name.AsSpan(8, 10), System.Globalization.NumberStyles.None, null, out long number) ? number : -1;

    /// <summary>Writes header and checksum around a payload that is already in place.</summary>
    internal static void SealRecord(Span<byte> record, RecordType type, long sequence, int payloadLength)
    {
        BinaryPrimitives.WriteInt32LittleEndian(record[4..], payloadLength);
        BinaryPrimitives.WriteInt64LittleEndian(record[8..], sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(record[16..], (byte)type);
        record[(RecordHeaderBytes + payloadLength)..RecordBytes(payloadLength)].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(record, Checksum(record[4..RecordBytes(payloadLength)]));
    }

    /// <summary>
    /// Reads and checks the record at the beginning of <paramref name="bytes"/>; its header counts only without a defect.
    /// </summary>
    internal static RecordDefect ReadRecord(ReadOnlySpan<byte> bytes, out RecordHeader header)
    {
        header = default;
        if (bytes.Length < RecordHeaderBytes)
        {
            return RecordDefect.BadLength;
        }
        int length = BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]);
        ulong type = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]);
        header = new RecordHeader(length, BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]), (RecordType)(type & 0xFF));
        if (type == 0 && length == 0 && header.Sequence == 0)
        {
            return RecordDefect.NotWritten;
        }
        if (length is < 0 or > MaxPayloadBytes || RecordBytes(length) > bytes.Length)
        {
            return RecordDefect.BadLength;
        }
        uint expected = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        return Checksum(bytes[4..RecordBytes(length)]) != expected ? RecordDefect.BadChecksum
            : type is 0 or > (byte)RecordType.Dispatched ? RecordDefect.BadType
            : RecordDefect.None;
    }

    internal static void WriteBatch(Span<byte> payload, in BatchHeader batch)
    {
        BinaryPrimitives.WriteInt64LittleEndian(payload, batch.DurableSequence);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[8..], batch.Chain);
        BinaryPrimitives.WriteInt64LittleEndian(payload[16..], batch.TimeMs);
        BinaryPrimitives.WriteInt32LittleEndian(payload[24..], batch.Records);
        BinaryPrimitives.WriteInt32LittleEndian(payload[28..], batch.Bytes);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[32..], batch.LedgerId);
    }

    internal static BatchHeader ReadBatch(ReadOnlySpan<byte> payload) => new(
        BinaryPrimitives.ReadInt64LittleEndian(payload),
        BinaryPrimitives.ReadUInt64LittleEndian(payload[8..]),
        BinaryPrimitives.ReadInt64LittleEndian(payload[16..]),
        BinaryPrimitives.ReadInt32LittleEndian(payload[24..]),
        BinaryPrimitives.ReadInt32LittleEndian(payload[28..]),
        BinaryPrimitives.ReadUInt64LittleEndian(payload[32..]));

    internal static void WriteSegmentHeader(Span<byte> block, in SegmentHeader header)
    {
        block.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(block, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(block[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(block[12..], header.SegmentBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(block[16..], header.LedgerId);
        BinaryPrimitives.WriteInt64LittleEndian(block[24..], header.Number);
        BinaryPrimitives.WriteInt64LittleEndian(block[32..], header.FirstSequence);
        BinaryPrimitives.WriteUInt64LittleEndian(block[40..], header.Chain);
        BinaryPrimitives.WriteInt64LittleEndian(block[48..], header.DurableSequence);
        BinaryPrimitives.WriteUInt32LittleEndian(block[56..], Checksum(block[..SegmentHeaderChecked]));
    }

    /// <summary>False when the block is not a whole segment header of this version, or holds anything else besides it.</summary>
    internal static bool TryReadSegmentHeader(ReadOnlySpan<byte> block, out SegmentHeader header)
    {
        header = default;
        if (block.Length != HeaderBlockBytes || block[SegmentHeaderBytes..].ContainsAnyExcept((byte)0) ||
            BinaryPrimitives.ReadUInt64LittleEndian(block) != Magic ||
            BinaryPrimitives.ReadUInt32LittleEndian(block[8..]) != Version ||
            BinaryPrimitives.ReadUInt32LittleEndian(block[56..]) != Checksum(block[..SegmentHeaderChecked]))
        {
            return false;
        }
        header = new SegmentHeader(
            BinaryPrimitives.ReadInt32LittleEndian(block[12..]),
            BinaryPrimitives.ReadUInt64LittleEndian(block[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(block[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(block[32..]),
            BinaryPrimitives.ReadUInt64LittleEndian(block[40..]),
            BinaryPrimitives.ReadInt64LittleEndian(block[48..]));
        return true;
    }

    /// <summary>CRC32C of a multiple of four bytes, eight at a time.</summary>
    internal static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(bytes))
        {
            crc = BitOperations.Crc32C(crc, word);
        }
        foreach (byte rest in bytes[(bytes.Length & ~7)..])
        {
            crc = BitOperations.Crc32C(crc, rest);
        }
        return ~crc;
    }
}

/// <summary>The fixed part of a record.</summary>
internal readonly record struct RecordHeader(int PayloadLength, long Sequence, RecordType Type)
{
    internal int RecordBytes => JournalFormat.RecordBytes(PayloadLength);
}

/// <summary>The payload of a BATCH record.</summary>
internal readonly record struct BatchHeader(long DurableSequence, ulong Chain, long TimeMs, int Records, int Bytes, ulong LedgerId);

/// <summary>The first block of a segment.</summary>
internal readonly record struct SegmentHeader(
    int SegmentBytes, ulong LedgerId, long Number, long FirstSequence, ulong Chain, long DurableSequence);

/// <summary>A place between two batches: the next record's address and sequence, and the chain up to there.</summary>
internal readonly record struct JournalPosition(long Address, long NextSequence, ulong Chain);
