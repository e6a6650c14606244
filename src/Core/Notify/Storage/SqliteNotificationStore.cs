using HotPath.Core.Ledger;
using HotPath.Core.Model;
using Microsoft.Data.Sqlite;

namespace HotPath.Core.Notify.Storage;

/// <summary>
/// The store in an SQLite file: rows on disk, a few megabytes of memory whatever the backlog is, and the lists of operators are queries
/// (docs/decisions/0018).
/// </summary>
public sealed class SqliteNotificationStore : INotificationStore
{
    private const string Columns = StoredRow.Columns;

    // Below this a file is read whole at a start: a damaged page is found before it is needed. 64 MiB are half a second.
    private const long MostChecked = 64L << 20;

    // Primary result codes of SQLite.
    private const int Corrupt = 11;
    private const int NotADatabase = 26;

    private readonly string _path;
    private readonly TimeProvider _clock;
    private readonly Dictionary<string, SqliteCommand> _commands = [];
    private SqliteConnection? _connection;

    private SqliteNotificationStore(string path, TimeProvider clock, SqliteConnection connection, string? wasLost)
    {
        _path = path;
        _clock = clock;
        WasLost = wasLost;
        Begin(connection);
    }

    public FeedPosition Position { get; private set; }

    public string? WasLost { get; }

    /// <summary>
    /// Opens the file in <paramref name="path"/>, or makes it. One that is damaged, or of another version, is moved aside (name and time) and a
    /// new one begun.
    /// </summary>
    /// <exception cref="IOException">The file can neither be opened nor replaced.</exception>
    public static SqliteNotificationStore Open(string path, TimeProvider clock)
    {
        try
        {
            return new SqliteNotificationStore(path, clock, OpenWhole(path), wasLost: null);
        }
        catch (Exception damage) when (damage is InvalidDataException || (damage is SqliteException failure && IsDamage(failure)))
        {
            string reason = MoveAside(path, clock, damage.Message);
            return Guard(() => new SqliteNotificationStore(path, clock, SqliteSchema.Open(path), reason));
        }
        catch (SqliteException failure)
        {
            throw AsIo(failure);
        }
    }

    public void Save(StoreChanges changes) => Change(() =>
    {
        foreach (NotifyId id in changes.Gone)
        {
            Remove("waiting", id);
            Remove("dead", id);
        }
        foreach (NotificationRow row in changes.Waiting)
        {
            Put("waiting", row);
        }
        foreach (NotificationRow row in changes.Dead)
        {
            Remove("waiting", row.Id);
            Put("dead", row);
        }
        WritePosition(changes.Position);
    });

    public void Clear() => Change(() =>
    {
        Command("DELETE FROM waiting").ExecuteNonQuery();
        Command("DELETE FROM dead").ExecuteNonQuery();
        WritePosition(default);
    });

    public string Renew(string reason)
    {
        // Moved before it is closed: a close writes what its log holds, and removes files by their names.
        string said = MoveAside(_path, _clock, reason);
        Close();
        Guard(() => Begin(SqliteSchema.Open(_path)));
        return said;
    }

    public IReadOnlyList<NotificationRow> NextDue(InstId instId, int most) => Guard(() =>
        StoredRow.ReadAll(Command($"SELECT {Columns} FROM waiting WHERE inst = $inst ORDER BY due LIMIT $most", ("$inst", instId.ToString()), ("$most", most))));

    public IReadOnlyList<StoreCount> Count() => Guard(() =>
    {
        var waiting = new Dictionary<InstId, long>();
        var dead = new Dictionary<InstId, long>();
        foreach ((string table, Dictionary<InstId, long> into) in new[] { ("waiting", waiting), ("dead", dead) })
        {
            using SqliteDataReader reader = Command($"SELECT inst, COUNT(*) FROM {table} GROUP BY inst").ExecuteReader();
            while (reader.Read())
            {
                into[StoredRow.ReadInst(StoredRow.Cell<string>(reader, 0))] = reader.GetInt64(1);
            }
        }
        return (IReadOnlyList<StoreCount>)[.. waiting.Keys.Union(dead.Keys)
            .Select(inst => new StoreCount(inst, waiting.GetValueOrDefault(inst), dead.GetValueOrDefault(inst)))];
    });

    public long? OldestSince(InstId instId) => Guard(() =>
        Command("SELECT MIN(since) FROM waiting WHERE inst = $inst", ("$inst", instId.ToString())).ExecuteScalar() as long?);

    public int Expire(InstId instId, long beforeMs, long nowMs, int most)
    {
        const string which = "FROM waiting WHERE inst = $inst AND since < $before ORDER BY since, no LIMIT $most";
        (string, object)[] values = [("$inst", instId.ToString()), ("$before", beforeMs), ("$most", most)];
        return Move(
            $"INSERT OR REPLACE INTO dead SELECT no, inst, since, $now, attempts, last {which}", [.. values, ("$now", nowMs)],
            $"DELETE FROM waiting WHERE no IN (SELECT no {which})", values);
    }

    public int Revive(InstId instId, long nowMs, int most)
    {
        const string which = "FROM dead WHERE inst = $inst ORDER BY due, no LIMIT $most";
        (string, object)[] values = [("$inst", instId.ToString()), ("$most", most)];
        return Move(
            $"INSERT OR REPLACE INTO waiting SELECT no, inst, $now, $now, 0, last {which}", [.. values, ("$now", nowMs)],
            $"DELETE FROM dead WHERE no IN (SELECT no {which})", values);
    }

    public IReadOnlyList<NotificationRow> List(InstId? instId, bool isDead, int most) => Guard(() =>
    {
        string table = isDead ? "dead" : "waiting";
        return StoredRow.ReadAll(instId is { } inst
            ? Command($"SELECT {Columns} FROM {table} WHERE inst = $inst ORDER BY due LIMIT $most", ("$inst", inst.ToString()), ("$most", most))
            : Command($"SELECT {Columns} FROM {table} ORDER BY no LIMIT $most", ("$most", most)));
    });

    public KeptAs Find(NotifyId id) => Guard(() => IsIn("waiting", id) ? KeptAs.Waiting : IsIn("dead", id) ? KeptAs.DeadLetter : KeptAs.Nothing);

    public void Dispose() => Close();

    private void Close()
    {
        foreach (SqliteCommand command in _commands.Values)
        {
            command.Dispose();
        }
        _commands.Clear();
        _connection?.Dispose();
        _connection = null;
    }

    private static string MoveAside(string path, TimeProvider clock, string reason)
    {
        string aside = $"{path}.{clock.GetUtcNow():yyyyMMddHHmmss}";
        foreach (string suffix in new[] { "", "-wal", "-shm" })
        {
            if (File.Exists(path + suffix))
            {
                File.Move(path + suffix, aside + suffix, overwrite: true);
            }
        }
        return $"{reason}; it is kept as {aside}";
    }

    private static SqliteConnection OpenWhole(string path)
    {
        long bytes = File.Exists(path) ? new FileInfo(path).Length : 0;
        SqliteConnection connection = SqliteSchema.Open(path);
        if (bytes is > 0 and <= MostChecked && SqliteSchema.Scalar(connection, "PRAGMA quick_check(1)") is string verdict && verdict != "ok")
        {
            connection.Dispose();
            throw new InvalidDataException(verdict);
        }
        return connection;
    }

    private int Move(string insert, (string, object)[] insertValues, string delete, (string, object)[] deleteValues)
    {
        int moved = 0;
        Change(() =>
        {
            moved = Command(insert, insertValues).ExecuteNonQuery();
            Command(delete, deleteValues).ExecuteNonQuery();
        });
        return moved;
    }

    private void Put(string table, in NotificationRow row) => Command(
        $"INSERT OR REPLACE INTO {table} ({Columns}) VALUES ($no, $inst, $since, $due, $attempts, $last)",
        ("$no", StoredRow.Key(row.Id)), ("$inst", row.InstId.ToString()), ("$since", row.SinceMs), ("$due", row.DueMs), ("$attempts", row.Attempts),
        ("$last", (int)row.Last)).ExecuteNonQuery();

    private void Remove(string table, NotifyId id) => Command($"DELETE FROM {table} WHERE no = $no", ("$no", StoredRow.Key(id))).ExecuteNonQuery();

    private bool IsIn(string table, NotifyId id) => Command($"SELECT 1 FROM {table} WHERE no = $no", ("$no", StoredRow.Key(id))).ExecuteScalar() is not null;

    // Without its position it is no store to go on with: it is closed, and whoever asks it for anything is told that it is damaged.
    private FeedPosition Begin(SqliteConnection connection)
    {
        _connection = connection;
        try
        {
            return Position = StoredRow.ReadPosition(Command("SELECT address, sequence, chain FROM feed"));
        }
        catch
        {
            Close();
            throw;
        }
    }

    private void WritePosition(FeedPosition position)
    {
        Command("UPDATE feed SET address = $address, sequence = $sequence, chain = $chain",
            ("$address", position.Address), ("$sequence", position.NextSequence), ("$chain", (long)position.Chain)).ExecuteNonQuery();
        Position = position;
    }

    // Each statement is compiled once.
    private SqliteCommand Command(string sql, params (string Name, object Value)[] values)
    {
        if (!_commands.TryGetValue(sql, out SqliteCommand? command))
        {
            // It is closed where the old one was given up and no new one could be made.
            command = (_connection ?? throw new StoreDamagedException("the store of notifications is closed")).CreateCommand();
#pragma warning disable CA2100 // Put together from constants of this class only; what comes from outside is a parameter.
            command.CommandText = sql;
#pragma warning restore CA2100
            foreach ((string name, object value) in values)
            {
                command.Parameters.AddWithValue(name, value);
            }
            _commands.Add(sql, command);
        }
        for (int i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i].Value;
        }
        return command;
    }

    private void Change(Action change)
    {
        FeedPosition before = Position;
        try
        {
            Command("BEGIN IMMEDIATE").ExecuteNonQuery();
            change();
            Command("COMMIT").ExecuteNonQuery();
        }
        catch (Exception failure) when (failure is SqliteException or InvalidDataException)
        {
            Position = before;
            RollBack();
            throw AsIo(failure);
        }
    }

    private void RollBack()
    {
        try
        {
            Command("ROLLBACK").ExecuteNonQuery();
        }
        catch (SqliteException)
        {
            // SQLite has rolled back by itself after some failures, and then there is nothing to roll back.
        }
    }

    private static T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception failure) when (failure is SqliteException or InvalidDataException)
        {
            throw AsIo(failure);
        }
    }

    private static IOException AsIo(Exception failure) => failure is SqliteException sqlite && !IsDamage(sqlite)
        ? new IOException("the store of notifications: " + failure.Message, failure)
        : new StoreDamagedException("the store of notifications: " + failure.Message, failure);

    private static bool IsDamage(SqliteException failure) => failure.SqliteErrorCode is Corrupt or NotADatabase;
}
