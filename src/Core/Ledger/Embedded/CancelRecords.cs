using System.Buffers.Binary;
using HotPath.Core.Model;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// Payloads of CANCEL and CANCELRESULT. Both say how many wishes to cancel the trade stand with them, so that replaying one twice, or on an index that
/// is ahead, adds nothing up. Fields are only ever added at the end.
/// </summary>
internal static class CancelRecords
{
    private const int CancelFixedBytes = 112;
    private const int ResultFixedBytes = 64;

    internal static int WriteCancel(Cancellation cancel, int wishes, Span<byte> into)
    {
        TradeRecords.WriteNo(into, cancel.CancelNo);
        into[10..16].Clear();
        BinaryPrimitives.WriteInt64LittleEndian(into[16..], cancel.AcceptedAtMs);
        BinaryPrimitives.WriteInt32LittleEndian(into[24..], wishes);
        into[28..32].Clear();
        TradeRecords.WriteNo(into[32..], cancel.TradeNo);
        into[42..48].Clear();
        TradeRecords.WriteInstId(into[48..], cancel.InstId);
        cancel.Fingerprint.Write(into[80..]);
        return CancelFixedBytes + TradeRecords.WriteText(into[CancelFixedBytes..], cancel.ReqId.Span);
    }

    /// <returns>How many wishes stand.</returns>
    internal static int ReadCancel(ReadOnlySpan<byte> from, Cancellation cancel)
    {
        cancel.CancelNo = TradeRecords.ReadNo(from);
        cancel.AcceptedAtMs = BinaryPrimitives.ReadInt64LittleEndian(from[16..]);
        cancel.TradeNo = TradeRecords.ReadNo(from[32..]);
        cancel.InstId = TradeRecords.ReadInstId(from[48..]);
        cancel.Fingerprint = Digest.Read(from[80..]);
        int at = CancelFixedBytes;
        cancel.ReqId.Set(TradeRecords.ReadText(from, ref at));
        return BinaryPrimitives.ReadInt32LittleEndian(from[24..]);
    }

    internal static int WriteResult(Cancellation cancel, int wishes, Span<byte> into)
    {
        RecordedAnswer answer = cancel.Answer;
        TradeRecords.WriteNo(into, cancel.CancelNo);
        into[10] = (byte)cancel.TradeStatus;
        into[11] = (byte)cancel.Code;
        into[13..16].Clear();
        BinaryPrimitives.WriteInt64LittleEndian(into[16..], cancel.FinalAtMs);
        into[34..36].Clear();
        BinaryPrimitives.WriteInt32LittleEndian(into[36..], wishes);
        TradeRecords.WriteNo(into[48..], cancel.TradeNo);
        into[58..64].Clear();
        int length = ResultFixedBytes;
        return TradeRecords.WriteAnswer(into, length, answer);
    }

    /// <returns>How many wishes stand.</returns>
    internal static int ReadResult(ReadOnlySpan<byte> from, Cancellation cancel)
    {
        RecordedAnswer answer = cancel.Answer;
        cancel.TradeStatus = TradeRecords.ReadStatus(from);
        cancel.Code = (RespCode)from[11];
        cancel.FinalAtMs = TradeRecords.ReadFinalAtMs(from);
        cancel.TradeNo = TradeRecords.ReadNo(from[48..]);
        int at = ResultFixedBytes;
        TradeRecords.ReadAnswer(from, at, answer);
        return BinaryPrimitives.ReadInt32LittleEndian(from[36..]);
    }
}
