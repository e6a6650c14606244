using HotPath.Core.Model;

namespace HotPath.Core.Clearing;

/// <summary>Where results go that came after their request's answer budget.</summary>
public interface ILateResults
{
    /// <summary>Takes it, and returns at once: whoever calls may be reading the answers behind this one.</summary>
    /// <param name="channel">Whose word it is.</param>
    /// <param name="tradeNo">The channel's key: a trade_no, or, where refunds are adopted, a refund_id.</param>
    /// <param name="result">What the channel said in the end.</param>
    void Adopt(Channel channel, TradeNo tradeNo, in ClearingResult result);
}
