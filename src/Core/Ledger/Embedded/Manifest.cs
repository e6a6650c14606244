using System.Buffers.Binary;
using HotPath.Core.Model;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// Joins a checkpoint of the index to a place in the journal. Written atomically, after everything the checkpoint can hold is durable
/// in the journal; the two newest are kept.
/// </summary>
internal sealed class Manifest
{
    internal const string Prefix = "manifest-";

    private const ulong Magic = 0x314E414D50544F48; // "HOTPMAN1"
    private const int FixedBytes = 136;
    private const int PendingBytes = 24;
    private const int LedgerIdAt = 16;
    private const int PositionAt = 24;
    private const int KindShift = 16; // Above the node's 16 bits.
    private const string TemporaryName = "manifest.tmp";

    internal required long Number { get; init; }

    internal required ulong LedgerId { get; init; }

    /// <summary>Everything before this place was in the index when the checkpoint began.</summary>
    internal required JournalPosition Position { get; init; }

    /// <summary>The journal was durable up to this record when the manifest was written.</summary>
    internal required long DurableSequence { get; set; }

    /// <summary>None in the first manifest of a ledger: it says that there is a journal.</summary>
    internal required IndexTokens Tokens { get; set; }

    internal required long TimeMs { get; init; }

    internal required ulong Ceiling { get; init; }

    internal required long Trades { get; init; }

    internal required PendingCopy Pending { get; init; }

    /// <summary>The whole manifests, newest first, and the names of those that are not whole.</summary>
    internal static (List<Manifest> Whole, List<string> Damaged) Load(IJournalStorage storage, string directory)
    {
        var whole = new List<Manifest>();
        var damaged = new List<string>();
        foreach (string name in storage.List(directory).Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Reverse())
        {
            // Under another's name it would hide that one.
            if (TryRead(storage, Path.Combine(directory, name)) is { } manifest && Name(manifest.Number) == name)
            {
                whole.Add(manifest);
            }
            else
            {
                damaged.Add(name);
            }
        }
        return (whole, damaged);
    }

    /// <summary>Makes this manifest the newest and removes all but it and <paramref name="older"/>.</summary>
    internal void Save(IJournalStorage storage, string directory, Manifest? older)
    {
        string temporary = Path.Combine(directory, TemporaryName);
        try
        {
            using IJournalFile file = storage.Create(temporary);
            file.WriteAt(Write(), 0);
            file.Sync();
        }
        catch
        {
            // A full disk needs the room, however little.
            storage.Delete(temporary);
            throw;
        }
        storage.Rename(temporary, Path.Combine(directory, Name(Number)));
        storage.SyncDirectory(directory);
        foreach (string name in storage.List(directory).Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            if (name != Name(Number) && (older is null || name != Name(older.Number)))
            {
                storage.Delete(Path.Combine(directory, name));
            }
        }
    }

    internal void Remove(IJournalStorage storage, string directory)
    {
        storage.Delete(Path.Combine(directory, Name(Number)));
        storage.SyncDirectory(directory);
    }

    /// <summary>It is another ledger's than the segments.</summary>
    internal JournalDamagedException Foreign() =>
        new(Name(Number), LedgerIdAt, 0, "the manifest belongs to another ledger than the segments");

    /// <summary>It is of this ledger, but not of this journal as it has gone on.</summary>
    internal JournalDamagedException Misplaced() =>
        new(Name(Number), PositionAt, Position.NextSequence, "the manifest names a place where the journal has no batch of this chain");

    private static string Name(long number) => $"{Prefix}{number:D10}";

    private byte[] Write()
    {
        byte[] bytes = new byte[FixedBytes + (Pending.Count * PendingBytes) + 8];
        Span<byte> into = bytes;
        BinaryPrimitives.WriteUInt64LittleEndian(into, Magic);
        BinaryPrimitives.WriteInt64LittleEndian(into[8..], Number);
        BinaryPrimitives.WriteUInt64LittleEndian(into[LedgerIdAt..], LedgerId);
        BinaryPrimitives.WriteInt64LittleEndian(into[PositionAt..], Position.Address);
        BinaryPrimitives.WriteInt64LittleEndian(into[32..], Position.NextSequence);
        BinaryPrimitives.WriteUInt64LittleEndian(into[40..], Position.Chain);
        BinaryPrimitives.WriteInt64LittleEndian(into[48..], DurableSequence);
        Tokens.Claims.TryWriteBytes(into[56..]);
        Tokens.Book.TryWriteBytes(into[72..]);
        BinaryPrimitives.WriteInt64LittleEndian(into[88..], TimeMs);
        BinaryPrimitives.WriteUInt64LittleEndian(into[96..], Ceiling);
        BinaryPrimitives.WriteInt64LittleEndian(into[104..], Trades);
        BinaryPrimitives.WriteInt64LittleEndian(into[112..], Pending.Count);
        BinaryPrimitives.WriteUInt64LittleEndian(into[120..], Tokens.ClaimsSum);
        BinaryPrimitives.WriteUInt64LittleEndian(into[128..], Tokens.BookSum);
        int at = FixedBytes;
        foreach (PendingTrade pending in Pending)
        {
            Span<byte> entry = bytes.AsSpan(at, PendingBytes);
            BinaryPrimitives.WriteUInt64LittleEndian(entry, pending.TradeNo.Stamp);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], pending.TradeNo.Node | ((ulong)pending.Kind << KindShift));
            BinaryPrimitives.WriteInt64LittleEndian(entry[16..], pending.AcceptedAddress);
            at += PendingBytes;
        }
        BinaryPrimitives.WriteUInt32LittleEndian(into[^8..], JournalFormat.Checksum(into[..^8]));
        return bytes;
    }

    private static Manifest? TryRead(IJournalStorage storage, string path)
    {
        try
        {
            using IJournalFile file = storage.Open(path, isWritable: false);
            byte[] bytes = new byte[file.Length];
            return file.ReadAt(bytes, 0) == bytes.Length ? TryRead(bytes) : null;
        }
        catch (IOException)
        {
            // What the disk does not give is as good as damaged.
            return null;
        }
    }

    private static Manifest? TryRead(ReadOnlySpan<byte> from)
    {
        if (from.Length < FixedBytes + 8 || from.Length % 8 != 0 || BinaryPrimitives.ReadUInt64LittleEndian(from) != Magic ||
            BinaryPrimitives.ReadUInt64LittleEndian(from[^8..]) != JournalFormat.Checksum(from[..^8]))
        {
            return null;
        }
        var pending = new PendingTrade[(from.Length - FixedBytes - 8) / PendingBytes];
        if (pending.Length != BinaryPrimitives.ReadInt64LittleEndian(from[112..]))
        {
            return null;
        }
        for (int i = 0; i < pending.Length; i++)
        {
            ReadOnlySpan<byte> at = from[(FixedBytes + (i * PendingBytes))..];
            ulong node = BinaryPrimitives.ReadUInt64LittleEndian(at[8..]);
            var number = new TradeNo(BinaryPrimitives.ReadUInt64LittleEndian(at), (ushort)node);
            pending[i] = new PendingTrade(number, BinaryPrimitives.ReadInt64LittleEndian(at[16..]), (BookKind)(node >> KindShift));
        }
        return new Manifest
        {
            Number = BinaryPrimitives.ReadInt64LittleEndian(from[8..]),
            LedgerId = BinaryPrimitives.ReadUInt64LittleEndian(from[LedgerIdAt..]),
            Position = new JournalPosition(
                BinaryPrimitives.ReadInt64LittleEndian(from[PositionAt..]),
                BinaryPrimitives.ReadInt64LittleEndian(from[32..]),
                BinaryPrimitives.ReadUInt64LittleEndian(from[40..])),
            DurableSequence = BinaryPrimitives.ReadInt64LittleEndian(from[48..]),
            Tokens = new IndexTokens(
                new Guid(from.Slice(56, 16)),
                new Guid(from.Slice(72, 16)),
                BinaryPrimitives.ReadUInt64LittleEndian(from[120..]),
                BinaryPrimitives.ReadUInt64LittleEndian(from[128..])),
            TimeMs = BinaryPrimitives.ReadInt64LittleEndian(from[88..]),
            Ceiling = BinaryPrimitives.ReadUInt64LittleEndian(from[96..]),
            Trades = BinaryPrimitives.ReadInt64LittleEndian(from[104..]),
            Pending = new PendingCopy(pending, 0, []),
        };
    }
}
