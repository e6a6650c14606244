using HotPath.Core.Model;

namespace HotPath.Core.Clearing;

/// <summary>
/// What a clearing channel said of a payment or a refund, or what its silence means. Money is moved, not moved, or in doubt: three answers,
/// three names.
/// </summary>
public enum ClearingOutcome : byte
{
    /// <summary>In doubt: no answer, an answer that does not bind to this reference, an error after bytes were sent. Inquire; never resend.</summary>
    Unknown = 0,

    /// <summary>The channel executed it.</summary>
    Succeeded,

    /// <summary>The channel declined; no money moved. The reason is <see cref="ClearingResult.FailCode"/>.</summary>
    Failed,

    /// <summary>The channel took it and has no result yet. Inquire.</summary>
    Processing,

    /// <summary>Certainly not received: the connection or its TLS handshake failed before a byte of the request was sent.</summary>
    NotDelivered,

    /// <summary>To an inquiry: the channel does not know the reference. Not yet proof that it never will.</summary>
    NotFound,

    /// <summary>To a reversal or an inquiry: the reference is reversed and blocked for ever; no money moved.</summary>
    Reversed,
}

/// <summary>The outcome of one call to a channel.</summary>
/// <param name="Outcome">What it means for the money.</param>
/// <param name="FailCode">The reason when <see cref="ClearingOutcome.Failed"/>: B002, B003 or B004; of a refund also B008 or B011.</param>
/// <param name="ChannelTradeNo">The channel's own number, when it gave one.</param>
public readonly record struct ClearingResult(ClearingOutcome Outcome, RespCode FailCode, ShortText ChannelTradeNo)
{
    public static ClearingResult Of(ClearingOutcome outcome) => new(outcome, RespCode.None, default);
}
