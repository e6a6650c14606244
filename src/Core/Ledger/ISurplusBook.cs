using HotPath.Core.Model;

namespace HotPath.Core.Ledger;

/// <summary>Money too much (长款), and what became of it. Part of <see cref="ILedger"/>, with its promises.</summary>
public interface ISurplusBook
{
    /// <summary>So long after a confirmed reversal a restart still finds the trade, on journal time: while the gateway is away it stands still.</summary>
    // The second look is 2 min after it with a settle window of 15 s, and 25 min with one of 10 min, the longest there is: this leaves it time when the
    // channel does not answer.
    static readonly TimeSpan ReversedLife = TimeSpan.FromMinutes(30);

    /// <summary>
    /// Records that a trade which is FAILED or CANCELLED was executed all the same, and under which number it is given back, once for a trade:
    /// <see cref="ClaimState.Won"/>, or <see cref="ClaimState.Replay"/> with the number recorded before. Nothing may be sent before.
    /// </summary>
    ValueTask<Claim> RecordAsync(Surplus surplus);

    /// <summary>Records how giving it back ended, if it has not ended.</summary>
    ValueTask<CompleteState> SettleAsync(Surplus surplus);

    /// <summary>Fills <paramref name="into"/> with the one whose money goes back under this number; false when there is none.</summary>
    ValueTask<bool> FindAsync(TradeNo refundId, Surplus into);

    /// <summary>Every one whose money is not back, oldest first.</summary>
    ValueTask<IReadOnlyList<TradeNo>> PendingAsync();

    /// <summary>
    /// The trades that ended by a confirmed reversal within <see cref="ReversedLife"/> (<see cref="Trade.WasReversed"/>), oldest first: whether their channel
    /// keeps its word is looked at again, also after a restart.
    /// </summary>
    ValueTask<IReadOnlyList<TradeNo>> ReversedAsync();
}
