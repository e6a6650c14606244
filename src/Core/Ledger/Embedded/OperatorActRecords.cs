using System.Buffers.Binary;
using System.Text;
using HotPath.Core.Model;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>Payload of OPERATORACT. Fields are only ever added at the end.</summary>
internal static class OperatorActRecords
{
    private const int FixedBytes = 8;

    internal static int Write(OperatorAct act, Span<byte> into)
    {
        BinaryPrimitives.WriteInt64LittleEndian(into, act.AtMs);
        int length = FixedBytes;
        foreach (string text in new[] { act.Act, act.Subject, act.Who, act.Why })
        {
            length += TradeRecords.WriteText(into[length..], Encoding.UTF8.GetBytes(text));
        }
        return length;
    }

    internal static OperatorAct Read(ReadOnlySpan<byte> from)
    {
        int at = FixedBytes;
        return new OperatorAct(
            BinaryPrimitives.ReadInt64LittleEndian(from),
            Encoding.UTF8.GetString(TradeRecords.ReadText(from, ref at)), Encoding.UTF8.GetString(TradeRecords.ReadText(from, ref at)),
            Encoding.UTF8.GetString(TradeRecords.ReadText(from, ref at)), Encoding.UTF8.GetString(TradeRecords.ReadText(from, ref at)));
    }
}
