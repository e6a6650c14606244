using HotPath.Core.Ledger;
using HotPath.Core.Model;

namespace HotPath.Host.Tests;

/// <summary>A ledger of which every call fails.</summary>
internal sealed class BrokenLedger(Exception failure) : ILedger
{
    public bool IsReady { get; set; } = true;

    public TimeSpan CommitTime { get; set; }

    public Task<string> Failure { get; } = new TaskCompletionSource<string>().Task;

    public ValueTask<CompleteState> RedirectAsync(Trade trade, TimeSpan? atMost = null) => throw failure;

    public ValueTask<CompleteState> RecordAsync(OperatorAct act, TimeSpan? atMost = null) => throw failure;

    public void WhenClaimedLate(Action<TradeNo> tell)
    {
    }

    public TradeNo NextNo() => new(1, 0);

    public ValueTask<ReqIdState> RecallAsync(InstId instId, ReadOnlyMemory<byte> reqId, Digest fingerprint, Trade into) => throw failure;

    public ValueTask<Claim> ClaimAsync(Trade trade, TimeSpan? atMost = null) => throw failure;

    public ValueTask<CompleteState> CompleteAsync(Trade trade, TimeSpan? atMost = null) => throw failure;

    public ValueTask<bool> FindAsync(TradeNo tradeNo, Trade into) => throw failure;

    public ValueTask<bool> FindByOrderAsync(InstId instId, ReadOnlyMemory<byte> orderNo, Trade into) => throw failure;

    public ValueTask<IReadOnlyList<TradeNo>> PendingAsync() => throw failure;

    public void WhenReservedLate(Action<TradeNo> tell)
    {
    }

    public ValueTask<ReqIdState> RecallRefundAsync(InstId instId, ReadOnlyMemory<byte> reqId, Digest fingerprint, Refund into) => throw failure;

    public ValueTask<Claim> ReserveRefundAsync(Refund refund, Trade trade, TimeSpan? atMost = null) => throw failure;

    public ValueTask<CompleteState> SettleRefundAsync(Refund refund, TimeSpan? atMost = null) => throw failure;

    public ValueTask<bool> FindRefundAsync(TradeNo refundId, Refund into) => throw failure;

    public ValueTask<bool> FindRefundByNoAsync(InstId instId, ReadOnlyMemory<byte> refundNo, Refund into) => throw failure;

    public ValueTask<IReadOnlyList<TradeNo>> PendingRefundsAsync() => throw failure;

    public ICancelBook Cancels => new BrokenCancels(failure);

    public ISurplusBook Surpluses => throw failure;

    public long FeedEnd => throw failure;

    public FeedPosition ReadFeed(in FeedPosition from, long before, IFeedVisitor visitor) => throw failure;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>The same for cancels.</summary>
internal sealed class BrokenCancels(Exception failure) : ICancelBook
{
    public ValueTask<ReqIdState> RecallAsync(InstId instId, ReadOnlyMemory<byte> reqId, Digest fingerprint, Cancellation into) => throw failure;

    public ValueTask<Claim> ClaimAsync(Cancellation cancel, TimeSpan? atMost = null) => throw failure;

    public void WhenClaimedLate(Action<TradeNo> tell)
    {
    }

    public ValueTask<CompleteState> SettleAsync(Cancellation cancel) => throw failure;

    public ValueTask<bool> FindAsync(TradeNo cancelNo, Cancellation into) => throw failure;

    public ValueTask<IReadOnlyList<TradeNo>> PendingAsync() => throw failure;
}
