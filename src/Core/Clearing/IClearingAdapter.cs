using HotPath.Core.Model;

namespace HotPath.Core.Clearing;

/// <summary>
/// How the gateway speaks with one clearing system. An adapter translates and carries: it retries nothing, it decides nothing about
/// the trade. To add a channel, implement this; docs/channel-contract.md says what the channel must promise.
/// </summary>
/// <remarks>
/// The trade_no is the channel's reference and its idempotency key. No method throws for what a channel does: silence, nonsense and
/// errors are <see cref="ClearingOutcome.Unknown"/>. Every call ends within the adapter's own deadline (default 15 s).
/// An answer counts only if its reference, amount and currency are the call's; otherwise the trade is in doubt.
/// </remarks>
public interface IClearingAdapter : IAsyncDisposable
{
    /// <summary>
    /// Writes the payment in the channel's own form into <paramref name="call"/>'s buffer. Runs on the request's thread: the spans of
    /// <paramref name="order"/> die with the request, the call outlives it.
    /// </summary>
    void EncodePay(in PayOrder order, ClearingCall call);

    /// <summary>Sends what <see cref="EncodePay"/> wrote.</summary>
    ValueTask<ClearingResult> PayAsync(ClearingCall call);

    /// <summary>Asks what became of a payment. Changes nothing at the channel.</summary>
    ValueTask<ClearingResult> InquireAsync(ClearingReference reference);

    /// <summary>
    /// Asks the channel to undo the payment, or to block its reference for ever if it never came.
    /// Answers Reversed, Succeeded (too late: it is executed and final) or Unknown.
    /// </summary>
    ValueTask<ClearingResult> ReverseAsync(ClearingReference reference);
}

/// <summary>What identifies a payment at its channel, and what its answers must repeat.</summary>
public readonly record struct ClearingReference(TradeNo TradeNo, Amount Amount, Currency Currency);

/// <summary>A payment as a channel needs it. Lives on the request's stack.</summary>
public readonly ref struct PayOrder
{
    public required ClearingReference Reference { get; init; }

    public required InstId InstId { get; init; }

    public required TradeType TradeType { get; init; }

    public required QrType QrType { get; init; }

    public required ReadOnlySpan<byte> QrContent { get; init; }

    public required ReadOnlySpan<byte> Body { get; init; }

    public required ReadOnlySpan<byte> TerminalType { get; init; }

    public required ReadOnlySpan<byte> TerminalId { get; init; }
}
