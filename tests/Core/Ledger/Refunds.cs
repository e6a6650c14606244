using HotPath.Core.Ledger;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Ledger;

/// <summary>Refunds for tests: every member set to something that can be told apart.</summary>
internal static class Refunds
{
    internal static Refund New(ILedger ledger, Trade trade, string refundNo, long minorUnits, RefundType type = RefundType.Partial, string? reqId = null, string content = "")
    {
        TradeNo refundId = ledger.NextNo();
        var refund = new Refund
        {
            RefundId = refundId,
            TradeNo = trade.TradeNo,
            InstId = trade.InstId,
            Fingerprint = Digest.Of(Trades.Bytes($"REFUND {reqId ?? refundNo}{content}")),
            RefundType = type,
            Amount = new Amount(minorUnits),
            Currency = trade.Currency,
            AcceptedAtMs = refundId.UnixMs,
        };
        refund.ReqId.Set(Trades.Bytes(reqId ?? $"Q-{refundNo}"));
        refund.RefundNo.Set(Trades.Bytes(refundNo));
        refund.OrderNo.Set(trade.OrderNo.Span);
        refund.ChannelId.Set(trade.ChannelId.Span);
        return refund;
    }

    /// <summary>Ends it as somebody would who was told <paramref name="refundedBefore"/>.</summary>
    internal static Refund Ended(this Refund refund, ILedger ledger, long nowMs, long refundedBefore, TradeStatus status = TradeStatus.Success)
    {
        refund.Status = status;
        refund.FailCode = status == TradeStatus.Failed ? RespCode.AccountAbnormal : RespCode.None;
        refund.FinalAtMs = nowMs;
        refund.ChannelRefundNo.Set("CR-2026-000001"u8);
        refund.Totals = new RefundTotals(0, refundedBefore + (status == TradeStatus.Success ? refund.Amount.MinorUnits : 0), 0);
        refund.Answer.RespId = ledger.NextNo();
        refund.Answer.RespTimeMs = nowMs + 3;
        refund.Answer.Language = Language.English;
        refund.Answer.KeyId.Set("gw-2026"u8);
        refund.Answer.SetSignature(Trades.Signature(refund.RefundId, 512));
        return refund;
    }

    internal static void AssertSame(Refund expected, Refund actual)
    {
        Assert.Equal(Describe(expected), Describe(actual));
        Assert.True(expected.Answer.Signature.SequenceEqual(actual.Answer.Signature));
    }

    private static string Describe(Refund refund) =>
        $"{refund.RefundId} {refund.TradeNo} {refund.InstId} {refund.ReqId} {refund.RefundNo} {refund.OrderNo} {refund.Fingerprint} {refund.RefundType} " +
        $"{refund.Amount} {refund.Currency} {refund.ChannelId} {refund.AcceptedAtMs} {refund.Status} {refund.FailCode} {refund.FinalAtMs} " +
        $"{refund.ChannelRefundNo} {refund.Totals} {refund.Answer.RespId} {refund.Answer.RespTimeMs} {refund.Answer.Language} {refund.Answer.KeyId} " +
        $"{refund.Answer.SignatureLength}";
}
