using HotPath.Core.Clearing;
using HotPath.Core.Model;

namespace HotPath.Core.Pipeline;

/// <summary>Why something waits for its turn at a channel. In the order in which the eyes of the world are on it.</summary>
internal enum Lane : byte
{
    /// <summary>Wishes to cancel of this minute: a till waits 4.5 s for each.</summary>
    Cancel = 0,

    /// <summary>An institution asked just now.</summary>
    Asked,

    /// <summary>Accepted within the last minute: the payer may still stand there.</summary>
    Young,

    /// <summary>All others. The one that is overdue for longest first; of those that are due since the start, the oldest.</summary>
    Old,
}

/// <summary>
/// What is in doubt at one channel. When the budget is less than what is due, lanes share it by weight: a lane of few is served at once beside a lane of a
/// million, and no lane ever starves. What a lane does not use is the others'.
/// </summary>
/// <remarks>Start-time fair queueing (Goyal, Vin, Cheng 1996) with one unit of work for a turn. Under its schedule's lock.</remarks>
/// <param name="channel">Null for those whose channel has not been looked up.</param>
/// <param name="number">Among the schedule's dockets.</param>
/// <param name="slots">Where the entries are.</param>
internal sealed class Docket(Channel? channel, ushort number, PendingSlots slots)
{
    // Of each 19 turns, while all lanes want them, 8 are cancels' and so on: the longest that anybody waits for the head of his lane is 6 turns.
    private static readonly int[] Weights = [8, 4, 4, 3];

    private static readonly int[] Strides = [.. Weights.Select(weight => 8 * 4 * 3 / weight)];

    // Who has been served how much: the lane that is furthest behind is next. A lane that was empty gets no credit for it.
    private readonly long[] _served = new long[Weights.Length];
    private readonly DueHeap[] _lanes = [.. Weights.Select(_ => new DueHeap(slots))];
    private long _now;

    internal Channel? Channel => channel;

    internal ushort Number => number;

    internal void Add(int slot) => _lanes[(int)slots[slot].Lane].Add(slot);

    internal void Remove(int slot) => _lanes[(int)slots[slot].Lane].Remove(slot);

    /// <summary>When the next of them is due; <see cref="long.MaxValue"/> when there is none.</summary>
    internal long NextDueAt(bool isForCancels)
    {
        long next = _lanes[0].NextDueAt;
        for (int lane = 1; lane < _lanes.Length && !isForCancels; lane++)
        {
            next = Math.Min(next, _lanes[lane].NextDueAt);
        }
        return next;
    }

    /// <summary>Whose turn it is now; -1 when nobody is due.</summary>
    internal int Choose(long now, bool isForCancels)
    {
        int chosen = -1;
        long least = long.MaxValue;
        for (int lane = 0; lane < (isForCancels ? 1 : _lanes.Length); lane++)
        {
            long served = Math.Max(_served[lane], _now);
            if (_lanes[lane].NextDueAt <= now && served < least)
            {
                (chosen, least) = (lane, served);
            }
        }
        if (chosen < 0)
        {
            return -1;
        }
        _now = least;
        _served[chosen] = least + Strides[chosen];
        return _lanes[chosen].First;
    }

    /// <summary>Who has waited in a lane for the young until he was young no more goes to the old; some at a time.</summary>
    internal void MoveAged(long bornBefore, int atMost)
    {
        foreach (Lane lane in (ReadOnlySpan<Lane>)[Lane.Cancel, Lane.Young])
        {
            DueHeap heap = _lanes[(int)lane];
            for (; atMost > 0 && heap.Count > 0 && slots[heap.First].BornAt < bornBefore; atMost--)
            {
                int slot = heap.First;
                heap.Remove(slot);
                slots[slot].Lane = Lane.Old;
                Add(slot);
            }
        }
    }
}
