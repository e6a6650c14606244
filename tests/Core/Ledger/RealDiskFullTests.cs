using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Ledger;

/// <summary>F19 on a file system that is really full.</summary>
public sealed class RealDiskFullTests
{
    private const int SegmentBytes = 32 * 1024;
    private const int PageBytes = 4 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Where the disk becomes full is different each time: in the middle of a segment's preparation, at its end, in a manifest, at once.</summary>
    [MountFact]
    public async Task DiskFull_InStepsOfAPage_NeverHangs_AndHasEverythingAcknowledged()
    {
        using var disk = new SmallFileSystem(kib: 1024);
        for (int left = 0; left <= 3 * SegmentBytes; left += PageBytes)
        {
            await using var bench = new LedgerBench(isFaster: true, SegmentBytes) { Directory = Path.Combine(disk.Directory, $"left-{left}"), DiskReserveBytes = 0 };
            var ended = new List<Trade>();
            await using (EmbeddedLedger ledger = bench.Open())
            {
                string filler = disk.FillTo(left);
                ClaimState last = await PayUntilRefused(ledger, bench, ended, "full");
                Assert.Equal(ClaimState.DiskFull, last);
                Assert.True(ledger.IsReady);
                await AssertFound(ledger, ended);
                if (left % (2 * PageBytes) == 0)
                {
                    File.Delete(filler);
                    await UntilTaken(ledger, bench);
                    await PayUntilRefused(ledger, bench, ended, "again", atMost: 30);
                }
            }
            await using (EmbeddedLedger restarted = bench.Open())
            {
                await AssertFound(restarted, ended);
            }
            File.Delete(Path.Combine(disk.Directory, "filler"));
        }
    }

    private static async Task<ClaimState> PayUntilRefused(EmbeddedLedger ledger, LedgerBench bench, List<Trade> ended, string name, int atMost = 2000)
    {
        for (int i = 0; i < atMost; i++)
        {
            Trade trade = Trades.New(ledger, $"{name}{i}", $"{name}{i}");
            Claim claim = await ledger.ClaimAsync(trade).AsTask().WaitAsync(Patience);
            if (!claim.IsWon)
            {
                return claim.State;
            }
            Assert.Equal(CompleteState.Recorded, await ledger.CompleteAsync(trade.Ended(ledger, bench.NowMs)).AsTask().WaitAsync(Patience));
            ended.Add(trade);
        }
        return ClaimState.Won;
    }

    private static async Task UntilTaken(EmbeddedLedger ledger, LedgerBench bench)
    {
        for (int i = 0; !(await ledger.ClaimAsync(Trades.New(ledger, $"back{i}", $"back{i}")).AsTask().WaitAsync(Patience)).IsWon; i++)
        {
            Assert.True(i < 6_000, "there is room, and claims are still refused");
            bench.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5);
        }
    }

    private static async Task AssertFound(EmbeddedLedger ledger, List<Trade> trades)
    {
        var found = new Trade();
        foreach (Trade trade in trades)
        {
            Assert.True(await ledger.FindAsync(trade.TradeNo, found).AsTask().WaitAsync(Patience));
            Trades.AssertSame(trade, found);
        }
    }
}
