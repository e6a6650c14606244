using System.Buffers.Binary;
using HotPath.Core.Model;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>Payloads of SURPLUS and SURPLUSRESULT. Fields are only ever added at the end.</summary>
internal static class SurplusRecords
{
    private const int SurplusFixedBytes = 88;
    private const int ResultFixedBytes = 40;

    internal static int WriteSurplus(Surplus surplus, Span<byte> into)
    {
        TradeRecords.WriteNo(into, surplus.RefundId);
        into[10] = (byte)surplus.TradeStatus;
        into[11..16].Clear();
        BinaryPrimitives.WriteInt64LittleEndian(into[16..], surplus.Amount.MinorUnits);
        BinaryPrimitives.WriteInt64LittleEndian(into[24..], surplus.FoundAtMs);
        BinaryPrimitives.WriteUInt32LittleEndian(into[32..], surplus.Currency.ToRaw());
        into[36..40].Clear();
        TradeRecords.WriteInstId(into[40..], surplus.InstId);
        TradeRecords.WriteNo(into[72..], surplus.TradeNo);
        into[82..88].Clear();
        int length = SurplusFixedBytes;
        length += TradeRecords.WriteText(into[length..], surplus.OrderNo.Span);
        length += TradeRecords.WriteText(into[length..], surplus.ChannelId.Span);
        length += TradeRecords.WriteText(into[length..], surplus.ChannelTradeNo.Span);
        return length;
    }

    internal static void ReadSurplus(ReadOnlySpan<byte> from, Surplus surplus)
    {
        surplus.RefundId = TradeRecords.ReadNo(from);
        surplus.TradeStatus = (TradeStatus)from[10];
        surplus.Amount = new Amount(BinaryPrimitives.ReadInt64LittleEndian(from[16..]));
        surplus.FoundAtMs = BinaryPrimitives.ReadInt64LittleEndian(from[24..]);
        surplus.Currency = Currency.FromRaw(BinaryPrimitives.ReadUInt32LittleEndian(from[32..]));
        surplus.InstId = TradeRecords.ReadInstId(from[40..]);
        surplus.TradeNo = TradeRecords.ReadNo(from[72..]);
        int at = SurplusFixedBytes;
        surplus.OrderNo.Set(TradeRecords.ReadText(from, ref at));
        surplus.ChannelId.Set(TradeRecords.ReadText(from, ref at));
        surplus.ChannelTradeNo.Set(TradeRecords.ReadText(from, ref at));
    }

    internal static int WriteResult(Surplus surplus, Span<byte> into)
    {
        TradeRecords.WriteNo(into, surplus.RefundId);
        into[10] = (byte)surplus.Status;
        into[11] = (byte)surplus.FailCode;
        into[12..16].Clear();
        BinaryPrimitives.WriteInt64LittleEndian(into[16..], surplus.FinalAtMs);
        TradeRecords.WriteNo(into[24..], surplus.TradeNo);
        into[34..40].Clear();
        return ResultFixedBytes + TradeRecords.WriteText(into[ResultFixedBytes..], surplus.ChannelRefundNo.Span);
    }

    internal static void ReadResult(ReadOnlySpan<byte> from, Surplus surplus)
    {
        surplus.Status = TradeRecords.ReadStatus(from);
        surplus.FailCode = (RespCode)from[11];
        surplus.FinalAtMs = TradeRecords.ReadFinalAtMs(from);
        surplus.TradeNo = TradeRecords.ReadNo(from[24..]);
        int at = ResultFixedBytes;
        surplus.ChannelRefundNo.Set(TradeRecords.ReadText(from, ref at));
    }
}
