using System.Buffers.Binary;
using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;

namespace HotPath.Core.DayFiles;

/// <summary>
/// What counts of the day files: the place in the journal up to which they were made, and each day's catalog. Replaced atomically after everything it
/// names is durable; missing or damaged, the files are made again from the beginning.
/// <code>
/// 0 magic · 8 number · 16 place: address, sequence, chain (24) · 40 moment the journal has come to (Unix ms) · 48 days · 56 open trades · 64 claim that waits (Unix ms)
/// · each day: day · its catalog's number · each open trade: inst_id (32) · stamp · node · CRC32C of all before (8)
/// </code>
/// </summary>
internal sealed class DayManifest
{
    internal const string Name = "manifest";

    private const ulong Magic = 0x324D594144505448; // "HTPDAYM2"
    private const int FixedBytes = 72;
    private const int DayBytes = 16;
    private const int OpenBytes = 48;

    internal required long Number { get; init; }

    internal required FeedPosition Position { get; init; }

    /// <inheritdoc cref="JournalTime.ComeToMs"/>
    internal required long ComeToMs { get; init; }

    /// <inheritdoc cref="JournalTime.WaitingMs"/>
    internal required long WaitingMs { get; init; }

    /// <summary>Each day's newest catalog.</summary>
    internal required IReadOnlyDictionary<long, long> Days { get; init; }

    internal required IReadOnlyList<(InstId InstId, TradeNo Number)> Open { get; init; }

    internal byte[] Write()
    {
        byte[] bytes = new byte[FixedBytes + (Days.Count * DayBytes) + (Open.Count * OpenBytes) + 8];
        Span<byte> into = bytes;
        BinaryPrimitives.WriteUInt64LittleEndian(into, Magic);
        BinaryPrimitives.WriteInt64LittleEndian(into[8..], Number);
        BinaryPrimitives.WriteInt64LittleEndian(into[16..], Position.Address);
        BinaryPrimitives.WriteInt64LittleEndian(into[24..], Position.NextSequence);
        BinaryPrimitives.WriteUInt64LittleEndian(into[32..], Position.Chain);
        BinaryPrimitives.WriteInt64LittleEndian(into[40..], ComeToMs);
        BinaryPrimitives.WriteInt64LittleEndian(into[48..], Days.Count);
        BinaryPrimitives.WriteInt64LittleEndian(into[56..], Open.Count);
        BinaryPrimitives.WriteInt64LittleEndian(into[64..], WaitingMs);
        Span<byte> at = into[FixedBytes..];
        foreach ((long day, long catalog) in Days.OrderBy(day => day.Key))
        {
            BinaryPrimitives.WriteInt64LittleEndian(at, day);
            BinaryPrimitives.WriteInt64LittleEndian(at[8..], catalog);
            at = at[DayBytes..];
        }
        foreach ((InstId instId, TradeNo number) in Open)
        {
            TradeRecords.WriteInstId(at, instId);
            TradeRecords.WriteNo(at[32..], number);
            at = at[OpenBytes..];
        }
        return DayCatalog.Sealed(bytes);
    }

    /// <summary>Null when it is not whole.</summary>
    internal static DayManifest? Read(ReadOnlySpan<byte> from)
    {
        if (!DayCatalog.IsWhole(from, Magic, FixedBytes))
        {
            return null;
        }
        long days = BinaryPrimitives.ReadInt64LittleEndian(from[48..]);
        long open = BinaryPrimitives.ReadInt64LittleEndian(from[56..]);
        if (days < 0 || open < 0 || FixedBytes + (days * DayBytes) + (open * OpenBytes) + 8 != from.Length)
        {
            return null;
        }
        ReadOnlySpan<byte> at = from[FixedBytes..];
        var catalogs = new Dictionary<long, long>();
        for (; days > 0; days--, at = at[DayBytes..])
        {
            catalogs[BinaryPrimitives.ReadInt64LittleEndian(at)] = BinaryPrimitives.ReadInt64LittleEndian(at[8..]);
        }
        var trades = new List<(InstId InstId, TradeNo Number)>();
        for (; open > 0; open--, at = at[OpenBytes..])
        {
            trades.Add((TradeRecords.ReadInstId(at), TradeRecords.ReadNo(at[32..])));
        }
        return new DayManifest
        {
            Number = BinaryPrimitives.ReadInt64LittleEndian(from[8..]),
            Position = new FeedPosition(
                BinaryPrimitives.ReadInt64LittleEndian(from[16..]),
                BinaryPrimitives.ReadInt64LittleEndian(from[24..]),
                BinaryPrimitives.ReadUInt64LittleEndian(from[32..])),
            ComeToMs = BinaryPrimitives.ReadInt64LittleEndian(from[40..]),
            WaitingMs = BinaryPrimitives.ReadInt64LittleEndian(from[64..]),
            Days = catalogs,
            Open = trades,
        };
    }
}
