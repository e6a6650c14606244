using HotPath.Core.Model;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>By what a trade or refund is looked for.</summary>
internal enum LookupKind : byte
{
    None = 0,
    Recall,
    Number,

    /// <summary>The institution's own number.</summary>
    Text,
}

/// <summary>What a read asks for, so that it can be asked again after a wait.</summary>
internal readonly record struct Lookup(LookupKind Kind, IndexKey Key, InstId InstId, ReadOnlyMemory<byte> Text, Digest Fingerprint)
{
    internal TradeNo TradeNo { get; init; }
}
