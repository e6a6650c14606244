using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;

namespace HotPath.Core.DayFiles;

/// <summary>What a day file holds. The number is in catalogs: never reuse one.</summary>
internal enum DayFileKind : byte
{
    None = 0,

    /// <summary>Numbers of the trades that were accepted.</summary>
    Accepted = 1,

    /// <summary>Numbers of those of them that succeeded.</summary>
    Succeeded = 2,

    /// <summary>Numbers of those of them that failed.</summary>
    Failed = 3,

    /// <summary>Numbers of those of them that were cancelled.</summary>
    Cancelled = 4,

    /// <summary>Rows of the trades that became SUCCESS on the day.</summary>
    Trades = 5,

    /// <summary>Rows of the refunds that became SUCCESS on the day.</summary>
    Refunds = 6,
}

/// <summary>Whose file, of which Beijing day (counted from 1970-01-01), of what.</summary>
internal readonly record struct DayFileKey(InstId InstId, long Day, DayFileKind Kind)
{
    /// <summary>Its name in the day's folder: an institution's number has letters and digits only.</summary>
    internal string Name => $"{InstId}.{Kind.ToString().ToLowerInvariant()}";

    /// <summary>Goes into every check value: an entry that stands in another file is none there.</summary>
    internal uint Salt
    {
        get
        {
            Span<byte> bytes = stackalloc byte[48];
            TradeRecords.WriteInstId(bytes, InstId);
            BitConverter.TryWriteBytes(bytes[32..], Day);
            BitConverter.TryWriteBytes(bytes[40..], (long)Kind);
            return JournalFormat.Checksum(bytes);
        }
    }
}
