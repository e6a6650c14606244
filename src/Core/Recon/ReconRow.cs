using HotPath.Core.Model;

namespace HotPath.Core.Recon;

/// <summary>One line of a reconciliation file. A value without references, so that rows are sorted, and put aside on disk, as they lie in memory.</summary>
internal struct ReconRow
{
    /// <summary>trade_no, or refund_id: what a file is sorted by.</summary>
    internal TradeNo Number;

    /// <summary>orig_trade_no of a refund.</summary>
    internal TradeNo OrigTradeNo;
    internal ShortText OrderNo;

    /// <summary>refund_no of a refund.</summary>
    internal ShortText RefundNo;
    internal ShortText ChannelId;
    internal ShortText ChannelTradeNo;
    internal TradeType TradeType;
    internal QrType QrType;
    internal Amount Amount;
    internal Currency Currency;

    /// <summary>When it became final, Unix milliseconds.</summary>
    internal long TimeMs;
}

/// <summary>Every result that is on record, by institution and Beijing day, in the order in which they were recorded.</summary>
internal interface IFinalRows
{
    /// <summary>How many there are now. Those that are there stay, and stay in their order.</summary>
    long Count(InstId instId, BeijingDay day, ReconType type);

    /// <summary>Reads from the row <paramref name="from"/> up to, not with, the row <paramref name="to"/>.</summary>
    IRowReader Open(InstId instId, BeijingDay day, ReconType type, long from, long to);
}

/// <summary>Rows one after the other.</summary>
internal interface IRowReader : IDisposable
{
    /// <summary>The next row; false at the end.</summary>
    bool TryRead(ref ReconRow row);
}
