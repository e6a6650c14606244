using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Runtime;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HotPath.Core.Tests.Ledger;

#pragma warning disable CA1001 // xunit ends it through IAsyncLifetime.

public sealed class ChangeFeedTests : IAsyncLifetime
{
    private readonly LedgerBench _bench = new(segmentBytes: 16 * 1024);
    private readonly SteppedScheduler _scheduler = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _bench.DisposeAsync().AsTask();

    [Fact]
    public async Task EveryChange_IsShownOnceAndWhole_InTheOrderOfTheJournal_OverManySegments()
    {
        EmbeddedLedger ledger = _bench.Open();
        var expected = new List<string>();
        var trades = new List<Trade>();
        for (int i = 0; i < 100; i++)
        {
            Trade trade = await Accept(ledger, i);
            trades.Add(trade.CopyOfClaim());
            expected.Add($"accepted {trade.TradeNo} {trade.OrderNo} PENDING");
            if (i % 3 == 0)
            {
                continue;
            }
            TradeStatus status = i % 3 == 1 ? TradeStatus.Success : TradeStatus.Failed;
            await ledger.CompleteAsync(trade.Ended(ledger, _bench.NowMs, status));
            expected.Add($"ended {trade.TradeNo} {trade.OrderNo} {status} {trade.ChannelTradeNo} {trade.FinalAtMs}");
            if (status == TradeStatus.Success)
            {
                Refund refund = Refunds.New(ledger, trade, $"F{i}", 100);
                await ledger.ReserveRefundAsync(refund, trade);
                await ledger.SettleRefundAsync(refund.Ended(ledger, _bench.NowMs, 0));
                expected.Add($"refunded {refund.RefundId} {refund.RefundNo} {refund.Amount} Success {refund.FinalAtMs}");
            }
        }
        var consumer = new Recorder();
        using ChangeFeed feed = Feed(ledger, consumer);
        _scheduler.StepUntilIdle();
        Assert.Equal(expected, consumer.Seen);
        Assert.True(consumer.Position.Address > 2 * _bench.SegmentBytes);
        Assert.Equal(ledger.FeedEnd, consumer.Position.Address);
        Trades.AssertSame(trades[0], consumer.FirstTrade!);
    }

    [Fact]
    public async Task OneThatLostWhatItHadMade_IsShownEverythingAgain_AndTheOthersNothing()
    {
        EmbeddedLedger ledger = _bench.Open();
        await Accept(ledger, 0);
        await Accept(ledger, 1);
        var loses = new Recorder();
        var keeps = new Recorder();
        using ChangeFeed feed = Feed(ledger, loses, keeps);
        _scheduler.StepUntilIdle();
        Assert.Equal(2, loses.Seen.Count);
        loses.LosesAll = true;
        await Accept(ledger, 2);
        _scheduler.StepUntilIdle();
        _bench.Clock.Advance(TimeSpan.FromSeconds(2));
        _scheduler.StepUntilIdle();
        Assert.Equal(3, keeps.Seen.Count);
        Assert.Equal([.. keeps.Seen.Take(2), .. keeps.Seen], loses.Seen);
        Assert.Equal(ledger.FeedEnd, loses.Position.Address);
    }

    [Fact]
    public async Task Restarted_ItGoesOnWhereEachConsumerHadCome_AndWhoIsAheadSeesNothingTwice()
    {
        var ahead = new Recorder();
        var behind = new Recorder();
        await using (EmbeddedLedger ledger = _bench.Open())
        {
            for (int i = 0; i < 30; i++)
            {
                await Accept(ledger, i);
                if (i is 9 or 19)
                {
                    using ChangeFeed feed = i == 9 ? Feed(ledger, ahead, behind) : Feed(ledger, ahead);
                    _scheduler.StepUntilIdle();
                }
            }
        }
        EmbeddedLedger again = _bench.Open();
        using ChangeFeed both = Feed(again, ahead, behind);
        _scheduler.StepUntilIdle();
        Assert.Equal(30, ahead.Seen.Count);
        Assert.Equal(ahead.Seen, behind.Seen);
        Assert.Equal(ahead.Position, behind.Position);
    }

    [Fact]
    public async Task AConsumerThatFails_IsShownTheSameAgainAfterASecond_AndTheOthersGoOn()
    {
        EmbeddedLedger ledger = _bench.Open();
        var failing = new Recorder { FailsAt = 3 };
        var other = new Recorder();
        using ChangeFeed feed = Feed(ledger, failing, other);
        for (int i = 0; i < 5; i++)
        {
            await Accept(ledger, i);
        }
        _scheduler.StepUntilIdle();
        Assert.Equal(5, other.Seen.Count);
        Assert.Equal(2, failing.Seen.Count);
        Assert.Equal(default, failing.Position);

        failing.FailsAt = 0;
        _scheduler.StepUntilIdle();
        Assert.Equal(2, failing.Seen.Count);
        _bench.Clock.Advance(TimeSpan.FromSeconds(1));
        _scheduler.StepUntilIdle();
        // The portion again, from its beginning: it passes over what it has.
        Assert.Equal(7, failing.Seen.Count);
        Assert.Equal(other.Seen, failing.Seen[2..]);
        Assert.Equal(other.Position, failing.Position);
        Assert.Equal(5, other.Seen.Count);
    }

    [Fact]
    public async Task CatchUp_ReturnsWhenThisConsumerHasSeenWhatIsDurable_WhateverBecomesOfAnother()
    {
        EmbeddedLedger ledger = _bench.Open();
        var failing = new Recorder { FailsAt = 1 };
        var other = new Recorder();
        using ChangeFeed feed = Feed(ledger, failing, other);
        await Accept(ledger, 1);
        Task caughtUp = feed.CatchUpAsync(other, CancellationToken.None).AsTask();
        using var cancellation = new CancellationTokenSource();
        Task never = feed.CatchUpAsync(failing, cancellation.Token).AsTask();
        Assert.False(caughtUp.IsCompleted);
        _scheduler.StepUntilIdle();
        await caughtUp.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Single(other.Seen);
        Assert.False(never.IsCompleted);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => never);
    }

    [Fact]
    public async Task AnEndedFeed_LetsThoseGoWhoWait()
    {
        EmbeddedLedger ledger = _bench.Open();
        var consumer = new Recorder();
        ChangeFeed feed = Feed(ledger, consumer);
        await Accept(ledger, 1);
        Task waiting = feed.CatchUpAsync(consumer, CancellationToken.None).AsTask();
        feed.Dispose();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(8, 0, 0)]
    [InlineData(0, 1, 0)]
    [InlineData(1 << 20, 0, 0)]
    public async Task APlaceThatIsNoneOfThisJournal_BeginsAgain(int address, int sequence, ulong chain)
    {
        EmbeddedLedger ledger = _bench.Open();
        var consumer = new Recorder();
        using (Feed(ledger, consumer))
        {
            await Accept(ledger, 1);
            _scheduler.StepUntilIdle();
        }
        await Accept(ledger, 2);
        consumer.Position = new FeedPosition(
            consumer.Position.Address + address, consumer.Position.NextSequence + sequence, consumer.Position.Chain + chain);
        consumer.Seen.Clear();
        using ChangeFeed feed = Feed(ledger, consumer);
        _scheduler.StepUntilIdle();
        Assert.Equal(1, consumer.Beginnings);
        Assert.Equal(2, consumer.Seen.Count);
        Assert.Equal(ledger.FeedEnd, consumer.Position.Address);
    }

    [Fact]
    public async Task DamageAfterWhatWasRead_IsNoReasonToBeginAgain_AndNothingBehindItIsShown()
    {
        EmbeddedLedger ledger = _bench.Open();
        var consumer = new Recorder();
        using ChangeFeed feed = Feed(ledger, consumer);
        await Accept(ledger, 1);
        _scheduler.StepUntilIdle();
        FeedPosition before = consumer.Position;
        await Accept(ledger, 2);
        using (FileStream segment = File.Open(Path.Combine(_bench.Journal, "journal-0000000000.seg"), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            segment.Position = before.Address + 100;
            int bent = segment.ReadByte() ^ 1;
            segment.Position--;
            segment.WriteByte((byte)bent);
        }
        _scheduler.StepUntilIdle();
        _bench.Clock.Advance(TimeSpan.FromSeconds(2));
        _scheduler.StepUntilIdle();
        Assert.Equal(0, consumer.Beginnings);
        Assert.Equal(before, consumer.Position);
        Assert.Single(consumer.Seen);
    }

    [Fact]
    public async Task OneThatHasTheWholeJournalBeforeIt_KeepsNobodyWaiting_AndTheyMeetAgain()
    {
        EmbeddedLedger ledger = _bench.Open();
        var ahead = new Recorder();
        // Over a portion of 1 MiB.
        foreach (int[] some in Enumerable.Range(0, 4_000).Chunk(200))
        {
            await Task.WhenAll(some.Select(i => Accept(ledger, i)));
        }
        using (Feed(ledger, ahead))
        {
            _scheduler.StepUntilIdle();
        }
        var behind = new Recorder();
        using ChangeFeed feed = Feed(ledger, ahead, behind);
        await Accept(ledger, 5_000);
        _scheduler.StepOnce();
        Assert.Equal(4_001, ahead.Seen.Count);
        Assert.InRange(behind.Seen.Count, 1, 3_999);
        _scheduler.StepUntilIdle();
        Assert.Equal(ahead.Seen, behind.Seen);
        Assert.Equal(ahead.Position, behind.Position);
    }

    [Fact]
    public async Task AConsumerThatHasLostWhatItMade_IsShownEverythingOnceMore_AndTheOthersNothingTwice()
    {
        EmbeddedLedger ledger = _bench.Open();
        var broken = new Recorder();
        var other = new Recorder();
        using ChangeFeed feed = Feed(ledger, broken, other);
        for (int i = 0; i < 5; i++)
        {
            await Accept(ledger, i);
        }
        _scheduler.StepUntilIdle();
        broken.WantsToBeginAgain = true;
        _scheduler.StepUntilIdle();
        Assert.Equal(1, broken.Beginnings);
        Assert.Equal([.. other.Seen, .. other.Seen], broken.Seen);
        Assert.Equal((5, other.Position), (other.Seen.Count, broken.Position));
    }

    private static async Task<Trade> Accept(EmbeddedLedger ledger, int i)
    {
        Trade trade = Trades.New(ledger, $"R{i}", $"T{i}");
        Assert.True((await ledger.ClaimAsync(trade)).IsWon);
        return trade;
    }

    private ChangeFeed Feed(EmbeddedLedger ledger, params IFeedConsumer[] consumers) =>
        new(ledger, consumers, _scheduler, _bench.Clock, NullLogger<ChangeFeed>.Instance);

    private sealed class Recorder : IFeedConsumer
    {
        private int _shown;

        public string Name => "recorder";

        public FeedPosition Position { get; set; }

        internal List<string> Seen { get; } = [];

        internal Trade? FirstTrade { get; private set; }

        internal int Beginnings { get; private set; }

        /// <summary>The how manieth change it cannot take in; 0 for none.</summary>
        internal int FailsAt { get; set; }

        /// <summary>At the next change it has lost all it was shown.</summary>
        internal bool LosesAll { get; set; }

        public void Accepted(Trade trade, long sequence)
        {
            See($"accepted {trade.TradeNo} {trade.OrderNo} {(trade.IsFinal ? "final" : "PENDING")}");
            FirstTrade ??= trade.CopyOfClaim();
        }

        public void Ended(Trade trade, long sequence) =>
            See($"ended {trade.TradeNo} {trade.OrderNo} {trade.Status} {trade.ChannelTradeNo} {trade.FinalAtMs}");

        public void Ended(Refund refund, long sequence) =>
            See($"refunded {refund.RefundId} {refund.RefundNo} {refund.Amount} {refund.Status} {refund.FinalAtMs}");

        public void Shown(FeedPosition upTo) => Position = upTo;

        public bool WantsToBeginAgain { get; set; }

        public void BeginAgain()
        {
            WantsToBeginAgain = false;
            Beginnings++;
        }

        private void See(string what)
        {
            _shown++;
            if (LosesAll)
            {
                LosesAll = false;
                throw new ShowAgainException("it is gone");
            }
            if (FailsAt > 0 && _shown >= FailsAt)
            {
                throw new IOException("no space");
            }
            Seen.Add(what);
        }
    }

    /// <summary>Workers that step when a test says so.</summary>
    private sealed class SteppedScheduler : IScheduler
    {
        private IWorkerBody? _body;

        public void Post(IThreadPoolWorkItem item) => throw new NotSupportedException();

        public void Sleep(TimeSpan time) => throw new NotSupportedException();

        public IWorker StartWorker(string name, IWorkerBody body)
        {
            _body = body;
            return new Worker();
        }

        internal void StepOnce() => _body!.Step();

        internal void StepUntilIdle()
        {
            // A pause that grows longer has seen nothing.
            var last = TimeSpan.Zero;
            for (int step = 0; step < 1_000; step++)
            {
                WorkerPause pause = _body!.Step();
                if (pause.Time > last && last > TimeSpan.Zero)
                {
                    return;
                }
                last = pause.Time;
                if (last == TimeSpan.FromMilliseconds(250))
                {
                    return;
                }
            }
            Assert.Fail("it never came to rest");
        }

        private sealed class Worker : IWorker
        {
            public void Wake()
            {
            }

            public void Dispose()
            {
            }
        }
    }
}
