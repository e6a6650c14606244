using System.Buffers.Binary;
using System.Text;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters;
using HotPath.Core.Clearing.Adapters.Iso8583;
using HotPath.Core.Model;
using HotPath.Core.Telemetry;
using Xunit;

namespace HotPath.Core.Tests.Clearing.Iso8583;

/// <summary>Which element holds what, and what the answers mean: docs/channel-contract.md, "The ISO 8583 dialect".</summary>
public sealed class DialectTests
{
    private static readonly MessageId Id = new(42, 1123155901, 123456789012);

    private readonly ClearingReference _payment = Payments.NewReference();
    private readonly ClearingReference _refund = Payments.NewRefund(1200);

    [Fact]
    public void Payment_IsWrittenElementByElement()
    {
        var payload = new PayloadBuffer();
        Assert.True(Dialect.TryPay(Order(_payment, "00020101é", "绿茶", "T-1 终端"), hasMac: false, payload));

        Assert.Equal(
            $"0200 3=000000 4=000000008880 7=1123155901 11=000042 12={Local(_payment)[8..14]} 13={Local(_payment)[4..8]} 37=123456789012 " +
            $"48=0108CN0000010204SCAN0306STATIC040201 49=156 60={_payment.TradeNo} 120=00020101é 123=绿茶 125=T-1 终端",
            Stamped(payload.WrittenSpan));
    }

    [Fact]
    public void Refund_NamesItsPayment_AndIsAReturn()
    {
        var payload = new PayloadBuffer();
        Assert.True(Dialect.TryRefund(new RefundOrder(_refund, InstId.From("CN000001")), hasMac: false, payload));

        Assert.Equal(
            $"0200 3=200000 4=000000001200 7=1123155901 11=000042 12={Local(_refund)[8..14]} 13={Local(_refund)[4..8]} 37=123456789012 " +
            $"48=0108CN000001 49=156 60={_refund.TradeNo} 61={_refund.Original}",
            Stamped(payload.WrittenSpan));
    }

    [Fact]
    public void Inquiry_Reversal_AndEcho_AreWrittenElementByElement()
    {
        string About(ClearingReference reference, string code, string amount) =>
            $"3={code} 4={amount} 7=1123155901 11=000042 12={Local(reference)[8..14]} 13={Local(reference)[4..8]} 37=123456789012 49=156 60={reference.TradeNo}";

        Assert.Equal("0100 " + About(_payment, "380000", "000000008880"), Asked(ClearingVerb.Inquire, _payment));
        Assert.Equal("0100 " + About(_refund, "390000", "000000001200") + $" 61={_refund.Original}", Asked(ClearingVerb.Inquire, _refund));
        string original = " 90=0200" + new string('0', 38);
        Assert.Equal("0400 " + About(_payment, "000000", "000000008880") + original, Asked(ClearingVerb.Reverse, _payment));
        Assert.Equal("0400 " + About(_refund, "200000", "000000001200") + $" 61={_refund.Original}" + original, Asked(ClearingVerb.Reverse, _refund));
        Assert.Equal("0800 7=1123155901 11=000042 37=123456789012 70=301", Asked(ClearingVerb.Echo, default));
    }

    [Fact]
    public void LongestCode_AndDescription_GoIntoTheirPieces()
    {
        string code = new('汉', 512);
        string body = string.Concat(Enumerable.Repeat("😀", 256));
        string terminal = new('端', 32);
        var payload = new PayloadBuffer();

        Assert.True(Dialect.TryPay(Order(_payment, code, body, terminal), hasMac: true, payload));

        ReceivedMessage message = IsoMessages.ReadWhole(payload.WrittenSpan[Dialect.PrefixBytes..].ToArray());
        Assert.Equal(code, Text([.. message[120], .. message[121], .. message[122]]));
        Assert.Equal(body, Text([.. message[123], .. message[124]]));
        Assert.Equal(terminal, Text(message[125]));
        Assert.Equal(payload.WrittenSpan.Length - 2, BinaryPrimitives.ReadUInt16BigEndian(payload.WrittenSpan));
    }

    [Fact]
    public void WhatTheChannelCannotCarry_IsRefusedAndNothingIsWritten()
    {
        var payload = new PayloadBuffer();
        ClearingReference tooMuch = Payments.NewReference(Dialect.MaxMinorUnits + 1);
        PayOrder face = Order(_payment, "", "", "T");

        Assert.False(Dialect.TryPay(Order(tooMuch, "q", "b", "t"), hasMac: true, payload));
        Assert.False(Dialect.TryPay(Order(_payment, new string('q', 2998), "b", "t"), hasMac: true, payload));
        Assert.False(Dialect.TryPay(
            new PayOrder { Reference = _payment, InstId = face.InstId, TradeType = TradeType.FacePay, TerminalId = "T"u8, FaceData = "face"u8 }, hasMac: true, payload));
        Assert.False(Dialect.TryRefund(new RefundOrder(tooMuch with { Original = _payment.TradeNo }, face.InstId), hasMac: true, payload));
        Assert.Equal(0, Dialect.Ask(ClearingVerb.Inquire, tooMuch, hasMac: true, new byte[512]));
        Assert.Equal(0, Dialect.Ask(ClearingVerb.Reverse, tooMuch, hasMac: true, new byte[512]));
        Assert.Equal(0, payload.WrittenSpan.Length);
        Assert.True(Dialect.TryPay(Order(Payments.NewReference(Dialect.MaxMinorUnits), "q", "b", "t"), hasMac: true, payload));
    }

    public static TheoryData<string, bool, ClearingOutcome, ClearingOutcome, ClearingOutcome, RespCode> Codes => new()
    {
        // code, of a refund, to a pay or refund, to an inquiry, to a reversal, reason
        { "00", false, ClearingOutcome.Succeeded, ClearingOutcome.Succeeded, ClearingOutcome.Reversed, RespCode.None },
        { "00", true, ClearingOutcome.Succeeded, ClearingOutcome.Succeeded, ClearingOutcome.Reversed, RespCode.None },
        { "09", false, ClearingOutcome.Processing, ClearingOutcome.Processing, ClearingOutcome.Unknown, RespCode.None },
        { "17", false, ClearingOutcome.Reversed, ClearingOutcome.Reversed, ClearingOutcome.Unknown, RespCode.None },
        { "21", false, ClearingOutcome.Unknown, ClearingOutcome.Unknown, ClearingOutcome.Succeeded, RespCode.None },
        { "25", false, ClearingOutcome.Unknown, ClearingOutcome.NotFound, ClearingOutcome.Unknown, RespCode.None },
        { "51", false, ClearingOutcome.Failed, ClearingOutcome.Failed, ClearingOutcome.Unknown, RespCode.InsufficientBalance },
        { "61", false, ClearingOutcome.Failed, ClearingOutcome.Failed, ClearingOutcome.Unknown, RespCode.LimitExceeded },
        { "62", false, ClearingOutcome.Failed, ClearingOutcome.Failed, ClearingOutcome.Unknown, RespCode.AccountAbnormal },
        { "12", false, ClearingOutcome.Unknown, ClearingOutcome.Unknown, ClearingOutcome.Unknown, RespCode.None },
        { "12", true, ClearingOutcome.Failed, ClearingOutcome.Failed, ClearingOutcome.Unknown, RespCode.TradeStateForbids },
        { "13", false, ClearingOutcome.Unknown, ClearingOutcome.Unknown, ClearingOutcome.Unknown, RespCode.None },
        { "13", true, ClearingOutcome.Failed, ClearingOutcome.Failed, ClearingOutcome.Unknown, RespCode.RefundAmountExceeded },
        { "96", false, ClearingOutcome.Unknown, ClearingOutcome.Unknown, ClearingOutcome.Unknown, RespCode.None },
        { "94", true, ClearingOutcome.Unknown, ClearingOutcome.Unknown, ClearingOutcome.Unknown, RespCode.None },
        { "77", false, ClearingOutcome.Unknown, ClearingOutcome.Unknown, ClearingOutcome.Unknown, RespCode.None },
        { "0A", false, ClearingOutcome.Unknown, ClearingOutcome.Unknown, ClearingOutcome.Unknown, RespCode.None },
        { "  ", false, ClearingOutcome.Unknown, ClearingOutcome.Unknown, ClearingOutcome.Unknown, RespCode.None },
    };

    [Theory]
    [MemberData(nameof(Codes))]
    public void ResponseCode_MeansWhatTheTableSays(
        string code, bool isRefund, ClearingOutcome moved, ClearingOutcome inquired, ClearingOutcome reversed, RespCode reason)
    {
        ClearingReference reference = isRefund ? _refund : _payment;
        foreach ((ClearingVerb verb, ClearingOutcome expected) in new[]
        {
            (isRefund ? ClearingVerb.Refund : ClearingVerb.Pay, moved), (ClearingVerb.Inquire, inquired), (ClearingVerb.Reverse, reversed),
        })
        {
            ReceivedMessage answer = IsoMessages.ReadWhole(IsoMessages.Write(TypeOf(verb) + 10, Answer(reference, code)));
            BadAnswer bad = Dialect.Judge(answer, verb, reference, out ClearingResult result);

            Assert.Equal((expected, expected == ClearingOutcome.Failed ? reason : RespCode.None), (result.Outcome, result.FailCode));
            // Doubt is a fault of the answer, but for the one reversal that is honestly under way.
            Assert.Equal(expected == ClearingOutcome.Unknown && (code, verb) != ("09", ClearingVerb.Reverse), bad != BadAnswer.None);
            Assert.Equal("C-1", bad == BadAnswer.None ? result.ChannelTradeNo.ToString() : "C-1");
        }
    }

    [Theory]
    [InlineData(4, "000000008881", BadAnswer.WrongAmount)]
    [InlineData(4, null, BadAnswer.WrongAmount)]
    [InlineData(49, "344", BadAnswer.WrongCurrency)]
    [InlineData(49, null, BadAnswer.WrongCurrency)]
    [InlineData(60, "2026030112000000000700000000", BadAnswer.WrongReference)]
    [InlineData(60, null, BadAnswer.WrongReference)]
    [InlineData(61, "2026030112000000000700000000", BadAnswer.WrongReference)]
    [InlineData(39, "78", BadAnswer.UnknownCode)]
    [InlineData(39, "96", BadAnswer.Refused)]
    [InlineData(39, null, BadAnswer.UnknownCode)]
    [InlineData(62, "a b", BadAnswer.Malformed)]
    [InlineData(62, "12345678901234567890123456789012345678901234567890123456789012345", BadAnswer.Malformed)]
    public void AnswerThatDoesNotBindToThePayment_LeavesItInDoubt_AndSaysWhy(int element, string? value, BadAnswer expected)
    {
        (int Element, string Value)[] answer = [.. Answer(_payment, "00").Where(one => one.Element != element)];
        ReceivedMessage message = IsoMessages.ReadWhole(IsoMessages.Write(210, value is null ? answer : [.. answer, (element, value)]));

        Assert.Equal(expected, Dialect.Judge(message, ClearingVerb.Pay, _payment, out ClearingResult result));
        Assert.Equal(ClearingOutcome.Unknown, result.Outcome);
    }

    [Fact]
    public void AnswerToARefund_ThatNamesNoPaymentOrAnother_LeavesItInDoubt()
    {
        foreach (string? original in new[] { null, _payment.TradeNo.ToString() })
        {
            (int Element, string Value)[] answer = [.. Answer(_refund, "00").Where(one => one.Element != 61)];
            ReceivedMessage message = IsoMessages.ReadWhole(IsoMessages.Write(210, original is null ? answer : [.. answer, (61, original)]));

            Assert.Equal(BadAnswer.WrongReference, Dialect.Judge(message, ClearingVerb.Refund, _refund, out ClearingResult result));
            Assert.Equal(ClearingOutcome.Unknown, result.Outcome);
        }
    }

    [Fact]
    public void AnswerToAnotherQuestion_AboutTheSamePayment_IsNone()
    {
        foreach (int type in new[] { 110, 410, 810, 200, 211 })
        {
            ReceivedMessage message = IsoMessages.ReadWhole(IsoMessages.Write(type, Answer(_payment, "00")));
            Assert.Equal(BadAnswer.WrongReference, Dialect.Judge(message, ClearingVerb.Pay, _payment, out ClearingResult result));
            Assert.Equal(ClearingOutcome.Unknown, result.Outcome);
        }
    }

    [Fact]
    public void EveryBitOfAMessage_IsUnderItsCode()
    {
        var mac = new MessageMac(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray());
        byte[] message = IsoMessages.Write(210, Answer(_payment, "00").Select(one => (one.Element, Encoding.UTF8.GetBytes(one.Value))).Append((128, new byte[8])));
        mac.Seal(message);
        Assert.True(mac.IsSealed(IsoMessages.ReadWhole(message)));

        for (int bit = 0; bit < message.Length * 8; bit++)
        {
            message[bit / 8] ^= (byte)(1 << (bit % 8));
            (MessageDefect defect, ReceivedMessage bent) = IsoMessages.Read(message);
            Assert.True(defect != MessageDefect.None || !mac.IsSealed(bent), $"bit {bit}");
            message[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        Assert.False(mac.IsSealed(IsoMessages.ReadWhole(IsoMessages.Write(210, Answer(_payment, "00")))));
    }

    /// <summary><c>printf 'what do ya want for nothing?' | openssl dgst -sha256 -hmac JefeJefeJefeJefeJefeJefeJefeJefe</c>, cut to eight bytes.</summary>
    [Fact]
    public void Code_IsWhatOpenSslSays()
    {
        byte[] message = [.. "what do ya want for nothing?"u8, .. new byte[8]];
        new MessageMac("JefeJefeJefeJefeJefeJefeJefeJefe"u8).Seal(message);

        Assert.Equal("167f928588c5cc2e", Convert.ToHexStringLower(message.AsSpan(^8..)));
    }

    internal static (int Element, string Value)[] Answer(ClearingReference reference, string code)
    {
        (int, string)[] answer =
        [
            (4, reference.Amount.ToString().PadLeft(12, '0')), (7, "1123155901"), (11, "000042"), (37, "123456789012"), (39, code),
            (49, reference.Currency.NumericCode.ToString("D3", System.Globalization.CultureInfo.InvariantCulture)), (60, reference.TradeNo.ToString()), (62, "C-1"),
        ];
        return reference.IsRefund ? [.. answer, (61, reference.Original.ToString())] : answer;
    }

    internal static PayOrder Order(ClearingReference reference, string code, string body, string terminal) => new()
    {
        Reference = reference,
        InstId = InstId.From("CN000001"),
        TradeType = TradeType.Scan,
        QrType = QrType.Static,
        QrContent = Encoding.UTF8.GetBytes(code),
        Body = Encoding.UTF8.GetBytes(body),
        TerminalType = "01"u8,
        TerminalId = Encoding.UTF8.GetBytes(terminal),
    };

    private static int TypeOf(ClearingVerb verb) => verb switch { ClearingVerb.Inquire => 100, ClearingVerb.Reverse => 400, _ => 200 };

    private static string Asked(ClearingVerb verb, ClearingReference reference)
    {
        byte[] room = new byte[512];
        return Stamped(room.AsSpan(0, Dialect.Ask(verb, reference, hasMac: false, room)));
    }

    private static string Stamped(ReadOnlySpan<byte> frame)
    {
        byte[] message = frame[Dialect.PrefixBytes..].ToArray();
        Assert.Equal(message.Length, BinaryPrimitives.ReadUInt16BigEndian(frame));
        Id.WriteTo(message);
        ReceivedMessage read = IsoMessages.ReadWhole(message);
        Assert.True(MessageId.TryRead(read, out MessageId id));
        Assert.Equal(Id, id);
        return $"{read.Type:D4} " + string.Join(' ', Enumerable.Range(2, 127).Where(read.Has).Select(element => $"{element}={Text(read[element])}"));
    }

    private static string Local(ClearingReference reference) => reference.TradeNo.ToString();

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
