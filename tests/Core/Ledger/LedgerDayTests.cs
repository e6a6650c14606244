using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Ledger;

/// <summary>Bad days of a ledger that each cost money once they are met for the first time.</summary>
public sealed class LedgerDayTests
{
    [Fact]
    public async Task DiskFullAtTheRoll_ThroughManyRestarts_LosesNothing_AndServesWhenThereIsSpace()
    {
        var storage = new TroubledDisk();
        await using var bench = new LedgerBench(segmentBytes: 16 * 1024) { Storage = storage };
        var won = new List<TradeNo>();
        await using (EmbeddedLedger ledger = bench.Open())
        {
            storage.IsFull = true;
            Claim claim = new(ClaimState.Won, default);
            for (int i = 0; claim.IsWon; i++)
            {
                Trade trade = Trades.New(ledger, $"R{i}", $"T{i}");
                claim = await ledger.ClaimAsync(trade);
                won.AddRange(claim.IsWon ? [trade.TradeNo] : Array.Empty<TradeNo>());
            }
            Assert.Equal(ClaimState.DiskFull, claim.State);
        }
        int refusals = 0;
        for (int restart = 0; restart < 60; restart++)
        {
            // A supervisor does this. Each start writes a little; at the very end what is left of the segment belongs to its SEAL.
            try
            {
                await using EmbeddedLedger ledger = bench.Open();
                Assert.Equal(won, await ledger.PendingAsync());
                Assert.Equal(ClaimState.DiskFull, (await ledger.ClaimAsync(Trades.New(ledger, "new", "new"))).State);
            }
            catch (IOException refused)
            {
                Assert.Contains("no room for the next", refused.Message, StringComparison.Ordinal);
                refusals++;
            }
        }
        Assert.InRange(refusals, 1, 59);
        storage.IsFull = false;
        for (int start = 0; start < 2; start++)
        {
            await using EmbeddedLedger ledger = bench.Open();
            foreach (TradeNo tradeNo in won)
            {
                Assert.True(await ledger.FindAsync(tradeNo, new Trade()));
            }
            Assert.True((await ledger.ClaimAsync(Trades.New(ledger, $"N{start}", $"N{start}"))).IsWon);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task FirstSegmentGone_IsRefused_ByTheLedgerAndByTheVerifier(bool isFaster)
    {
        await using var bench = new LedgerBench(isFaster, segmentBytes: 16 * 1024) { CheckpointEveryRecords = 200 };
        await using (EmbeddedLedger ledger = bench.Open())
        {
            for (int i = 0; i < 200; i++)
            {
                Trade trade = Trades.New(ledger, $"R{i}", $"T{i}");
                await ledger.ClaimAsync(trade);
                await ledger.CompleteAsync(trade.Ended(ledger, bench.NowMs));
            }
        }
        File.Delete(Path.Combine(bench.Journal, JournalFormat.SegmentName(0)));
        Assert.False(JournalVerifier.Verify(bench.Directory).IsClean);
        Assert.Equal(JournalFormat.SegmentName(0), Assert.Throws<JournalDamagedException>(() => bench.Open()).File);
    }

    [Fact]
    public async Task ClockADayAheadAndBack_FinalTradesKeepTheirReqIds()
    {
        await using var bench = new LedgerBench();
        await using EmbeddedLedger ledger = bench.Open();
        bench.Clock.Advance(TimeSpan.FromHours(25));
        await ledger.ClaimAsync(Trades.New(ledger, "X", "X"));
        bench.Clock.AdjustTime(bench.Clock.GetUtcNow() - TimeSpan.FromHours(25));
        Trade trade = Trades.New(ledger, "R1", "T1");
        await ledger.ClaimAsync(trade);
        await ledger.CompleteAsync(trade.Ended(ledger, bench.NowMs));

        Assert.Equal(ReqIdState.Replay, await ledger.RecallAsync(trade.InstId, Trades.Bytes("R1"), trade.Fingerprint, new Trade()));
        Assert.Equal(ClaimState.Replay, (await ledger.ClaimAsync(Trades.New(ledger, "R1", "T1"))).State);
        Assert.Equal(ClaimState.OtherContent, (await ledger.ClaimAsync(Trades.New(ledger, "R1", "T2", content: "other"))).State);
    }

    [Fact]
    public async Task PendingList_OfALedgerThatStops_IsNeverShorterThanTheTruth()
    {
        for (int i = 0; i < 10; i++)
        {
            var storage = new FailingStorage { FailsOnSync = true, FailFrom = 1 };
            await using var bench = new LedgerBench { Storage = storage };
            await using EmbeddedLedger ledger = bench.Open();
            await ledger.ClaimAsync(Trades.New(ledger, "R", "T"));
            storage.Arm();
            Task<Claim>[] claims = [.. Enumerable.Range(0, 20).Select(k => ledger.ClaimAsync(Trades.New(ledger, $"R{k}", $"T{k}")).AsTask())];
            int? listed = null;
            try
            {
                listed = (await ledger.PendingAsync()).Count;
            }
            catch (LedgerUnavailableException)
            {
                // The other right answer.
            }
            await Task.WhenAll(claims);
            Assert.True(listed is null or 1, $"{listed} listed");
        }
    }
}
