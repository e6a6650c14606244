using HotPath.Core.Buffers;
using HotPath.Core.Model;

namespace HotPath.Core.Pipeline;

/// <summary>One that is in doubt, and when it is asked about next. All times in ticks of the clock that does not step.</summary>
internal struct PendingEntry
{
    internal TradeNo Number;

    /// <summary>
    /// When it was accepted, on the clock that does not step: a clock that was ahead when it was accepted and has come back would make it unborn for a day,
    /// and "not found" would prove nothing all that time (F23).
    /// </summary>
    internal long BornAt;

    /// <summary>The next turn.</summary>
    internal long DueAt;

    /// <summary>The next turn of the schedule, whoever hastens it.</summary>
    internal long RegularAt;

    /// <summary>The last turn; <see cref="Never"/> before the first.</summary>
    internal long AskedAt;

    /// <summary>Its place in its lane's heap; of a free slot: the next free one.</summary>
    internal int Place;

    /// <summary>Which docket.</summary>
    internal ushort Docket;

    internal Lane Lane;

    /// <summary>Regular turns it had.</summary>
    internal byte Turns;

    /// <summary>A wish to cancel: somebody waits for it.</summary>
    internal bool IsCancel;

    /// <summary>Its channel has just said, after the settle window, that it does not know it: the next turn goes on from there.</summary>
    internal bool IsUnknownThere;

    /// <summary>The slot is in use.</summary>
    internal bool IsUsed;

    internal const long Never = long.MinValue;
}

/// <summary>
/// Room for entries: pages of structures, so that a million of them are a few hundred objects for the garbage collector, and nothing is copied when there are
/// more. Not thread-safe.
/// </summary>
internal sealed class PendingSlots
{
    private const int PageBits = 10;
    private const int PageSlots = 1 << PageBits;
    private const int None = -1;

    private readonly List<PendingEntry[]> _pages = [];
    private readonly NumberMap _slots = new();
    private int _free = None;
    private volatile bool _isEmpty = true;

    internal int Count => _slots.Count;

    /// <summary>On any thread.</summary>
    internal bool IsEmpty => _isEmpty;

    /// <summary>All slots, used or not.</summary>
    internal int Length => _pages.Count << PageBits;

    internal ref PendingEntry this[int slot] => ref _pages[slot >> PageBits][slot & (PageSlots - 1)];

    internal bool TryFind(TradeNo number, out int slot) => _slots.TryGet(number, out slot);

    internal int Add(in PendingEntry entry)
    {
        if (_free == None)
        {
            AddPage();
        }
        int slot = _free;
        _free = this[slot].Place;
        this[slot] = entry;
        this[slot].IsUsed = true;
        _slots.Add(entry.Number, slot);
        _isEmpty = false;
        return slot;
    }

    internal void Remove(int slot)
    {
        _slots.Remove(this[slot].Number, out _);
        this[slot] = new PendingEntry { Place = _free };
        _free = slot;
        _isEmpty = _slots.Count == 0;
        if (_isEmpty && _pages.Count > 1)
        {
            // After an outage: what a million needed is given back.
            _pages.Clear();
            _free = None;
        }
    }

    private void AddPage()
    {
        int first = Length;
        _pages.Add(new PendingEntry[PageSlots]);
        for (int slot = first + PageSlots - 1; slot >= first; slot--)
        {
            this[slot].Place = _free;
            _free = slot;
        }
    }
}
