using HotPath.Core.Model;

namespace HotPath.Core.Pipeline;

/// <summary>
/// Slots by when they are due, and by number where that is the same. Each entry knows its place in here, so that one that is moved or ends leaves nothing
/// behind. Not thread-safe.
/// </summary>
internal sealed class DueHeap(PendingSlots slots)
{
    // So much is kept when it is empty.
    private const int Kept = 1_024;

    private readonly List<int> _heap = [];

    internal int Count => _heap.Count;

    /// <summary>The one that is due first.</summary>
    internal int First => _heap[0];

    internal long NextDueAt => _heap.Count > 0 ? slots[_heap[0]].DueAt : long.MaxValue;

    internal void Add(int slot)
    {
        _heap.Add(slot);
        Raise(_heap.Count - 1);
    }

    internal void Remove(int slot)
    {
        int place = slots[slot].Place;
        int last = _heap[^1];
        _heap.RemoveAt(_heap.Count - 1);
        if (last != slot)
        {
            Put(last, place);
            Raise(place);
            Sink(slots[last].Place);
        }
        if (_heap.Count == 0 && _heap.Capacity > Kept)
        {
            _heap.Capacity = Kept;
        }
    }

    private void Raise(int place)
    {
        int slot = _heap[place];
        while (place > 0 && IsBefore(slot, _heap[(place - 1) / 2]))
        {
            Put(_heap[(place - 1) / 2], place);
            place = (place - 1) / 2;
        }
        Put(slot, place);
    }

    private void Sink(int place)
    {
        int slot = _heap[place];
        while ((2 * place) + 1 < _heap.Count)
        {
            int child = (2 * place) + 1;
            if (child + 1 < _heap.Count && IsBefore(_heap[child + 1], _heap[child]))
            {
                child++;
            }
            if (!IsBefore(_heap[child], slot))
            {
                break;
            }
            Put(_heap[child], place);
            place = child;
        }
        Put(slot, place);
    }

    private void Put(int slot, int place)
    {
        _heap[place] = slot;
        slots[slot].Place = place;
    }

    private bool IsBefore(int left, int right)
    {
        ref readonly PendingEntry a = ref slots[left];
        ref readonly PendingEntry b = ref slots[right];
        return a.DueAt != b.DueAt ? a.DueAt < b.DueAt : a.Number < b.Number;
    }
}
