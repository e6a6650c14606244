using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Ledger;

/// <summary>Checkpoints shorten a restart and are never needed for the truth.</summary>
public sealed class CheckpointTests
{
    private const int EveryRecords = 200;

    [Fact]
    public async Task Recovery_AfterACheckpoint_ReplaysOnlyTheTail()
    {
        await using var bench = NewBench();
        List<Trade> trades = await CrashedAfterTwoCheckpoints(bench);
        await using LedgerBench crashed = bench.Crash();
        await AssertHasAll(crashed, trades);
        Assert.False(crashed.Told(LedgerEventKind.CheckpointUnusable));
        Assert.False(crashed.Told(LedgerEventKind.IndexRebuilt));
    }

    [Fact]
    public async Task Recovery_AfterACleanStop_ReplaysNothingButTheLastNumber()
    {
        await using var bench = NewBench();
        await using (EmbeddedLedger ledger = bench.Open())
        {
            await Pay(ledger, bench, 0, 50);
        }
        bench.Events.Clear();
        await using EmbeddedLedger again = bench.Open();
        LedgerEvent told = bench.Events.Single(told => told.Kind == LedgerEventKind.Recovered);
        Assert.StartsWith("50 trades, 0 pending; 0 records replayed", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recovery_NewestCheckpointDamaged_UsesTheOlder()
    {
        await using var bench = NewBench();
        List<Trade> trades = await CrashedAfterTwoCheckpoints(bench);
        await using LedgerBench crashed = bench.Crash();
        (List<Manifest> manifests, _) = Manifest.Load(FileStorage.Instance, crashed.Directory);
        Assert.Equal(2, manifests.Count);
        Damage(crashed, manifests[0], "info.dat");
        await AssertHasAll(crashed, trades);
        Assert.True(crashed.Told(LedgerEventKind.CheckpointUnusable));
        Assert.False(crashed.Told(LedgerEventKind.IndexRebuilt));
        await AssertHasAll(crashed, trades);
    }

    [Fact]
    public async Task Recovery_BothCheckpointsDamaged_RebuildsFromTheJournal()
    {
        await using var bench = NewBench();
        List<Trade> trades = await CrashedAfterTwoCheckpoints(bench);
        await using LedgerBench crashed = bench.Crash();
        Manifest.Load(FileStorage.Instance, crashed.Directory).Whole.ForEach(manifest => Damage(crashed, manifest, "info.dat"));
        await AssertHasAll(crashed, trades);
        Assert.True(crashed.Told(LedgerEventKind.IndexRebuilt));
        await AssertHasAll(crashed, trades);
    }

    [Theory]
    [InlineData("claims", 1000, 0x01)]
    [InlineData("book", 1000, 0x01)]
    [InlineData("claims", 64 + 6, 0x80)]
    [InlineData("claims", 64 + 7, 0x01)]
    [InlineData("book", 64 + 6, 0x80)]
    [InlineData("book", 64 + 7, 0x01)]
    public async Task Recovery_OneBitOfTheIndexBent_RebuildsFromTheJournal(string store, int at, byte bit)
    {
        await using var bench = NewBench();
        List<Trade> trades = await CrashedAfterTwoCheckpoints(bench);
        await using LedgerBench crashed = bench.Crash();
        string path = Path.Combine(crashed.Directory, "index", store, "records.log.0");
        byte[] bytes = File.ReadAllBytes(path);
        bytes[at] ^= bit;
        File.WriteAllBytes(path, bytes);
        await AssertHasAll(crashed, trades);
        Assert.True(crashed.Told(LedgerEventKind.IndexRebuilt));
    }

    [Fact]
    public async Task Recovery_OfTradesPendingAtTheCheckpointAndEndedAfterIt_FindsThem()
    {
        await using var bench = NewBench();
        EmbeddedLedger ledger = bench.Open();
        bench.Leave(ledger);
        var trades = new List<Trade>();
        Trade[] open = [];
        for (int round = 0; Taken(bench) < 6; round++)
        {
            Trade[] next = [.. Enumerable.Range(0, 30).Select(i => Trades.New(ledger, $"R{round}-{i}", $"T{round}-{i}"))];
            await Task.WhenAll(next.Select(trade => ledger.ClaimAsync(trade).AsTask()));
            // Each round ends the trades of the round before: at every checkpoint some are PENDING.
            await Task.WhenAll(open.Select(trade => ledger.CompleteAsync(trade.Ended(ledger, bench.NowMs)).AsTask()));
            trades.AddRange(open);
            open = next;
        }
        await Task.WhenAll(open.Select(trade => ledger.CompleteAsync(trade.Ended(ledger, bench.NowMs)).AsTask()));
        trades.AddRange(open);
        await using LedgerBench crashed = bench.Crash();
        for (int starts = 0; starts < 3; starts++)
        {
            await AssertHasAll(crashed, trades);
            Assert.False(crashed.Told(LedgerEventKind.CheckpointUnusable));
        }
    }

    /// <summary>The record that says the channel lies before the checkpoint, and the replay begins after it.</summary>
    [Fact]
    public async Task Recovery_OfTradesAtAFurtherChannelBeforeTheCheckpoint_FindsThemThere()
    {
        await using var bench = NewBench();
        EmbeddedLedger ledger = bench.Open();
        bench.Leave(ledger);
        Trade[] moved = [.. Enumerable.Range(0, 10).Select(i => Trades.New(ledger, $"M{i}", $"M{i}"))];
        await Task.WhenAll(moved.Select(trade => ledger.ClaimAsync(trade).AsTask()));
        await Task.WhenAll(moved.Select(trade => ledger.RedirectAsync(trade.At("second")).AsTask()));
        var trades = new List<Trade>();
        for (int round = 0; Taken(bench) < 4; round++)
        {
            trades.AddRange(await Pay(ledger, bench, round, 60));
        }
        // After both checkpoints one goes on and one ends: what the index was written with must not come back.
        await ledger.RedirectAsync(moved[0].At("third"));
        await ledger.CompleteAsync(moved[1].Ended(ledger, bench.NowMs));
        trades.AddRange(moved);
        await using LedgerBench crashed = bench.Crash();
        for (int starts = 0; starts < 3; starts++)
        {
            await AssertHasAll(crashed, trades);
            Assert.False(crashed.Told(LedgerEventKind.CheckpointUnusable));
            Assert.False(crashed.Told(LedgerEventKind.IndexRebuilt));
        }
        await using EmbeddedLedger last = crashed.Open();
        Assert.Equal(CompleteState.Recorded, await last.CompleteAsync(moved[0].Ended(last, bench.NowMs)));
    }

    [Fact]
    public async Task Recovery_IndexFolderGone_RebuildsFromTheJournal()
    {
        await using var bench = NewBench();
        List<Trade> trades = await CrashedAfterTwoCheckpoints(bench);
        await using LedgerBench crashed = bench.Crash();
        Directory.Delete(Path.Combine(crashed.Directory, "index"), recursive: true);
        await AssertHasAll(crashed, trades);
        Assert.True(crashed.Told(LedgerEventKind.IndexRebuilt));
    }

    [Fact]
    public async Task Recovery_NewestManifestDamaged_UsesTheOlder()
    {
        await using var bench = NewBench();
        List<Trade> trades = await CrashedAfterTwoCheckpoints(bench);
        await using LedgerBench crashed = bench.Crash();
        string newest = Directory.GetFiles(crashed.Directory, "manifest-*").Order().Last();
        byte[] bytes = File.ReadAllBytes(newest);
        bytes[30] ^= 4;
        File.WriteAllBytes(newest, bytes);
        await AssertHasAll(crashed, trades);
        Assert.True(crashed.Told(LedgerEventKind.CheckpointUnusable));
    }

    [Fact]
    public async Task Checkpoints_OfMoreThanFitsIntoMemory_AreReadFromDisk()
    {
        await using var bench = new LedgerBench(isFaster: true, segmentBytes: 1024 * 1024) { MaxTrades = 50_000, CheckpointEveryRecords = 20_000 };
        var first = new List<Trade>();
        await using (EmbeddedLedger ledger = bench.Open())
        {
            // 2 MiB of book are 40,000 records of two or three a trade.
            for (int round = 0; round < 40; round++)
            {
                List<Trade> some = await Pay(ledger, bench, round, 1000);
                first.AddRange(some.Take(10));
            }
            await AssertHas(ledger, first);
        }
        await using EmbeddedLedger again = bench.Open();
        await AssertHas(again, first);
        Assert.False(bench.Told(LedgerEventKind.IndexRebuilt));
    }

    [Theory]
    [InlineData("manifest.tmp")]
    [InlineData("info.dat")]
    public async Task Checkpoint_ThatFailsOnAFullDisk_LeavesNothingBehind_AndTheNextOneCounts(string notMade)
    {
        var disk = new TroubledDisk();
        await using var bench = new LedgerBench(isFaster: true) { CheckpointEveryRecords = EveryRecords, Storage = disk, IndexStorage = disk };
        var trades = new List<Trade>();
        await using (EmbeddedLedger ledger = bench.Open())
        {
            await PayUntil(() => Taken(bench) >= 1);
            disk.NotMade = notMade;
            await PayUntil(() => bench.Told(LedgerEventKind.CheckpointFailed));
            Assert.True(ledger.IsReady);
            Assert.Equal(Named(bench), Folders(bench));
            Assert.Empty(Directory.GetFiles(bench.Directory, "*.tmp"));

            disk.NotMade = null;
            int taken = Taken(bench);
            bench.Clock.Advance(TimeSpan.FromSeconds(10));
            await PayUntil(() => Taken(bench) > taken);

            async Task PayUntil(Func<bool> isTrue)
            {
                for (int i = 0; !isTrue(); i++)
                {
                    Assert.True(i < 10_000, "it did not become true");
                    trades.AddRange(await Pay(ledger, bench, trades.Count, 20));
                }
            }
        }
        // Only now: the next one may have been under way.
        Assert.Equal(Named(bench), Folders(bench));
        await AssertHasAll(bench, trades);
    }

    [Fact]
    public async Task Checkpoint_AfterOneThatFailed_IsTriedAgain_ThoughTheClockHasSteppedBackADay()
    {
        var disk = new TroubledDisk();
        var clock = new SteppingClock();
        await using var bench = new LedgerBench(isFaster: true) { CheckpointEveryRecords = EveryRecords, Storage = disk, Time = clock };
        await using EmbeddedLedger ledger = bench.Open();
        int paid = 0;
        disk.NotMade = "manifest.tmp";
        await PayUntil(() => bench.Told(LedgerEventKind.CheckpointFailed));
        disk.NotMade = null;
        clock.Behind = TimeSpan.FromDays(1);
        clock.Advance(TimeSpan.FromSeconds(10));
        await PayUntil(() => Taken(bench) > 0);

        async Task PayUntil(Func<bool> isTrue)
        {
            for (int limit = paid + 2000; !isTrue(); paid += 20)
            {
                Assert.True(paid < limit, "it did not become true");
                await Pay(ledger, bench, paid, 20);
            }
        }
    }

    [Fact]
    public async Task CheckpointFolders_ThatNoManifestNames_AreRemovedAtTheStart()
    {
        await using var bench = NewBench();
        List<Trade> trades = await CrashedAfterTwoCheckpoints(bench);
        await using LedgerBench crashed = bench.Crash();
        string named = Directory.EnumerateFiles(Path.Combine(crashed.Directory, "index"), "info.dat*", SearchOption.AllDirectories).First();
        string all = Path.GetDirectoryName(Path.GetDirectoryName(named)!)!;
        string unnamed = Path.Combine(all, Guid.NewGuid().ToString());
        Directory.CreateDirectory(unnamed);
        await File.WriteAllTextAsync(Path.Combine(unnamed, "info.dat"), "half");
        await AssertHasAll(crashed, trades);
        Assert.False(Directory.Exists(unnamed));
        Assert.False(crashed.Told(LedgerEventKind.IndexRebuilt));
    }

    [Fact]
    public async Task Checkpoint_IsNotBegun_WhileTheDiskHasNoRoomForWhatItWrites()
    {
        var disk = new TroubledDisk { Left = new DiskRoom(3 << 20, 10_000) };
        await using var bench = new LedgerBench(isFaster: true) { CheckpointEveryRecords = EveryRecords, DiskReserveBytes = 0, Storage = disk };
        await using EmbeddedLedger ledger = bench.Open();
        for (int round = 0; round < 20; round++)
        {
            await Pay(ledger, bench, round, 20);
        }
        Assert.Equal(0, Taken(bench));
        Assert.False(bench.Told(LedgerEventKind.CheckpointFailed));
        disk.Left = DiskRoom.Endless;
        bench.Clock.Advance(TimeSpan.FromSeconds(1));
        for (int round = 20; Taken(bench) == 0; round++)
        {
            Assert.True(round < 10_000, "no checkpoint came");
            await Pay(ledger, bench, round, 20);
        }
    }

    private static string[] Named(LedgerBench bench) => [.. Manifest.Load(FileStorage.Instance, bench.Directory).Whole
        .Where(manifest => !manifest.Tokens.IsNone)
        .SelectMany(manifest => new[] { manifest.Tokens.Claims.ToString(), manifest.Tokens.Book.ToString() }).Order(StringComparer.Ordinal)];

    private static string[] Folders(LedgerBench bench) => [.. Directory.EnumerateDirectories(Path.Combine(bench.Directory, "index"), "*", SearchOption.AllDirectories)
        .Select(path => Path.GetFileName(path)).Where(name => Guid.TryParse(name, out _)).Order(StringComparer.Ordinal)];

    private static LedgerBench NewBench() => new(isFaster: true) { CheckpointEveryRecords = EveryRecords };

    private static async Task<List<Trade>> CrashedAfterTwoCheckpoints(LedgerBench bench)
    {
        var trades = new List<Trade>();
        EmbeddedLedger ledger = bench.Open();
        for (int round = 0; Taken(bench) < 3; round++)
        {
            trades.AddRange(await Pay(ledger, bench, round, 20));
            Assert.True(round < 10_000, "no checkpoint came");
        }
        trades.AddRange(await Pay(ledger, bench, 10_000, 7));
        // The copy is taken by the caller; this process must not add a clean stop's checkpoint to it, so it lives on until the test's end.
        bench.Leave(ledger);
        return trades;
    }

    private static int Taken(LedgerBench bench)
    {
        lock (bench.Events)
        {
            return bench.Events.Count(told => told.Kind == LedgerEventKind.CheckpointTaken);
        }
    }

    private static async Task<List<Trade>> Pay(EmbeddedLedger ledger, LedgerBench bench, int round, int count)
    {
        Trade[] trades = [.. Enumerable.Range(0, count).Select(i => Trades.New(ledger, $"R{round}-{i}", $"T{round}-{i}", null, $"C{round}-{i}"))];
        foreach (Trade[] some in trades.Chunk(500))
        {
            await Task.WhenAll(some.Select(async trade =>
            {
                Assert.True((await ledger.ClaimAsync(trade)).IsWon);
                Assert.Equal(CompleteState.Recorded, await ledger.CompleteAsync(trade.Ended(ledger, bench.NowMs)));
            }));
        }
        return [.. trades];
    }

    private static async Task AssertHasAll(LedgerBench bench, List<Trade> trades)
    {
        await using EmbeddedLedger ledger = bench.Open();
        await AssertHas(ledger, trades);
        Trade late = Trades.New(ledger, "late" + Guid.NewGuid().ToString("N"), "late" + Guid.NewGuid().ToString("N"));
        Assert.True((await ledger.ClaimAsync(late)).IsWon);
        Assert.Equal(CompleteState.Recorded, await ledger.CompleteAsync(late.Ended(ledger, bench.NowMs)));
    }

    private static async Task AssertHas(EmbeddedLedger ledger, List<Trade> trades)
    {
        var found = new Trade();
        foreach (Trade trade in trades)
        {
            Assert.True(await ledger.FindAsync(trade.TradeNo, found));
            Trades.AssertSame(trade, found);
            Assert.True(await ledger.FindByOrderAsync(trade.InstId, trade.OrderNo.Span.ToArray(), found));
            Assert.Equal(trade.IsFinal ? ReqIdState.Replay : ReqIdState.InFlight, await ledger.RecallAsync(trade.InstId, trade.ReqId.Span.ToArray(), trade.Fingerprint, found));
        }
        Assert.Equal(trades.Where(trade => !trade.IsFinal).Select(trade => trade.TradeNo).Order(), await ledger.PendingAsync());
    }

    private static void Damage(LedgerBench bench, Manifest manifest, string fileName)
    {
        string path = Directory.EnumerateFiles(Path.Combine(bench.Directory, "index"), fileName + "*", SearchOption.AllDirectories)
            .First(path => path.Contains(manifest.Tokens.Book.ToString(), StringComparison.Ordinal));
        byte[] bytes = File.ReadAllBytes(path);
        bytes[20] ^= 1;
        File.WriteAllBytes(path, bytes);
    }
}
