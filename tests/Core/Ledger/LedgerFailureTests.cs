using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Ledger;

/// <summary>
/// A disk that fails ends the engine; what was acknowledged before is there afterwards, and nothing is acknowledged after.
/// </summary>
public sealed class LedgerFailureTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(true, 1)]
    [InlineData(true, 5)]
    [InlineData(false, 1)]
    [InlineData(false, 7)]
    public async Task Failure_OfTheDisk_StopsAcknowledging_AndARestartHasEverythingAcknowledged(bool failsOnSync, int failFrom)
    {
        var storage = new FailingStorage { FailsOnSync = failsOnSync, FailFrom = failFrom };
        await using var bench = new LedgerBench { Storage = storage };
        var won = new List<Trade>();
        await using (EmbeddedLedger ledger = bench.Open())
        {
            // The batch that names the start as durable comes before this or, on a clock that stands still, never: from here each claim is one write.
            await ledger.ClaimAsync(Trades.New(ledger, "before", "before"));
            storage.Arm();
            Claim last = default;
            for (int i = 0; i < 20; i++)
            {
                Trade trade = Trades.New(ledger, $"R{i}", $"T{i}");
                Claim claim = await ledger.ClaimAsync(trade);
                Assert.Contains(claim.State, new[] { ClaimState.Won, ClaimState.Unknown, ClaimState.Unavailable });
                Assert.True(!claim.IsWon || last.State is ClaimState.Won or ClaimState.Refused, "acknowledged after a failure");
                won.AddRange(claim.IsWon ? [trade] : Array.Empty<Trade>());
                last = claim;
            }
            Assert.Equal(failFrom - 1, won.Count);
            Assert.False(ledger.IsReady);
            Assert.Contains("no space left", await ledger.Failure.WaitAsync(Patience), StringComparison.Ordinal);
            Assert.True(bench.Told(LedgerEventKind.Stopped));
            await Assert.ThrowsAsync<LedgerUnavailableException>(async () => await ledger.PendingAsync());
        }
        await using LedgerBench after = bench.Crash();
        await using EmbeddedLedger restarted = after.Open();
        foreach (Trade trade in won)
        {
            Assert.True(await restarted.FindAsync(trade.TradeNo, new Trade()));
        }
    }

    [Fact]
    public async Task Failure_InTheMiddleOfABatch_AnswersUnknownOrUnavailable_NeverWon()
    {
        var storage = new FailingStorage { FailsOnSync = true, FailFrom = 1 };
        await using var bench = new LedgerBench { Storage = storage };
        await using EmbeddedLedger ledger = bench.Open();
        Trade[] trades = [.. Enumerable.Range(0, 200).Select(i => Trades.New(ledger, $"R{i}", $"T{i}"))];
        // What the ledger's thread records of its own, as it begins, must not be what fails.
        Assert.True((await ledger.ClaimAsync(Trades.New(ledger, "before", "before"))).IsWon);
        storage.Arm();
        Claim[] claims = await Task.WhenAll(trades.Select(trade => ledger.ClaimAsync(trade).AsTask()));
        Assert.All(claims, claim => Assert.Contains(claim.State, new[] { ClaimState.Unknown, ClaimState.Unavailable }));
        Assert.Contains(claims, claim => claim.State == ClaimState.Unknown);
        await Assert.ThrowsAsync<LedgerUnavailableException>(async () => await ledger.FindAsync(trades[0].TradeNo, new Trade()));
    }

    [Fact]
    public async Task Open_ADirectoryThatIsInUse_IsRefused()
    {
        await using var bench = new LedgerBench();
        await using EmbeddedLedger ledger = bench.Open();
        LedgerLockedException held = Assert.Throws<LedgerLockedException>(bench.Open);
        Assert.Contains(bench.Directory, held.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Claim_AtTheConfiguredEnd_IsRefused_AndWarnedAtEightyPercent()
    {
        await using var bench = new LedgerBench { MaxTrades = 1000 };
        await using (EmbeddedLedger ledger = bench.Open())
        {
            Trade[] trades = [.. Enumerable.Range(0, 1000).Select(i => Trades.New(ledger, $"R{i}", $"T{i}"))];
            foreach (Trade[] some in trades.Chunk(500))
            {
                Claim[] claims = await Task.WhenAll(some.Select(trade => ledger.ClaimAsync(trade).AsTask()));
                Assert.All(claims, claim => Assert.True(claim.IsWon));
            }
            Assert.True(bench.Told(LedgerEventKind.NearlyFull));
            Assert.Equal(ClaimState.Refused, (await ledger.ClaimAsync(Trades.New(ledger, "R", "T"))).State);
            Assert.Equal(ClaimState.InFlight, (await ledger.ClaimAsync(Trades.New(ledger, "R1", "T1"))).State);
            Assert.Equal(CompleteState.Recorded, await ledger.CompleteAsync(trades[0].Ended(ledger, bench.NowMs)));
        }
        await using EmbeddedLedger again = bench.Open();
        Assert.Equal(ClaimState.Refused, (await again.ClaimAsync(Trades.New(again, "R", "T"))).State);
    }

    [Fact]
    public async Task Find_ByAnIndexThatLeadsElsewhere_StopsTheEngine_AndNeverShowsAnotherTrade()
    {
        await using var bench = new LedgerBench();
        var index = new DictionaryBookIndex();
        await using EmbeddedLedger ledger = EmbeddedLedger.Open(
            bench.Options, Runtime.ThreadScheduler.Instance, bench.Time, new Telemetry.GatewayMetrics("test"), _ => { }, bench.Storage, new Given(index));
        Trade first = Trades.New(ledger, "R1", "T1");
        Trade second = Trades.New(ledger, "R2", "T2");
        await ledger.ClaimAsync(first);
        await ledger.ClaimAsync(second);
        Assert.True(index.TryGetBook(IndexKey.Trade(second.TradeNo), out BookEntry wrong));
        index.PutBook(IndexKey.Trade(first.TradeNo), wrong);
        await Assert.ThrowsAsync<JournalDamagedException>(async () => await ledger.FindAsync(first.TradeNo, new Trade()));
        Assert.False(ledger.IsReady);
        await ledger.Failure.WaitAsync(Patience);
        Assert.Equal(ClaimState.Unavailable, (await ledger.ClaimAsync(first)).State);
    }

    [Fact]
    public async Task Claim_OfAKnownOrder_WhenTheIndexCannotBeRead_IsNeverWon_AndStopsTheEngine()
    {
        var disk = new FaultyDisk();
        await using LedgerBench bench = NewBenchOver(disk);
        await using EmbeddedLedger ledger = bench.Open();
        await ClaimMoreThanMemoryHolds(ledger);
        disk.FailsReads = true;
        Claim claim = await ledger.ClaimAsync(Trades.New(ledger, "again", "T0")).AsTask().WaitAsync(Patience);
        Assert.Contains(claim.State, new[] { ClaimState.Unknown, ClaimState.Unavailable });
        Assert.Contains("Input/output error", await ledger.Failure.WaitAsync(Patience), StringComparison.Ordinal);
        Assert.False(ledger.IsReady);
    }

    [Fact]
    public async Task Recall_WhenTheIndexCannotBeRead_Throws_AndStopsTheEngine()
    {
        var disk = new FaultyDisk();
        await using LedgerBench bench = NewBenchOver(disk);
        await using EmbeddedLedger ledger = bench.Open();
        Trade first = await ClaimMoreThanMemoryHolds(ledger);
        disk.FailsReads = true;
        await Assert.ThrowsAsync<LedgerUnavailableException>(
            async () => await ledger.RecallAsync(first.InstId, first.ReqId.Span.ToArray(), first.Fingerprint, new Trade()));
        Assert.Contains("Input/output error", await ledger.Failure.WaitAsync(Patience), StringComparison.Ordinal);
        Assert.Equal(ClaimState.Unavailable, (await ledger.ClaimAsync(Trades.New(ledger, "again", "again"))).State);
    }

    [Fact]
    public async Task Failure_OfOneIndexWrite_StopsTheEngine_AndHangsNobody()
    {
        var disk = new FaultyDisk();
        await using LedgerBench bench = NewBenchOver(disk);
        EmbeddedLedger ledger = bench.Open();
        disk.FailsWrites = true;
        Task<Trade> claims = ClaimMoreThanMemoryHolds(ledger);
        Assert.Contains("No space left", await ledger.Failure.WaitAsync(Patience), StringComparison.Ordinal);
        await claims.WaitAsync(Patience);
        Assert.Equal(ClaimState.Unavailable, (await ledger.ClaimAsync(Trades.New(ledger, "after", "after"))).State);
        await Task.Run(async () => await ledger.DisposeAsync()).WaitAsync(Patience);
        disk.FailsWrites = false;
        await using EmbeddedLedger restarted = bench.Open();
        Assert.Equal(ClaimState.InFlight, (await restarted.ClaimAsync(Trades.New(restarted, "R0", "T0"))).State);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Start_SyncsTheNamesThatAKilledStartMayHaveLeftUnsynced(bool hasManifest)
    {
        var storage = new FailingStorage();
        await using var bench = new LedgerBench { Storage = storage };
        await using (bench.Open())
        {
        }
        if (!hasManifest)
        {
            Array.ForEach(Directory.GetFiles(bench.Directory, "manifest-*"), File.Delete);
        }
        storage.SyncedDirectories.Clear();
        await using EmbeddedLedger again = bench.Open();
        Assert.Contains(bench.Journal, storage.SyncedDirectories);
        Assert.Contains(bench.Directory, storage.SyncedDirectories);
        Assert.Equal(!hasManifest, storage.SyncedDirectories.Contains(Path.GetDirectoryName(bench.Directory)!));
    }

    [Fact]
    public async Task Stop_WhileACheckpointNeverEnds_Ends()
    {
        await using var bench = new LedgerBench();
        EmbeddedLedger ledger = EmbeddedLedger.Open(
            bench.Options, Runtime.ThreadScheduler.Instance, bench.Time, new Telemetry.GatewayMetrics("test"), _ => { }, bench.Storage,
            new Given(new DictionaryBookIndex { IsStuck = true }));
        await ledger.ClaimAsync(Trades.New(ledger, "R1", "T1"));
        Task stop = Task.Run(async () => await ledger.DisposeAsync());
        for (int seconds = 0; !stop.IsCompleted && seconds < 2_000; seconds++)
        {
            bench.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(stop, Task.Delay(10));
        }
        await stop.WaitAsync(Patience);
        Assert.Contains("did not end", await ledger.Failure.WaitAsync(Patience), StringComparison.Ordinal);
    }

    private static LedgerBench NewBenchOver(FaultyDisk disk) => new(isFaster: true, segmentBytes: 4 * 1024 * 1024)
    {
        IndexStorage = disk,
        MaxTrades = 50_000,
    };

    /// <summary>1 MiB of claims holds 18,000 of these, 2 MiB of book 21,000.</summary>
    private static async Task<Trade> ClaimMoreThanMemoryHolds(EmbeddedLedger ledger)
    {
        Trade[] trades = [.. Enumerable.Range(0, 30_000).Select(i => Trades.New(ledger, $"R{i}", $"T{i}"))];
        foreach (Trade[] some in trades.Chunk(500))
        {
            await Task.WhenAll(some.Select(trade => ledger.ClaimAsync(trade).AsTask()));
        }
        return trades[0];
    }

    private sealed class Given(IBookIndex index) : IBookIndexFactory
    {
        public IBookIndex? TryRecover(in IndexTokens tokens, out string whyNot)
        {
            whyNot = "";
            return null;
        }

        public IBookIndex CreateEmpty() => index;
    }
}
