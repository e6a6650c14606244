using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Ledger;

#pragma warning disable CA1001 // xunit ends it through IAsyncLifetime.

/// <summary>
/// F19, a disk that is full: new payments are refused before anything is written, what was accepted still ends, nothing stops, and service is
/// back by itself when there is room.
/// </summary>
public sealed class DiskFullTests : IAsyncLifetime
{
    private const long Mib = 1024 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TroubledDisk _disk = new();
    private readonly LedgerBench _bench;

    public DiskFullTests() => _bench = new LedgerBench { Storage = _disk };

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _bench.DisposeAsync().AsTask();

    [Fact]
    public async Task NoNextSegment_ClaimsAreRefused_ResultsAreRecorded_AndServiceComesBackWithoutARestart()
    {
        await using EmbeddedLedger ledger = _bench.Open();
        _disk.IsFull = true;
        List<Trade> won = await ClaimUntilRefused(ledger, leaveOpen: 40);
        Assert.True(ledger.IsReady);
        Assert.True(_bench.Told(LedgerEventKind.DiskFull));
        int before = _disk.Writes;
        Assert.Equal(ClaimState.DiskFull, (await ledger.ClaimAsync(Trades.New(ledger, "new", "new"))).State);
        Assert.Equal(before, _disk.Writes);

        // Known ones get their true answer, and everything under way ends.
        Trade open = won[0];
        Assert.Equal(ClaimState.InFlight, (await ledger.ClaimAsync(Trades.New(ledger, open.ReqId.ToString(), open.OrderNo.ToString()))).State);
        Assert.Equal(ClaimState.OrderExists, (await ledger.ClaimAsync(Trades.New(ledger, "other", open.OrderNo.ToString()))).State);
        foreach (Trade trade in won.Where(trade => !trade.IsFinal))
        {
            Assert.Equal(CompleteState.Recorded, await ledger.CompleteAsync(trade.Ended(ledger, _bench.NowMs, signatureLength: 512)));
        }
        Assert.Empty(Directory.GetFiles(_bench.Journal, "*.prep"));

        _disk.IsFull = false;
        await UntilClaimed(ledger, "back");
        Assert.Equal(1, Count(LedgerEventKind.DiskFull));
        Assert.Equal(1, Count(LedgerEventKind.DiskHasRoom));
        foreach (Trade trade in won)
        {
            var found = new Trade();
            Assert.True(await ledger.FindAsync(trade.TradeNo, found));
            Trades.AssertSame(trade, found);
        }
    }

    [Fact]
    public async Task NoNextSegment_ForHours_CeilingsLeaveTheRoomOfResults_AndNumbersDoNotEnd()
    {
        await using EmbeddedLedger ledger = _bench.Open();
        _disk.IsFull = true;
        List<Trade> won = await ClaimUntilRefused(ledger, leaveOpen: 40);
        for (int i = 0; i < 300; i++)
        {
            _bench.Clock.Advance(TimeSpan.FromSeconds(5));
            Assert.Equal(40, (await ledger.PendingAsync()).Count);
        }
        TradeNo last = ledger.NextNo();
        foreach (Trade trade in won.Where(trade => !trade.IsFinal))
        {
            Assert.Equal(CompleteState.Recorded, await ledger.CompleteAsync(trade.Ended(ledger, _bench.NowMs, signatureLength: 512)));
        }
        Assert.True(ledger.NextNo() > last);
        Assert.True(ledger.IsReady);
    }

    [Fact]
    public async Task JournalAtItsVeryEnd_MoreResultsThanItKeepsRoomFor_WaitAndAreRecordedWhenThereIsRoom()
    {
        await using EmbeddedLedger ledger = _bench.Open();
        _disk.IsFull = true;
        List<Trade> open = await ClaimUntilRefused(ledger, leaveOpen: int.MaxValue);
        var waiting = new List<Trade>();
        foreach (Trade trade in open)
        {
            CompleteState state = await ledger.CompleteAsync(trade.Ended(ledger, _bench.NowMs, signatureLength: 512));
            Assert.Contains(state, new[] { CompleteState.Recorded, CompleteState.Unavailable });
            waiting.AddRange(state == CompleteState.Unavailable ? [trade] : Array.Empty<Trade>());
        }
        Assert.NotEmpty(waiting);
        Assert.InRange(open.Count - waiting.Count, 60, open.Count);

        // Nothing can be written at all: still nobody hangs, nothing stops, and what is there is answered.
        _bench.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(waiting.Count, (await ledger.PendingAsync()).Count);
        Assert.True(await ledger.FindAsync(open[0].TradeNo, new Trade()));
        Assert.Equal(ClaimState.DiskFull, (await ledger.ClaimAsync(Trades.New(ledger, "new", "new"))).State);
        Assert.True(ledger.IsReady);

        _disk.IsFull = false;
        await UntilClaimed(ledger, "back");
        foreach (Trade trade in waiting)
        {
            Assert.Equal(CompleteState.Recorded, await ledger.CompleteAsync(trade));
        }
        Assert.True(JournalVerifier.Verify(_bench.Directory).IsClean);
    }

    [Theory]
    [InlineData(255 * Mib, long.MaxValue)]
    [InlineData(long.MaxValue, 99)]
    public async Task LittleRoom_ClaimsAreRefusedBeforeAnythingFails_AndTakenAgainWithSomeMore(long bytes, long files)
    {
        await using EmbeddedLedger ledger = _bench.Open();
        await UntilClaimed(ledger, "before");
        _disk.Left = new DiskRoom(bytes, files);
        await LookAgain(ledger, ClaimState.DiskFull);
        Assert.Equal(ReqIdState.InFlight, await ledger.RecallAsync(Trades.Cn, Trades.Bytes("before"), Digest.Of(Trades.Bytes("before")), new Trade()));

        // A little above the mark is not enough to come back.
        _disk.Left = new DiskRoom(300 * Mib, 200);
        await LookAgain(ledger, ClaimState.DiskFull);
        _disk.Left = new DiskRoom(321 * Mib, 200);
        await LookAgain(ledger, ClaimState.Won);
        Assert.Equal(1, Count(LedgerEventKind.DiskFull));
        Assert.Equal(1, Count(LedgerEventKind.DiskHasRoom));
    }

    [Fact]
    public async Task LittleRoomAtTheStart_TheFirstClaimIsRefused_AndKnownTradesAreAnswered()
    {
        await using (EmbeddedLedger ledger = _bench.Open())
        {
            await UntilClaimed(ledger, "before");
        }
        _disk.Left = new DiskRoom(Mib, 1000);
        _disk.IsFull = true;
        await using EmbeddedLedger again = _bench.Open();
        Assert.Equal(ClaimState.DiskFull, (await again.ClaimAsync(Trades.New(again, "new", "new"))).State);
        Assert.Equal(ClaimState.InFlight, (await again.ClaimAsync(Trades.New(again, "before", "before"))).State);
    }

    [Fact]
    public async Task NextSegment_IsNotTriedWhereItWouldTakeTheIndexsRoom()
    {
        await using EmbeddedLedger ledger = _bench.Open();
        _disk.Left = new DiskRoom(128 * Mib, 1000);
        await LookAgain(ledger, ClaimState.DiskFull);
        var preparer = new SegmentPreparer(_disk, Runtime.ThreadScheduler.Instance, _bench.Time, _bench.Journal, _bench.SegmentBytes, 128 * Mib);
        Assert.False(preparer.TryEnsure());
        Assert.Contains("must stay", preparer.WhyNot, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_bench.Journal, "*.prep"));
        preparer.Dispose();
    }

    [Fact]
    public void NextSegmentThatBecomesReadyAtTheVeryEnd_TakesClaimsOnlyOnceTheJournalHasRolled_AndThenWithoutOneMore()
    {
        _disk.CreateDirectory(_bench.Journal);
        IJournalFile first = _disk.Create(Path.Combine(_bench.Journal, JournalFormat.SegmentName(0)));
        first.WriteAt(new byte[_bench.SegmentBytes], 0);
        using var segments = new JournalSegments(_bench.SegmentBytes, 0, [first]);
        using var preparer = new SegmentPreparer(_disk, Runtime.ThreadScheduler.Instance, _bench.Time, _bench.Journal, _bench.SegmentBytes, leaveBytes: 0);
        var journal = new JournalWriter(segments, preparer, ledgerId: 1, new JournalPosition(JournalFormat.HeaderBlockBytes, 1, 1), timeMs: 0);
        _disk.IsFull = true;
        Assert.False(preparer.TryEnsure());
        while (!journal.IsFull)
        {
            journal.Append(RecordType.Ceiling, new byte[JournalFormat.MaxPayloadBytes]);
            journal.Commit(_bench.NowMs);
        }
        Assert.False(journal.TakesClaims(pending: 0));

        // The background comes between the ledger thread's look for room and a claim.
        _disk.IsFull = false;
        preparer.Execute();
        Assert.False(journal.TakesClaims(pending: 0), "a claim would be written over the end of the segment");

        _disk.IsFull = true;
        Assert.True(journal.TryEnsureRoom());
        Assert.True(journal.TakesClaims(pending: 0), "the segment is empty");
    }

    [Fact]
    public async Task HalfASegmentFromAnEarlierRun_IsRemovedAtTheStart()
    {
        await using (EmbeddedLedger ledger = _bench.Open())
        {
            await UntilClaimed(ledger, "before");
        }
        string leftover = Path.Combine(_bench.Journal, "next" + SegmentPreparer.PreparedSuffix);
        await File.WriteAllBytesAsync(leftover, new byte[1000]);
        await using EmbeddedLedger again = _bench.Open();
        Assert.False(File.Exists(leftover));
    }

    [Theory]
    [InlineData("journal-0000000000.seg")]
    [InlineData("journal-0000000001.seg")]
    public async Task Start_OnAJournalThatCannotBeRead_IsRefusedWithFileAndOffset(string unreadable)
    {
        await using (EmbeddedLedger ledger = _bench.Open())
        {
            for (int i = 0; !File.Exists(Path.Combine(_bench.Journal, "journal-0000000001.seg")); i++)
            {
                await ledger.ClaimAsync(Trades.New(ledger, $"R{i}", $"T{i}"));
            }
        }
        _disk.Unreadable = unreadable;
        JournalDamagedException refused = Assert.Throws<JournalDamagedException>(_bench.Open);
        Assert.Equal((unreadable, 0), (refused.File, refused.Offset));
        Assert.Contains("Input/output error", refused.Message, StringComparison.Ordinal);
        Assert.Equal(unreadable, JournalVerifier.Verify(_bench.Directory, _disk).Damage?.File);
        _disk.Unreadable = null;
        await _bench.Open().DisposeAsync();
    }

    [Fact]
    public async Task Start_WithAPageThatCannotBeRead_NamesThePage()
    {
        await using (EmbeddedLedger ledger = _bench.Open())
        {
            await UntilClaimed(ledger, "before");
        }
        // One page of the segment is bad; what is read up to it comes.
        (_disk.Unreadable, _disk.UnreadableFrom) = (".seg", 10_000);
        JournalDamagedException refused = Assert.Throws<JournalDamagedException>(_bench.Open);
        Assert.Equal(8192, refused.Offset);
    }

    /// <summary>Claims, and ends all but <paramref name="leaveOpen"/> of them, until the ledger says that the disk is full.</summary>
    private async Task<List<Trade>> ClaimUntilRefused(EmbeddedLedger ledger, int leaveOpen)
    {
        var won = new List<Trade>();
        for (int i = 0; i < 3000; i++)
        {
            Trade trade = Trades.New(ledger, $"R{i}", $"T{i}");
            Claim claim = await ledger.ClaimAsync(trade).AsTask().WaitAsync(Patience);
            if (!claim.IsWon)
            {
                Assert.Equal(ClaimState.DiskFull, claim.State);
                return won;
            }
            won.Add(trade);
            if (i >= leaveOpen)
            {
                Assert.Equal(CompleteState.Recorded, await ledger.CompleteAsync(trade.Ended(ledger, _bench.NowMs)));
            }
        }
        Assert.Fail("the disk never became full");
        return won;
    }

    private async Task UntilClaimed(EmbeddedLedger ledger, string name)
    {
        for (int i = 0; !(await ledger.ClaimAsync(Trades.New(ledger, name, name))).IsWon; i++)
        {
            Assert.True(i < 3_000, "claims are still refused");
            _bench.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10);
        }
    }

    /// <summary>Lets the disk be looked at, and tries two claims.</summary>
    private async Task LookAgain(EmbeddedLedger ledger, ClaimState expected)
    {
        _bench.Clock.Advance(TimeSpan.FromSeconds(1));
        string name = Guid.NewGuid().ToString("N");
        Assert.Equal(expected, (await ledger.ClaimAsync(Trades.New(ledger, name, name))).State);
    }

    private int Count(LedgerEventKind kind)
    {
        lock (_bench.Events)
        {
            return _bench.Events.Count(told => told.Kind == kind);
        }
    }
}
