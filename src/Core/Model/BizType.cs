namespace HotPath.Core.Model;

/// <summary>What an institution asks for (biz_type). The number is stored in journal records: never reuse one.</summary>
public enum BizType : byte
{
    None = 0,
    ScanPay = 1,
    FacePay = 2,
    Refund = 3,
    TradeCancel = 4,
    TradeQuery = 5,
    RefundQuery = 6,
    TradeBatchQuery = 7,
    ReconDownload = 8,
    ReconUpload = 9,
}

/// <summary>The names of <see cref="BizType"/> on the wire and in metric labels.</summary>
public static class BizTypes
{
    /// <summary>Every interface this gateway serves.</summary>
    public static readonly BizType[] All =
    [
        BizType.ScanPay, BizType.FacePay, BizType.Refund, BizType.TradeCancel, BizType.TradeQuery, BizType.RefundQuery, BizType.TradeBatchQuery,
        BizType.ReconDownload,
        BizType.ReconUpload,
    ];

    /// <summary>Queries and downloads claim no req_id: they may be repeated and mean the moment they are asked.</summary>
    public static bool IsQuery(BizType type) =>
        type is BizType.TradeQuery or BizType.RefundQuery or BizType.TradeBatchQuery or BizType.ReconDownload;

    /// <summary>What makes a trade.</summary>
    public static bool IsPayment(BizType type) => type is BizType.ScanPay or BizType.FacePay;

    public static BizType Parse(ReadOnlySpan<byte> text)
    {
        foreach (BizType type in All)
        {
            if (text.SequenceEqual(Name(type)))
            {
                return type;
            }
        }
        return BizType.None;
    }

    public static ReadOnlySpan<byte> Name(BizType type) => type switch
    {
        BizType.ScanPay => "SCAN_PAY"u8,
        BizType.FacePay => "FACE_PAY"u8,
        BizType.Refund => "REFUND"u8,
        BizType.TradeCancel => "TRADE_CANCEL"u8,
        BizType.TradeQuery => "TRADE_QUERY"u8,
        BizType.RefundQuery => "REFUND_QUERY"u8,
        BizType.TradeBatchQuery => "TRADE_BATCH_QUERY"u8,
        BizType.ReconDownload => "RECON_DOWNLOAD"u8,
        BizType.ReconUpload => "RECON_UPLOAD"u8,
        _ => "UNKNOWN"u8,
    };
}
