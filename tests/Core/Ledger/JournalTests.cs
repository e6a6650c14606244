using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Ledger;

/// <summary>What recovery makes of a journal that was cut, bent or robbed.</summary>
public sealed class JournalTests
{
    private const int SmallSegment = EmbeddedLedgerOptions.MinSegmentBytes;

    [Fact]
    public async Task Recovery_TailCutAtEveryByteOfTheLastBatch_DropsItAndKeepsTheRest()
    {
        await using var bench = new LedgerBench(segmentBytes: SmallSegment);
        Trade kept, lost;
        byte[] before, after;
        string path = Path.Combine(bench.Journal, JournalFormat.SegmentName(0));
        LedgerBench crashed;
        await using (EmbeddedLedger ledger = bench.Open())
        {
            kept = await Won(ledger, "R1", "T1");
            before = ReadWhole(path);
            lost = await Won(ledger, "R2", "T2");
            after = ReadWhole(path);
            crashed = bench.Crash();
        }
        int begin = before.AsSpan().CommonPrefixLength(after);
        int end = after.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
        Assert.InRange(end - begin, 100, 1000);
        await using LedgerBench cut = crashed;
        string cutPath = Path.Combine(cut.Journal, JournalFormat.SegmentName(0));
        for (int length = begin; length < end; length++)
        {
            byte[] torn = [.. after];
            torn.AsSpan(length).Clear();
            File.WriteAllBytes(cutPath, torn);
            cut.Events.Clear();
            JournalReport report = JournalVerifier.Verify(cut.Directory);
            Assert.True(report.IsClean, report.Damage?.ToString());
            OpenedJournal opened = JournalRecovery.Open(FileStorage.Instance, cut.Journal, isWritable: true);
            using (opened.Segments)
            {
                var book = new Book(new DictionaryBookIndex(), 1000);
                var start = new JournalPosition(JournalFormat.HeaderBlockBytes, 1, opened.LedgerId);
                ScanResult scan = new JournalScanner(opened.Segments, opened.Numbers, book, []).Scan(start, opened.LedgerId);
                Assert.Equal(1, book.Trades);
                Assert.Equal(report.TornTailBytes, scan.TornBytes);
                JournalRecovery.DropTail(FileStorage.Instance, cut.Journal, opened, scan);
            }
            Assert.Equal(0, JournalVerifier.Verify(cut.Directory).TornTailBytes);
        }
        await using EmbeddedLedger recovered = cut.Open();
        Assert.Equal([kept.TradeNo], await recovered.PendingAsync());
        Assert.True((await recovered.ClaimAsync(lost)).IsWon);
    }

    [Fact]
    public async Task Recovery_OneBitBelowTheDurableMark_IsRefusedWithFileAndOffset()
    {
        await using var bench = new LedgerBench(segmentBytes: SmallSegment);
        await using (EmbeddedLedger ledger = bench.Open())
        {
            for (int i = 0; i < 5; i++)
            {
                await Won(ledger, $"R{i}", $"T{i}");
            }
        }
        string path = Path.Combine(bench.Journal, JournalFormat.SegmentName(0));
        byte[] whole = ReadWhole(path);
        long durable = JournalVerifier.Verify(bench.Directory).DurableSequence;
        int end = DurableEnd(whole, durable);
        var random = new Random(17);
        for (int i = 0; i < 1000; i++)
        {
            int at = random.Next(JournalFormat.HeaderBlockBytes, end);
            byte[] bent = [.. whole];
            bent[at] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(path, bent);
            JournalReport report = JournalVerifier.Verify(bench.Directory);
            Assert.False(report.IsClean, $"a bit at {at} went unnoticed");
            Assert.Equal(JournalFormat.SegmentName(0), report.Damage!.File);
            Assert.InRange(report.Damage.Offset, at - JournalFormat.MaxRecordBytes, at);
        }
        JournalDamagedException refused = Assert.Throws<JournalDamagedException>(bench.Open);
        Assert.Equal(JournalFormat.SegmentName(0), refused.File);
        Assert.True(refused.Offset >= JournalFormat.HeaderBlockBytes);
        File.WriteAllBytes(path, whole);
        await using EmbeddedLedger again = bench.Open();
        Assert.Equal(5, (await again.PendingAsync()).Count);
    }

    [Fact]
    public async Task Journal_ThatIsIdle_NamesItsLastRecordAsDurable()
    {
        await using var bench = new LedgerBench(segmentBytes: SmallSegment) { Time = TimeProvider.System };
        await using EmbeddedLedger ledger = bench.Open();
        await Won(ledger, "R1", "T1");
        JournalReport report = JournalVerifier.Verify(bench.Directory);
        for (int i = 0; report.DurableSequence < report.LastSequence - 1 && i < 6_000; i++)
        {
            await Task.Delay(5);
            report = JournalVerifier.Verify(bench.Directory);
        }
        Assert.Equal(1, report.Records["ACCEPTED"]);
        Assert.Equal(report.LastSequence - 1, report.DurableSequence);
    }

    [Fact]
    public async Task Recovery_SwappedSectors_AreRefused()
    {
        await using var bench = new LedgerBench(segmentBytes: SmallSegment);
        await using (EmbeddedLedger ledger = bench.Open())
        {
            for (int i = 0; i < 8; i++)
            {
                await Won(ledger, $"R{i}", $"T{i}");
            }
        }
        string path = Path.Combine(bench.Journal, JournalFormat.SegmentName(0));
        byte[] bytes = ReadWhole(path);
        byte[] sector = bytes.AsSpan(4096, 512).ToArray();
        bytes.AsSpan(4608, 512).CopyTo(bytes.AsSpan(4096));
        sector.CopyTo(bytes.AsSpan(4608));
        File.WriteAllBytes(path, bytes);
        Assert.Throws<JournalDamagedException>(bench.Open);
    }

    [Fact]
    public async Task Segments_RollAndAreReadAcrossRestarts()
    {
        await using var bench = new LedgerBench(segmentBytes: SmallSegment);
        var trades = new List<Trade>();
        for (int run = 0; run < 3; run++)
        {
            await using EmbeddedLedger ledger = bench.Open();
            for (int i = 0; i < 40; i++)
            {
                Trade trade = await Won(ledger, $"R{run}-{i}", $"T{run}-{i}");
                Assert.Equal(CompleteState.Recorded, await ledger.CompleteAsync(trade.Ended(ledger, bench.NowMs, signatureLength: 512)));
                trades.Add(trade);
            }
        }
        Assert.InRange(Directory.GetFiles(bench.Journal, "*.seg").Length, 8, 40);
        JournalReport report = JournalVerifier.Verify(bench.Directory);
        Assert.True(report.IsClean, report.Damage?.ToString());
        Assert.Equal(120, report.Records["ACCEPTED"]);
        Assert.Equal(120, report.Records["RESULT"]);
        Assert.Equal(report.Segments - 1, report.Records["SEAL"]);
        await using EmbeddedLedger last = bench.Open();
        var found = new Trade();
        foreach (Trade trade in trades)
        {
            Assert.True(await last.FindAsync(trade.TradeNo, found));
            Trades.AssertSame(trade, found);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Recovery_MissingSegment_IsRefused(int whichFromTheEnd)
    {
        await using var bench = new LedgerBench(segmentBytes: SmallSegment);
        await using (EmbeddedLedger ledger = bench.Open())
        {
            for (int i = 0; i < 150; i++)
            {
                await Won(ledger, $"R{i}", $"T{i}");
            }
        }
        string[] segments = [.. Directory.GetFiles(bench.Journal, "*.seg").Order()];
        Assert.InRange(segments.Length, 3, 20);
        File.Delete(segments[^(whichFromTheEnd + 1)]);
        JournalDamagedException refused = Assert.Throws<JournalDamagedException>(bench.Open);
        Assert.Contains("missing", refused.Message, StringComparison.Ordinal);
        Assert.False(JournalVerifier.Verify(bench.Directory).IsClean);
    }

    [Fact]
    public async Task Recovery_EmptyJournalFolderWithAManifest_IsRefused()
    {
        await using var bench = new LedgerBench();
        await using (EmbeddedLedger ledger = bench.Open())
        {
            await Won(ledger, "R1", "T1");
        }
        Directory.Delete(bench.Journal, recursive: true);
        Assert.Throws<JournalDamagedException>(bench.Open);
    }

    [Fact]
    public async Task Recovery_RollCutShortBeforeTheSeal_GoesOnInTheOldSegment()
    {
        await using var bench = new LedgerBench(segmentBytes: SmallSegment);
        await using (EmbeddedLedger ledger = bench.Open())
        {
            await Won(ledger, "R1", "T1");
        }
        JournalReport report = JournalVerifier.Verify(bench.Directory);
        OpenedJournal opened = JournalRecovery.Open(FileStorage.Instance, bench.Journal, isWritable: true);
        opened.Segments.Dispose();
        byte[] next = new byte[SmallSegment];
        JournalFormat.WriteSegmentHeader(
            next, new SegmentHeader(SmallSegment, opened.LedgerId, 1, report.LastSequence + 3, 99, report.LastSequence));
        File.WriteAllBytes(Path.Combine(bench.Journal, JournalFormat.SegmentName(1)), next);
        await using EmbeddedLedger again = bench.Open();
        Assert.Single(await again.PendingAsync());
        Assert.False(File.Exists(Path.Combine(bench.Journal, JournalFormat.SegmentName(1))));
    }

    [Fact]
    public async Task Crash_WhileRunning_KeepsEveryAcknowledgedResult()
    {
        await using var bench = new LedgerBench(isFaster: true, segmentBytes: SmallSegment);
        await using EmbeddedLedger ledger = bench.Open();
        var acknowledged = new List<Trade>();
        for (int round = 0; round < 4; round++)
        {
            Trade[] trades = [.. Enumerable.Range(0, 25).Select(i => Trades.New(ledger, $"R{round}-{i}", $"T{round}-{i}"))];
            await Task.WhenAll(trades.Select(async trade =>
            {
                Assert.True((await ledger.ClaimAsync(trade)).IsWon);
                Assert.Equal(CompleteState.Recorded, await ledger.CompleteAsync(trade.Ended(ledger, bench.NowMs)));
            }));
            acknowledged.AddRange(trades);
            await using LedgerBench crashed = bench.Crash();
            for (int starts = 0; starts < 2; starts++)
            {
                await using EmbeddedLedger recovered = crashed.Open();
                Assert.True(recovered.NextNo() > ledger.NextNo());
                foreach (Trade trade in acknowledged)
                {
                    var found = new Trade();
                    Assert.Equal(
                        ReqIdState.Replay,
                        await recovered.RecallAsync(trade.InstId, trade.ReqId.Span.ToArray(), trade.Fingerprint, found));
                    Trades.AssertSame(trade, found);
                }
            }
        }
    }

    private static async Task<Trade> Won(EmbeddedLedger ledger, string reqId, string orderNo)
    {
        Trade trade = Trades.New(ledger, reqId, orderNo);
        Assert.True((await ledger.ClaimAsync(trade)).IsWon);
        return trade;
    }

    private static byte[] ReadWhole(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Where the first record above the durable mark begins.</summary>
    private static int DurableEnd(byte[] segment, long durable)
    {
        int at = JournalFormat.HeaderBlockBytes;
        while (JournalFormat.ReadRecord(segment.AsSpan(at), out RecordHeader header) == RecordDefect.None && header.Sequence <= durable)
        {
            at += header.RecordBytes;
        }
        return at;
    }
}
