using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using Xunit;

namespace HotPath.Core.Tests.Ledger.Damage;

#pragma warning disable CA1001 // xunit disposes through IAsyncLifetime.

/// <summary>
/// One well-made ledger that every case damages a copy of: some hundred trades and refunds of every ending in many small segments, two checkpoints of
/// FASTER's, a clean stop. What it holds is known trade by trade.
/// </summary>
public sealed class StoppedLedger : IAsyncLifetime
{
    internal const int SegmentBytes = EmbeddedLedgerOptions.MinSegmentBytes;

    private const int TradeCount = 320;
    private const int CheckpointEvery = 250;

    private readonly LedgerBench _bench = new(isFaster: true, SegmentBytes) { MaxTrades = 1000, CheckpointEveryRecords = CheckpointEvery };
    private readonly List<Trade> _trades = [];
    private readonly List<Refund> _refunds = [];
    private readonly string _copies = Path.Combine(Path.GetTempPath(), "hotpath-damaged-" + Guid.NewGuid().ToString("N"));

    /// <summary>The folder as it was left; no case may change it.</summary>
    internal string Folder => _bench.Directory;

    internal string Journal => _bench.Journal;

    internal IReadOnlyList<Trade> Trades => _trades;

    /// <summary>Segments by their names, oldest first.</summary>
    internal IReadOnlyList<string> Segments { get; private set; } = [];

    /// <summary>The journal and the manifests, in memory.</summary>
    internal MemoryDisk Disk { get; private set; } = new();

    internal JournalReport Report { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await using (EmbeddedLedger ledger = _bench.Open())
        {
            for (int i = 0; i < TradeCount; i++)
            {
                await PayAsync(ledger, i);
            }
            // With a checkpoint that began before the last trades the stop has something to replay at the next start.
            Assert.True(_bench.Told(LedgerEventKind.CheckpointTaken));
        }
        Report = JournalVerifier.Verify(Folder);
        Assert.True(Report.IsClean, Report.Damage?.ToString());
        Segments = [.. Directory.GetFiles(Journal, "*.seg").Order(StringComparer.Ordinal).Select(path => Path.GetFileName(path))];
        Assert.InRange(Segments.Count, 15, 40);
        Assert.Equal(2, Manifest.Load(FileStorage.Instance, Folder).Whole.Count);
        Disk = MemoryDisk.Of(Folder, path => !path.Contains("/index/", StringComparison.Ordinal) && Path.GetFileName(path) != "lock");
    }

    internal TimeProvider Clock => _bench.Time;

    public async Task DisposeAsync()
    {
        await _bench.DisposeAsync();
        if (Directory.Exists(_copies))
        {
            Directory.Delete(_copies, recursive: true);
        }
    }

    /// <summary>A segment's bytes as they were left.</summary>
    internal byte[] Bytes(string segment) => Disk[InJournal(segment)];

    internal string InJournal(string segment) => Path.Combine(Journal, segment);

    /// <summary>Bytes of a segment that hold something: all of a sealed one, the newest up to its last record.</summary>
    internal int UsedBytes(string segment) =>
        segment == Segments[^1] ? Bytes(segment).AsSpan().LastIndexOfAnyExcept((byte)0) + 1 : SegmentBytes;

    /// <summary>What a start on <paramref name="disk"/> says, with the real recovery and an index made anew.</summary>
    internal EmbeddedLedger Open(IJournalStorage disk, List<LedgerEvent> events) =>
        Open(disk, new DictionaryIndexFactory(), events, Folder);

    /// <summary>The same with FASTER, its checkpoints included.</summary>
    internal EmbeddedLedger OpenWithFaster(IJournalStorage disk, List<LedgerEvent> events) =>
        Open(disk, new FasterIndexFactory(Options(Folder), disk, ThreadScheduler.Instance), events, Folder);

    /// <summary>A copy of the whole folder, damaged, and opened as the gateway opens one. It is gone with the fixture.</summary>
    internal EmbeddedLedger OpenCopyWithFaster(
        TimeProvider time, List<LedgerEvent> events, Action<string>? damage = null, Action<LedgerEvent>? whenScrubbed = null)
    {
        string copy = Path.Combine(_copies, Guid.NewGuid().ToString("N"));
        foreach (string path in Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(copy, Path.GetRelativePath(Folder, path));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(path, target);
        }
        damage?.Invoke(copy);
        return EmbeddedLedger.Open(
            Options(copy), ThreadScheduler.Instance, time, new GatewayMetrics("test"), Tell, FileStorage.Instance,
            new FasterIndexFactory(Options(copy), FileStorage.Instance, ThreadScheduler.Instance));

        void Tell(LedgerEvent told)
        {
            Add(events, told);
            if (told.Kind == LedgerEventKind.JournalDamaged)
            {
                whenScrubbed?.Invoke(told);
            }
        }
    }

    /// <summary>The start is refused, and says where.</summary>
    internal JournalDamagedException AssertRefused(IJournalStorage disk)
    {
        JournalDamagedException refused = Assert.Throws<JournalDamagedException>(() => Open(disk, []));
        Assert.NotEqual("", refused.File);
        Assert.Contains($"{refused.File} is damaged at offset {refused.Offset}", refused.Message, StringComparison.Ordinal);
        return refused;
    }

    /// <summary>
    /// Every trade and refund with status, amount and answer as it was recorded, by each way of asking, what is refunded of each trade, and nothing
    /// else PENDING.
    /// </summary>
    internal async Task AssertWholeAsync(EmbeddedLedger ledger)
    {
        var found = new Trade();
        foreach (Trade trade in _trades)
        {
            Assert.True(await ledger.FindAsync(trade.TradeNo, found));
            Tests.Ledger.Trades.AssertSame(trade, found);
            Assert.True(await ledger.FindByOrderAsync(trade.InstId, trade.OrderNo.Span.ToArray(), found));
            Tests.Ledger.Trades.AssertSame(trade, found);
            ReqIdState state = await ledger.RecallAsync(trade.InstId, trade.ReqId.Span.ToArray(), trade.Fingerprint, found);
            Assert.Equal(trade.IsFinal ? ReqIdState.Replay : ReqIdState.InFlight, state);
            Tests.Ledger.Trades.AssertSame(trade, found);
        }
        Assert.Equal(_trades.Where(trade => !trade.IsFinal).Select(trade => trade.TradeNo).Order(), await ledger.PendingAsync());
        var refunded = new Refund();
        foreach (Refund refund in _refunds)
        {
            Assert.True(await ledger.FindRefundAsync(refund.RefundId, refunded));
            Refunds.AssertSame(refund, refunded);
            Assert.True(await ledger.FindRefundByNoAsync(refund.InstId, refund.RefundNo.Span.ToArray(), refunded));
            Refunds.AssertSame(refund, refunded);
            ReqIdState state = await ledger.RecallRefundAsync(refund.InstId, refund.ReqId.Span.ToArray(), refund.Fingerprint, refunded);
            Assert.Equal(refund.IsFinal ? ReqIdState.Replay : ReqIdState.InFlight, state);
        }
        foreach (IGrouping<TradeNo, Refund> ofTrade in _refunds.GroupBy(refund => refund.TradeNo))
        {
            Refund[] held = [.. ofTrade.Where(refund => refund.Status != TradeStatus.Failed)];
            Assert.True(await ledger.FindAsync(ofTrade.Key, found));
            Assert.Equal(
                new RefundTotals(
                    held.Sum(refund => refund.Amount.MinorUnits), held.Where(refund => refund.IsFinal).Sum(refund => refund.Amount.MinorUnits), held.Length),
                found.Refunded);
        }
        Assert.Equal(_refunds.Where(refund => !refund.IsFinal).Select(refund => refund.RefundId).Order(), await ledger.PendingRefundsAsync());
    }

    private EmbeddedLedger Open(IJournalStorage disk, IBookIndexFactory indexes, List<LedgerEvent> events, string folder) => EmbeddedLedger.Open(
        Options(folder), ThreadScheduler.Instance, _bench.Time, new GatewayMetrics("test"), told => Add(events, told), disk, indexes);

    internal static EmbeddedLedgerOptions Options(string folder) => new()
    {
        DataDirectory = folder,
        NodeId = 7,
        MaxTrades = 1000,
        SegmentBytes = SegmentBytes,
        IndexMemoryBytes = 4 * 1024 * 1024,
        CommandRingCapacity = 1024,
        CheckpointEveryRecords = 100_000_000,
        // The clocks of these tests run fast: no disk is slow by them.
        SlowStep = TimeSpan.FromHours(1),
    };

    private static void Add(List<LedgerEvent> events, LedgerEvent told)
    {
        lock (events)
        {
            events.Add(told);
        }
    }

    private async Task PayAsync(EmbeddedLedger ledger, int i)
    {
        InstId inst = i % 3 == 0 ? Tests.Ledger.Trades.Hk : Tests.Ledger.Trades.Cn;
        Trade trade = Tests.Ledger.Trades.New(ledger, $"R{i}", $"T{i}", inst, i % 4 == 0 ? $"C{i}" : null);
        trade.Amount = new Amount(100 + (i * 37));
        Assert.True((await ledger.ClaimAsync(trade)).IsWon);
        _trades.Add(trade);
        if (i % 7 != 0)
        {
            trade.Ended(ledger, _bench.NowMs, i % 5 == 0 ? TradeStatus.Failed : TradeStatus.Success, 64 + (i % 192));
            Assert.Equal(CompleteState.Recorded, await ledger.CompleteAsync(trade));
        }
        if (trade.Status == TradeStatus.Success && i % 8 == 1)
        {
            await RefundAsync(ledger, trade, i);
        }
    }

    // One that succeeds, one that fails, one in doubt; of few trades all three.
    private async Task RefundAsync(EmbeddedLedger ledger, Trade trade, int i)
    {
        for (int part = 0; part <= i % 3; part++)
        {
            Refund refund = Refunds.New(ledger, trade, $"F{i}-{part}", 10 + part);
            Assert.True((await ledger.ReserveRefundAsync(refund, trade)).IsWon);
            _refunds.Add(refund);
            if (part < 2)
            {
                refund.Ended(ledger, _bench.NowMs, part == 0 ? 0 : 10, part == 0 ? TradeStatus.Success : TradeStatus.Failed);
                Assert.Equal(CompleteState.Recorded, await ledger.SettleRefundAsync(refund));
            }
        }
    }
}
