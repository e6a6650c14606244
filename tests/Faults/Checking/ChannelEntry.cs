namespace HotPath.Faults.Checking;

/// <summary>What the channel's own books say of one reference, once everything has come to rest.</summary>
internal sealed record ChannelEntry
{
    /// <summary>The reference: our trade_no, or, of a refund, our refund_id.</summary>
    internal required string TradeNo { get; init; }

    /// <summary>Whose books these are, by the channel's id; empty where there is one channel.</summary>
    internal string Channel { get; init; } = "";

    /// <summary>Of a refund: the trade_no of the payment whose money goes back. Empty for a payment.</summary>
    internal string OriginalTradeNo { get; init; } = "";

    internal bool IsRefund => OriginalTradeNo.Length > 0;

    internal required long AmountMinor { get; init; }

    internal required string Currency { get; init; }

    /// <summary>Payment or refund requests that arrived with this reference. The gateway sends one, ever.</summary>
    internal required int Deliveries { get; init; }

    /// <summary>Money moved, and was not moved back.</summary>
    internal required bool IsExecuted { get; init; }

    /// <summary>The channel confirmed a reversal, or declined, and executed all the same: a loss that no gateway can prevent, only report (F15).</summary>
    internal bool HasLied { get; init; }

    /// <summary>What happened to it, for people; times as in <see cref="Call"/>.</summary>
    internal IReadOnlyList<(long AtMs, string Text)> Story { get; init; } = [];
}
