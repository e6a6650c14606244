using System.Buffers.Binary;
using HotPath.Core.Model;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// Payloads of ACCEPTED and RESULT. A record is written once and read for 190 days: fields are only ever added at the end.
/// </summary>
internal static class TradeRecords
{
    private const int AcceptedFixedBytes = 136;
    private const int ResultFixedBytes = 48;

    internal static int WriteAccepted(Trade trade, Span<byte> into)
    {
        WriteNo(into, trade.TradeNo);
        into[10] = (byte)trade.BizType;
        into[11] = (byte)trade.TradeType;
        into[12] = (byte)trade.QrType;
        into[13..16].Clear();
        BinaryPrimitives.WriteInt64LittleEndian(into[16..], trade.Amount.MinorUnits);
        BinaryPrimitives.WriteInt64LittleEndian(into[24..], trade.AcceptedAtMs);
        BinaryPrimitives.WriteUInt32LittleEndian(into[32..], trade.Currency.ToRaw());
        into[36..40].Clear();
        WriteInstId(into[40..], trade.InstId);
        trade.Fingerprint.Write(into[72..]);
        trade.CodeDigest.Write(into[104..]);
        int length = AcceptedFixedBytes;
        length += WriteText(into[length..], trade.ReqId.Span);
        length += WriteText(into[length..], trade.OrderNo.Span);
        length += WriteText(into[length..], trade.ChannelId.Span);
        length += WriteText(into[length..], trade.Merchant.Name);
        length += WriteText(into[length..], trade.Merchant.City);
        return length;
    }

    internal static void ReadAccepted(ReadOnlySpan<byte> from, Trade trade)
    {
        trade.TradeNo = ReadNo(from);
        trade.BizType = (BizType)from[10];
        trade.TradeType = (TradeType)from[11];
        trade.QrType = (QrType)from[12];
        trade.Amount = new Amount(BinaryPrimitives.ReadInt64LittleEndian(from[16..]));
        trade.AcceptedAtMs = BinaryPrimitives.ReadInt64LittleEndian(from[24..]);
        trade.Currency = Currency.FromRaw(BinaryPrimitives.ReadUInt32LittleEndian(from[32..]));
        trade.InstId = ReadInstId(from[40..]);
        trade.Fingerprint = Digest.Read(from[72..]);
        trade.CodeDigest = Digest.Read(from[104..]);
        int at = AcceptedFixedBytes;
        trade.ReqId.Set(ReadText(from, ref at));
        trade.OrderNo.Set(ReadText(from, ref at));
        trade.ChannelId.Set(ReadText(from, ref at));
        // Records from before codes were read end here.
        ReadOnlySpan<byte> name = at < from.Length ? ReadText(from, ref at) : default;
        trade.Merchant.Set(name, at < from.Length ? ReadText(from, ref at) : default);
    }

    internal static int WriteResult(Trade trade, Span<byte> into)
    {
        RecordedAnswer answer = trade.Answer;
        WriteNo(into, trade.TradeNo);
        into[10] = (byte)trade.Status;
        into[11] = (byte)trade.FailCode;
        into[12] = (byte)answer.Language;
        into[13] = trade.WasReversed ? (byte)1 : (byte)0;
        into[14..16].Clear();
        BinaryPrimitives.WriteInt64LittleEndian(into[16..], trade.FinalAtMs);
        WriteNo(into[24..], answer.RespId);
        into[34..40].Clear();
        BinaryPrimitives.WriteInt64LittleEndian(into[40..], answer.RespTimeMs);
        int length = ResultFixedBytes;
        length += WriteText(into[length..], trade.ChannelTradeNo.Span);
        length += WriteText(into[length..], answer.KeyId.Span);
        BinaryPrimitives.WriteUInt16LittleEndian(into[length..], (ushort)answer.SignatureLength);
        answer.Signature.CopyTo(into[(length + 2)..]);
        return length + 2 + answer.SignatureLength;
    }

    internal static void ReadResult(ReadOnlySpan<byte> from, Trade trade)
    {
        RecordedAnswer answer = trade.Answer;
        trade.Status = ReadStatus(from);
        trade.FailCode = (RespCode)from[11];
        answer.Language = (Language)from[12];
        trade.WasReversed = ReadWasReversed(from);
        trade.FinalAtMs = ReadFinalAtMs(from);
        answer.RespId = ReadNo(from[24..]);
        answer.RespTimeMs = BinaryPrimitives.ReadInt64LittleEndian(from[40..]);
        int at = ResultFixedBytes;
        trade.ChannelTradeNo.Set(ReadText(from, ref at));
        answer.KeyId.Set(ReadText(from, ref at));
        int signatureLength = BinaryPrimitives.ReadUInt16LittleEndian(from[at..]);
        answer.SetSignature(from.Slice(at + 2, signatureLength));
    }

    /// <summary>What any record is about.</summary>
    internal static TradeNo ReadNo(ReadOnlySpan<byte> from) =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(from), BinaryPrimitives.ReadUInt16LittleEndian(from[8..]));

    internal static TradeStatus ReadStatus(ReadOnlySpan<byte> result) => (TradeStatus)result[10];

    internal static bool ReadWasReversed(ReadOnlySpan<byte> result) => result[13] != 0;

    internal static long ReadFinalAtMs(ReadOnlySpan<byte> result) => BinaryPrimitives.ReadInt64LittleEndian(result[16..]);

    internal static void WriteNo(Span<byte> into, TradeNo number)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(into, number.Stamp);
        BinaryPrimitives.WriteUInt16LittleEndian(into[8..], number.Node);
    }

    internal static void WriteInstId(Span<byte> into, InstId instId)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(into, instId.A);
        BinaryPrimitives.WriteUInt64LittleEndian(into[8..], instId.B);
        BinaryPrimitives.WriteUInt64LittleEndian(into[16..], instId.C);
        BinaryPrimitives.WriteUInt64LittleEndian(into[24..], instId.D);
    }

    internal static InstId ReadInstId(ReadOnlySpan<byte> from) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(from),
        BinaryPrimitives.ReadUInt64LittleEndian(from[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(from[16..]),
        BinaryPrimitives.ReadUInt64LittleEndian(from[24..]));

    internal static int WriteText(Span<byte> into, ReadOnlySpan<byte> text)
    {
        into[0] = (byte)text.Length;
        text.CopyTo(into[1..]);
        return 1 + text.Length;
    }

    internal static ReadOnlySpan<byte> ReadText(ReadOnlySpan<byte> from, ref int at)
    {
        int length = from[at];
        ReadOnlySpan<byte> text = from.Slice(at + 1, length);
        at += 1 + length;
        return text;
    }
}
