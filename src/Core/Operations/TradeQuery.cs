using System.Runtime.CompilerServices;
using HotPath.Core.Auth;
using HotPath.Core.Buffers;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Wire;

namespace HotPath.Core.Operations;

/// <summary>TRADE_QUERY (2.4.1): by trade_no, by out_trade_no, or by both, which must then denote one trade.</summary>
public sealed class TradeQuery(ILedger ledger)
{
    /// <summary>Fills the slot's trade; false when there is none, or it is another institution's, which must look the same (B006).</summary>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    public async ValueTask<bool> FindAsync(RequestSlot slot, Institution institution)
    {
        bool isFound = slot.Has(Member.TradeNo)
            ? await ledger.FindAsync(TradeNo.Parse(slot[Member.TradeNo]), slot.Trade)
            : await ledger.FindByOrderAsync(institution.InstId, slot.Memory(Member.OutTradeNo), slot.Trade);
        return isFound && slot.Trade.InstId == institution.InstId &&
            (!slot.Has(Member.OutTradeNo) || slot.Trade.OrderNo.Span.SequenceEqual(slot[Member.OutTradeNo]));
    }
}
