using System.Diagnostics;
using System.Runtime.CompilerServices;
using HotPath.Core.Buffers;
using HotPath.Core.Ledger;
using HotPath.Core.Model;

namespace HotPath.Bench.Grow;

/// <summary>A payment as the ledger sees it: the req_id is looked up (4), the trade claimed (6), its result recorded (9).</summary>
internal sealed class GrowPayer(ILedger ledger, TradeMaker trades, LedgerWaits waits) : ICaller
{
    private readonly Trade _trade = new();
    private readonly Trade _recalled = new();
    private readonly byte[] _reqId = new byte[TradeMaker.OrderBytes];

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    public async ValueTask CallAsync(int index)
    {
        trades.Fill(_trade, index);
        trades.WriteOrder(index, _reqId);
        bool isNew = await ledger.RecallAsync(_trade.InstId, _reqId, _trade.Fingerprint, _recalled) == ReqIdState.Free;
        long claimAt = Stopwatch.GetTimestamp();
        bool isWon = isNew && (await ledger.ClaimAsync(_trade)).IsWon;
        waits.Add(claimAt);
        TradeMaker.Settle(_trade);
        long recordAt = Stopwatch.GetTimestamp();
        if (!isWon || await ledger.CompleteAsync(_trade) != CompleteState.Recorded)
        {
            throw new InvalidOperationException($"trade {index} was not new, not won or not recorded");
        }
        waits.Add(recordAt);
    }
}
