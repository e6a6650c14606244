using System.Buffers.Binary;
using HotPath.Core.Model;
using HotPath.Core.Telemetry;

namespace HotPath.Core.Clearing.Adapters.Iso8583;

/// <summary>
/// Payments, refunds, inquiries, reversals and echoes as ISO 8583 messages, and what their answers mean: the whole of the mapping, for another clearing house the one
/// file to change. The element table is docs/channel-contract.md, "The ISO 8583 dialect"; why it is so, docs/decisions/0026.
/// </summary>
public static class Dialect
{
    /// <summary>A message's length in front of it: two bytes, the higher first, not counting themselves.</summary>
    public const int PrefixBytes = 2;

    /// <summary>Largest amount that element 4 carries, in minor units. What is more is not sent.</summary>
    public const long MaxMinorUnits = 999_999_999_999;

    // Message types. An answer has the type of its request plus 10.
    public const int Inquiry = 100;
    public const int Financial = 200;
    public const int Reversal = 400;
    public const int NetworkManagement = 800;
    public const int AnswerStep = 10;

    // Elements.
    public const int ProcessingCode = 3;
    public const int AmountMinor = 4;
    public const int SentAt = 7;
    public const int Stan = 11;
    public const int LocalTime = 12;
    public const int LocalDate = 13;
    public const int RetrievalReference = 37;
    public const int ResponseCode = 39;
    public const int AdditionalData = 48;
    public const int CurrencyNumber = 49;
    public const int Reference = 60;
    public const int OriginalReference = 61;
    public const int ChannelTradeNo = 62;
    public const int ManagementCode = 70;
    public const int OriginalElements = 90;
    public const int QrContent = 120;
    public const int Body = 123;
    public const int TerminalId = 125;
    public const int Mac = 128;

    // Processing codes: goods and services, returns; inquiries about each are of the standard's private ones.
    public const ulong PayCode = 000000;
    public const ulong RefundCode = 200000;
    public const ulong PayInquiryCode = 380000;
    public const ulong RefundInquiryCode = 390000;

    /// <summary>Element 70 of an echo.</summary>
    public const ulong EchoCode = 301;

    // The pieces of qr_content go into 120 to 122, those of body into 123 and 124: 512 and 256 characters of UTF-8 are 2,048 and 1,024 bytes at most.
    private const int PieceBytes = 999;

    // Of 48 and all that is of fixed length, with room to spare; the UTF-8 comes to it.
    private const int ShortBytes = 512;

    /// <summary>Room for what has no member of the institution's: an inquiry, a reversal, an echo.</summary>
    internal const int AskBytes = ShortBytes;

    /// <summary>No face, no amount of more than twelve digits, no code of more than 2,997 bytes.</summary>
    internal static bool CanCarry(in PayOrder order) =>
        order.FaceData.IsEmpty && order.Reference.Amount.MinorUnits <= MaxMinorUnits &&
        order.QrContent.Length <= 3 * PieceBytes && order.Body.Length <= 2 * PieceBytes && order.TerminalId.Length <= PieceBytes;

    /// <summary>A payment by code; false when this channel cannot carry it.</summary>
    internal static bool TryPay(in PayOrder order, bool hasMac, PayloadBuffer into)
    {
        if (!CanCarry(order))
        {
            return false;
        }
        Span<byte> room = into.GetSpan(ShortBytes + order.QrContent.Length + order.Body.Length + order.TerminalId.Length);
        MessageWriter writer = Begin(room, Financial, PayCode, order.Reference);
        Span<byte> terms = stackalloc byte[ShortBytes / 2];
        int length = Term(terms, 0, 1, order.InstId);
        length = Term(terms, length, 2, TradeTypes.Name(order.TradeType));
        length = Term(terms, length, 3, NameOf(order.QrType));
        length = Term(terms, length, 4, order.TerminalType);
        writer.Add(AdditionalData, terms[..length]);
        AddReference(ref writer, order.Reference);
        AddPieces(ref writer, QrContent, order.QrContent);
        AddPieces(ref writer, Body, order.Body);
        AddPieces(ref writer, TerminalId, order.TerminalId);
        into.Advance(End(ref writer, room, hasMac));
        return true;
    }

    /// <summary>A refund; false when its amount has more than twelve digits.</summary>
    internal static bool TryRefund(in RefundOrder order, bool hasMac, PayloadBuffer into)
    {
        if (order.Reference.Amount.MinorUnits > MaxMinorUnits)
        {
            return false;
        }
        Span<byte> room = into.GetSpan(ShortBytes);
        MessageWriter writer = Begin(room, Financial, RefundCode, order.Reference);
        Span<byte> terms = stackalloc byte[ShortBytes / 2];
        writer.Add(AdditionalData, terms[..Term(terms, 0, 1, order.InstId)]);
        AddReference(ref writer, order.Reference);
        into.Advance(End(ref writer, room, hasMac));
        return true;
    }

    /// <summary>An inquiry, a reversal or an echo; its length, 0 when the amount has more than twelve digits.</summary>
    /// <param name="verb">Which of them.</param>
    /// <param name="reference">What it is about; of an echo nothing.</param>
    /// <param name="hasMac">Room for a message authentication code is left.</param>
    /// <param name="room"><see cref="AskBytes"/>.</param>
    internal static int Ask(ClearingVerb verb, in ClearingReference reference, bool hasMac, Span<byte> room)
    {
        if (verb == ClearingVerb.Echo)
        {
            var echo = new MessageWriter(room[PrefixBytes..], NetworkManagement);
            echo.AddNumber(SentAt, 0);
            echo.AddNumber(Stan, 0);
            echo.AddNumber(RetrievalReference, 0);
            echo.AddNumber(ManagementCode, EchoCode);
            return End(ref echo, room, hasMac);
        }
        if (reference.Amount.MinorUnits > MaxMinorUnits)
        {
            return 0;
        }
        bool isInquiry = verb == ClearingVerb.Inquire;
        ulong code = isInquiry ? reference.IsRefund ? RefundInquiryCode : PayInquiryCode : reference.IsRefund ? RefundCode : PayCode;
        MessageWriter writer = Begin(room, isInquiry ? Inquiry : Reversal, code, reference);
        AddReference(ref writer, reference);
        if (!isInquiry)
        {
            // The standard's way to say what is reversed. STAN and time of the original died with the process that sent it; element 60 is what counts.
            Span<byte> original = writer.Reserve(OriginalElements, DataElements.Row(OriginalElements).MaxBytes);
            MessageWriter.Digits(original[..DataElements.TypeBytes], Financial);
            original[DataElements.TypeBytes..].Fill((byte)'0');
        }
        return End(ref writer, room, hasMac);
    }

    /// <summary>Whether a network management message of the channel's asks for a sign of life, and nothing else.</summary>
    internal static bool IsEcho(ReceivedMessage management) => management.TryNumber(ManagementCode, out long code) && code == (long)EchoCode;

    /// <summary>Our answer to a network management message of the channel's: yes to an echo, "function not supported" to all else; its length.</summary>
    internal static int AnswerManagement(ReceivedMessage asked, bool isEcho, bool hasMac, Span<byte> room)
    {
        var answer = new MessageWriter(room[PrefixBytes..], NetworkManagement + AnswerStep);
        foreach (int repeated in (ReadOnlySpan<int>)[SentAt, Stan, RetrievalReference, ResponseCode, ManagementCode])
        {
            ReadOnlySpan<byte> value = repeated == ResponseCode ? isEcho ? "00"u8 : "40"u8 : asked[repeated];
            if (!value.IsEmpty)
            {
                answer.Add(repeated, value);
            }
        }
        return End(ref answer, room, hasMac);
    }

    /// <summary>What an answer means for the call that it is matched with, and what is wrong with it.</summary>
    internal static BadAnswer Judge(ReceivedMessage answer, ClearingVerb verb, in ClearingReference expected, out ClearingResult result)
    {
        result = ClearingResult.Of(ClearingOutcome.Unknown);
        int asked = verb switch { ClearingVerb.Inquire => Inquiry, ClearingVerb.Reverse => Reversal, ClearingVerb.Echo => NetworkManagement, _ => Financial };
        if (answer.Type != asked + AnswerStep)
        {
            return BadAnswer.WrongReference;
        }
        BadAnswer bad = verb == ClearingVerb.Echo ? BadAnswer.None : IsAbout(answer, expected);
        if (bad != BadAnswer.None)
        {
            return bad;
        }
        ReadOnlySpan<byte> number = answer[ChannelTradeNo];
        if (number.Length > ShortText.MaxLength || number.IndexOfAnyExceptInRange((byte)'!', (byte)'~') >= 0)
        {
            return BadAnswer.Malformed;
        }
        bad = MeaningOf(answer, verb, expected.IsRefund, out ClearingOutcome outcome, out RespCode failCode);
        if (bad == BadAnswer.None)
        {
            var channelTradeNo = default(ShortText);
            channelTradeNo.Set(number);
            result = new ClearingResult(outcome, failCode, channelTradeNo);
        }
        return bad;
    }

    /// <summary>The response codes (element 39), all of them. Reasons are mapped one by one: one that we do not know may leave money behind.</summary>
    private static BadAnswer MeaningOf(ReceivedMessage answer, ClearingVerb verb, bool isRefund, out ClearingOutcome outcome, out RespCode failCode)
    {
        bool isReversal = verb == ClearingVerb.Reverse;
        bool isInquiry = verb == ClearingVerb.Inquire;
        bool moves = verb is ClearingVerb.Pay or ClearingVerb.Refund || isInquiry;
        (BadAnswer bad, outcome, failCode) = (answer.TryNumber(ResponseCode, out long code) ? code : -1) switch
        {
            00 => (BadAnswer.None, isReversal ? ClearingOutcome.Reversed : ClearingOutcome.Succeeded, RespCode.None),
            // Of a reversal: it cannot be stopped, and is not executed yet. In doubt, as the contract has it.
            09 when isReversal => (BadAnswer.None, ClearingOutcome.Unknown, RespCode.None),
            09 when moves => (BadAnswer.None, ClearingOutcome.Processing, RespCode.None),
            17 when moves => (BadAnswer.None, ClearingOutcome.Reversed, RespCode.None),
            21 when isReversal => (BadAnswer.None, ClearingOutcome.Succeeded, RespCode.None),
            25 when isInquiry => (BadAnswer.None, ClearingOutcome.NotFound, RespCode.None),
            51 when moves => (BadAnswer.None, ClearingOutcome.Failed, RespCode.InsufficientBalance),
            61 when moves => (BadAnswer.None, ClearingOutcome.Failed, RespCode.LimitExceeded),
            62 when moves => (BadAnswer.None, ClearingOutcome.Failed, RespCode.AccountAbnormal),
            12 when moves && isRefund => (BadAnswer.None, ClearingOutcome.Failed, RespCode.TradeStateForbids),
            13 when moves && isRefund => (BadAnswer.None, ClearingOutcome.Failed, RespCode.RefundAmountExceeded),
            30 or 63 or 91 or 94 or 96 => (BadAnswer.Refused, ClearingOutcome.Unknown, RespCode.None),
            _ => (BadAnswer.UnknownCode, ClearingOutcome.Unknown, RespCode.None),
        };
        return bad;
    }

    private static BadAnswer IsAbout(ReceivedMessage answer, in ClearingReference expected)
    {
        Span<byte> text = stackalloc byte[TradeNo.TextLength];
        bool isReference = answer[Reference].SequenceEqual(text[..expected.TradeNo.Format(text)]);
        // An answer to a payment names none: one that does speaks of a refund.
        bool isOriginal = answer.Has(OriginalReference) == expected.IsRefund &&
            (!expected.IsRefund || answer[OriginalReference].SequenceEqual(text[..expected.Original.Format(text)]));
        return !isReference || !isOriginal ? BadAnswer.WrongReference
            : !answer.TryNumber(AmountMinor, out long amount) || amount != expected.Amount.MinorUnits ? BadAnswer.WrongAmount
            : !answer.TryNumber(CurrencyNumber, out long currency) || currency != expected.Currency.NumericCode ? BadAnswer.WrongCurrency
            : BadAnswer.None;
    }

    private static MessageWriter Begin(Span<byte> room, int type, ulong processingCode, in ClearingReference reference)
    {
        var writer = new MessageWriter(room[PrefixBytes..], type);
        writer.AddNumber(ProcessingCode, processingCode);
        writer.AddNumber(AmountMinor, (ulong)reference.Amount.MinorUnits);
        writer.AddNumber(SentAt, 0);
        writer.AddNumber(Stan, 0);
        // When we gave the number, Beijing: the same however often it is asked about.
        Span<byte> local = stackalloc byte[BeijingTime.SecondsLength];
        BeijingTime.Format(reference.TradeNo.UnixMs, local);
        writer.Add(LocalTime, local[8..14]);
        writer.Add(LocalDate, local[4..8]);
        writer.AddNumber(RetrievalReference, 0);
        return writer;
    }

    private static void AddReference(ref MessageWriter writer, in ClearingReference reference)
    {
        writer.AddNumber(CurrencyNumber, (ulong)reference.Currency.NumericCode);
        reference.TradeNo.Format(writer.Reserve(Reference, TradeNo.TextLength));
        if (reference.IsRefund)
        {
            reference.Original.Format(writer.Reserve(OriginalReference, TradeNo.TextLength));
        }
    }

    private static void AddPieces(ref MessageWriter writer, int element, ReadOnlySpan<byte> text)
    {
        for (; !text.IsEmpty; element++)
        {
            ReadOnlySpan<byte> piece = text[..Math.Min(PieceBytes, text.Length)];
            writer.Add(element, piece);
            text = text[piece.Length..];
        }
    }

    private static int End(ref MessageWriter writer, Span<byte> room, bool hasMac)
    {
        if (hasMac)
        {
            writer.Reserve(Mac, MessageMac.Bytes).Clear();
        }
        BinaryPrimitives.WriteUInt16BigEndian(room, (ushort)writer.Length);
        return PrefixBytes + writer.Length;
    }

    // Element 48: a two-digit tag, a two-digit length, the value. What is empty is left out.
    private static int Term(Span<byte> terms, int at, ulong tag, scoped ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            return at;
        }
        MessageWriter.Digits(terms.Slice(at, 2), tag);
        MessageWriter.Digits(terms.Slice(at + 2, 2), (ulong)value.Length);
        value.CopyTo(terms[(at + 4)..]);
        return at + 4 + value.Length;
    }

    private static int Term(Span<byte> terms, int at, ulong tag, InstId instId)
    {
        Span<byte> text = stackalloc byte[InstId.MaxLength];
        return Term(terms, at, tag, text[..instId.Format(text)]);
    }

    private static ReadOnlySpan<byte> NameOf(QrType type) => type switch
    {
        QrType.Dynamic => "DYNAMIC"u8,
        QrType.Static => "STATIC"u8,
        _ => default,
    };
}
