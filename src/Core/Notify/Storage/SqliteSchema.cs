using Microsoft.Data.Sqlite;

namespace HotPath.Core.Notify.Storage;

/// <summary>The file's tables. A notification is named by 11 bytes: its type, then stamp and node of its number, big endian, so that they sort as numbers do.</summary>
internal static class SqliteSchema
{
    /// <summary>Of the tables below, in user_version. Another one is not opened.</summary>
    internal const long Version = 1;

    // Nobody else writes into it. Where somebody does all the same (a shell left open), the thread that waits is the one that sends: it asks again later, as
    // with any store that fails. A start has the driver's own 30 s: nothing is sent yet.
    private const int MostSecondsLocked = 1;

    private const string Tables = """
        CREATE TABLE feed (id INTEGER PRIMARY KEY CHECK (id = 1), address INTEGER NOT NULL, sequence INTEGER NOT NULL, chain INTEGER NOT NULL) STRICT;
        INSERT INTO feed VALUES (1, 0, 0, 0);
        CREATE TABLE waiting (
            no BLOB PRIMARY KEY, inst TEXT NOT NULL, since INTEGER NOT NULL, due INTEGER NOT NULL, attempts INTEGER NOT NULL, last INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX waiting_due ON waiting (inst, due);
        CREATE INDEX waiting_since ON waiting (inst, since);
        CREATE TABLE dead (
            no BLOB PRIMARY KEY, inst TEXT NOT NULL, since INTEGER NOT NULL, due INTEGER NOT NULL, attempts INTEGER NOT NULL, last INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX dead_due ON dead (inst, due);
        PRAGMA user_version = 1;
        """;

    /// <summary>Opens the file, or makes it.</summary>
    /// <exception cref="SqliteException">It is damaged, or cannot be opened.</exception>
    /// <exception cref="InvalidDataException">It is of another version.</exception>
    internal static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            connection.Open();
            // A commit is durable when it returns, power loss included; the log is reused, so that it costs one sync of one file.
            Run(connection, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -8192; PRAGMA journal_size_limit = 67108864;");
            long version = (long)Scalar(connection, "PRAGMA user_version")!;
            if (version == 0)
            {
                Run(connection, "BEGIN;" + Tables + "COMMIT;");
            }
            else if (version != Version)
            {
                throw new InvalidDataException($"is of version {version}, not {Version}");
            }
            connection.DefaultTimeout = MostSecondsLocked;
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    internal static object? Scalar(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = NewCommand(connection, sql);
        return command.ExecuteScalar();
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = NewCommand(connection, sql);
        command.ExecuteNonQuery();
    }

    private static SqliteCommand NewCommand(SqliteConnection connection, string sql)
    {
        SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this folder only.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }
}
