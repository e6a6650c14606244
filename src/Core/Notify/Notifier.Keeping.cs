using HotPath.Core.Ledger;
using HotPath.Core.Model;
using Microsoft.Extensions.Logging;

namespace HotPath.Core.Notify;

/// <summary>What of all this is in the store, and what of the store is in memory.</summary>
public sealed partial class Notifier
{
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(1);

    // A position alone moves on: nothing would be sent again for want of it but what was acknowledged, and that is saved sooner.
    private static readonly TimeSpan SavePositionEvery = TimeSpan.FromSeconds(30);

    private readonly StoreChanges _changes = new();
    private List<Notification> _changed = [];
    private List<Notification> _later = [];
    private FeedPosition _position;
    private long _savedAt;
    private long _reportedAt;
    private long? _storeFailedAt;
    private bool _isCounted;
    private bool _isLost;
    private bool _mustClear;

    /// <summary>Everything that asks the store. While it fails, what is in memory goes on without it.</summary>
    private void TendStore()
    {
        if (_storeFailedAt is { } at && _clock.GetElapsedTime(at) < FailurePause)
        {
            return;
        }
        _storeFailedAt = null;
        try
        {
            Count();
            DoOrders();
            SaveWhenDue();
            TakeRows();
            Report();
        }
        catch (IOException failure)
        {
            _metrics.StoreFailed();
            LogStoreFailed(failure);
            _storeFailedAt = _clock.GetTimestamp();
            if (failure is StoreDamagedException)
            {
                Renew(failure.Message);
            }
        }
    }

    // Everything it held can be made again from the journal, but for counts of attempts and the dead letters: as with one that is found damaged at a start.
    private void Renew(string reason)
    {
        try
        {
            string said = _store.Renew(reason);
            Forget();
            _mustClear = false;
            _isLost = true;
            _inbox.ShowAgain(said);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            LogStoreFailed(failure);
        }
    }

    /// <summary>With the next save it is kept so.</summary>
    private void Change(Notification notification, KeptAs keep)
    {
        notification.Keep = keep;
        if (!notification.IsChanged)
        {
            notification.IsChanged = true;
            _changed.Add(notification);
            _inbox.SetUnsaved(_changed.Count);
        }
    }

    /// <summary>Once, at the start: how much there is.</summary>
    private void Count()
    {
        if (_isCounted)
        {
            return;
        }
        foreach (StoreCount count in _store.Count())
        {
            Lane lane = LaneOf(count.InstId);
            lane.Waiting += count.Waiting;
            lane.Dead += count.Dead;
            if (count.Waiting > 0)
            {
                lane.HasRowsInStore();
            }
        }
        _isCounted = true;
        if (_order.Sum(lane => lane.Waiting) is > 0 and var waiting)
        {
            LogTakenOver(waiting);
        }
    }

    private void Forget()
    {
        _lanes.Clear();
        _order.Clear();
        _changed.Clear();
        _inbox.SetUnsaved(0);
        _position = default;
        _mustClear = true;
        _isCounted = true;
        _isLost = false;
    }

    private void SaveWhenDue()
    {
        TimeSpan since = _clock.GetElapsedTime(_savedAt);
        bool isDue = _changed.Count > 0 ? since >= _options.SaveEvery || _changed.Count >= MostAtOnce : since >= SavePositionEvery && _position != _store.Position;
        if (isDue)
        {
            Save();
        }
    }

    /// <summary>Writes what changed and how far the feed was taken in, in one step. Nothing that was made of a later record is in it.</summary>
    /// <exception cref="IOException">The store failed; nothing has changed.</exception>
    private void Save()
    {
        if (_mustClear)
        {
            _store.Clear();
            _mustClear = false;
        }
        _changes.Clear();
        _changes.Position = _position;
        _later.Clear();
        foreach (Notification notification in _changed)
        {
            if (notification.Sequence >= _position.NextSequence)
            {
                _later.Add(notification);
                continue;
            }
            if (notification.Kept != KeptAs.Nothing && notification.Keep != notification.Kept)
            {
                _changes.Gone.Add(notification.Id);
            }
            if (notification.Keep != KeptAs.Nothing)
            {
                (notification.Keep == KeptAs.Waiting ? _changes.Waiting : _changes.Dead).Add(notification.Row);
            }
        }
        if (!_changes.IsEmpty || _position != _store.Position)
        {
            _store.Save(_changes);
        }
        foreach (Notification notification in _changed)
        {
            if (notification.Sequence < _position.NextSequence)
            {
                notification.Kept = notification.Keep;
                notification.IsChanged = false;
            }
        }
        (_changed, _later) = (_later, _changed);
        _inbox.SetUnsaved(_changed.Count);
        _savedAt = _clock.GetTimestamp();
        foreach (Lane lane in _order)
        {
            if (lane.IsOverfull)
            {
                lane.Evict();
            }
        }
    }

    /// <summary>Fetches what is due next of those institutions of which it is not in memory.</summary>
    private void TakeRows()
    {
        bool isSaved = false;
        foreach (Lane lane in _order)
        {
            if (lane.WantsRows)
            {
                if (!isSaved)
                {
                    Save();
                    isSaved = true;
                }
                lane.TakeRows(_store.NextDue, NowMs + (long)NotifySchedule.Length.TotalMilliseconds);
            }
        }
    }

    private void Report()
    {
        if (_clock.GetElapsedTime(_reportedAt) < ReportEvery)
        {
            return;
        }
        _reportedAt = _clock.GetTimestamp();
        long nowMs = NowMs;
        long oldestMs = nowMs;
        foreach (Lane lane in _order)
        {
            lane.ShowBacklog?.Invoke(lane.Waiting);
            if (lane.Waiting > 0)
            {
                oldestMs = Math.Min(oldestMs, _store.OldestSince(lane.InstId) ?? nowMs);
                GiveUpOld(lane, nowMs);
            }
        }
        _metrics.Show(
            _order.Sum(lane => lane.Waiting), _order.Sum(lane => lane.Dead), (nowMs - oldestMs) / 1000.0, _order.Count(lane => lane.IsPaused), _pace.PerSecond);
    }

    // An institution that was away for as long as the schedule is: what waited for it all that time has had its chance. One that has an address
    // and may answer is tried first, be it as old as it will: the gateway may have been down.
    private void GiveUpOld(Lane lane, long nowMs)
    {
        long beforeMs = nowMs - (long)NotifySchedule.Length.TotalMilliseconds;
        bool hasTarget = _institutions.Find(lane.InstId)?.NotifyTarget is not null;
        if (!lane.IsQuiet || (hasTarget && !lane.IsPaused) || _store.OldestSince(lane.InstId) is not { } oldestMs || oldestMs >= beforeMs)
        {
            return;
        }
        IReadOnlyList<Notification> here = lane.OlderThan(beforeMs);
        foreach (Notification notification in here)
        {
            lane.Remove(notification);
            notification.DueMs = nowMs;
            Leave(notification, KeptAs.DeadLetter);
        }
        Save();
        int given = here.Count;
        int moved = _store.Expire(lane.InstId, beforeMs, nowMs, MostAtOnce);
        lane.Waiting -= moved;
        given += moved;
        lane.Dead += given;
        _metrics.GivenUp(given);
        if (given > 0)
        {
            LogExpired(given, lane.InstId.ToString(), NotifySchedule.Length.TotalHours);
        }
    }

    [LoggerMessage(EventId = 607, Level = LogLevel.Information, Message = "{Waiting} notifications of before the start wait")]
    private partial void LogTakenOver(long waiting);

    [LoggerMessage(EventId = 608, Level = LogLevel.Warning,
        Message = "{Count} notifications of {Institution} are dead letters: it did not acknowledge anything for {Hours:F0} h. hotpath notify resend --inst")]
    private partial void LogExpired(int count, string institution, double hours);
}
