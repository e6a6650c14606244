using System.Reflection;
using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Notify;
using Microsoft.Data.Sqlite;
using Xunit;

namespace HotPath.Core.Tests.Notify;

/// <summary>What the store, the book and the institutions do at their worst, and that none of it costs a notification.</summary>
public sealed class NotifierWorstDaysTests
{
    [Theory]
    [InlineData("UPDATE waiting SET inst = 'no body'")]
    [InlineData("UPDATE waiting SET inst = '' WHERE no = (SELECT MIN(no) FROM waiting)")]
    [InlineData("UPDATE waiting SET attempts = -5")]
    [InlineData("UPDATE waiting SET attempts = 1000000000000")]
    [InlineData("UPDATE waiting SET last = 300")]
    [InlineData("UPDATE waiting SET no = x'01' WHERE no = (SELECT MIN(no) FROM waiting)")]
    [InlineData("UPDATE waiting SET no = zeroblob(11) WHERE no = (SELECT MIN(no) FROM waiting)")]
    public async Task ARowThatWasNeverWrittenSo_GivesTheStoreUp_AndEverythingIsToldFromTheJournal(string damage)
    {
        await using var bench = new NotifierBench();
        bench.Answer = static _ => new(SendOutcome.Unreachable);
        NotifyId one = await bench.EndTradeAsync();
        NotifyId two = await bench.EndTradeAsync(inst: 1);
        bench.Run(TimeSpan.FromSeconds(5));
        await bench.Notifier.DisposeAsync();
        using (SqliteConnection file = BentStore.Open(bench.StorePath))
        {
            Assert.NotEqual(0, BentStore.Run(file, damage));
        }
        await bench.RestartAsync(isCrash: false);
        bench.Sent.Clear();
        bench.Answer = static _ => new(SendOutcome.Acknowledged);
        bench.Run(TimeSpan.FromSeconds(5));
        // As the feed does: what is shown next is refused once, then everything comes from the beginning.
        await Assert.ThrowsAsync<ShowAgainException>(() => bench.ShowAllAsync(two));
        await bench.ShowAllAsync(one, two);
        bench.Run(TimeSpan.FromSeconds(5));
        Assert.Equal([one.ToString(), two.ToString()], bench.Sent.Select(NotifierBench.IdOf).Order());
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(bench.StorePath)!, "notify.db.2026*", SearchOption.TopDirectoryOnly), path => !path.EndsWith("-wal", StringComparison.Ordinal) && !path.EndsWith("-shm", StringComparison.Ordinal));
        Assert.Equal(3, bench.Notifier.Position.NextSequence);
    }

    /// <summary>What leaves the notifier's step ends the process, and the next one finds the same cell.</summary>
    [Theory]
    [InlineData("UPDATE waiting SET since = NULL")]
    [InlineData("UPDATE waiting SET attempts = 'many'")]
    [InlineData("UPDATE waiting SET no = 'elevenbytes' WHERE no = (SELECT MIN(no) FROM waiting)")]
    public async Task ACellOfAnotherKind_FoundWhileItIsInUse_GivesTheStoreUp(string damage)
    {
        await using var bench = new NotifierBench(new NotifyOptions { MaxInMemory = 96, Chance = new Random(1) });
        NotifyId[] ids = await EndAndKeepAsync(bench);
        BentStore.Bend(bench.StorePath, damage);
        bench.Sent.Clear();
        bench.Answer = static _ => new(SendOutcome.Acknowledged);
        bench.Run(TimeSpan.FromHours(2));
        await AssertAllAreToldAsync(bench, ids);
    }

    /// <summary>Whoever asked is told; and what he met is what the notifier would have met.</summary>
    [Fact]
    public async Task ACellOfAnotherKind_FoundByAnOperator_GivesTheStoreUp()
    {
        await using var bench = new NotifierBench(new NotifyOptions { MaxInMemory = 96, Chance = new Random(1) });
        NotifyId[] ids = await EndAndKeepAsync(bench);
        BentStore.Bend(bench.StorePath, "UPDATE waiting SET inst = NULL");
        bench.Sent.Clear();
        bench.Answer = static _ => new(SendOutcome.Acknowledged);
        Task<IReadOnlyList<NotificationRow>> list = bench.Notifier.ListAsync(null, isDead: false, 1_000);
        bench.Run(TimeSpan.FromSeconds(2));
        await Assert.ThrowsAsync<StoreDamagedException>(() => list);
        await AssertAllAreToldAsync(bench, ids);
    }

    /// <summary>What is due first lies where it cannot be had: what is in memory is not kept waiting for it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AStoreThatCannotBeWritten_WithMoreInItThanInMemory_KeepsNothingFromBeingTold(bool isAfterARestart)
    {
        var stores = new List<FullStore>();
        FullStore Around(INotificationStore real)
        {
            stores.Add(new FullStore(real));
            return stores[^1];
        }
        await using var bench = new NotifierBench(new NotifyOptions { MaxInMemory = 96, Chance = new Random(1) }, around: Around);
        NotifyId[] kept = await EndAndKeepAsync(bench);
        if (isAfterARestart)
        {
            await bench.RestartAsync(isCrash: false);
        }
        stores[^1].IsFull = true;
        bench.Sent.Clear();
        bench.Answer = static _ => new(SendOutcome.Acknowledged);
        // What is in memory of those goes first; it is away and is tried again after 30 s.
        await bench.EndTradeAsync();
        bench.Run(TimeSpan.FromMinutes(10));
        var told = new List<string>();
        for (int i = 0; i < 3; i++)
        {
            told.Add((await bench.EndTradeAsync()).ToString());
            bench.Run(TimeSpan.FromSeconds(5));
        }
        Assert.Equal(told, bench.Sent.TakeLast(3).Select(NotifierBench.IdOf));
        stores[^1].IsFull = false;
        bench.Run(TimeSpan.FromHours(2));
        Assert.Empty(kept.Select(id => id.ToString()).Except(bench.Sent.Select(NotifierBench.IdOf)));
        Assert.Equal(0, stores[^1].Count().Sum(count => count.Waiting));
        // Nothing was told twice for want of a store.
        Assert.Equal(bench.Sent.Count, bench.Sent.Select(NotifierBench.IdOf).Distinct().Count());
    }

    [Fact]
    public async Task AStoreThatFailsWhileItIsInUse_KeepsNothingFromBeingTold_AndIsWrittenWhenItCan()
    {
        FullStore store = null!;
        await using var bench = new NotifierBench(around: real => store = new FullStore(real));
        bench.Run(TimeSpan.FromSeconds(2));
        store.IsFull = true;
        NotifyId told = await bench.EndTradeAsync();
        bench.Run(TimeSpan.FromSeconds(30));
        Assert.Equal(told.ToString(), NotifierBench.IdOf(Assert.Single(bench.Sent)));
        Assert.Equal(default, bench.Notifier.Position);
        bench.Answer = static _ => new(SendOutcome.Unreachable);
        await bench.EndTradeAsync();
        bench.Run(TimeSpan.FromSeconds(30));
        store.IsFull = false;
        bench.Run(TimeSpan.FromSeconds(30));
        Assert.Equal(3, bench.Notifier.Position.NextSequence);
        Assert.Equal(1, store.Count().Sum(count => count.Waiting));
    }

    [Fact]
    public async Task AJournalThatIsReplacedWhileOneIsUnderWay_LeavesNothingOfItBehind()
    {
        await using var bench = new NotifierBench();
        var held = new TaskCompletionSource<SendOutcome>();
        bench.Answer = _ => new(held.Task);
        NotifyId id = await bench.EndTradeAsync();
        bench.Run(TimeSpan.FromSeconds(2));
        Assert.Single(bench.Sent);
        bench.Notifier.BeginAgain();
        bench.Answer = static _ => new(SendOutcome.Acknowledged);
        await bench.ShowAllAsync(id);
        bench.Run(TimeSpan.FromSeconds(2));
        Assert.Equal(2, bench.Sent.Count);
        // The one from before ends now, and badly: it is nobody's any more.
        held.SetResult(SendOutcome.TimedOut);
        await bench.LetEndAsync();
        await bench.RestartAsync(isCrash: false);
        bench.Run(TimeSpan.FromHours(2));
        Assert.Equal(2, bench.Sent.Count);
    }

    [Fact]
    public async Task SlowInstitutions_CannotTakeEveryPlace()
    {
        await using var bench = new NotifierBench(new NotifyOptions { MaxUnderWay = 8, Chance = new Random(1) });
        var never = new TaskCompletionSource<SendOutcome>();
        bench.Answer = inst => inst == NotifierBench.Names[2] ? new(SendOutcome.Acknowledged) : new(never.Task);
        for (int i = 0; i < 40; i++)
        {
            await bench.EndTradeAsync(i % 2);
        }
        bench.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(8, bench.Sent.Count);
        await bench.EndTradeAsync(inst: 2);
        bench.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(NotifierBench.Names[2], bench.Sent[^1].Inst);
        never.SetResult(SendOutcome.TimedOut);
        await bench.LetEndAsync();
    }

    [Fact]
    public async Task ABookThatStandsStill_IsAskedOnceASecond_AndOneRecordThatCannotBeRead_ByTheSchedule()
    {
        BentBook bent = null!;
        await using var bench = new NotifierBench(book: real =>
        {
            ILedger proxy = DispatchProxy.Create<ILedger, BentBook>();
            bent = (BentBook)(object)proxy;
            bent.Real = real;
            return proxy;
        });
        for (int i = 0; i < 20; i++)
        {
            await bench.EndTradeAsync();
        }
        bent.Failure = new LedgerUnavailableException("it stands still");
        bench.Run(TimeSpan.FromSeconds(10));
        Assert.InRange(bent.Asked, 5, 25);
        bent.Failure = null;
        bench.Run(TimeSpan.FromSeconds(10));
        Assert.Equal(20, bench.Sent.Count);

        bent.Failure = new JournalDamagedException("a bit");
        bent.Asked = 0;
        await bench.EndTradeAsync();
        bench.Run(TimeSpan.FromMinutes(10));
        Assert.InRange(bent.Asked, 2, 5);
        bent.Failure = null;
        // Nobody was asked, so nobody is away.
        await bench.EndTradeAsync();
        bench.Run(TimeSpan.FromSeconds(5));
        Assert.Equal(21, bench.Sent.Count);
    }

    [Fact]
    public void WhatIsInTheStoreAlone_IsNotForgottenBehindNewOnes()
    {
        var lane = new Lane(InstId.From("CN000001"), window: 4, showBacklog: null);
        lane.HasRowsInStore();
        for (ulong number = 1; number <= 9; number++)
        {
            Assert.True(lane.TryAdd(new Notification(lane, new NotifyId(NotifyType.Trade, new TradeNo(number, 0)), 1_000)));
        }
        Assert.True(lane.IsOverfull);
        lane.Evict();
        Assert.True(lane.WantsRows);
    }

    /// <summary>More than a window of memory holds, all in the store.</summary>
    private static async Task<NotifyId[]> EndAndKeepAsync(NotifierBench bench)
    {
        bench.Answer = static _ => new(SendOutcome.Unreachable);
        var ids = new NotifyId[100];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = await bench.EndTradeAsync();
        }
        bench.Run(TimeSpan.FromSeconds(20));
        Assert.InRange(bench.Notifier.InMemory, 1, 40);
        return ids;
    }

    private static async Task AssertAllAreToldAsync(NotifierBench bench, NotifyId[] ids)
    {
        // As the feed does: what is shown next is refused once, then everything comes from the beginning.
        await Assert.ThrowsAsync<ShowAgainException>(() => bench.ShowAllAsync(ids[0]));
        await bench.ShowAllAsync(ids);
        bench.Run(TimeSpan.FromMinutes(10));
        Assert.Empty(ids.Select(id => id.ToString()).Except(bench.Sent.Select(NotifierBench.IdOf)));
        Assert.Contains(Directory.GetFiles(Path.GetDirectoryName(bench.StorePath)!), static path => path.Contains("notify.db.2026", StringComparison.Ordinal));
    }

    /// <summary>A store on a disk without room: it reads, and writes nothing.</summary>
    private sealed class FullStore(INotificationStore real) : INotificationStore
    {
        internal bool IsFull { get; set; }

        public FeedPosition Position => real.Position;

        public string? WasLost => real.WasLost;

        public void Save(StoreChanges changes)
        {
            Room();
            real.Save(changes);
        }

        public void Clear()
        {
            Room();
            real.Clear();
        }

        public string Renew(string reason) => real.Renew(reason);

        public IReadOnlyList<NotificationRow> NextDue(InstId instId, int most) => real.NextDue(instId, most);

        public IReadOnlyList<StoreCount> Count() => real.Count();

        public long? OldestSince(InstId instId) => real.OldestSince(instId);

        public int Expire(InstId instId, long beforeMs, long nowMs, int most) => real.Expire(instId, beforeMs, nowMs, most);

        public int Revive(InstId instId, long nowMs, int most) => real.Revive(instId, nowMs, most);

        public IReadOnlyList<NotificationRow> List(InstId? instId, bool isDead, int most) => real.List(instId, isDead, most);

        public KeptAs Find(NotifyId id) => real.Find(id);

        public void Dispose() => real.Dispose();

        private void Room()
        {
            if (IsFull)
            {
                throw new IOException("no space left on device");
            }
        }
    }
}

/// <summary>The book, whose trades cannot be found while it fails. Not nested: what stands in for an interface must be seen from outside.</summary>
public class BentBook : DispatchProxy
{
    internal ILedger Real { get; set; } = null!;

    internal Exception? Failure { get; set; }

    internal int Asked { get; set; }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (targetMethod!.Name == nameof(ILedger.FindAsync))
        {
            Asked++;
            if (Failure is not null)
            {
                return new ValueTask<bool>(Task.FromException<bool>(Failure));
            }
        }
        return targetMethod.Invoke(Real, args);
    }
}
