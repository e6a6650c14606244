using System.Runtime.CompilerServices;
using HotPath.Core.Buffers;
using HotPath.Core.Model;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>What callers read: single trades and refunds, what is PENDING, and the feed of changes.</summary>
public sealed partial class EmbeddedLedger
{
    /// <inheritdoc cref="DurableReads{T}.RecallAsync"/>
    public ValueTask<ReqIdState> RecallAsync(InstId instId, ReadOnlyMemory<byte> reqId, Digest fingerprint, Trade into) =>
        _trades.RecallAsync(instId, reqId, fingerprint, into);

    /// <inheritdoc cref="DurableReads{T}.RecallAsync"/>
    public ValueTask<bool> FindAsync(TradeNo tradeNo, Trade into) => _trades.FindAsync(tradeNo, into);

    /// <inheritdoc cref="DurableReads{T}.RecallAsync"/>
    public ValueTask<bool> FindByOrderAsync(InstId instId, ReadOnlyMemory<byte> orderNo, Trade into) =>
        _trades.FindByTextAsync(IndexKey.Order(instId, orderNo.Span), instId, orderNo, into);

    /// <inheritdoc cref="DurableReads{T}.RecallAsync"/>
    public ValueTask<ReqIdState> RecallRefundAsync(InstId instId, ReadOnlyMemory<byte> reqId, Digest fingerprint, Refund into) =>
        _refunds.RecallAsync(instId, reqId, fingerprint, into);

    /// <inheritdoc cref="DurableReads{T}.RecallAsync"/>
    public ValueTask<bool> FindRefundAsync(TradeNo refundId, Refund into) => _refunds.FindAsync(refundId, into);

    /// <inheritdoc cref="DurableReads{T}.RecallAsync"/>
    public ValueTask<bool> FindRefundByNoAsync(InstId instId, ReadOnlyMemory<byte> refundNo, Refund into) =>
        _refunds.FindByTextAsync(IndexKey.RefundNo(instId, refundNo.Span), instId, refundNo, into);

    /// <exception cref="LedgerUnavailableException">The ledger is closed or stopped.</exception>
    public ValueTask<IReadOnlyList<TradeNo>> PendingAsync() => ListAsync(BookKind.Trade);

    /// <exception cref="LedgerUnavailableException">The ledger is closed or stopped.</exception>
    public ValueTask<IReadOnlyList<TradeNo>> PendingRefundsAsync() => ListAsync(BookKind.Refund);

    private async ValueTask<IReadOnlyList<TradeNo>> ListAsync(BookKind kind)
    {
        LedgerCommand command = Rent(CommandKind.List);
        command.ListKind = kind;
        return IsReady && Enqueue(command, null)
            ? await new ValueTask<TradeNo[]?>(command, command.Version) ?? throw new LedgerUnavailableException("the ledger stopped before the list was durable")
            : throw new LedgerUnavailableException("the ledger is closed or stopped");
    }

    public long FeedEnd => _feed.End;

    public FeedPosition ReadFeed(in FeedPosition from, long before, IFeedVisitor visitor) => _feed.Read(from, before, visitor);

    /// <summary>Returns when everything the ledger thread had applied before is durable, or throws within two commits that are not slow.</summary>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    private async ValueTask FenceAsync()
    {
        LedgerCommand command = Rent(CommandKind.Fence);
        // On a stuck disk nobody joins the queue.
        bool isDurable = !_watch.IsStuck && Enqueue(command, 2 * _slowStep) && await new ValueTask<bool>(command, command.Version);
        if (!isDurable)
        {
            throw new LedgerUnavailableException("what was found did not become durable");
        }
    }
}
