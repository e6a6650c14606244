using System.Diagnostics;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Notify;
using HotPath.Core.Notify.Storage;
using Microsoft.Data.Sqlite;
using Xunit;

namespace HotPath.Core.Tests.Notify;

/// <summary>A file that is not as it was written, or that somebody else holds: what the store says then.</summary>
public sealed class SqliteNotificationStoreTests : IDisposable
{
    private static readonly InstId Inst = InstId.From("CN000001");
    private static readonly NotifyId Waiting = new(NotifyType.Trade, new TradeNo(1, 7));
    private static readonly NotifyId Dead = new(NotifyType.Trade, new TradeNo(2, 7));

    private readonly string _folder = Directory.CreateTempSubdirectory("hotpath-store-").FullName;

    private string FilePath => Path.Combine(_folder, "notify.db");

    public void Dispose()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    /// <summary>A type that a STRICT table keeps out comes from the disk, and must not look like a bug: nobody catches one.</summary>
    [Theory]
    [InlineData("inst = NULL")]
    [InlineData("since = NULL")]
    [InlineData("due = NULL")]
    [InlineData("attempts = NULL")]
    [InlineData("last = NULL")]
    [InlineData("no = 'elevenbytes'")]
    [InlineData("no = 11")]
    [InlineData("inst = x'434E'")]
    [InlineData("since = 'soon'")]
    [InlineData("due = 1.5")]
    [InlineData("attempts = 'many'")]
    [InlineData("last = x'01'")]
    [InlineData("since = -1")]
    [InlineData("due = 9223372036854775807")]
    public void ACellThatWasNeverWrittenSo_IsDamage(string cell)
    {
        foreach (string table in new[] { "waiting", "dead" })
        {
            using SqliteNotificationStore store = Filled();
            BentStore.Bend(FilePath, $"UPDATE {table} SET {cell}");
            Assert.Throws<StoreDamagedException>(() => store.List(null, table == "dead", 10));
            store.Renew("bent");
            Assert.Empty(store.List(null, table == "dead", 10));
            File.Delete(FilePath);
        }
    }

    [Fact]
    public void AnInstitutionThatIsNull_IsDamage_ForWhoCountsToo()
    {
        using SqliteNotificationStore store = Filled();
        BentStore.Bend(FilePath, "UPDATE waiting SET inst = NULL");
        Assert.Throws<StoreDamagedException>(() => store.Count());
    }

    /// <summary>A position that cannot be read is not position 0: everything would be told again, and again after the next start.</summary>
    [Theory]
    [InlineData("DELETE FROM feed")]
    [InlineData("UPDATE feed SET address = -4096")]
    [InlineData("UPDATE feed SET sequence = -1")]
    [InlineData("UPDATE feed SET address = NULL")]
    [InlineData("UPDATE feed SET chain = 'rust'")]
    public void APositionThatWasNeverWritten_IsDamage(string damage)
    {
        Filled().Dispose();
        BentStore.Bend(FilePath, damage);
        using SqliteNotificationStore store = SqliteNotificationStore.Open(FilePath, TimeProvider.System);
        Assert.NotNull(store.WasLost);
        Assert.Equal(default, store.Position);
        Assert.Empty(store.Count());
        Assert.Contains(Directory.GetFiles(_folder), static path => path.Contains("notify.db.2", StringComparison.Ordinal));
    }

    [Fact]
    public void AFileThatAnotherHolds_FailsWithinSeconds_AndIsNoDamage()
    {
        using SqliteNotificationStore store = Filled();
        using SqliteConnection other = BentStore.Open(FilePath);
        BentStore.Run(other, "BEGIN IMMEDIATE");
        long began = Stopwatch.GetTimestamp();
        IOException failure = Assert.ThrowsAny<IOException>(() => store.Save(new StoreChanges { Position = new FeedPosition(9, 9, 9) }));
        Assert.IsNotType<StoreDamagedException>(failure);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 15);
        Assert.Equal(3, store.Position.NextSequence);
        BentStore.Run(other, "ROLLBACK");
        store.Save(new StoreChanges { Position = new FeedPosition(9, 9, 9) });
        Assert.Equal(9, store.Position.NextSequence);
    }

    [Fact]
    public void Renew_ThatCannotMakeAFile_LeavesItDamaged_UntilItCan()
    {
        using SqliteNotificationStore store = Filled();
        Directory.Delete(_folder, recursive: true);
        Assert.ThrowsAny<IOException>(() => store.Renew("bent"));
        Assert.Throws<StoreDamagedException>(() => store.Count());
        Assert.Throws<StoreDamagedException>(() => store.Save(new StoreChanges { Position = new FeedPosition(9, 9, 9) }));
        Directory.CreateDirectory(_folder);
        store.Renew("bent");
        Assert.Equal(default, store.Position);
        Assert.Empty(store.Count());
    }

    private SqliteNotificationStore Filled()
    {
        SqliteNotificationStore store = SqliteNotificationStore.Open(FilePath, TimeProvider.System);
        var changes = new StoreChanges { Position = new FeedPosition(4096, 3, ulong.MaxValue) };
        changes.Waiting.Add(new NotificationRow(Waiting, Inst, 10, 20, 1, SendOutcome.TimedOut));
        changes.Dead.Add(new NotificationRow(Dead, Inst, 10, 20, 10, SendOutcome.OtherBody));
        store.Save(changes);
        return store;
    }
}
