using System.Buffers.Binary;
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

    /// <exception cref="InvalidDataException">A row is none that was ever written.</exception>
    internal static List<NotificationRow> ReadAll(SqliteCommand command)
    {
        var rows = new List<NotificationRow>();
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
        {
            rows.Add(new NotificationRow(
                ReadId((byte[])reader.GetValue(0)), ReadInst(reader.GetString(1)), reader.GetInt64(2), reader.GetInt64(3),
                (int)InRange(reader.GetInt64(4), NotifySchedule.MaxAttempts), (SendOutcome)InRange(reader.GetInt64(5), byte.MaxValue)));
        }
        return rows;
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

    private static long InRange(long value, long most) =>
        value >= 0 && value <= most ? value : throw new InvalidDataException($"a row holds {value} where {most} is the most");
}
