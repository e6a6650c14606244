using System.Buffers.Text;
using HotPath.Core.Ledger;
using HotPath.Core.Model;

namespace HotPath.Bench;

/// <summary>Trades as the corridor hands them to the ledger, without a request behind them.</summary>
/// <param name="ledger">Gives the numbers.</param>
/// <param name="series">Two series never share an order number.</param>
internal sealed class TradeMaker(ILedger ledger, char series)
{
    private static readonly InstId Institution = InstId.From("CN000001");
    private static readonly Currency Dollar = Currency.Parse("HKD");
    private static readonly byte[] Signature = new byte[256];

    public void Fill(Trade trade, int index)
    {
        trade.Clear();
        Span<byte> order = stackalloc byte[16];
        order[0] = (byte)series;
        Utf8Formatter.TryFormat(index, order[1..], out int digits);
        trade.TradeNo = ledger.NextNo();
        trade.InstId = Institution;
        trade.ReqId.Set(order[..(digits + 1)]);
        trade.OrderNo.Set(order[..(digits + 1)]);
        trade.Fingerprint = Digest.Of(order);
        trade.CodeDigest = index % 2 == 0 ? trade.Fingerprint : default;
        trade.BizType = BizType.ScanPay;
        trade.TradeType = TradeType.Scan;
        trade.QrType = index % 2 == 0 ? QrType.Dynamic : QrType.Static;
        trade.Amount = new Amount(8880);
        trade.Currency = Dollar;
        trade.ChannelId.Set("bench"u8);
        trade.AcceptedAtMs = trade.TradeNo.UnixMs;
    }

    /// <summary>Makes it a success with a signature of the usual length.</summary>
    public static void Settle(Trade trade)
    {
        trade.Status = TradeStatus.Success;
        trade.FinalAtMs = trade.AcceptedAtMs;
        trade.Answer.RespId = trade.TradeNo;
        trade.Answer.RespTimeMs = trade.AcceptedAtMs;
        trade.Answer.KeyId.Set("gw-bench"u8);
        trade.Answer.SetSignature(Signature);
    }
}
