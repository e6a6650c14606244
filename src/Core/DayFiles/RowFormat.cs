using System.Buffers.Binary;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;

namespace HotPath.Core.DayFiles;

/// <summary>
/// The bytes of a row, little endian. A text is one byte length and then its bytes.
/// <code>
/// row    = 0 CRC32C of 4 to the end, mixed with the row's place and its file · 4 payload bytes (2) · 6 zero (2) · 8 payload
/// trade  = 0 trade_no (10) · 10 biz_type · 11 trade_type · 12 qr_type · 13 zero (3) · 16 amount · 24 accepted at · 32 final at · 40 currency
///          · 44 texts: out_trade_no, channel id, channel's trade number
/// refund = 0 refund_id (10) · 10 refund_type · 11 zero (5) · 16 amount · 24 accepted at · 32 final at · 40 currency · 44 trade_no (10)
///          · 54 texts: refund_no, out_trade_no, channel id, channel's refund number
/// </code>
/// </summary>
internal static class RowFormat
{
    internal const int HeaderBytes = 8;

    /// <summary>Longest row: a refund with four texts at their longest.</summary>
    internal const int MaxRowBytes = HeaderBytes + 54 + (4 * (1 + ShortText.MaxLength));

    private const int TradeTextsAt = 44;
    private const int RefundTextsAt = 54;

    /// <returns>Bytes of the row.</returns>
    internal static int Write(Span<byte> into, Trade trade, long offset, uint salt)
    {
        Span<byte> payload = into[HeaderBytes..];
        payload[..TradeTextsAt].Clear();
        TradeRecords.WriteNo(payload, trade.TradeNo);
        payload[10] = (byte)trade.BizType;
        payload[11] = (byte)trade.TradeType;
        payload[12] = (byte)trade.QrType;
        WriteSums(payload, trade.Amount, trade.AcceptedAtMs, trade.FinalAtMs, trade.Currency);
        int length = TradeTextsAt;
        length += TradeRecords.WriteText(payload[length..], trade.OrderNo.Span);
        length += TradeRecords.WriteText(payload[length..], trade.ChannelId.Span);
        length += TradeRecords.WriteText(payload[length..], trade.ChannelTradeNo.Span);
        return Seal(into, length, offset, salt);
    }

    /// <inheritdoc cref="Write(Span{byte}, Trade, long, uint)"/>
    internal static int Write(Span<byte> into, Refund refund, long offset, uint salt)
    {
        Span<byte> payload = into[HeaderBytes..];
        payload[..RefundTextsAt].Clear();
        TradeRecords.WriteNo(payload, refund.RefundId);
        payload[10] = (byte)refund.RefundType;
        WriteSums(payload, refund.Amount, refund.AcceptedAtMs, refund.FinalAtMs, refund.Currency);
        TradeRecords.WriteNo(payload[44..], refund.TradeNo);
        int length = RefundTextsAt;
        length += TradeRecords.WriteText(payload[length..], refund.RefundNo.Span);
        length += TradeRecords.WriteText(payload[length..], refund.OrderNo.Span);
        length += TradeRecords.WriteText(payload[length..], refund.ChannelId.Span);
        length += TradeRecords.WriteText(payload[length..], refund.ChannelRefundNo.Span);
        return Seal(into, length, offset, salt);
    }

    internal static void Read(ReadOnlySpan<byte> payload, Trade into)
    {
        into.TradeNo = TradeRecords.ReadNo(payload);
        into.BizType = (BizType)payload[10];
        into.TradeType = (TradeType)payload[11];
        into.QrType = (QrType)payload[12];
        into.Status = TradeStatus.Success;
        (into.Amount, into.AcceptedAtMs, into.FinalAtMs, into.Currency) = ReadSums(payload);
        int at = TradeTextsAt;
        into.OrderNo.Set(TradeRecords.ReadText(payload, ref at));
        into.ChannelId.Set(TradeRecords.ReadText(payload, ref at));
        into.ChannelTradeNo.Set(TradeRecords.ReadText(payload, ref at));
    }

    internal static void Read(ReadOnlySpan<byte> payload, Refund into)
    {
        into.RefundId = TradeRecords.ReadNo(payload);
        into.RefundType = (RefundType)payload[10];
        into.Status = TradeStatus.Success;
        (into.Amount, into.AcceptedAtMs, into.FinalAtMs, into.Currency) = ReadSums(payload);
        into.TradeNo = TradeRecords.ReadNo(payload[44..]);
        int at = RefundTextsAt;
        into.RefundNo.Set(TradeRecords.ReadText(payload, ref at));
        into.OrderNo.Set(TradeRecords.ReadText(payload, ref at));
        into.ChannelId.Set(TradeRecords.ReadText(payload, ref at));
        into.ChannelRefundNo.Set(TradeRecords.ReadText(payload, ref at));
    }

    /// <summary>Bytes of the row whose header this is; 0 when no row is that long.</summary>
    internal static int LengthOf(ReadOnlySpan<byte> header)
    {
        int length = HeaderBytes + BinaryPrimitives.ReadUInt16LittleEndian(header[4..]);
        return length is > HeaderBytes + TradeTextsAt and <= MaxRowBytes ? length : 0;
    }

    /// <summary>This is the row that was written there.</summary>
    internal static bool IsWhole(ReadOnlySpan<byte> row, long offset, uint salt) =>
        BinaryPrimitives.ReadUInt32LittleEndian(row) == (JournalFormat.Checksum(row[4..]) ^ NumberFormat.Place(offset, salt));

    private static int Seal(Span<byte> row, int payloadBytes, long offset, uint salt)
    {
        int length = HeaderBytes + payloadBytes;
        BinaryPrimitives.WriteUInt32LittleEndian(row[4..], (uint)payloadBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(row, JournalFormat.Checksum(row[4..length]) ^ NumberFormat.Place(offset, salt));
        return length;
    }

    private static void WriteSums(Span<byte> payload, Amount amount, long acceptedAtMs, long finalAtMs, Currency currency)
    {
        BinaryPrimitives.WriteInt64LittleEndian(payload[16..], amount.MinorUnits);
        BinaryPrimitives.WriteInt64LittleEndian(payload[24..], acceptedAtMs);
        BinaryPrimitives.WriteInt64LittleEndian(payload[32..], finalAtMs);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[40..], currency.ToRaw());
    }

    private static (Amount Amount, long AcceptedAtMs, long FinalAtMs, Currency Currency) ReadSums(ReadOnlySpan<byte> payload) => (
        new Amount(BinaryPrimitives.ReadInt64LittleEndian(payload[16..])),
        BinaryPrimitives.ReadInt64LittleEndian(payload[24..]),
        BinaryPrimitives.ReadInt64LittleEndian(payload[32..]),
        Currency.FromRaw(BinaryPrimitives.ReadUInt32LittleEndian(payload[40..])));
}
