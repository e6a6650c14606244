using HotPath.Core.Model;
using HotPath.Core.Telemetry;

namespace HotPath.Core.Clearing;

/// <summary>
/// How the gateway speaks with one clearing system. An adapter translates and carries: it retries nothing, it decides nothing about
/// the trade or the refund. To add a channel, implement this; docs/channel-contract.md says what the channel must promise.
/// </summary>
/// <remarks>
/// The trade_no of a payment, the refund_id of a refund, is the channel's reference and its idempotency key. No method throws for what
/// a channel does: silence, nonsense and errors are <see cref="ClearingOutcome.Unknown"/>. Every call ends within the adapter's own
/// deadline (default 15 s). An answer counts only if it repeats the whole <see cref="ClearingReference"/> of the call; otherwise the
/// trade or refund is in doubt.
/// </remarks>
public interface IClearingAdapter : IAsyncDisposable
{
    /// <summary>
    /// Whether the channel's messages can hold this payment: asked before <see cref="EncodePay"/>. One that they cannot hold is not sent, and says nothing of how the
    /// channel is. Routes see to it that there are none by <see cref="ChannelOptions.Reach"/>; what is left are texts of unusual length.
    /// </summary>
    bool CanCarry(in PayOrder order) => true;

    /// <summary>
    /// Writes the payment in the channel's own form into <paramref name="call"/>'s buffer. Runs on the request's thread: the spans of
    /// <paramref name="order"/> die with the request, the call outlives it.
    /// </summary>
    void EncodePay(in PayOrder order, ClearingCall call);

    /// <summary>Sends what <see cref="EncodePay"/> wrote.</summary>
    ValueTask<ClearingResult> PayAsync(ClearingCall call);

    /// <summary>Writes the refund in the channel's own form into <paramref name="call"/>'s buffer.</summary>
    void EncodeRefund(in RefundOrder order, ClearingCall call);

    /// <summary>Sends what <see cref="EncodeRefund"/> wrote.</summary>
    ValueTask<ClearingResult> RefundAsync(ClearingCall call);

    /// <summary>Asks what became of a payment or a refund. Changes nothing at the channel.</summary>
    ValueTask<ClearingResult> InquireAsync(ClearingReference reference);

    /// <summary>
    /// Asks the channel to undo a payment, or to stop a refund that has not been executed, and to block the reference for ever if it never
    /// came. Answers Reversed (no money moved, and none will), Succeeded (too late: it is executed and final), NotDelivered (this reversal was certainly not
    /// received, which says nothing of an earlier one) or Unknown.
    /// </summary>
    ValueTask<ClearingResult> ReverseAsync(ClearingReference reference);

    /// <summary>
    /// Asks the channel for a sign of life, and moves no money: true when it answered sense. Where the channel's protocol has no message for that, an
    /// inquiry about a reference that is nobody's.
    /// </summary>
    async ValueTask<bool> EchoAsync() => (await InquireAsync(ClearingReference.Nobodys)).Outcome is not (ClearingOutcome.Unknown or ClearingOutcome.NotDelivered);

    /// <summary>Called once, before the first call: who is to be told of what is wrong with what the channel says, with the call's number where it is known. On any thread; it does not throw.</summary>
    void TellBadAnswers(Action<BadAnswer, TradeNo> to)
    {
    }

    /// <summary>Connections that the adapter keeps open; none where it makes them as it needs them.</summary>
    ConnectionCount Connections => default;

    /// <summary>Called once, before the first call: who is told whenever one of <see cref="Connections"/> was made, could not be made or has ended. On any thread; it does not throw.</summary>
    void TellConnections(Action<ConnectionWord> to)
    {
    }
}

/// <summary>Connections that an adapter keeps open.</summary>
/// <param name="Up">That are.</param>
/// <param name="Wanted">That should be.</param>
public readonly record struct ConnectionCount(int Up, int Wanted);

/// <summary>What has become of a connection that is kept open. Told each time, also when it is what was told before.</summary>
/// <param name="Number">Which of them, from 0 on.</param>
/// <param name="IsUp">It was made. Otherwise it has ended, or could not be made.</param>
/// <param name="Reason">Why it is not there, for operators; empty when it is.</param>
public readonly record struct ConnectionWord(int Number, bool IsUp, string Reason);

/// <summary>What identifies a payment or a refund at its channel, and what every answer about it must repeat.</summary>
/// <param name="TradeNo">The channel's key of it: the trade_no of a payment, the refund_id of a refund. Both come from one source of numbers.</param>
/// <param name="Amount">Of this payment, or of this refund.</param>
/// <param name="Currency">Of the trade.</param>
/// <param name="Original">The trade_no of the payment that a refund gives money back of; unassigned for a payment.</param>
public readonly record struct ClearingReference(TradeNo TradeNo, Amount Amount, Currency Currency, TradeNo Original = default)
{
    /// <summary>Money goes back. The one place where payments and refunds are told apart: by what they are about, not by a flag beside it.</summary>
    public bool IsRefund => Original.IsAssigned;

    /// <summary>One that no payment ever has: its number is of the first millisecond of 1970.</summary>
    public static ClearingReference Nobodys { get; } = new(new TradeNo(1UL << TradeNo.CounterBits, 0), new Amount(1), Currency.Parse("CNY"));
}

/// <summary>A refund as a channel needs it.</summary>
/// <param name="Reference">Its refund_id, amount, currency, and the payment's trade_no.</param>
/// <param name="InstId">The institution that asks for it.</param>
public readonly record struct RefundOrder(ClearingReference Reference, InstId InstId);

/// <summary>A payment as a channel needs it. Lives on the request's stack. What a payment by code or by face does not have is empty.</summary>
public readonly ref struct PayOrder
{
    public required ClearingReference Reference { get; init; }

    public required InstId InstId { get; init; }

    public required TradeType TradeType { get; init; }

    public QrType QrType { get; init; }

    public ReadOnlySpan<byte> QrContent { get; init; }

    public ReadOnlySpan<byte> Body { get; init; }

    public ReadOnlySpan<byte> TerminalType { get; init; }

    public required ReadOnlySpan<byte> TerminalId { get; init; }

    /// <summary>
    /// The face, ciphered for the channel. An adapter writes it into <see cref="ClearingCall.Payload"/>, which forgets it when the call has ended, and
    /// nowhere else: into no buffer that is shared, no string, no log line, no exception.
    /// </summary>
    public ReadOnlySpan<byte> FaceData { get; init; }

    public ReadOnlySpan<byte> FaceDeviceId { get; init; }

    public ReadOnlySpan<byte> MerchantId { get; init; }
}
