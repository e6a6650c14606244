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

    internal void Add(TradeNo tradeNo, long acceptedAtMs, Channel? channel)
    {
        // Most of the first three seconds are over when the answer budget is.
        TimeSpan age = WallAge(acceptedAtMs);
        AddAt(tradeNo, acceptedAtMs, age < First ? First - age : TimeSpan.Zero, channel);
    }

    internal void AddDueNow(TradeNo tradeNo, long acceptedAtMs) => AddAt(tradeNo, acceptedAtMs, TimeSpan.Zero, channel: null);

    internal void Hasten(TradeNo tradeNo, long acceptedAtMs)
    {
        lock (_entries)
        {
            if (!_entries.TryGetValue(tradeNo, out Entry entry))
            {
                entry = New(acceptedAtMs, First, channel: null);
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

    /// <summary>
    /// How long ago this trade was accepted. From the moment it was put here only monotonic time counts: a clock that was ahead when it was
    /// accepted and has come back would make it unborn for a day, and "not found" would prove nothing all that time (F23).
    /// </summary>
    internal TimeSpan Age(TradeNo tradeNo)
    {
        lock (_entries)
        {
            return _entries.TryGetValue(tradeNo, out Entry entry) ? entry.AgeAtAdd + clock.GetElapsedTime(entry.AddedAt) : TimeSpan.Zero;
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
                Put(tradeNo, New(acceptedAtMs, delay, channel));
            }
        }
    }

    private Entry New(long acceptedAtMs, TimeSpan delay, Channel? channel) =>
        new(acceptedAtMs, First, After(delay), After(delay), LastAskedAt: null, channel, WallAge(acceptedAtMs), clock.GetTimestamp());

    private TimeSpan WallAge(long acceptedAtMs) => TimeSpan.FromMilliseconds(Math.Max(0, clock.GetUtcNow().ToUnixTimeMilliseconds() - acceptedAtMs));

    private void Put(TradeNo tradeNo, Entry entry)
    {
        _entries[tradeNo] = entry;
        _due.Enqueue(tradeNo, entry.DueAt);
    }

    private long After(TimeSpan delay) => clock.GetTimestamp() + Ticks(delay);

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * clock.TimestampFrequency);

    private readonly record struct Entry(
        long AcceptedAtMs, TimeSpan Interval, long RegularAt, long DueAt, long? LastAskedAt, Channel? Channel, TimeSpan AgeAtAdd, long AddedAt);
}
