namespace HotPath.Core.Model;

/// <summary>
/// Every member a request can have, in byte order of the names: the order of the signing string. A test holds the order against the
/// member table.
/// </summary>
public enum Member : byte
{
    AmountSummary,
    BizType,
    Body,
    Charset,
    Currency,
    DiffCount,
    DiffList,
    EndTime,
    FaceData,
    FaceDeviceId,
    FileHash,
    InstId,
    KeyId,
    MerchantId,
    Nonce,
    OrigTradeNo,
    OutTradeNo,
    OutTradeNoList,
    PageNo,
    PageSize,
    QrContent,
    QrType,
    ReconResult,
    ReconType,
    RefundAmount,
    RefundId,
    RefundNo,
    RefundType,
    ReqId,
    ReqTime,
    SettleDate,
    Sign,
    SignType,
    SnapshotNo,
    StartTime,
    TerminalId,
    TerminalType,
    TotalAmount,
    TotalCount,
    TradeNo,
    TradeNoList,
    TradeStatus,
    TradeType,
    Version,

    /// <summary>How many there are.</summary>
    Count,

    /// <summary>A name that is in no table; the reader keeps it.</summary>
    Unknown = 254,

    /// <summary>No particular member.</summary>
    None = 255,
}
