using HotPath.Core.Model;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>Wishes to cancel, money too much, and what operators did by hand.</summary>
public sealed partial class EmbeddedLedger : ICancelBook, ISurplusBook
{
    public ICancelBook Cancels => this;

    public ISurplusBook Surpluses => this;

    ValueTask<ReqIdState> ICancelBook.RecallAsync(InstId instId, ReadOnlyMemory<byte> reqId, Digest fingerprint, Cancellation into) =>
        _cancels.RecallAsync(instId, reqId, fingerprint, into);

    ValueTask<Claim> ICancelBook.ClaimAsync(Cancellation cancel, TimeSpan? atMost)
    {
        if (WhyNoClaims(out int slowSpells) is { } reason)
        {
            return new ValueTask<Claim>(new Claim(reason, default));
        }
        LedgerCommand command = Rent(CommandKind.Wish);
        command.Cancel = cancel;
        command.SlowSpells = slowSpells;
        command.CancelKeys = CancelKeys.Of(cancel);
        return ClaimedBy(command, atMost);
    }

    void ICancelBook.WhenClaimedLate(Action<TradeNo> tell) => _thread.WhenWishedLate(tell);

    ValueTask<CompleteState> ICancelBook.SettleAsync(Cancellation cancel)
    {
        if (!IsReady)
        {
            return new ValueTask<CompleteState>(CompleteState.Unavailable);
        }
        LedgerCommand command = Rent(CommandKind.SettleCancel);
        command.Cancel = cancel;
        command.CancelKeys.Cancel = IndexKey.Trade(cancel.CancelNo);
        command.CancelKeys.Trade = IndexKey.Trade(cancel.TradeNo);
        command.CancelKeys.Wishes = IndexKey.Wishes(cancel.TradeNo);
        return CompletedBy(command, null);
    }

    ValueTask<bool> ICancelBook.FindAsync(TradeNo cancelNo, Cancellation into) => _cancels.FindAsync(cancelNo, into);

    /// <exception cref="LedgerUnavailableException">The ledger is closed or stopped.</exception>
    ValueTask<IReadOnlyList<TradeNo>> ICancelBook.PendingAsync() => ListAsync(BookKind.Cancel);

    ValueTask<Claim> ISurplusBook.RecordAsync(Surplus surplus)
    {
        if (!IsReady)
        {
            return new ValueTask<Claim>(new Claim(ClaimState.Unavailable, default));
        }
        return ClaimedBy(OfSurplus(CommandKind.Surplus, surplus), null);
    }

    ValueTask<CompleteState> ISurplusBook.SettleAsync(Surplus surplus)
    {
        if (!IsReady)
        {
            return new ValueTask<CompleteState>(CompleteState.Unavailable);
        }
        return CompletedBy(OfSurplus(CommandKind.SettleSurplus, surplus), null);
    }

    ValueTask<bool> ISurplusBook.FindAsync(TradeNo refundId, Surplus into) => _surpluses.FindAsync(refundId, into);

    /// <exception cref="LedgerUnavailableException">The ledger is closed or stopped.</exception>
    ValueTask<IReadOnlyList<TradeNo>> ISurplusBook.PendingAsync() => ListAsync(BookKind.Surplus);

    /// <exception cref="LedgerUnavailableException">The ledger is closed or stopped.</exception>
    ValueTask<IReadOnlyList<TradeNo>> ISurplusBook.ReversedAsync() => ListAsync(BookKind.Reversed);

    public ValueTask<CompleteState> RecordAsync(OperatorAct act, TimeSpan? atMost = null)
    {
        if (!IsReady)
        {
            return new ValueTask<CompleteState>(CompleteState.Unavailable);
        }
        LedgerCommand command = Rent(CommandKind.Act);
        command.Act = act;
        return CompletedBy(command, atMost);
    }

    private LedgerCommand OfSurplus(CommandKind kind, Surplus surplus)
    {
        LedgerCommand command = Rent(kind);
        command.Surplus = surplus;
        command.Keys.Trade = IndexKey.Trade(surplus.RefundId);
        command.Keys.Order = IndexKey.Surplus(surplus.TradeNo);
        return command;
    }
}
