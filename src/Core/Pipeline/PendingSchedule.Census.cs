using HotPath.Core.Clearing;
using HotPath.Core.Model;

namespace HotPath.Core.Pipeline;

/// <summary>How many are in doubt at a channel.</summary>
/// <param name="Channel">Null: their channel is not looked up yet, or not configured any more.</param>
/// <param name="Count">How many.</param>
/// <param name="Overdue">Of these, accepted longer ago than was asked for.</param>
/// <param name="Oldest">The oldest of them.</param>
/// <param name="OldestAge">How long ago it was accepted.</param>
internal readonly record struct ChannelCensus(Channel? Channel, int Count, int Overdue, TradeNo Oldest, TimeSpan OldestAge);

/// <summary>One that is in doubt.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Channel">Null: not looked up yet, or not configured any more.</param>
/// <param name="Age">How long ago it was accepted.</param>
/// <param name="LastAsked">How long ago its channel was asked; null since the start.</param>
/// <param name="NextTurn">Until then; zero or less: it is due, and waits for the channel or its budget.</param>
internal readonly record struct PendingState(TradeNo Number, Channel? Channel, TimeSpan Age, TimeSpan? LastAsked, TimeSpan NextTurn);

/// <summary>What is seen of it from outside. Everything is walked, but never under one hold of the lock: a million are 5 ms in pieces of 10 µs.</summary>
internal sealed partial class PendingSchedule
{
    private const int Piece = 2_048;

    /// <summary>By channel, those with none included. Weakly consistent: who comes or goes meanwhile is counted or not.</summary>
    internal IReadOnlyList<ChannelCensus> ByChannel(TimeSpan overdueAfter)
    {
        List<ChannelCensus> census = [];
        Walk((in PendingEntry entry, TimeSpan age) =>
        {
            while (census.Count <= entry.Docket)
            {
                census.Add(default);
            }
            ChannelCensus of = census[entry.Docket];
            bool isOldest = of.Count == 0 || age > of.OldestAge || (age == of.OldestAge && entry.Number < of.Oldest);
            census[entry.Docket] = new ChannelCensus(
                null, of.Count + 1, of.Overdue + (age > overdueAfter ? 1 : 0), isOldest ? entry.Number : of.Oldest, isOldest ? age : of.OldestAge);
        });
        lock (_lock)
        {
            return [.. _dockets.Select(docket => (docket.Number < census.Count ? census[docket.Number] : default) with { Channel = docket.Channel })];
        }
    }

    /// <summary>The first so many in the order of their numbers, which is that of their acceptance.</summary>
    /// <param name="after">Only later ones; default all.</param>
    /// <param name="channel">Only this channel's; null all, or those without one.</param>
    /// <param name="isUnplaced">Only those whose channel is not looked up yet, or not configured any more.</param>
    /// <param name="olderThan">Only those accepted as long ago.</param>
    /// <param name="atMost">How many.</param>
    internal IReadOnlyList<PendingState> List(TradeNo after, Channel? channel, bool isUnplaced, TimeSpan olderThan, int atMost)
    {
        // The greatest of those found on top, to be thrown out for a smaller one.
        var found = new PriorityQueue<PendingEntry, TradeNo>(Comparer<TradeNo>.Create((left, right) => right.CompareTo(left)));
        ushort? of = null;
        lock (_lock)
        {
            of = channel is null && !isUnplaced ? null : DocketOf(channel).Number;
        }
        Walk((in PendingEntry entry, TimeSpan age) =>
        {
            if (entry.Number > after && age >= olderThan && (of is null || entry.Docket == of))
            {
                found.Enqueue(entry, entry.Number);
                if (found.Count > atMost)
                {
                    found.Dequeue();
                }
            }
        });
        var listed = new PendingState[found.Count];
        lock (_lock)
        {
            for (int i = listed.Length - 1; i >= 0; i--)
            {
                listed[i] = StateOf(found.Dequeue());
            }
        }
        return listed;
    }

    /// <summary>Null: it is not in doubt, or nobody knows yet.</summary>
    internal PendingState? Find(TradeNo number)
    {
        lock (_lock)
        {
            return _slots.TryFind(number, out int slot) ? StateOf(_slots[slot]) : null;
        }
    }

    private delegate void Visit(in PendingEntry entry, TimeSpan age);

    private void Walk(Visit visit)
    {
        for (int from = 0; ; from += Piece)
        {
            lock (_lock)
            {
                int end = Math.Min(from + Piece, _slots.Length);
                long now = clock.GetTimestamp();
                for (int slot = from; slot < end; slot++)
                {
                    ref readonly PendingEntry entry = ref _slots[slot];
                    if (entry.IsUsed)
                    {
                        visit(entry, clock.GetElapsedTime(entry.BornAt, now));
                    }
                }
                if (end >= _slots.Length)
                {
                    return;
                }
            }
        }
    }

    private PendingState StateOf(in PendingEntry entry)
    {
        long now = clock.GetTimestamp();
        return new PendingState(
            entry.Number, _dockets[entry.Docket].Channel, clock.GetElapsedTime(entry.BornAt, now),
            entry.AskedAt == PendingEntry.Never ? null : clock.GetElapsedTime(entry.AskedAt, now), clock.GetElapsedTime(now, entry.DueAt));
    }
}
