using System.Buffers;
using System.Buffers.Text;
using HotPath.Core.Ledger;
using HotPath.Core.Model;

namespace HotPath.Bench;

/// <summary>Trades as the corridor hands them to the ledger, without a request behind them.</summary>
/// <param name="ledger">Gives the numbers.</param>
/// <param name="series">Two series never share an order number.</param>
/// <param name="channel">Where they were sent.</param>
internal sealed class TradeMaker(ILedger ledger, char series, string channel = "bench")
{
    private readonly byte[] _channel = System.Text.Encoding.ASCII.GetBytes(channel);

    public static readonly InstId Institution = InstId.From("CN000001");
    private static readonly Currency Dollar = Currency.Parse("HKD");
    private static readonly byte[] Signature = new byte[SignatureBytes];

    /// <summary>Bytes of a recorded signature: RSA-2048.</summary>
    public const int SignatureBytes = 256;

    /// <summary>Bytes of an order number and of a req_id: what institutions really send has about as many.</summary>
    public const int OrderBytes = 20;

    /// <summary>Writes the order number of this index, which is its req_id too.</summary>
    public void WriteOrder(int index, Span<byte> into)
    {
        into[0] = (byte)series;
        Utf8Formatter.TryFormat(index, into[1..], out _, new StandardFormat('D', OrderBytes - 1));
    }

    /// <summary>Makes <paramref name="trade"/> the one of this index, with a number of its own.</summary>
    public void Fill(Trade trade, int index)
    {
        trade.Clear();
        Span<byte> order = stackalloc byte[OrderBytes];
        WriteOrder(index, order);
        trade.TradeNo = ledger.NextNo();
        trade.InstId = Institution;
        trade.ReqId.Set(order);
        trade.OrderNo.Set(order);
        trade.Fingerprint = Digest.Of(order);
        trade.CodeDigest = index % 2 == 0 ? trade.Fingerprint : default;
        trade.BizType = BizType.ScanPay;
        trade.TradeType = TradeType.Scan;
        trade.QrType = index % 2 == 0 ? QrType.Dynamic : QrType.Static;
        trade.Amount = new Amount(8880);
        trade.Currency = Dollar;
        trade.ChannelId.Set(_channel);
        trade.AcceptedAtMs = trade.TradeNo.UnixMs;
    }

    /// <summary>Makes it a success with a signature of the usual length.</summary>
    public static void Settle(Trade trade)
    {
        trade.Status = TradeStatus.Success;
        trade.FinalAtMs = trade.AcceptedAtMs;
        trade.ChannelTradeNo.Set("C202609190000000001"u8);
        trade.Answer.RespId = trade.TradeNo;
        trade.Answer.RespTimeMs = trade.AcceptedAtMs;
        trade.Answer.KeyId.Set("gw-bench"u8);
        trade.Answer.SetSignature(Signature);
    }
}
