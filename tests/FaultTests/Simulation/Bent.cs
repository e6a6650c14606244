using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Notify;

namespace HotPath.Faults.Tests.Simulation;

/// <summary>What a broken disk driver makes of the calls it gets.</summary>
internal interface IBend
{
    /// <summary>How many of these bytes are written, whatever the caller is told.</summary>
    int Written(string name, int length);

    bool Syncs(string name);
}

/// <summary>A disk that says that it did what it was asked.</summary>
internal sealed class BentStorage(IJournalStorage disk, IBend bend) : IJournalStorage
{
    public void CreateDirectory(string directory) => disk.CreateDirectory(directory);

    public IReadOnlyList<string> List(string directory) => disk.List(directory);

    public IJournalFile Create(string path) => new Bent(disk.Create(path), Path.GetFileName(path), bend);

    public IJournalFile Open(string path, bool isWritable) => new Bent(disk.Open(path, isWritable), Path.GetFileName(path), bend);

    public void Delete(string path) => disk.Delete(path);

    public void Rename(string from, string to) => disk.Rename(from, to);

    public void SyncDirectory(string directory) => disk.SyncDirectory(directory);

    public IDisposable Lock(string path) => disk.Lock(path);

    public DiskRoom Room(string directory) => disk.Room(directory);

    private sealed class Bent(IJournalFile file, string name, IBend bend) : IJournalFile
    {
        public long Length => file.Length;

        public int ReadAt(Span<byte> into, long offset) => file.ReadAt(into, offset);

        public void WriteAt(ReadOnlySpan<byte> bytes, long offset) => file.WriteAt(bytes[..bend.Written(name, bytes.Length)], offset);

        public void Sync()
        {
            if (bend.Syncs(name))
            {
                file.Sync();
            }
        }

        public void Dispose() => file.Dispose();
    }
}

/// <summary>A store of notifications; a bug overrides what it breaks.</summary>
internal abstract class BentNotifications(INotificationStore real) : INotificationStore
{
    protected INotificationStore Real => real;

    public FeedPosition Position => real.Position;

    public string? WasLost => real.WasLost;

    public virtual void Save(StoreChanges changes) => real.Save(changes);

    public void Clear() => real.Clear();

    public string Renew(string reason) => real.Renew(reason);

    public IReadOnlyList<NotificationRow> NextDue(InstId instId, int most) => real.NextDue(instId, most);

    public IReadOnlyList<StoreCount> Count() => real.Count();

    public long? OldestSince(InstId instId) => real.OldestSince(instId);

    public int Expire(InstId instId, long beforeMs, long nowMs, int most) => real.Expire(instId, beforeMs, nowMs, most);

    public int Revive(InstId instId, long nowMs, int most) => real.Revive(instId, nowMs, most);

    public IReadOnlyList<NotificationRow> List(InstId? instId, bool isDead, int most) => real.List(instId, isDead, most);

    public KeptAs Find(NotifyId id) => real.Find(id);

    public void Dispose() => real.Dispose();
}

/// <summary>The real ledger; a bug overrides what it breaks.</summary>
internal abstract class BentLedger(ILedger real) : ILedger
{
    protected ILedger Real => real;

    public bool IsReady => real.IsReady;

    public Task<string> Failure => real.Failure;

    public TradeNo NextNo() => real.NextNo();

    public virtual ValueTask<ReqIdState> RecallAsync(InstId instId, ReadOnlyMemory<byte> reqId, Digest fingerprint, Trade into) =>
        real.RecallAsync(instId, reqId, fingerprint, into);

    public TimeSpan CommitTime => real.CommitTime;

    public virtual ValueTask<Claim> ClaimAsync(Trade trade, TimeSpan? atMost = null) => real.ClaimAsync(trade, atMost);

    public virtual ValueTask<CompleteState> RedirectAsync(Trade trade, TimeSpan? atMost = null) => real.RedirectAsync(trade, atMost);

    public ValueTask<CompleteState> RecordAsync(OperatorAct act, TimeSpan? atMost = null) => real.RecordAsync(act, atMost);

    public void WhenClaimedLate(Action<TradeNo> tell) => real.WhenClaimedLate(tell);

    public virtual ValueTask<CompleteState> CompleteAsync(Trade trade, TimeSpan? atMost = null) => real.CompleteAsync(trade, atMost);

    public ValueTask<bool> FindAsync(TradeNo tradeNo, Trade into) => real.FindAsync(tradeNo, into);

    public ValueTask<bool> FindByOrderAsync(InstId instId, ReadOnlyMemory<byte> orderNo, Trade into) => real.FindByOrderAsync(instId, orderNo, into);

    public ValueTask<IReadOnlyList<TradeNo>> PendingAsync() => real.PendingAsync();

    public void WhenReservedLate(Action<TradeNo> tell) => real.WhenReservedLate(tell);

    public ValueTask<ReqIdState> RecallRefundAsync(InstId instId, ReadOnlyMemory<byte> reqId, Digest fingerprint, Refund into) =>
        real.RecallRefundAsync(instId, reqId, fingerprint, into);

    public virtual ValueTask<Claim> ReserveRefundAsync(Refund refund, Trade trade, TimeSpan? atMost = null) => real.ReserveRefundAsync(refund, trade, atMost);

    public virtual ValueTask<CompleteState> SettleRefundAsync(Refund refund, TimeSpan? atMost = null) => real.SettleRefundAsync(refund, atMost);

    public ValueTask<bool> FindRefundAsync(TradeNo refundId, Refund into) => real.FindRefundAsync(refundId, into);

    public ValueTask<bool> FindRefundByNoAsync(InstId instId, ReadOnlyMemory<byte> refundNo, Refund into) => real.FindRefundByNoAsync(instId, refundNo, into);

    public ValueTask<IReadOnlyList<TradeNo>> PendingRefundsAsync() => real.PendingRefundsAsync();

    public virtual ICancelBook Cancels => real.Cancels;

    public virtual ISurplusBook Surpluses => real.Surpluses;

    public long FeedEnd => real.FeedEnd;

    public FeedPosition ReadFeed(in FeedPosition from, long before, IFeedVisitor visitor) => real.ReadFeed(from, before, visitor);

    public ValueTask DisposeAsync() => real.DisposeAsync();
}
