using System.Collections.Concurrent;
using HotPath.Core.Model;

namespace HotPath.Core.Notify;

/// <summary>What became of a wish to send a notification again.</summary>
public enum ResendState : byte
{
    /// <summary>It is due now, and the schedule begins anew.</summary>
    Scheduled = 0,

    /// <summary>It is being sent this moment.</summary>
    UnderWay,

    /// <summary>The book has no such final trade or refund.</summary>
    NotFound,

    /// <summary>Its institution has no notify_url.</summary>
    NoTarget,
}

/// <summary>What operators ask of the notifier. Each wish is done on the notifier's thread; a failure of the store is thrown to whoever asked.</summary>
public sealed partial class Notifier
{
    private readonly ConcurrentQueue<IOrder> _orders = new();

    /// <summary>The first <paramref name="most"/> notifications that wait, or dead letters; of one institution, or of all.</summary>
    /// <exception cref="IOException">The store failed.</exception>
    public Task<IReadOnlyList<NotificationRow>> ListAsync(InstId? instId, bool isDead, int most) => Order(() =>
    {
        Save();
        return _store.List(instId, isDead, most);
    });

    /// <summary>Sends a notification again: a dead letter, one that waits, or one that was acknowledged and got lost at the institution.</summary>
    /// <exception cref="IOException">The store failed.</exception>
    public async Task<ResendState> ResendAsync(NotifyId id)
    {
        var page = new NotificationPage();
        bool isFinal = id.Type == NotifyType.Refund
            ? await _ledger.FindRefundAsync(id.Number, page.Refund) && page.Refund.IsFinal
            : await _ledger.FindAsync(id.Number, page.Trade) && page.Trade.IsFinal;
        if (!isFinal)
        {
            return ResendState.NotFound;
        }
        InstId instId = id.Type == NotifyType.Refund ? page.Refund.InstId : page.Trade.InstId;
        return _institutions.Find(instId)?.NotifyTarget is null ? ResendState.NoTarget : await Order(() => Resend(id, LaneOf(instId)));
    }

    /// <summary>Sends all dead letters of an institution again. Returns how many; null when it has no notify_url, or is not registered: they stay what they are.</summary>
    /// <exception cref="IOException">The store failed; so many as were moved before wait again.</exception>
    public async Task<long?> ResendDeadAsync(InstId instId)
    {
        if (_institutions.Find(instId)?.NotifyTarget is null)
        {
            return null;
        }
        long all = 0;
        int revived;
        do
        {
            // A part at a time, so that others are notified in between.
            revived = await Order(() => Revive(LaneOf(instId)));
            all += revived;
        }
        while (revived == MostAtOnce);
        return all;
    }

    private ResendState Resend(NotifyId id, Lane lane)
    {
        if (lane.Find(id) is { } here)
        {
            if (!lane.TryBeginAnew(here, NowMs))
            {
                return ResendState.UnderWay;
            }
            Change(here, KeptAs.Waiting);
            return ResendState.Scheduled;
        }
        Save();
        KeptAs kept = _store.Find(id);
        var notification = new Notification(lane, id, NowMs) { Kept = kept };
        lane.TryAdd(notification);
        lane.Waiting += kept == KeptAs.Waiting ? 0 : 1;
        lane.Dead -= kept == KeptAs.DeadLetter ? 1 : 0;
        Change(notification, KeptAs.Waiting);
        return ResendState.Scheduled;
    }

    private int Revive(Lane lane)
    {
        Save();
        int revived = _store.Revive(lane.InstId, NowMs, MostAtOnce);
        lane.Dead -= revived;
        lane.Waiting += revived;
        if (revived > 0)
        {
            lane.HasRowsInStore();
        }
        return revived;
    }

    private Task<T> Order<T>(Func<T> work)
    {
        var order = new OrderOf<T>(work);
        _orders.Enqueue(order);
        _worker.Wake();
        if (_isStopping)
        {
            CancelOrders();
        }
        return order.Task;
    }

    private void DoOrders()
    {
        while (_orders.TryDequeue(out IOrder? order))
        {
            order.Do();
        }
    }

    private void CancelOrders()
    {
        while (_orders.TryDequeue(out IOrder? order))
        {
            order.Cancel();
        }
    }

    private interface IOrder
    {
        void Do();

        void Cancel();
    }

    private sealed class OrderOf<T>(Func<T> work) : TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously), IOrder
    {
        public void Do()
        {
            try
            {
                TrySetResult(work());
            }
            catch (IOException failure)
            {
                TrySetException(failure);
                if (failure is StoreDamagedException)
                {
                    // Whoever asked has seen it first; the store is given up as if it had shown itself by its own.
                    throw;
                }
            }
        }

        public void Cancel() => TrySetCanceled();
    }
}
