using Microsoft.Data.Sqlite;
using Xunit;

namespace HotPath.Core.Tests.Notify;

/// <summary>What somebody else does to the file of a store.</summary>
internal static class BentStore
{
    /// <summary>Opens it beside whoever has it.</summary>
    internal static SqliteConnection Open(string path)
    {
        var file = new SqliteConnection($"Data Source={path};Pooling=False");
        file.Open();
        return file;
    }

    internal static int Run(SqliteConnection file, string sql)
    {
        using SqliteCommand command = file.CreateCommand();
#pragma warning disable CA2100 // Of these tests.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command.ExecuteNonQuery();
    }

    /// <summary>Changes what is in it, also into what its tables would not take: as a bent bit on the disk does, that asks no schema.</summary>
    internal static void Bend(string path, string sql)
    {
        using SqliteConnection file = Open(path);
        Run(file, """
            PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET sql = replace(replace(replace(sql, ' NOT NULL', ''), 'STRICT, ', ''), ' STRICT', '');
            PRAGMA writable_schema = RESET;
            """);
        Assert.NotEqual(0, Run(file, sql));
    }
}
