namespace HotPath.Core.Model;

/// <summary>What an institution asks for (biz_type). The number is stored in journal records: never reuse one.</summary>
public enum BizType : byte
{
    None = 0,
    ScanPay = 1,
    TradeQuery = 5,
}

/// <summary>The names of <see cref="BizType"/> on the wire and in metric labels.</summary>
public static class BizTypes
{
    /// <summary>Every interface this gateway serves.</summary>
    public static readonly BizType[] All = [BizType.ScanPay, BizType.TradeQuery];

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
        BizType.TradeQuery => "TRADE_QUERY"u8,
        _ => "UNKNOWN"u8,
    };
}
