namespace HotPath.Core.Model;

/// <summary>
/// Money too much (长款): the book says that no money moved, and proved it by the channel's own word, and now the channel says that it executed the
/// payment. The trade stays as it is; the money goes back by a refund that the gateway sends of itself.
/// </summary>
public sealed class Surplus
{
    /// <summary>The channel's key of that refund, of the same series as trade numbers; recorded before it is sent, so that there is one for ever.</summary>
    public TradeNo RefundId;

    /// <summary>The trade.</summary>
    public TradeNo TradeNo;

    /// <summary>What the book says of the trade: FAILED or CANCELLED.</summary>
    public TradeStatus TradeStatus;
    public InstId InstId;

    /// <summary>The trade's out_trade_no.</summary>
    public ShortText OrderNo;

    /// <summary>The whole amount of the trade.</summary>
    public Amount Amount;
    public Currency Currency;
    public ShortText ChannelId;

    /// <summary>The channel's own number of the payment.</summary>
    public ShortText ChannelTradeNo;

    /// <summary>When the gateway learnt of it, Unix milliseconds.</summary>
    public long FoundAtMs;

    // How giving it back ended.

    /// <summary>SUCCESS: the money is back. FAILED: the channel declined, and somebody must look.</summary>
    public TradeStatus Status;
    public RespCode FailCode;
    public long FinalAtMs;
    public ShortText ChannelRefundNo;

    public bool IsFinal => Status != TradeStatus.Pending;

    /// <summary>Forgets everything, so that the next owner starts from nothing.</summary>
    public void Clear()
    {
        RefundId = default;
        TradeNo = default;
        TradeStatus = default;
        InstId = default;
        OrderNo = default;
        Amount = default;
        Currency = default;
        ChannelId = default;
        ChannelTradeNo = default;
        FoundAtMs = 0;
        Status = default;
        FailCode = default;
        FinalAtMs = 0;
        ChannelRefundNo = default;
    }
}
