using HotPath.Core.Ledger;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Ledger;

/// <summary>Wishes to cancel, and surpluses, for tests: every member set to something that can be told apart.</summary>
internal static class Cancels
{
    internal static Cancellation New(ILedger ledger, Trade trade, string reqId, string content = "")
    {
        TradeNo cancelNo = ledger.NextNo();
        var cancel = new Cancellation
        {
            CancelNo = cancelNo,
            TradeNo = trade.TradeNo,
            InstId = trade.InstId,
            Fingerprint = Digest.Of(Trades.Bytes($"CANCEL {reqId}{content}")),
            AcceptedAtMs = cancelNo.UnixMs,
        };
        cancel.ReqId.Set(Trades.Bytes(reqId));
        return cancel;
    }

    internal static Cancellation Ended(this Cancellation cancel, ILedger ledger, long nowMs, RespCode code = RespCode.Success)
    {
        cancel.Code = code;
        cancel.TradeStatus = code switch
        {
            RespCode.Success => TradeStatus.Cancelled,
            RespCode.TradeSucceeded => TradeStatus.Success,
            _ => TradeStatus.Pending,
        };
        cancel.FinalAtMs = nowMs;
        cancel.Answer.RespId = ledger.NextNo();
        cancel.Answer.RespTimeMs = nowMs + 3;
        cancel.Answer.Language = Language.English;
        cancel.Answer.KeyId.Set("gw-2026"u8);
        cancel.Answer.SetSignature(Trades.Signature(cancel.CancelNo, 512));
        return cancel;
    }

    internal static Surplus SurplusOf(ILedger ledger, Trade trade)
    {
        TradeNo refundId = ledger.NextNo();
        var surplus = new Surplus
        {
            RefundId = refundId,
            TradeNo = trade.TradeNo,
            TradeStatus = TradeStatus.Cancelled,
            InstId = trade.InstId,
            OrderNo = trade.OrderNo,
            Amount = trade.Amount,
            Currency = trade.Currency,
            ChannelId = trade.ChannelId,
            FoundAtMs = refundId.UnixMs,
        };
        surplus.ChannelTradeNo.Set("C-2026-000009"u8);
        return surplus;
    }

    /// <summary>The channel confirmed a reversal.</summary>
    internal static Trade Reversed(this Trade trade, ILedger ledger, long nowMs)
    {
        trade.Ended(ledger, nowMs, TradeStatus.Failed);
        trade.FailCode = RespCode.TradeTimeout;
        trade.WasReversed = true;
        return trade;
    }

    internal static void AssertSame(Cancellation expected, Cancellation actual)
    {
        Assert.Equal(Describe(expected), Describe(actual));
        Assert.True(expected.Answer.Signature.SequenceEqual(actual.Answer.Signature));
    }

    internal static string Describe(Surplus surplus) =>
        $"{surplus.RefundId} {surplus.TradeNo} {surplus.TradeStatus} {surplus.InstId} {surplus.OrderNo} {surplus.Amount} {surplus.Currency} {surplus.ChannelId} " +
        $"{surplus.ChannelTradeNo} {surplus.FoundAtMs} {surplus.Status} {surplus.FailCode} {surplus.FinalAtMs} {surplus.ChannelRefundNo}";

    private static string Describe(Cancellation cancel) =>
        $"{cancel.CancelNo} {cancel.TradeNo} {cancel.InstId} {cancel.ReqId} {cancel.Fingerprint} {cancel.AcceptedAtMs} {cancel.Code} {cancel.TradeStatus} " +
        $"{cancel.FinalAtMs} {cancel.Answer.RespId} {cancel.Answer.RespTimeMs} {cancel.Answer.Language} {cancel.Answer.KeyId} {cancel.Answer.SignatureLength}";
}
