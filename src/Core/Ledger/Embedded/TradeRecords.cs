using System.Buffers.Binary;
using HotPath.Core.Model;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// Payloads of ACCEPTED, DISPATCHED and RESULT. A record is written once and read for 190 days: fields are only ever added at the end.
/// </summary>
internal static class TradeRecords
{
    private const int AcceptedFixedBytes = 136;
    private const int DispatchedFixedBytes = 16;
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
        length += WriteText(into[length..], trade.Route.Text);
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
        // Records from before codes were read end here, those from before routes were kept two texts later.
        ReadOnlySpan<byte> name = ReadTextIfAny(from, ref at);
        trade.Merchant.Set(name, ReadTextIfAny(from, ref at));
        trade.Route.Set(ReadTextIfAny(from, ref at));
    }

    internal static int WriteDispatched(Trade trade, Span<byte> into)
    {
        WriteNo(into, trade.TradeNo);
        into[10] = trade.Redirects;
        into[11..DispatchedFixedBytes].Clear();
        int length = DispatchedFixedBytes;
        length += WriteText(into[length..], trade.ChannelId.Span);
        return length + WriteText(into[length..], trade.Route.Text);
    }

    internal static int ReadRedirects(ReadOnlySpan<byte> dispatched) => dispatched[10];

    internal static void ReadDispatched(ReadOnlySpan<byte> from, Trade trade)
    {
        trade.TradeNo = ReadNo(from);
        trade.Redirects = from[10];
        int at = DispatchedFixedBytes;
        trade.ChannelId.Set(ReadText(from, ref at));
        trade.Route.Set(ReadText(from, ref at));
    }

    internal static int WriteResult(Trade trade, Span<byte> into)
    {
        RecordedAnswer answer = trade.Answer;
        WriteNo(into, trade.TradeNo);
        into[10] = (byte)trade.Status;
        into[11] = (byte)trade.FailCode;
        into[13] = trade.WasReversed ? (byte)1 : (byte)0;
        into[14..16].Clear();
        BinaryPrimitives.WriteInt64LittleEndian(into[16..], trade.FinalAtMs);
        into[34..40].Clear();
        int length = ResultFixedBytes;
        length += WriteText(into[length..], trade.ChannelTradeNo.Span);
        length = WriteAnswer(into, length, answer);
        if (trade.Redirects > 0)
        {
            // Whoever reads a result need not look for DISPATCHED.
            into[length++] = trade.Redirects;
            length += WriteText(into[length..], trade.ChannelId.Span);
            length += WriteText(into[length..], trade.Route.Text);
        }
        return length;
    }

    internal static void ReadResult(ReadOnlySpan<byte> from, Trade trade)
    {
        RecordedAnswer answer = trade.Answer;
        trade.Status = ReadStatus(from);
        trade.FailCode = (RespCode)from[11];
        trade.WasReversed = ReadWasReversed(from);
        trade.FinalAtMs = ReadFinalAtMs(from);
        int at = ResultFixedBytes;
        trade.ChannelTradeNo.Set(ReadText(from, ref at));
        at = ReadAnswer(from, at, answer);
        if (at < from.Length)
        {
            trade.Redirects = from[at++];
            trade.ChannelId.Set(ReadText(from, ref at));
            trade.Route.Set(ReadText(from, ref at));
        }
    }

    /// <summary>
    /// What every result keeps of the answer that was signed: language, resp_id and resp_time at the same bytes of each, key_id and signature behind
    /// its other texts.
    /// </summary>
    /// <returns>The payload's length.</returns>
    internal static int WriteAnswer(Span<byte> result, int at, RecordedAnswer answer)
    {
        result[12] = (byte)answer.Language;
        WriteNo(result[24..], answer.RespId);
        BinaryPrimitives.WriteInt64LittleEndian(result[40..], answer.RespTimeMs);
        at += WriteText(result[at..], answer.KeyId.Span);
        BinaryPrimitives.WriteUInt16LittleEndian(result[at..], (ushort)answer.SignatureLength);
        answer.Signature.CopyTo(result[(at + 2)..]);
        return at + 2 + answer.SignatureLength;
    }

    /// <summary>Reads what <see cref="WriteAnswer"/> wrote; the texts begin at <paramref name="at"/>.</summary>
    /// <returns>Where it ends.</returns>
    internal static int ReadAnswer(ReadOnlySpan<byte> result, int at, RecordedAnswer answer)
    {
        answer.Language = (Language)result[12];
        answer.RespId = ReadNo(result[24..]);
        answer.RespTimeMs = BinaryPrimitives.ReadInt64LittleEndian(result[40..]);
        answer.KeyId.Set(ReadText(result, ref at));
        int signatureLength = BinaryPrimitives.ReadUInt16LittleEndian(result[at..]);
        answer.SetSignature(result.Slice(at + 2, signatureLength));
        return at + 2 + signatureLength;
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

    private static ReadOnlySpan<byte> ReadTextIfAny(ReadOnlySpan<byte> from, ref int at) => at < from.Length ? ReadText(from, ref at) : default;
}
