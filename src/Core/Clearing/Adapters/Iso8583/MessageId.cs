using System.Buffers.Binary;

namespace HotPath.Core.Clearing.Adapters.Iso8583;

/// <summary>What tells a message from all others on its connection, and what its answer must repeat.</summary>
/// <param name="Stan">Element 11, 1 to 999,999, used again when it has gone round.</param>
/// <param name="SentAt">Element 7, MMDDhhmmss UTC.</param>
/// <param name="RetrievalReference">Element 37, twelve digits; every message gets the next one.</param>
internal readonly record struct MessageId(int Stan, long SentAt, long RetrievalReference)
{
    /// <summary>Element 7 of this moment.</summary>
    internal static long TimeOf(DateTimeOffset now) =>
        (((((((now.UtcDateTime.Month * 100L) + now.UtcDateTime.Day) * 100) + now.UtcDateTime.Hour) * 100) + now.UtcDateTime.Minute) * 100) + now.UtcDateTime.Second;

    /// <summary>What a message is an answer to; false when it does not say.</summary>
    internal static bool TryRead(ReceivedMessage message, out MessageId id)
    {
        bool isThere = message.TryNumber(Dialect.Stan, out long stan) & message.TryNumber(Dialect.SentAt, out long sentAt) &
            message.TryNumber(Dialect.RetrievalReference, out long number);
        id = new MessageId((int)stan, sentAt, number);
        return isThere;
    }

    /// <summary>Writes it into a message of ours, given without its length prefix. Everything in front of element 37 is of fixed length there.</summary>
    internal void WriteTo(Span<byte> message)
    {
        ulong present = BinaryPrimitives.ReadUInt64BigEndian(message[DataElements.TypeBytes..]);
        int at = DataElements.TypeBytes + (2 * DataElements.BitmapBytes);
        for (int element = 2; element <= Dialect.RetrievalReference; element++)
        {
            if ((present & (1UL << (64 - element))) == 0)
            {
                continue;
            }
            Span<byte> value = message.Slice(at, DataElements.Row(element).MaxBytes);
            at += value.Length;
            switch (element)
            {
                case Dialect.SentAt:
                    MessageWriter.Digits(value, (ulong)SentAt);
                    break;
                case Dialect.Stan:
                    MessageWriter.Digits(value, (ulong)Stan);
                    break;
                case Dialect.RetrievalReference:
                    MessageWriter.Digits(value, (ulong)RetrievalReference);
                    break;
                default:
                    break;
            }
        }
    }
}
