using System.Buffers.Text;
using System.Text.Json;
using HotPath.Core.Model;
using HotPath.Core.Telemetry;

namespace HotPath.Core.Clearing.Adapters.Http;

/// <summary>
/// Reads a channel's answer. Whatever is not a whole, unambiguous answer that repeats the call's reference, amount and currency, and of a
/// refund the payment's reference, leaves it in doubt.
/// </summary>
internal ref struct ClearingAnswer
{
    // Members we do not read may nest a little; nobody needs more.
    private const int MaxDepth = 8;

    private Member _seen;
    private ReadOnlySpan<byte> _reference;
    private ReadOnlySpan<byte> _originalReference;
    private ReadOnlySpan<byte> _amountMinor;
    private ReadOnlySpan<byte> _currency;
    private ReadOnlySpan<byte> _result;
    private ReadOnlySpan<byte> _declineCode;
    private ReadOnlySpan<byte> _channelTradeNo;

    [Flags]
    private enum Member : byte
    {
        NotOurs = 0,
        Reference = 1,
        AmountMinor = 2,
        Currency = 4,
        Result = 8,
        DeclineCode = 16,
        ChannelTradeNo = 32,
        OriginalReference = 64,
    }

    /// <summary>What the answer means for the call, and what is wrong with it.</summary>
    internal static BadAnswer Read(ReadOnlySpan<byte> json, ClearingVerb verb, in ClearingReference expected, out ClearingResult result)
    {
        result = ClearingResult.Of(ClearingOutcome.Unknown);
        var answer = default(ClearingAnswer);
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            if (!answer.TryRead(ref reader))
            {
                return BadAnswer.Malformed;
            }
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // The reader's ways to say that these bytes are not JSON, and that a name's escapes are half a character.
            return BadAnswer.Malformed;
        }
        BadAnswer bad = answer.IsAbout(expected);
        return bad == BadAnswer.None ? answer.Judge(verb, expected.IsRefund, out result) : bad;
    }

    private bool TryRead(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            Member member = NameOf(ref reader);
            reader.Read();
            if (member == Member.NotOurs)
            {
                reader.Skip();
                continue;
            }
            // Given twice, the two may disagree: neither counts.
            if ((_seen & member) != 0 || reader.TokenType != JsonTokenType.String || reader.ValueIsEscaped)
            {
                return false;
            }
            _seen |= member;
            Keep(member, reader.ValueSpan);
        }
        return reader.TokenType == JsonTokenType.EndObject && !reader.Read();
    }

    private static Member NameOf(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("reference"u8) ? Member.Reference
        : reader.ValueTextEquals("original_reference"u8) ? Member.OriginalReference
        : reader.ValueTextEquals("amount_minor"u8) ? Member.AmountMinor
        : reader.ValueTextEquals("currency"u8) ? Member.Currency
        : reader.ValueTextEquals("result"u8) ? Member.Result
        : reader.ValueTextEquals("decline_code"u8) ? Member.DeclineCode
        : reader.ValueTextEquals("channel_trade_no"u8) ? Member.ChannelTradeNo
        : Member.NotOurs;

    private void Keep(Member member, ReadOnlySpan<byte> value)
    {
        switch (member)
        {
            case Member.Reference:
                _reference = value;
                break;
            case Member.OriginalReference:
                _originalReference = value;
                break;
            case Member.AmountMinor:
                _amountMinor = value;
                break;
            case Member.Currency:
                _currency = value;
                break;
            case Member.Result:
                _result = value;
                break;
            case Member.DeclineCode:
                _declineCode = value;
                break;
            default:
                _channelTradeNo = value;
                break;
        }
    }

    private readonly BadAnswer IsAbout(in ClearingReference expected)
    {
        Span<byte> text = stackalloc byte[TradeNo.TextLength];
        bool isReference = _reference.SequenceEqual(text[..expected.TradeNo.Format(text)]);
        // An answer to a payment names none: one that does speaks of a refund.
        bool namesOriginal = (_seen & Member.OriginalReference) != 0;
        bool isOriginal = namesOriginal == expected.IsRefund && (!namesOriginal || _originalReference.SequenceEqual(text[..expected.Original.Format(text)]));
        Utf8Formatter.TryFormat(expected.Amount.MinorUnits, text, out int length);
        return !isReference || !isOriginal ? BadAnswer.WrongReference
            : !_amountMinor.SequenceEqual(text[..length]) ? BadAnswer.WrongAmount
            : !_currency.SequenceEqual(text[..expected.Currency.Format(text)]) ? BadAnswer.WrongCurrency
            : BadAnswer.None;
    }

    private readonly BadAnswer Judge(ClearingVerb verb, bool isRefund, out ClearingResult result)
    {
        result = ClearingResult.Of(ClearingOutcome.Unknown);
        if (_channelTradeNo.Length > ShortText.MaxLength || _channelTradeNo.IndexOfAnyExceptInRange((byte)'!', (byte)'~') >= 0)
        {
            return BadAnswer.Malformed;
        }
        ClearingOutcome outcome = OutcomeOf(_result);
        RespCode failCode = outcome == ClearingOutcome.Failed ? FailCodeOf(_declineCode, isRefund) : RespCode.None;
        if (verb == ClearingVerb.Reverse && outcome == ClearingOutcome.Processing)
        {
            // It cannot be stopped, and is not executed yet: in doubt, as the contract has it.
            return BadAnswer.None;
        }
        // A decline for a reason we do not know may be one that leaves money behind ("partly executed"), and one that is no decline contradicts itself: somebody must look.
        bool isReasonFine = outcome == ClearingOutcome.Failed ? failCode != RespCode.None : _declineCode.IsEmpty;
        if (outcome == ClearingOutcome.Unknown || !IsAnswerTo(verb, outcome) || !isReasonFine)
        {
            return BadAnswer.UnknownCode;
        }
        var number = default(ShortText);
        number.Set(_channelTradeNo);
        result = new ClearingResult(outcome, failCode, number);
        return BadAnswer.None;
    }

    private static bool IsAnswerTo(ClearingVerb verb, ClearingOutcome outcome) => verb switch
    {
        ClearingVerb.Pay or ClearingVerb.Refund => outcome != ClearingOutcome.NotFound,
        ClearingVerb.Reverse => outcome is ClearingOutcome.Reversed or ClearingOutcome.Succeeded,
        _ => true,
    };

    private static ClearingOutcome OutcomeOf(ReadOnlySpan<byte> result) =>
        result.SequenceEqual("SUCCESS"u8) ? ClearingOutcome.Succeeded
        : result.SequenceEqual("FAILED"u8) ? ClearingOutcome.Failed
        : result.SequenceEqual("PENDING"u8) ? ClearingOutcome.Processing
        : result.SequenceEqual("NOT_FOUND"u8) ? ClearingOutcome.NotFound
        : result.SequenceEqual("REVERSED"u8) ? ClearingOutcome.Reversed
        : ClearingOutcome.Unknown;

    private static RespCode FailCodeOf(ReadOnlySpan<byte> declineCode, bool isRefund) =>
        declineCode.SequenceEqual("INSUFFICIENT_BALANCE"u8) ? RespCode.InsufficientBalance
        : declineCode.SequenceEqual("LIMIT_EXCEEDED"u8) ? RespCode.LimitExceeded
        : declineCode.SequenceEqual("ACCOUNT_ABNORMAL"u8) ? RespCode.AccountAbnormal
        : isRefund && declineCode.SequenceEqual("REFUND_EXCEEDED"u8) ? RespCode.RefundAmountExceeded
        : isRefund && declineCode.SequenceEqual("ORIGINAL_NOT_EXECUTED"u8) ? RespCode.TradeStateForbids
        : RespCode.None;
}
