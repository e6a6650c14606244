using HotPath.Core.Model;

namespace HotPath.Core.Notify;

/// <summary>A notification in memory. What becomes of it is written with the next save.</summary>
internal sealed class Notification(Lane lane, NotifyId id, long sinceMs)
{
    internal Lane Lane { get; } = lane;

    internal NotifyId Id { get; } = id;

    internal long SinceMs { get; set; } = sinceMs;

    internal long DueMs { get; set; } = sinceMs;

    internal int Attempts { get; set; }

    internal SendOutcome Last { get; set; }

    /// <summary>Sequence of the record that made it; below every position for one that comes from the store or an operator.</summary>
    internal long Sequence { get; init; } = -1;

    /// <summary>Where it is kept in the store as of the last save.</summary>
    internal KeptAs Kept { get; set; }

    /// <summary>Where it is to be kept with the next save.</summary>
    internal KeptAs Keep { get; set; } = KeptAs.Waiting;

    /// <summary>It is in the list of what the next save writes.</summary>
    internal bool IsChanged { get; set; }

    internal NotificationRow Row => new(Id, Lane.InstId, SinceMs, DueMs, Attempts, Last);
}

/// <summary>
/// One institution's notifications: the next ones in memory, by when they are due, the rest in the store. It says how many may be under way: few
/// at first and after a failure, one more with each acknowledgement; and none but a probe every 30 s for one that does not answer (4.4).
/// </summary>
internal sealed class Lane(InstId instId, int window, Action<long>? showBacklog)
{
    /// <summary>Failures in a row after which the institution counts as away.</summary>
    // Three of one notification's first minute and two of others': not a hiccup.
    internal const int FailuresToPause = 5;

    /// <summary>So many may be under way at first; and so many of every institution always, whatever the others do.</summary>
    internal const int FirstAllowed = 4;

    // 4.4: 熔断后每隔30秒尝试一次.
    private static readonly long PauseMs = (long)TimeSpan.FromSeconds(30).TotalMilliseconds;

    private readonly Dictionary<NotifyId, Notification> _here = [];
    private PriorityQueue<Notification, long> _queue = new();
    private int _allowed = FirstAllowed;
    private int _failures;
    private int _underWay;
    private long _pausedUntilMs;

    // The store has more than is here, all of it due at _horizonMs or later.
    private bool _hasMore;
    private long _horizonMs;

    internal InstId InstId { get; } = instId;

    /// <summary>How many wait, here and in the store.</summary>
    internal long Waiting { get; set; }

    internal long Dead { get; set; }

    /// <summary>Its gauge, where it has one.</summary>
    internal Action<long>? ShowBacklog { get; } = showBacklog;

    internal int InMemory => _here.Count;

    /// <summary>It has not answered for several attempts: one is tried now and then.</summary>
    internal bool IsPaused => _failures >= FailuresToPause;

    internal int UnderWay => _underWay;

    /// <summary>Nothing is under way to it.</summary>
    internal bool IsQuiet => _underWay == 0;

    /// <summary>What is here may not be what is due first.</summary>
    internal bool WantsRows => _hasMore && (!_queue.TryPeek(out _, out long dueMs) || dueMs > _horizonMs);

    internal bool IsOverfull => _queue.Count > 2 * window;

    internal Notification? Find(NotifyId id) => _here.GetValueOrDefault(id);

    internal bool TryAdd(Notification notification)
    {
        bool isNew = _here.TryAdd(notification.Id, notification);
        if (isNew)
        {
            _queue.Enqueue(notification, notification.DueMs);
        }
        return isNew;
    }

    /// <summary>It is due now, and as if it had come now; false when it is under way.</summary>
    internal bool TryBeginAnew(Notification notification, long nowMs)
    {
        if (!_queue.Remove(notification, out _, out _))
        {
            return false;
        }
        notification.SinceMs = notification.DueMs = nowMs;
        notification.Attempts = 0;
        _queue.Enqueue(notification, nowMs);
        return true;
    }

    /// <summary>When the next one may be begun without anything else happening, Unix ms; null: not before something else has happened.</summary>
    /// <param name="maxConcurrent">Most under way to it.</param>
    /// <param name="isStoreFailing">What is due before those here cannot be had: these go on without it.</param>
    internal long? NextStartMs(int maxConcurrent, bool isStoreFailing) =>
        (isStoreFailing || !WantsRows) && HasTurn(maxConcurrent) && _queue.TryPeek(out _, out long dueMs)
            ? (IsPaused ? Math.Max(dueMs, _pausedUntilMs) : dueMs)
            : null;

    /// <summary>Takes it: it is under way from now on.</summary>
    internal Notification Take()
    {
        _underWay++;
        return _queue.Dequeue();
    }

    internal void Acknowledged(Notification notification, int maxConcurrent)
    {
        _underWay--;
        _here.Remove(notification.Id);
        _failures = 0;
        _allowed = Math.Min(_allowed + 1, maxConcurrent);
    }

    /// <summary>It was not acknowledged, and is due again or nobody's business any more (null).</summary>
    /// <returns>True when the institution counts as away from now on.</returns>
    internal bool Failed(Notification notification, long? nextMs, long nowMs)
    {
        PutBack(notification, nextMs);
        _allowed = Math.Max(1, _allowed / 2);
        _failures++;
        _pausedUntilMs = nowMs + PauseMs;
        return _failures == FailuresToPause;
    }

    /// <summary>It was not sent; that says nothing of the institution.</summary>
    internal void PutBack(Notification notification, long? nextMs)
    {
        _underWay--;
        if (nextMs is { } dueMs)
        {
            notification.DueMs = dueMs;
            _queue.Enqueue(notification, dueMs);
        }
        else
        {
            _here.Remove(notification.Id);
        }
    }

    /// <summary>What waits here and was taken up before.</summary>
    internal IReadOnlyList<Notification> OlderThan(long sinceMs) =>
        [.. _queue.UnorderedItems.Select(item => item.Element).Where(notification => notification.SinceMs < sinceMs)];

    internal void Remove(Notification notification)
    {
        _queue.Remove(notification, out _, out _);
        _here.Remove(notification.Id);
    }

    /// <summary>Keeps the first ones here and leaves the rest to the store. After a save only: what is not written stays.</summary>
    internal void Evict()
    {
        Notification[] byDue = [.. _queue.UnorderedItems.Select(item => item.Element).OrderBy(notification => notification.DueMs)];
        // Of what the store had already, some may be due before: it stays known that it is.
        _horizonMs = _hasMore ? Math.Min(_horizonMs, byDue[window - 1].DueMs) : byDue[window - 1].DueMs;
        _hasMore = true;
        _queue = new PriorityQueue<Notification, long>();
        for (int i = 0; i < byDue.Length; i++)
        {
            if (i < window || byDue[i].IsChanged)
            {
                _queue.Enqueue(byDue[i], byDue[i].DueMs);
            }
            else
            {
                _here.Remove(byDue[i].Id);
            }
        }
    }

    /// <summary>The store holds rows that were never here.</summary>
    internal void HasRowsInStore()
    {
        _hasMore = true;
        _horizonMs = long.MinValue;
    }

    /// <summary>Takes in the next rows of the store. After a save only.</summary>
    /// <param name="read">Gives the first so many, by when they are due.</param>
    /// <param name="latestMs">Later than this nothing is ever due: a row that is was written under a clock that was set back since.</param>
    internal void TakeRows(Func<InstId, int, IReadOnlyList<NotificationRow>> read, long latestMs)
    {
        // So many may be here already, and those under way: as many new ones are in it as there is room for.
        int most = window + _here.Count;
        IReadOnlyList<NotificationRow> rows = read(InstId, most);
        foreach (NotificationRow row in rows)
        {
            TryAdd(new Notification(this, row.Id, row.SinceMs)
            {
                DueMs = Math.Min(row.DueMs, latestMs),
                Attempts = row.Attempts,
                Last = row.Last,
                Kept = KeptAs.Waiting,
            });
        }
        _hasMore = rows.Count == most;
        _horizonMs = _hasMore ? Math.Min(rows[^1].DueMs, latestMs) : 0;
    }

    private bool HasTurn(int maxConcurrent) => _underWay < (IsPaused ? 1 : Math.Min(_allowed, maxConcurrent));
}
