using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Ledger.Damage;

/// <summary>
/// A journal that ends early (F17), as a loss of power leaves one. Every operation here is a batch of its own, and the bytes after each are
/// known, so that what must be left of a cut is known too.
/// </summary>
public sealed class CutJournalTests
{
    private const int SegmentBytes = 24 * 1024;
    private const int LastBytes = 4096;
    private const string Folder = "/cut";

    private static readonly string Path = $"{Folder}/journal/{JournalFormat.SegmentName(0)}";
    private static readonly DateTimeOffset Now = LedgerBench.Start;

    [Fact]
    public async Task Journal_CutAtEveryByteOfItsLast4Kib_KeepsEveryWholeBatchBeforeTheCut()
    {
        (MemoryDisk crashed, List<Step> steps) = await CrashedAsync();
        int end = steps[^1].End;
        for (int cut = end - LastBytes; cut < end; cut++)
        {
            MemoryDisk disk = crashed.Copy();
            disk.Change(Path, bytes => bytes.AsSpan(cut).Clear());
            // The zeroes that end a record cannot be told from a cut there.
            int changed = disk[Path].AsSpan().CommonPrefixLength(crashed[Path]);
            var events = new List<LedgerEvent>();
            await using EmbeddedLedger ledger = Open(disk, events);
            int kept = await AssertHasStepsBeforeAsync(ledger, steps, changed);
            bool isDropped = events.Exists(told => told.Kind == LedgerEventKind.TornTailDropped);
            Assert.Equal(crashed[Path].AsSpan(kept, cut - kept).ContainsAnyExcept((byte)0), isDropped);
        }
    }

    [Fact]
    public async Task Journal_ThatNamesItsEndAndIsCutAtEveryByteOfItsLast4Kib_IsRefused()
    {
        (MemoryDisk stopped, int end) = await StoppedAsync();
        for (int cut = end - LastBytes; cut < end; cut++)
        {
            MemoryDisk disk = stopped.Copy();
            disk.Change(Path, bytes => bytes.AsSpan(cut).Clear());
            int changed = disk[Path].AsSpan().CommonPrefixLength(stopped[Path]);
            JournalDamagedException refused = Assert.Throws<JournalDamagedException>(() => Open(disk, []));
            Assert.Equal(JournalFormat.SegmentName(0), refused.File);
            Assert.InRange(refused.Offset, changed - JournalFormat.MaxRecordBytes, changed);
        }
    }

    [Fact]
    public async Task File_ThatIsShorterThanItsSegment_IsRefused()
    {
        (MemoryDisk crashed, List<Step> steps) = await CrashedAsync();
        foreach (int length in new[] { 0, 59, 60, 4095, 4096, 5000, steps[^1].End, SegmentBytes - 1, SegmentBytes + 1 })
        {
            MemoryDisk disk = crashed.Copy();
            byte[] bytes = new byte[length];
            crashed[Path].AsSpan(0, Math.Min(length, SegmentBytes)).CopyTo(bytes);
            disk[Path] = bytes;
            Assert.Equal(JournalFormat.SegmentName(0), Assert.Throws<JournalDamagedException>(() => Open(disk, [])).File);
        }
    }

    [Fact]
    public async Task OneBit_AboveTheDurableMark_DropsTheLastBatchAndNoOther()
    {
        (MemoryDisk crashed, List<Step> steps) = await CrashedAsync();
        int begin = (steps[^2].End + 7) & ~7;
        for (int at = begin; at < steps[^1].End; at++)
        {
            MemoryDisk disk = crashed.Copy();
            disk.Change(Path, bytes => bytes[at] ^= 4);
            var events = new List<LedgerEvent>();
            await using EmbeddedLedger ledger = Open(disk, events);
            await AssertHasStepsBeforeAsync(ledger, steps, steps[^2].End);
            Assert.Contains(events, told => told.Kind == LedgerEventKind.TornTailDropped && told.Message.Contains($"from offset {begin}", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task OneBit_InTheBatchBeforeTheLast_IsRefused()
    {
        (MemoryDisk crashed, List<Step> steps) = await CrashedAsync();
        for (int at = (steps[^3].End + 7) & ~7; at < steps[^2].End; at++)
        {
            MemoryDisk disk = crashed.Copy();
            disk.Change(Path, bytes => bytes[at] ^= 4);
            Assert.Equal(JournalFormat.SegmentName(0), Assert.Throws<JournalDamagedException>(() => Open(disk, [])).File);
        }
    }

    private static EmbeddedLedger Open(MemoryDisk disk, List<LedgerEvent> events)
    {
        var options = new EmbeddedLedgerOptions { DataDirectory = Folder, MaxTrades = 1000, SegmentBytes = SegmentBytes, CommandRingCapacity = 16 };
        return EmbeddedLedger.Open(
            options, ThreadScheduler.Instance, new FakeTimeProvider(Now), new GatewayMetrics("test"), events.Add, disk, new DictionaryIndexFactory());
    }

    /// <summary>A ledger in the middle of its work: on a clock that stands still no idle batch names the last one.</summary>
    private static async Task<(MemoryDisk Disk, List<Step> Steps)> CrashedAsync()
    {
        var disk = new MemoryDisk();
        await using EmbeddedLedger ledger = Open(disk, []);
        List<Step> steps = await WorkAsync(ledger, disk);
        return (disk.Copy(), steps);
    }

    private static async Task<(MemoryDisk Disk, int End)> StoppedAsync()
    {
        var disk = new MemoryDisk();
        await using (EmbeddedLedger ledger = Open(disk, []))
        {
            await WorkAsync(ledger, disk);
        }
        return (disk, End(disk));
    }

    private static async Task<List<Step>> WorkAsync(EmbeddedLedger ledger, MemoryDisk disk)
    {
        var steps = new List<Step>();
        for (int i = 0; i < 12; i++)
        {
            Trade trade = Trades.New(ledger, $"R{i}", $"T{i}");
            Assert.True((await ledger.ClaimAsync(trade)).IsWon);
            steps.Add(new Step(trade, IsResult: false, End(disk)));
            if (i % 3 != 0)
            {
                Assert.Equal(CompleteState.Recorded, await ledger.CompleteAsync(trade.Ended(ledger, Now.ToUnixTimeMilliseconds())));
                steps.Add(new Step(trade, IsResult: true, End(disk)));
                continue;
            }
            Cancellation cancel = Cancels.New(ledger, trade, $"U{i}");
            Assert.True((await ledger.Cancels.ClaimAsync(cancel)).IsWon);
            steps.Add(new Step(trade, IsResult: false, End(disk)) { Cancel = cancel });
            if (i % 2 == 1)
            {
                await ledger.Cancels.SettleAsync(cancel.Ended(ledger, Now.ToUnixTimeMilliseconds(), RespCode.NetworkError));
                steps.Add(new Step(trade, IsResult: true, End(disk)) { Cancel = cancel });
            }
        }
        return steps;
    }

    /// <summary>Behind the last byte that is not zero.</summary>
    private static int End(MemoryDisk disk) => disk[Path].AsSpan().LastIndexOfAnyExcept((byte)0) + 1;

    /// <returns>The end of the last step that must be there.</returns>
    private static async Task<int> AssertHasStepsBeforeAsync(EmbeddedLedger ledger, List<Step> steps, int cut)
    {
        List<Step> kept = steps.FindAll(step => step.End <= cut);
        var found = new Trade();
        foreach (Step wish in steps.Where(step => step.Cancel is not null && !step.IsResult))
        {
            var cancel = new Cancellation();
            Assert.Equal(kept.Contains(wish), await ledger.Cancels.FindAsync(wish.Cancel!.CancelNo, cancel));
            Assert.Equal(kept.Exists(end => end.IsResult && end.Cancel == wish.Cancel), cancel.IsFinal);
        }
        foreach (Step step in steps.Where(step => step.Cancel is null && !step.IsResult))
        {
            bool isKept = kept.Contains(step);
            Assert.Equal(isKept, await ledger.FindAsync(step.Trade.TradeNo, found));
            if (isKept)
            {
                bool isFinal = kept.Exists(result => result.IsResult && result.Cancel is null && result.Trade == step.Trade);
                Assert.Equal(isFinal ? TradeStatus.Success : TradeStatus.Pending, found.Status);
                Assert.Equal(step.Trade.Amount, found.Amount);
                Assert.True(!isFinal || found.Answer.Signature.SequenceEqual(step.Trade.Answer.Signature));
            }
        }
        return kept[^1].End;
    }

    /// <summary>A claim or a result, of a trade or of a wish to cancel it, and where the journal ended after it.</summary>
    private sealed record Step(Trade Trade, bool IsResult, int End)
    {
        internal Cancellation? Cancel { get; init; }
    }
}
