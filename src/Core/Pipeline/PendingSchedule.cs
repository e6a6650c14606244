using HotPath.Core.Clearing;
using HotPath.Core.Model;

namespace HotPath.Core.Pipeline;

/// <summary>
/// When each PENDING trade is inquired next. A heap by due time over a dictionary of entries; entries that were moved leave a stale
/// heap node behind, which is skipped when it comes up.
/// </summary>
internal sealed class PendingSchedule(TimeProvider clock)
{
    // Protocol, section 6: at 3, 6, 12, 24 s … after acceptance, capped at 10 min between two.
    private static readonly TimeSpan First = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    // Protocol, section 5: a query starts an inquiry at most once in 3 s.
    private static readonly TimeSpan Spacing = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan RoomPause = TimeSpan.FromSeconds(1);

    private readonly Dictionary<TradeNo, Entry> _entries = [];
    private readonly PriorityQueue<TradeNo, long> _due = new();

    internal int Count
    {
        get
        {
            lock (_entries)
            {
                return _entries.Count;
            }
        }
    }

    internal void Add(TradeNo tradeNo, long acceptedAtMs, Channel channel)
    {
        // Most of the first three seconds are over when the answer budget is.
        double ageMs = Math.Clamp(clock.GetUtcNow().ToUnixTimeMilliseconds() - acceptedAtMs, 0, First.TotalMilliseconds);
        AddAt(tradeNo, acceptedAtMs, First - TimeSpan.FromMilliseconds(ageMs), channel);
    }

    internal void AddDueNow(TradeNo tradeNo, long acceptedAtMs) => AddAt(tradeNo, acceptedAtMs, TimeSpan.Zero, channel: null);

    internal void Hasten(TradeNo tradeNo, long acceptedAtMs)
    {
        lock (_entries)
        {
            if (!_entries.TryGetValue(tradeNo, out Entry entry))
            {
                entry = new Entry(acceptedAtMs, clock.GetTimestamp(), First, After(First), After(First), LastAskedAt: null, Channel: null);
            }
            long soonest = entry.LastAskedAt is { } last ? last + Ticks(Spacing) : clock.GetTimestamp();
            if (soonest < entry.DueAt)
            {
                Put(tradeNo, entry with { DueAt = soonest });
            }
        }
    }

    /// <summary>Takes a trade whose time has come and puts it to its next time at once: nothing can drop it but <see cref="Remove"/>.</summary>
    internal bool TryTakeDue(out TradeNo tradeNo)
    {
        lock (_entries)
        {
            long now = clock.GetTimestamp();
            while (_due.TryPeek(out tradeNo, out long dueAt) && dueAt <= now)
            {
                _due.Dequeue();
                if (_entries.TryGetValue(tradeNo, out Entry entry) && entry.DueAt == dueAt)
                {
                    Put(tradeNo, Next(entry, now));
                    return true;
                }
            }
            tradeNo = default;
            return false;
        }
    }

    /// <summary>There was no room to ask for this one just now: again in a second.</summary>
    internal void Postpone(TradeNo tradeNo)
    {
        lock (_entries)
        {
            if (_entries.TryGetValue(tradeNo, out Entry entry))
            {
                Put(tradeNo, entry with { DueAt = After(RoomPause) });
            }
        }
    }

    internal void Remove(TradeNo tradeNo)
    {
        lock (_entries)
        {
            _entries.Remove(tradeNo);
        }
    }

    /// <summary>When the oldest trade at this channel was accepted, Unix milliseconds; null when there is none.</summary>
    internal long? OldestAcceptedAtMs(Channel channel)
    {
        lock (_entries)
        {
            long? oldest = null;
            foreach (Entry entry in _entries.Values)
            {
                if (entry.Channel == channel && (oldest is null || entry.AcceptedAtMs < oldest))
                {
                    oldest = entry.AcceptedAtMs;
                }
            }
            return oldest;
        }
    }

    /// <summary>
    /// How old a trade is at least: by the wall clock, or by how long this process has known it, for a clock that stepped back makes trades
    /// young, and those from before the step would wait until it has come to where it was.
    /// </summary>
    internal TimeSpan Age(TradeNo tradeNo, long acceptedAtMs)
    {
        TimeSpan byWall = TimeSpan.FromMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds() - acceptedAtMs);
        lock (_entries)
        {
            TimeSpan known = _entries.TryGetValue(tradeNo, out Entry entry) ? clock.GetElapsedTime(entry.AddedAt) : TimeSpan.Zero;
            return known > byWall ? known : byWall;
        }
    }

    /// <summary>Says which channel a trade is at, once that is known.</summary>
    internal void Place(TradeNo tradeNo, Channel channel)
    {
        lock (_entries)
        {
            if (_entries.TryGetValue(tradeNo, out Entry entry))
            {
                _entries[tradeNo] = entry with { Channel = channel };
            }
        }
    }

    // A regular turn doubles the interval; one that was hastened leaves the regular one where it was.
    private Entry Next(Entry entry, long now)
    {
        if (now < entry.RegularAt)
        {
            return entry with { DueAt = entry.RegularAt, LastAskedAt = now };
        }
        long regularAt = now + Ticks(entry.Interval);
        TimeSpan interval = entry.Interval * 2 < Longest ? entry.Interval * 2 : Longest;
        return entry with { Interval = interval, RegularAt = regularAt, DueAt = regularAt, LastAskedAt = now };
    }

    private void AddAt(TradeNo tradeNo, long acceptedAtMs, TimeSpan delay, Channel? channel)
    {
        lock (_entries)
        {
            if (!_entries.ContainsKey(tradeNo))
            {
                Put(tradeNo, new Entry(acceptedAtMs, clock.GetTimestamp(), First, After(delay), After(delay), LastAskedAt: null, channel));
            }
        }
    }

    private void Put(TradeNo tradeNo, Entry entry)
    {
        _entries[tradeNo] = entry;
        _due.Enqueue(tradeNo, entry.DueAt);
    }

    private long After(TimeSpan delay) => clock.GetTimestamp() + Ticks(delay);

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * clock.TimestampFrequency);

    private readonly record struct Entry(
        long AcceptedAtMs, long AddedAt, TimeSpan Interval, long RegularAt, long DueAt, long? LastAskedAt, Channel? Channel);
}
