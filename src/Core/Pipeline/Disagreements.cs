using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Core.Telemetry;
using Microsoft.Extensions.Logging;

namespace HotPath.Core.Pipeline;

/// <summary>
/// Our book and a channel's say different things of the same money. Each is told once where it is found, as an error and a metric, since
/// somebody must look (docs/runbooks/late-success.md).
/// </summary>
public sealed partial class Disagreements(GatewayMetrics metrics, ILogger<Disagreements> logger)
{
    /// <summary>A refund ended as its channel said.</summary>
    internal void Look(Refund refund)
    {
        // Our book had looked at both before it reserved the refund: the trade is SUCCESS, and that much is left of it.
        if (refund.FailCode is RespCode.RefundAmountExceeded or RespCode.TradeStateForbids)
        {
            metrics.Cancels.Disagreed(GatewayMetrics.DisagreementKind.RefundDeclined);
            LogRefundDeclined(refund.RefundId, refund.TradeNo, refund.Amount.MinorUnits, refund.Currency, refund.ChannelId.ToString(), RespCodes.Label(refund.FailCode));
        }
    }

    /// <summary>A channel says something of what has ended; a surplus is told by whoever records it.</summary>
    internal void Look(TradeNo number, TradeStatus status, ShortText channelId, in ClearingResult result)
    {
        metrics.Cancels.Disagreed(GatewayMetrics.DisagreementKind.Contradicted);
        LogContradiction(number, status, channelId.ToString(), result.Outcome, result.ChannelTradeNo.ToString());
    }

    /// <summary>A surplus was recorded.</summary>
    internal void Found(Surplus surplus)
    {
        metrics.Cancels.Disagreed(GatewayMetrics.DisagreementKind.Surplus);
        LogSurplus(
            surplus.TradeNo, surplus.TradeStatus, surplus.ChannelId.ToString(), surplus.ChannelTradeNo.ToString(), surplus.Amount.MinorUnits, surplus.Currency,
            surplus.RefundId);
    }

    /// <summary>A surplus has ended, by its channel's word or by an operator's who says that it is the channel's.</summary>
    internal void Ended(Surplus surplus, bool isHearsay)
    {
        string whose = isHearsay ? "an operator's" : "the channel's";
        if (surplus.Status == TradeStatus.Success)
        {
            metrics.Cancels.SurplusReturned();
            LogReturned(surplus.TradeNo, surplus.RefundId, surplus.ChannelId.ToString(), whose);
            return;
        }
        metrics.Cancels.Disagreed(GatewayMetrics.DisagreementKind.SurplusKept);
        LogKept(surplus.TradeNo, surplus.RefundId, surplus.ChannelId.ToString(), RespCodes.Label(surplus.FailCode), whose);
    }

    [LoggerMessage(EventId = 210, Level = LogLevel.Error,
        Message = "refund {RefundId} of trade {TradeNo}, {MinorUnits} minor units of {Currency}, was declined by channel {Channel} with {RespCode}: its book and ours disagree about the trade")]
    private partial void LogRefundDeclined(TradeNo refundId, TradeNo tradeNo, long minorUnits, Currency currency, string channel, string respCode);

    [LoggerMessage(EventId = 204, Level = LogLevel.Error,
        Message = "{Number} is {Status}, and channel {Channel} now says {Outcome} of it (number {ChannelTradeNo})")]
    private partial void LogContradiction(TradeNo number, TradeStatus status, string channel, ClearingOutcome outcome, string channelTradeNo);

    [LoggerMessage(EventId = 211, Level = LogLevel.Error,
        Message = "surplus: trade {TradeNo} is {Status}, and channel {Channel} executed it as {ChannelTradeNo}; {MinorUnits} minor units of {Currency} go back as refund {RefundId}")]
    private partial void LogSurplus(TradeNo tradeNo, TradeStatus status, string channel, string channelTradeNo, long minorUnits, Currency currency, TradeNo refundId);

    [LoggerMessage(EventId = 212, Level = LogLevel.Warning,
        Message = "surplus of trade {TradeNo}: refund {RefundId} at channel {Channel} is executed by {Whose} word, the money is back")]
    private partial void LogReturned(TradeNo tradeNo, TradeNo refundId, string channel, string whose);

    [LoggerMessage(EventId = 213, Level = LogLevel.Error,
        Message = "surplus of trade {TradeNo}: refund {RefundId} at channel {Channel} is not executed ({RespCode}) by {Whose} word; the payer's money is still there, and nothing more is sent")]
    private partial void LogKept(TradeNo tradeNo, TradeNo refundId, string channel, string respCode, string whose);
}
