using System.Globalization;
using System.Text;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Ledger.Damage;

/// <summary>What a start has no time to read is read in the background, slowly, for ever.</summary>
public sealed class JournalScrubTests(StoppedLedger whole) : IClassFixture<StoppedLedger>
{
    private const int Rate = 64 * 1024;

    private readonly FakeTimeProvider _time = new(LedgerBench.Start);
    private readonly GatewayMetrics _metrics = new("test");
    private readonly List<LedgerEvent> _told = [];

    private int Sealed => whole.Segments.Count - 1;

    [Fact]
    public async Task Scrub_OfAWholeJournal_ReadsEverySealedByteAtItsRateAndSaysNothing()
    {
        JournalScrub scrub = Start(whole.Disk.Copy());
        TimeSpan took = Round(scrub);
        double read = await ShownAsync("hotpath_journal_scrubbed_bytes_total");
        Assert.InRange(read, Sealed * (StoppedLedger.SegmentBytes - JournalFormat.HeaderBlockBytes), Sealed * StoppedLedger.SegmentBytes);
        Assert.Equal(read / Rate, took.TotalSeconds, 0.1);
        Assert.Empty(_told);
        Assert.Equal(0, await ShownAsync("hotpath_journal_damaged_segments"));
    }

    [Fact]
    public async Task Scrub_RestsUntilTheHourIsOverAndBeginsAgain()
    {
        JournalScrub scrub = Start(whole.Disk.Copy());
        TimeSpan took = Round(scrub);
        double once = await ShownAsync("hotpath_journal_scrubbed_bytes_total");
        _time.Advance(JournalScrub.RoundInterval - took - TimeSpan.FromSeconds(1));
        scrub.Step();
        Assert.Equal(once, await ShownAsync("hotpath_journal_scrubbed_bytes_total"));
        _time.Advance(TimeSpan.FromSeconds(1));
        Round(scrub);
        Assert.Equal(2 * once, await ShownAsync("hotpath_journal_scrubbed_bytes_total"));
    }

    [Fact]
    public async Task OneBit_AnywhereInASealedSegment_IsToldOnceARoundWithFileAndOffset()
    {
        var random = new Random(3);
        for (int i = 0; i < 200; i++)
        {
            string segment = whole.Segments[random.Next(Sealed)];
            int at = random.Next(StoppedLedger.SegmentBytes);
            MemoryDisk disk = whole.Disk.Copy();
            byte bit = (byte)(1 << random.Next(8));
            disk.Change(whole.InJournal(segment), bytes => bytes[at] ^= bit);
            _told.Clear();
            Round(Start(disk));
            LedgerEvent told = Assert.Single(_told);
            Assert.Equal(LedgerEventKind.JournalDamaged, told.Kind);
            Assert.StartsWith($"{segment} is damaged at offset ", told.Message, StringComparison.Ordinal);
            long offset = long.Parse(told.Message.Split("offset ")[1].Split(' ')[0], CultureInfo.InvariantCulture);
            Assert.InRange(offset, at < JournalFormat.HeaderBlockBytes ? 0 : at - JournalFormat.MaxRecordBytes, at);
            Assert.Equal(1, await ShownAsync("hotpath_journal_damaged_segments"));
        }
    }

    [Fact]
    public async Task Damage_ThatWasMended_IsForgottenInTheNextRound()
    {
        var disk = new BentDisk { Path = whole.InJournal(whole.Segments[2]), Offset = 5000, Bits = 1 };
        JournalScrub scrub = Start(disk);
        Round(scrub);
        Assert.Equal(1, await ShownAsync("hotpath_journal_damaged_segments"));
        disk.Bits = 0;
        _time.Advance(JournalScrub.RoundInterval);
        Round(scrub);
        Assert.Equal(0, await ShownAsync("hotpath_journal_damaged_segments"));
        Assert.Single(_told);
    }

    [Fact]
    public async Task ASegment_ThatCannotBeRead_IsDamagedToo()
    {
        var disk = new BentDisk { Path = whole.InJournal(whole.Segments[1]), Offset = 9000, FailsReads = true };
        Round(Start(disk));
        Assert.Equal($"{whole.Segments[1]} cannot be read: Input/output error", Assert.Single(_told).Message);
        Assert.Equal(1, await ShownAsync("hotpath_journal_damaged_segments"));
    }

    [Fact]
    public void Scrub_AllocatesNothingInItsSecondRound()
    {
        JournalScrub scrub = Start(whole.Disk.Copy());
        Round(scrub);
        _time.Advance(JournalScrub.RoundInterval);
        scrub.Step();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++)
        {
            scrub.Step();
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public async Task DamageFoundByTheScrub_IsTold_WhilePaymentsGoOn_AndTheBentTradeIsNeverAnswered()
    {
        var told = new TaskCompletionSource<LedgerEvent>(TaskCreationOptions.RunContinuationsAsynchronously);
        Trade bent = whole.Trades[0];
        await using EmbeddedLedger ledger = whole.OpenCopyWithFaster(
            new ImpatientClock(), [], folder => BendFirstRecordOf(bent, Path.Combine(folder, "journal", whole.Segments[0])),
            found => told.TrySetResult(found));
        LedgerEvent damage = await told.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.StartsWith($"{whole.Segments[0]} is damaged at offset ", damage.Message, StringComparison.Ordinal);
        Assert.True(ledger.IsReady);
        var found = new Trade();
        Assert.True(await ledger.FindAsync(whole.Trades[^1].TradeNo, found));
        Assert.True((await ledger.ClaimAsync(Trades.New(ledger, "new", "new"))).IsWon);
        Assert.Equal(Core.Ledger.ClaimState.OrderExists, (await ledger.ClaimAsync(Trades.New(ledger, "other", bent.OrderNo.ToString(), bent.InstId))).State);
        await Assert.ThrowsAsync<JournalDamagedException>(async () => await ledger.FindAsync(bent.TradeNo, found));
        Assert.False(ledger.IsReady);
    }

    private static void BendFirstRecordOf(Trade trade, string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int at = bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(trade.OrderNo.ToString()));
        bytes[at] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    private JournalScrub Start(IJournalStorage disk)
    {
        IJournalFile[] files = [.. whole.Segments.Select(name => disk.Open(whole.InJournal(name), isWritable: false))];
        ulong ledgerId = JournalRecovery.ReadHeader(whole.Disk.Open(whole.InJournal(whole.Segments[0]), isWritable: false), 0).LedgerId;
        return new JournalScrub(new JournalSegments(StoppedLedger.SegmentBytes, 0, files), ledgerId, Rate, _time, _metrics, _told.Add);
    }

    /// <summary>Steps until the scrub rests.</summary>
    private TimeSpan Round(JournalScrub scrub)
    {
        TimeSpan took = TimeSpan.Zero;
        while (true)
        {
            WorkerPause pause = scrub.Step();
            Assert.True(pause.IsWakeable);
            if (pause.Time > TimeSpan.FromMinutes(1))
            {
                return took;
            }
            took += pause.Time;
            _time.Advance(pause.Time);
        }
    }

    private async Task<double> ShownAsync(string metric)
    {
        using var text = new MemoryStream();
        await _metrics.WriteTextAsync(text, default);
        string line = Encoding.UTF8.GetString(text.ToArray()).Split('\n').Single(line => line.StartsWith(metric + " ", StringComparison.Ordinal));
        return double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
    }

    /// <summary>Lets a start read no older segment at all.</summary>
    private sealed class ImpatientClock : TimeProvider
    {
        private long _looks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Increment(ref _looks) * TimeSpan.FromSeconds(2).Ticks;

        public override DateTimeOffset GetUtcNow() => LedgerBench.Start;
    }
}
