using System.Text;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Ledger;

/// <summary>Trades for tests: every member set to something that can be told apart.</summary>
internal static class Trades
{
    internal static readonly InstId Cn = InstId.From("CN000001");
    internal static readonly InstId Hk = InstId.From("HK000001");

    internal static Trade New(ILedger ledger, string reqId, string orderNo, InstId? inst = null, string? code = null, string content = "")
    {
        TradeNo tradeNo = ledger.NextNo();
        var trade = new Trade
        {
            TradeNo = tradeNo,
            InstId = inst ?? Cn,
            Fingerprint = Digest.Of(Encoding.ASCII.GetBytes(reqId + content)),
            CodeDigest = code is null ? default : Digest.Of(Encoding.ASCII.GetBytes(code)),
            BizType = BizType.ScanPay,
            TradeType = TradeType.Scan,
            QrType = code is null ? QrType.Static : QrType.Dynamic,
            Amount = new Amount(8_880),
            Currency = Currency.Parse("HKD"),
            AcceptedAtMs = tradeNo.UnixMs,
        };
        trade.ReqId.Set(Encoding.ASCII.GetBytes(reqId));
        trade.OrderNo.Set(Encoding.ASCII.GetBytes(orderNo));
        trade.ChannelId.Set("fps"u8);
        trade.Merchant.Set("咖啡 & Co"u8, "HK"u8);
        trade.Route.Choose("way"u8, trade.ChannelId.Span, 0xBEEF, share: 0);
        return trade;
    }

    internal static Trade Ended(this Trade trade, ILedger ledger, long nowMs, TradeStatus status = TradeStatus.Success, int signatureLength = 256)
    {
        trade.Status = status;
        trade.FailCode = status == TradeStatus.Failed ? RespCode.InsufficientBalance : RespCode.None;
        trade.FinalAtMs = nowMs;
        trade.ChannelTradeNo.Set("C-2026-000001"u8);
        trade.Answer.RespId = ledger.NextNo();
        trade.Answer.RespTimeMs = nowMs + 3;
        trade.Answer.Language = Language.English;
        trade.Answer.KeyId.Set("gw-2026"u8);
        trade.Answer.SetSignature(Signature(trade.TradeNo, signatureLength));
        return trade;
    }

    /// <summary>As the next channel is to have it.</summary>
    internal static Trade At(this Trade trade, string channel)
    {
        var id = default(ShortText);
        id.Set(Bytes(channel));
        trade.GoTo(id);
        return trade;
    }

    internal static byte[] Signature(TradeNo tradeNo, int length)
    {
        byte[] signature = new byte[length];
        new Random((int)tradeNo.Stamp).NextBytes(signature);
        return signature;
    }

    internal static byte[] Bytes(string text) => Encoding.ASCII.GetBytes(text);

    internal static void AssertSame(Trade expected, Trade actual)
    {
        Assert.Equal(Describe(expected), Describe(actual));
        Assert.True(expected.Answer.Signature.SequenceEqual(actual.Answer.Signature));
    }

    private static string Describe(Trade trade) =>
        $"{trade.TradeNo} {trade.InstId} {trade.ReqId} {trade.OrderNo} {trade.Fingerprint} {trade.CodeDigest} {trade.BizType} " +
        $"{trade.TradeType} {trade.QrType} {trade.Amount} {trade.Currency} {trade.ChannelId} {trade.Redirects} {trade.Route} {trade.Merchant} {trade.AcceptedAtMs} {trade.Status} " +
        $"{trade.FailCode} {trade.FinalAtMs} {trade.ChannelTradeNo} {trade.Answer.RespId} {trade.Answer.RespTimeMs} " +
        $"{trade.Answer.Language} {trade.Answer.KeyId} {trade.Answer.SignatureLength}";
}
