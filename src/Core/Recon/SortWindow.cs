using HotPath.Core.Model;

namespace HotPath.Core.Recon;

/// <summary>
/// Puts rows that come nearly sorted into order: it holds so many and gives the smallest. Numbers are given when a trade is accepted and rows come
/// when it is final, so that only what stayed PENDING for long comes too late for it; that is told, never put out of order.
/// </summary>
/// <remarks>What comes too late depends on the rows alone: the same rows in the same order are judged alike every time.</remarks>
internal sealed class SortWindow(int capacity)
{
    // Most days of most institutions are small: it grows as it must.
    private ReconRow[] _rows = new ReconRow[Math.Min(capacity, 64)];
    private readonly PriorityQueue<int, TradeNo> _order = new();
    private readonly Stack<int> _free = new();
    private int _used;
    private TradeNo _last;

    internal bool IsFull => _order.Count == capacity;

    internal bool IsEmpty => _order.Count == 0;

    /// <summary>The smallest number it holds.</summary>
    internal TradeNo Smallest => _rows[_order.Peek()].Number;

    /// <summary>A row with this number would stand before one that was given already.</summary>
    internal bool IsTooLate(TradeNo number) => number < _last;

    /// <summary>Takes a row that is not too late; there is room.</summary>
    internal void Add(in ReconRow row)
    {
        if (!_free.TryPop(out int place))
        {
            place = _used++;
            if (place == _rows.Length)
            {
                Array.Resize(ref _rows, Math.Min(capacity, 2 * _rows.Length));
            }
        }
        _rows[place] = row;
        _order.Enqueue(place, row.Number);
    }

    /// <summary>Gives the smallest; valid until the next is added.</summary>
    internal ref readonly ReconRow Take()
    {
        int place = _order.Dequeue();
        _free.Push(place);
        _last = _rows[place].Number;
        return ref _rows[place];
    }
}
