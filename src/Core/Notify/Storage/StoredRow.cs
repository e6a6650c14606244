using System.Buffers.Binary;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using Microsoft.Data.Sqlite;

namespace HotPath.Core.Notify.Storage;

/// <summary>
/// A row as the tables hold it. SQLite has no checksum over what is in a cell: what was never written so is found here, and not by whoever uses it.
/// </summary>
internal static class StoredRow
{
    internal const string Columns = "no, inst, since, due, attempts, last";

    private const int IdLength = 11;

    // The last millisecond of year 9999: later than this no calendar goes.
    private static readonly long LastMs = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <exception cref="InvalidDataException">A row is none that was ever written.</exception>
    internal static List<NotificationRow> ReadAll(SqliteCommand command)
    {
        var rows = new List<NotificationRow>();
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
        {
            rows.Add(new NotificationRow(
                ReadId(Cell<byte[]>(reader, 0)), ReadInst(Cell<string>(reader, 1)), ReadNumber(reader, 2, LastMs), ReadNumber(reader, 3, LastMs),
                (int)ReadNumber(reader, 4, NotifySchedule.MaxAttempts), (SendOutcome)ReadNumber(reader, 5, byte.MaxValue)));
        }
        return rows;
    }

    /// <summary>
    /// What a cell holds. The schema lets nothing in but <typeparamref name="T"/>, a bent bit does; and the reader's own methods make a 0 of a text, and
    /// throw for a NULL what means a bug elsewhere.
    /// </summary>
    /// <exception cref="InvalidDataException">It is of another type, or NULL.</exception>
    internal static T Cell<T>(SqliteDataReader reader, int column) => reader.GetValue(column) is T value
        ? value
        : throw new InvalidDataException($"a cell of {reader.GetName(column)} is no {typeof(T).Name}");

    /// <exception cref="InvalidDataException">It is not there, or none that was ever written.</exception>
    internal static FeedPosition ReadPosition(SqliteCommand command)
    {
        using SqliteDataReader reader = command.ExecuteReader();
        return reader.Read()
            ? new FeedPosition(ReadNumber(reader, 0, long.MaxValue), ReadNumber(reader, 1, long.MaxValue), (ulong)Cell<long>(reader, 2))
            : throw new InvalidDataException("it does not say how far the feed was taken in");
    }

    /// <exception cref="InvalidDataException">It is nobody's.</exception>
    internal static InstId ReadInst(string text) => text.Length is > 0 and <= InstId.MaxLength && text.All(char.IsAsciiLetterOrDigit)
        ? InstId.From(text)
        : throw new InvalidDataException("a row is of nobody");

    internal static byte[] Key(NotifyId id)
    {
        byte[] key = new byte[IdLength];
        key[0] = (byte)id.Type;
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(1), id.Number.Stamp);
        BinaryPrimitives.WriteUInt16BigEndian(key.AsSpan(9), id.Number.Node);
        return key;
    }

    private static NotifyId ReadId(byte[] key) => key.Length == IdLength && (NotifyType)key[0] is NotifyType.Trade or NotifyType.Refund
        ? new NotifyId((NotifyType)key[0], new TradeNo(BinaryPrimitives.ReadUInt64BigEndian(key.AsSpan(1)), BinaryPrimitives.ReadUInt16BigEndian(key.AsSpan(9))))
        : throw new InvalidDataException("a row is of no notification");

    private static long ReadNumber(SqliteDataReader reader, int column, long most)
    {
        long value = Cell<long>(reader, column);
        return value >= 0 && value <= most ? value : throw new InvalidDataException($"a cell of {reader.GetName(column)} holds {value} where {most} is the most");
    }
}
