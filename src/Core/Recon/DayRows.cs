using HotPath.Core.DayFiles;
using HotPath.Core.Model;

namespace HotPath.Core.Recon;

/// <summary>The rows of the day files as rows of reconciliation files; their measure is bytes.</summary>
internal sealed class DayRows(DayStore days) : IFinalRows
{
    public long End(InstId instId, BeijingDay day, ReconType type) => RowsOf(instId, day, type).Length;

    public IRowReader Open(InstId instId, BeijingDay day, ReconType type, long from, long to)
    {
        FinalRows rows = RowsOf(instId, day, type);
        return type == ReconType.Trade ? new TradeReader(rows, from, to) : new RefundReader(rows, from, to);
    }

    private FinalRows RowsOf(InstId instId, BeijingDay day, ReconType type) =>
        type == ReconType.Trade ? days.TradesOf(instId, day.Number) : days.RefundsOf(instId, day.Number);

    private abstract class Reader(FinalRows rows, long first, long to) : IRowReader
    {
        private bool _hasBegun;

        public long Position { get; private set; } = first;

        public bool TryRead(ref ReconRow row)
        {
            bool isThere = Position < to && (_hasBegun ? rows.Read() : rows.ReadAt(Position)) && rows.Offset < to;
            _hasBegun = true;
            Position = isThere ? rows.Offset : to;
            if (isThere)
            {
                Fill(rows, ref row);
            }
            return isThere;
        }

        public void Dispose()
        {
        }

        protected abstract void Fill(FinalRows rows, ref ReconRow row);
    }

    private sealed class TradeReader(FinalRows rows, long from, long to) : Reader(rows, from, to)
    {
        private readonly Trade _trade = new();

        protected override void Fill(FinalRows rows, ref ReconRow row)
        {
            rows.Fill(_trade);
            row.Number = _trade.TradeNo;
            row.OrderNo = _trade.OrderNo;
            row.ChannelId = _trade.ChannelId;
            row.ChannelTradeNo = _trade.ChannelTradeNo;
            row.TradeType = _trade.TradeType;
            row.QrType = _trade.QrType;
            row.Amount = _trade.Amount;
            row.Currency = _trade.Currency;
            row.TimeMs = _trade.FinalAtMs;
        }
    }

    private sealed class RefundReader(FinalRows rows, long from, long to) : Reader(rows, from, to)
    {
        private readonly Refund _refund = new();

        protected override void Fill(FinalRows rows, ref ReconRow row)
        {
            rows.Fill(_refund);
            row.Number = _refund.RefundId;
            row.OrigTradeNo = _refund.TradeNo;
            row.RefundNo = _refund.RefundNo;
            row.OrderNo = _refund.OrderNo;
            row.Amount = _refund.Amount;
            row.Currency = _refund.Currency;
            row.TimeMs = _refund.FinalAtMs;
        }
    }
}
