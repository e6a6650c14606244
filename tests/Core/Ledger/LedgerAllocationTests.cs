using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Tests.Allocation;
using Xunit;
using Xunit.Abstractions;

namespace HotPath.Core.Tests.Ledger;

/// <summary>What a payment costs through the port. Allocated bytes fail the build; times are only told.</summary>
[Collection(nameof(LedgerAllocationTests))]
[CollectionDefinition(nameof(LedgerAllocationTests), DisableParallelization = true)]
public sealed class LedgerAllocationTests(ITestOutputHelper output)
{
    private const int Callers = 256;

    [Fact]
    public async Task Payment_ClaimRecallComplete_AllocatesNothingInSteadyState()
    {
        await using var bench = new LedgerBench(isFaster: true, segmentBytes: 64 * 1024 * 1024) { Time = TimeProvider.System, MaxTrades = 1_000_000 };
        await using EmbeddedLedger ledger = bench.Open();
        Caller[] callers = [.. Enumerable.Range(0, Callers).Select(i => new Caller(ledger, i))];
        long perPayment = await Allocated.LeastPerCallAsync(100 * Callers, () => Run(callers, 100));
        output.WriteLine($"{perPayment} B a payment");
        Assert.InRange(perPayment, 0, 16);
    }

    private static Task Run(Caller[] callers, int payments) => Task.WhenAll(callers.Select(caller => caller.Pay(payments)));

    /// <summary>Pays one after the other with the same trade object, as a pooled request does.</summary>
    private sealed class Caller(EmbeddedLedger ledger, int number)
    {
        private readonly Trade _trade = Trades.New(ledger, "R", "T");
        private readonly Trade _found = new();
        private readonly byte[] _reqId = new byte[24];
        private readonly byte[] _signature = Trades.Signature(new TradeNo(1, 1), 256);
        private int _count;

        internal async Task Pay(int payments)
        {
            for (int i = 0; i < payments; i++)
            {
                Next();
                if (await ledger.RecallAsync(_trade.InstId, _reqId, _trade.Fingerprint, _found) != ReqIdState.Free ||
                    !(await ledger.ClaimAsync(_trade)).IsWon)
                {
                    throw new InvalidOperationException("the claim was not free");
                }
                _trade.Status = TradeStatus.Success;
                _trade.FinalAtMs = _trade.AcceptedAtMs;
                _trade.Answer.RespId = ledger.NextNo();
                _trade.Answer.SetSignature(_signature);
                if (await ledger.CompleteAsync(_trade) != CompleteState.Recorded || !await ledger.FindAsync(_trade.TradeNo, _found))
                {
                    throw new InvalidOperationException("the result was not recorded");
                }
            }
        }

        private void Next()
        {
            _count++;
            _trade.TradeNo = ledger.NextNo();
            _trade.AcceptedAtMs = _trade.TradeNo.UnixMs;
            number.TryFormat(_reqId.AsSpan(0, 12), out _, "D12");
            _count.TryFormat(_reqId.AsSpan(12), out _, "D12");
            _trade.ReqId.Set(_reqId);
            _trade.OrderNo.Set(_reqId);
            _trade.Fingerprint = new Digest((ulong)number, (ulong)_count, 1, 1);
        }
    }
}
