using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.InteropServices;

namespace HotPath.Core.Buffers;

/// <summary>
/// A bounded queue of many producers and one consumer without locks (Vyukov's bounded queue, consumer side simplified).
/// System.Threading.Channels takes a lock on every write; this takes one compare-and-swap.
/// </summary>
/// <remarks>
/// Each cell carries the number of the turn it is ready for. A producer wins a position by CAS on <c>_tail</c>, writes the item and
/// publishes it by a release store of the cell's turn; the consumer acquires that turn before it reads the item. <c>_head</c> is the
/// consumer's alone.
/// </remarks>
public sealed class MpscRing<T>
    where T : class
{
    private readonly Cell[] _cells;
    private readonly int _mask;
    private RingPositions _positions;

    /// <param name="capacity">Items that fit at least; rounded up to a power of two.</param>
    public MpscRing(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        int size = Math.Max(2, (int)BitOperations.RoundUpToPowerOf2((uint)capacity));
        _mask = size - 1;
        _cells = new Cell[size];
        for (int i = 0; i < size; i++)
        {
            _cells[i].Turn = i;
        }
    }

    /// <summary>Items that fit.</summary>
    public int Capacity => _cells.Length;

    /// <summary>Items inside, exact only while nobody moves.</summary>
    public int Count => (int)Math.Clamp(Volatile.Read(ref _positions.Tail) - Volatile.Read(ref _positions.Head), 0, _cells.Length);

    /// <summary>
    /// True when an item can be taken. Unlike <see cref="Count"/> it does not see one whose producer is still at it: a consumer that waits for
    /// work asks this, and does not spin while that producer is off its processor.
    /// </summary>
    public bool HasItem
    {
        get
        {
            long head = Volatile.Read(ref _positions.Head);
            return Volatile.Read(ref _cells[head & _mask].Turn) == head + 1;
        }
    }

    /// <summary>Adds an item; false when the ring is full. Any thread.</summary>
    public bool TryEnqueue(T item)
    {
        long tail = Volatile.Read(ref _positions.Tail);
        while (true)
        {
            ref Cell cell = ref _cells[tail & _mask];
            long lead = Volatile.Read(ref cell.Turn) - tail;
            if (lead < 0)
            {
                return false;
            }
            if (lead == 0 && Interlocked.CompareExchange(ref _positions.Tail, tail + 1, tail) == tail)
            {
                cell.Item = item;
                Volatile.Write(ref cell.Turn, tail + 1);
                return true;
            }
            tail = Volatile.Read(ref _positions.Tail);
        }
    }

    /// <summary>Takes the oldest item; false when there is none. The consumer's thread only.</summary>
    public bool TryDequeue([NotNullWhen(true)] out T? item)
    {
        long head = _positions.Head;
        ref Cell cell = ref _cells[head & _mask];
        if (Volatile.Read(ref cell.Turn) != head + 1)
        {
            item = null;
            return false;
        }
        item = cell.Item!;
        cell.Item = null;
        Volatile.Write(ref cell.Turn, head + _cells.Length);
        Volatile.Write(ref _positions.Head, head + 1);
        return true;
    }

    private struct Cell
    {
        internal long Turn;
        internal T? Item;
    }
}

/// <summary>
/// Where producers and the consumer of a ring are, on different cache lines. Not nested: generic types cannot have explicit layout.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct RingPositions
{
    [FieldOffset(64)]
    internal long Tail;

    [FieldOffset(192)]
    internal long Head;
}
