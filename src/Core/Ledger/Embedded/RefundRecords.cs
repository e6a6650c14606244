using System.Buffers.Binary;
using HotPath.Core.Model;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// Payloads of REFUND and SETTLED. Both say what is refunded of the trade with them, so that replaying one twice, or on an index that
/// is ahead, adds nothing up. Fields are only ever added at the end.
/// </summary>
internal static class RefundRecords
{
    private const int RefundFixedBytes = 136;
    private const int ResultFixedBytes = 80;

    internal static int WriteRefund(Refund refund, Span<byte> into)
    {
        TradeRecords.WriteNo(into, refund.RefundId);
        into[10] = (byte)refund.RefundType;
        into[11..16].Clear();
        BinaryPrimitives.WriteInt64LittleEndian(into[16..], refund.Amount.MinorUnits);
        BinaryPrimitives.WriteInt64LittleEndian(into[24..], refund.AcceptedAtMs);
        BinaryPrimitives.WriteUInt32LittleEndian(into[32..], refund.Currency.ToRaw());
        BinaryPrimitives.WriteInt32LittleEndian(into[36..], refund.Totals.Count);
        TradeRecords.WriteInstId(into[40..], refund.InstId);
        refund.Fingerprint.Write(into[72..]);
        TradeRecords.WriteNo(into[104..], refund.TradeNo);
        into[114..120].Clear();
        BinaryPrimitives.WriteInt64LittleEndian(into[120..], refund.Totals.Held);
        BinaryPrimitives.WriteInt64LittleEndian(into[128..], refund.Totals.Succeeded);
        int length = RefundFixedBytes;
        length += TradeRecords.WriteText(into[length..], refund.ReqId.Span);
        length += TradeRecords.WriteText(into[length..], refund.RefundNo.Span);
        length += TradeRecords.WriteText(into[length..], refund.OrderNo.Span);
        length += TradeRecords.WriteText(into[length..], refund.ChannelId.Span);
        return length;
    }

    internal static void ReadRefund(ReadOnlySpan<byte> from, Refund refund)
    {
        refund.RefundId = TradeRecords.ReadNo(from);
        refund.RefundType = (RefundType)from[10];
        refund.Amount = new Amount(BinaryPrimitives.ReadInt64LittleEndian(from[16..]));
        refund.AcceptedAtMs = BinaryPrimitives.ReadInt64LittleEndian(from[24..]);
        refund.Currency = Currency.FromRaw(BinaryPrimitives.ReadUInt32LittleEndian(from[32..]));
        refund.InstId = TradeRecords.ReadInstId(from[40..]);
        refund.Fingerprint = Digest.Read(from[72..]);
        refund.TradeNo = TradeRecords.ReadNo(from[104..]);
        refund.Totals = new RefundTotals(
            BinaryPrimitives.ReadInt64LittleEndian(from[120..]),
            BinaryPrimitives.ReadInt64LittleEndian(from[128..]),
            BinaryPrimitives.ReadInt32LittleEndian(from[36..]));
        int at = RefundFixedBytes;
        refund.ReqId.Set(TradeRecords.ReadText(from, ref at));
        refund.RefundNo.Set(TradeRecords.ReadText(from, ref at));
        refund.OrderNo.Set(TradeRecords.ReadText(from, ref at));
        refund.ChannelId.Set(TradeRecords.ReadText(from, ref at));
    }

    internal static int WriteResult(Refund refund, Span<byte> into)
    {
        RecordedAnswer answer = refund.Answer;
        TradeRecords.WriteNo(into, refund.RefundId);
        into[10] = (byte)refund.Status;
        into[11] = (byte)refund.FailCode;
        into[13..16].Clear();
        BinaryPrimitives.WriteInt64LittleEndian(into[16..], refund.FinalAtMs);
        into[34..36].Clear();
        BinaryPrimitives.WriteInt32LittleEndian(into[36..], refund.Totals.Count);
        TradeRecords.WriteNo(into[48..], refund.TradeNo);
        into[58..64].Clear();
        BinaryPrimitives.WriteInt64LittleEndian(into[64..], refund.Totals.Held);
        BinaryPrimitives.WriteInt64LittleEndian(into[72..], refund.Totals.Succeeded);
        int length = ResultFixedBytes;
        length += TradeRecords.WriteText(into[length..], refund.ChannelRefundNo.Span);
        return TradeRecords.WriteAnswer(into, length, answer);
    }

    internal static void ReadResult(ReadOnlySpan<byte> from, Refund refund)
    {
        RecordedAnswer answer = refund.Answer;
        refund.Status = TradeRecords.ReadStatus(from);
        refund.FailCode = (RespCode)from[11];
        refund.FinalAtMs = TradeRecords.ReadFinalAtMs(from);
        refund.TradeNo = TradeRecords.ReadNo(from[48..]);
        refund.Totals = new RefundTotals(
            BinaryPrimitives.ReadInt64LittleEndian(from[64..]),
            BinaryPrimitives.ReadInt64LittleEndian(from[72..]),
            BinaryPrimitives.ReadInt32LittleEndian(from[36..]));
        int at = ResultFixedBytes;
        refund.ChannelRefundNo.Set(TradeRecords.ReadText(from, ref at));
        TradeRecords.ReadAnswer(from, at, answer);
    }
}
