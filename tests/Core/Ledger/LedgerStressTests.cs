using System.Collections.Concurrent;
using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Ledger;

/// <summary>The hand-over to the ledger thread on real threads, with the ledger closed in the middle.</summary>
[Collection(nameof(WholeMachine))]
public sealed class LedgerStressTests
{
    private const int Callers = 6;
    private const int Rounds = 15;

    [Fact]
    public async Task Ledger_ThatClosesUnderItsCallers_AnswersEach_AndKeepsWhatWasWon()
    {
        await using var bench = new LedgerBench();
        var won = new ConcurrentBag<TradeNo>();
        var wished = new ConcurrentBag<TradeNo>();
        int answered = 0;
        for (int round = 0; round < Rounds; round++)
        {
            EmbeddedLedger ledger = bench.Open();
            using var barrier = new Barrier(Callers + 1);
            Task[] calls = [.. Enumerable.Range(0, Callers).Select(caller => Task.Factory.StartNew(
                () => Call(ledger, barrier, $"{round}-{caller}", won, wished, ref answered), TaskCreationOptions.LongRunning))];
            barrier.SignalAndWait();
            Thread.Sleep(round % 5);
            await ledger.DisposeAsync();
            // Nobody is left waiting for a ledger that is gone.
            await Task.WhenAll(calls).WaitAsync(TimeSpan.FromSeconds(20));
        }
        Assert.True(answered > won.Count);
        await using EmbeddedLedger last = bench.Open();
        foreach (TradeNo tradeNo in won)
        {
            Assert.True(await last.FindAsync(tradeNo, new Trade()));
        }
        Assert.Equal(won.Count, (await last.PendingAsync()).Count);
        Assert.NotEmpty(wished);
        Assert.Equal(wished.Order(), await last.Cancels.PendingAsync());
    }

    private static void Call(EmbeddedLedger ledger, Barrier barrier, string name, ConcurrentBag<TradeNo> won, ConcurrentBag<TradeNo> wished, ref int answered)
    {
        barrier.SignalAndWait();
        for (int i = 0; ; i++)
        {
            Claim claim;
            try
            {
                Trade trade = Trades.New(ledger, $"R{name}-{i}", $"T{name}-{i}");
                claim = ledger.ClaimAsync(trade).AsTask().GetAwaiter().GetResult();
                if (claim.IsWon)
                {
                    Interlocked.Increment(ref answered);
                    won.Add(claim.TradeNo);
                    claim = ledger.Cancels.ClaimAsync(Cancels.New(ledger, trade, $"U{name}-{i}")).AsTask().GetAwaiter().GetResult();
                }
            }
            catch (LedgerUnavailableException)
            {
                // No number was left to give.
                return;
            }
            Interlocked.Increment(ref answered);
            if (!claim.IsWon)
            {
                Assert.Equal(ClaimState.Unavailable, claim.State);
                return;
            }
            wished.Add(claim.TradeNo);
        }
    }
}
