using HotPath.Core.Ledger;
using HotPath.Core.Model;

namespace HotPath.Core.Notify;

/// <summary>An undelivered notification as it is kept. It holds nothing of its trade: what it says is read from the book when it is sent.</summary>
/// <param name="Id">Which one.</param>
/// <param name="InstId">Whose.</param>
/// <param name="SinceMs">When it was taken up, Unix ms.</param>
/// <param name="DueMs">When it is to be sent next; of a dead letter, when it was given up. Unix ms.</param>
/// <param name="Attempts">How often it was sent.</param>
/// <param name="Last">How the last attempt ended.</param>
public readonly record struct NotificationRow(NotifyId Id, InstId InstId, long SinceMs, long DueMs, int Attempts, SendOutcome Last);

/// <summary>What is written in one step: after a crash all of it is there, or nothing.</summary>
public sealed class StoreChanges
{
    /// <summary>Up to here the feed has been taken in.</summary>
    public FeedPosition Position { get; set; }

    /// <summary>Waiting, new or changed.</summary>
    public List<NotificationRow> Waiting { get; } = [];

    /// <summary>Given up: from now on dead letters.</summary>
    public List<NotificationRow> Dead { get; } = [];

    /// <summary>Kept no longer, waiting or dead. Taken away before the others are put in: a dead letter that waits again is in both.</summary>
    public List<NotifyId> Gone { get; } = [];

    public bool IsEmpty => Waiting.Count + Dead.Count + Gone.Count == 0;

    public void Clear()
    {
        Waiting.Clear();
        Dead.Clear();
        Gone.Clear();
    }
}

/// <summary>What is kept is damaged: it is no use trying again.</summary>
public sealed class StoreDamagedException(string message, Exception? inner = null) : IOException(message, inner);

/// <summary>As what a notification is kept.</summary>
public enum KeptAs : byte
{
    Nothing = 0,
    Waiting,
    DeadLetter,
}

/// <summary>How many of an institution's notifications are kept.</summary>
public readonly record struct StoreCount(InstId InstId, long Waiting, long Dead);

/// <summary>
/// Keeps the notifications that are not acknowledged, and how far the change feed has been taken in. One thread uses it. Everything in it can be
/// made again from the journal, except how often something was tried and what was given up.
/// </summary>
/// <remarks>
/// Every member but <see cref="Position"/> and <see cref="WasLost"/> throws an <see cref="IOException"/> when the storage fails, and nothing has changed then; a
/// <see cref="StoreDamagedException"/> when what it holds cannot be read: only <see cref="Renew"/> helps.
/// </remarks>
public interface INotificationStore : IDisposable
{
    /// <summary>Where the feed goes on; <c>default</c> in a new store.</summary>
    FeedPosition Position { get; }

    /// <summary>Why an older store was given up when this one was opened; null when there was none, or it is this one.</summary>
    string? WasLost { get; }

    /// <summary>Writes the changes in one step; returns when they are durable.</summary>
    void Save(StoreChanges changes);

    /// <summary>Forgets every notification and the position.</summary>
    void Clear();

    /// <summary>Gives up what is kept (a file is moved aside) and begins with nothing. Returns what became of the old one, for people.</summary>
    string Renew(string reason);

    /// <summary>The institution's first <paramref name="most"/> waiting ones, by when they are due.</summary>
    IReadOnlyList<NotificationRow> NextDue(InstId instId, int most);

    /// <summary>How many there are, by institution.</summary>
    IReadOnlyList<StoreCount> Count();

    /// <summary>When the institution's oldest waiting one was taken up, Unix ms; null when none waits.</summary>
    long? OldestSince(InstId instId);

    /// <summary>Gives up those taken up before <paramref name="beforeMs"/>, oldest first and at most <paramref name="most"/>. Returns how many.</summary>
    int Expire(InstId instId, long beforeMs, long nowMs, int most);

    /// <summary>Makes dead letters wait again as if they were new, oldest first and at most <paramref name="most"/>. Returns how many.</summary>
    int Revive(InstId instId, long nowMs, int most);

    /// <summary>The first <paramref name="most"/> waiting ones, or dead letters; of one institution, or of all.</summary>
    IReadOnlyList<NotificationRow> List(InstId? instId, bool isDead, int most);

    /// <summary>Whether it is kept, and as what.</summary>
    KeptAs Find(NotifyId id);
}
