using HotPath.Faults.Checking;
using HotPath.Host.Client;

namespace HotPath.Faults.Processes;

/// <summary>One payment as its institution sees it: what was asked, and what is known of it. One thread at a time may learn.</summary>
internal sealed class Order(Party party, SignedMessage request)
{
    private readonly Lock _gate = new();

    internal Party Party { get; } = party;

    internal SignedMessage Request { get; } = request;

    /// <summary>The first final answer to the payment itself.</summary>
    internal Call? Final { get; private set; }

    /// <summary>When anybody was first told that it is final, in the harness's milliseconds; null: not yet.</summary>
    internal long? KnownFinalAtMs { get; private set; }

    /// <summary>The trade's number, once anybody was told that it is paid.</summary>
    internal string? PaidTradeNo { get; private set; }

    internal void Learn(Call call)
    {
        // A cancel's req_id that was used for another order is told of that one.
        if (call.IsOfRefund || call.OrderNo != Request["out_trade_no"])
        {
            return;
        }
        lock (_gate)
        {
            if (call.TradeStatus == "SUCCESS")
            {
                PaidTradeNo ??= call.TradeNo;
            }
            if (call.SaysFinal)
            {
                KnownFinalAtMs ??= call.EndedAtMs;
            }
            if (call.IsOwnAnswer && call.SaysFinal)
            {
                Final ??= call;
            }
        }
    }
}

/// <summary>Part of an order that somebody wants back.</summary>
internal sealed record RefundWish(Order Order, SignedMessage Request);

/// <summary>Somebody wishes that an order be cancelled.</summary>
internal sealed record CancelWish(Order Order, SignedMessage Request);
