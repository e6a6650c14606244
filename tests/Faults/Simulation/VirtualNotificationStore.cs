using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Notify;

namespace HotPath.Faults.Simulation;

/// <summary>What a store of notifications holds. It is the machine's: a process that is started again finds it, after a loss of power too.</summary>
internal sealed class NotificationFile
{
    internal FeedPosition Position { get; set; }

    internal Dictionary<NotifyId, NotificationRow> Waiting { get; } = [];

    internal Dictionary<NotifyId, NotificationRow> Dead { get; } = [];
}

/// <summary>The store in one life of the process: each change whole or not at all, durable when it returns, and on a disk that fails. A contract suite holds it to SQLite.</summary>
internal sealed class VirtualNotificationStore(NotificationFile file, Action before, Action after) : INotificationStore
{
    /// <summary>On the machine's disk, with its troubles.</summary>
    internal VirtualNotificationStore(NotificationFile file, Life life, Troubles troubles, VirtualDisk disk)
        : this(
            file,
            () =>
            {
                troubles.Before(life, DiskCall.Sync, "notify.db");
                if (disk.UsedBytes >= disk.Capacity)
                {
                    throw new IOException("notify.db: No space left on device");
                }
            },
            () => troubles.After(life, DiskCall.Sync, "notify.db"))
    {
    }

    public FeedPosition Position => file.Position;

    public string? WasLost => null;

    public void Save(StoreChanges changes) => Change(() =>
    {
        foreach (NotifyId id in changes.Gone)
        {
            file.Waiting.Remove(id);
            file.Dead.Remove(id);
        }
        changes.Waiting.ForEach(row => file.Waiting[row.Id] = row);
        foreach (NotificationRow row in changes.Dead)
        {
            file.Waiting.Remove(row.Id);
            file.Dead[row.Id] = row;
        }
        file.Position = changes.Position;
    });

    public void Clear() => Change(Empty);

    public string Renew(string reason)
    {
        Change(Empty);
        return reason;
    }

    public IReadOnlyList<NotificationRow> NextDue(InstId instId, int most) => [.. Of(file.Waiting, instId).OrderBy(row => row.DueMs).ThenBy(Number).Take(most)];

    public IReadOnlyList<StoreCount> Count() =>
    [
        .. file.Waiting.Values.Concat(file.Dead.Values).Select(row => row.InstId).Distinct()
            .Select(inst => new StoreCount(inst, Of(file.Waiting, inst).Count(), Of(file.Dead, inst).Count())),
    ];

    public long? OldestSince(InstId instId) => Of(file.Waiting, instId).Min(row => (long?)row.SinceMs);

    public int Expire(InstId instId, long beforeMs, long nowMs, int most) => Move(
        file.Waiting, file.Dead, [.. Of(file.Waiting, instId).Where(row => row.SinceMs < beforeMs).OrderBy(row => row.SinceMs).ThenBy(Number).Take(most)], row => row with { DueMs = nowMs });

    public int Revive(InstId instId, long nowMs, int most) => Move(
        file.Dead, file.Waiting, [.. Of(file.Dead, instId).OrderBy(row => row.DueMs).ThenBy(Number).Take(most)],
        row => row with { SinceMs = nowMs, DueMs = nowMs, Attempts = 0 });

    public IReadOnlyList<NotificationRow> List(InstId? instId, bool isDead, int most)
    {
        Dictionary<NotifyId, NotificationRow> rows = isDead ? file.Dead : file.Waiting;
        return [.. (instId is { } inst ? Of(rows, inst).OrderBy(row => row.DueMs).ThenBy(Number) : rows.Values.OrderBy(Number)).Take(most)];
    }

    public KeptAs Find(NotifyId id) => file.Waiting.ContainsKey(id) ? KeptAs.Waiting : file.Dead.ContainsKey(id) ? KeptAs.DeadLetter : KeptAs.Nothing;

    public void Dispose()
    {
    }

    // As the tables have them: by type, then by number.
    private static (NotifyType, TradeNo) Number(NotificationRow row) => (row.Id.Type, row.Id.Number);

    private static IEnumerable<NotificationRow> Of(Dictionary<NotifyId, NotificationRow> rows, InstId instId) => rows.Values.Where(row => row.InstId == instId);

    private int Move(Dictionary<NotifyId, NotificationRow> from, Dictionary<NotifyId, NotificationRow> to, NotificationRow[] which, Func<NotificationRow, NotificationRow> become)
    {
        Change(() =>
        {
            foreach (NotificationRow row in which)
            {
                from.Remove(row.Id);
                to[row.Id] = become(row);
            }
        });
        return which.Length;
    }

    private void Empty()
    {
        file.Waiting.Clear();
        file.Dead.Clear();
        file.Position = default;
    }

    private void Change(Action change)
    {
        before();
        change();
        after();
    }
}
