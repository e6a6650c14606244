using HotPath.Core.Runtime;

namespace HotPath.Core.Admission;

/// <summary>How long work waits for a thread: an item of our own is posted behind everybody else's and looks how late it is.</summary>
public sealed class ThreadWait(IScheduler scheduler, TimeProvider clock) : IThreadPoolWorkItem
{
    private const long None = long.MaxValue;

    // When the item under way was posted; None when there is none. Set by the poster, cleared by the item.
    private long _postedAt = None;

    // Waits in this window, in timestamp ticks: written by the item, which is never there twice, and taken by the poster.
    private long _waited;
    private int _items;

    /// <summary>Posts the item unless it is still on its way. Called by one thread at a time.</summary>
    public void Post()
    {
        if (Volatile.Read(ref _postedAt) == None)
        {
            Volatile.Write(ref _postedAt, clock.GetTimestamp());
            scheduler.Post(this);
        }
    }

    /// <summary>The average wait since the last call, counting the item under way with what it has waited until now when no other has run.</summary>
    public TimeSpan TakeAverage()
    {
        int items = Interlocked.Exchange(ref _items, 0);
        long waited = Interlocked.Exchange(ref _waited, 0);
        if (items == 0)
        {
            long postedAt = Volatile.Read(ref _postedAt);
            items = 1;
            waited = postedAt == None ? 0 : clock.GetTimestamp() - postedAt;
        }
        return TimeSpan.FromSeconds((double)waited / items / clock.TimestampFrequency);
    }

    void IThreadPoolWorkItem.Execute()
    {
        Interlocked.Add(ref _waited, clock.GetTimestamp() - Volatile.Read(ref _postedAt));
        Interlocked.Increment(ref _items);
        Volatile.Write(ref _postedAt, None);
    }
}
