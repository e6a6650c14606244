using System.Runtime.CompilerServices;
using HotPath.Core.Auth;
using HotPath.Core.Buffers;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Wire;

namespace HotPath.Core.Operations;

/// <summary>The trade that a request is about: one of its institution's, or none.</summary>
public static class OwnTrade
{
    /// <summary>
    /// Fills the slot's trade by its number, by out_trade_no, or by both, which must then denote one trade; false when there is none, or it is another
    /// institution's, which must look the same (B006).
    /// </summary>
    /// <param name="ledger">The book.</param>
    /// <param name="slot">The request.</param>
    /// <param name="institution">Who asks.</param>
    /// <param name="number">The member that names the trade by the gateway's number: trade_no, or orig_trade_no.</param>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    public static async ValueTask<bool> FindAsync(ILedger ledger, RequestSlot slot, Institution institution, Member number)
    {
        bool isFound = slot.Has(number)
            ? await ledger.FindAsync(TradeNo.Parse(slot[number]), slot.Trade)
            : await ledger.FindByOrderAsync(institution.InstId, slot.Memory(Member.OutTradeNo), slot.Trade);
        return isFound && slot.Trade.InstId == institution.InstId &&
            (!slot.Has(Member.OutTradeNo) || slot.Trade.OrderNo.Span.SequenceEqual(slot[Member.OutTradeNo]));
    }
}
