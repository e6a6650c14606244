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
    /// <summary>Where the rows end now. What is before it stays, and stays in its order; 0 where there are none.</summary>
    long End(InstId instId, BeijingDay day, ReconType type);

    /// <summary>Reads the rows from one such place up to another.</summary>
    IRowReader Open(InstId instId, BeijingDay day, ReconType type, long from, long to);
}

/// <summary>Rows one after the other.</summary>
internal interface IRowReader : IDisposable
{
    /// <summary>How far it has come.</summary>
    long Position { get; }

    /// <summary>The next row; false at the end.</summary>
    bool TryRead(ref ReconRow row);
}
