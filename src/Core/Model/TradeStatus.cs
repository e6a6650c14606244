namespace HotPath.Core.Model;

/// <summary>The state of a trade (trade_status). The number is stored in journal records: never reuse one.</summary>
public enum TradeStatus : byte
{
    /// <summary>Accepted; whether money moved is not known yet.</summary>
    Pending = 0,

    /// <summary>Final: money moved.</summary>
    Success = 1,

    /// <summary>Final: provably no money moved.</summary>
    Failed = 2,

    /// <summary>Final: reversed at the institution's wish.</summary>
    Cancelled = 3,
}

public static class TradeStatuses
{
    public static ReadOnlySpan<byte> Name(TradeStatus status) => status switch
    {
        TradeStatus.Success => "SUCCESS"u8,
        TradeStatus.Failed => "FAILED"u8,
        TradeStatus.Cancelled => "CANCELLED"u8,
        _ => "PENDING"u8,
    };
}
