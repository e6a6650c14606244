using System.Collections;
using HotPath.Core.Buffers;
using HotPath.Core.Model;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// What has no result. A checkpoint takes a copy between two batches, and of a million entries that would be tens of milliseconds in which no payment is
/// recorded: so it is given the pages themselves, and whoever changes one afterwards changes a copy of it. The ledger thread's.
/// </summary>
internal sealed class PendingBook
{
    private const int PageBits = 9;
    private const int PageEntries = 1 << PageBits;

    private readonly List<PendingTrade[]> _pages = [];

    // Pages that a copy was given. Who reads it, reads it on another thread.
    private readonly List<bool> _isShared = [];
    private readonly NumberMap _places = new();

    // How many have gone to a further channel.
    private int _dispatched;

    internal int Count => _places.Count;

    internal void Put(in PendingTrade pending)
    {
        _dispatched += pending.IsDispatched ? 1 : 0;
        if (_places.TryGet(pending.TradeNo, out int place))
        {
            _dispatched -= At(place).IsDispatched ? 1 : 0;
            Write(place, pending);
            return;
        }
        place = Count;
        if (place >> PageBits == _pages.Count)
        {
            _pages.Add(new PendingTrade[PageEntries]);
            _isShared.Add(false);
        }
        Write(place, pending);
        _places.Add(pending.TradeNo, place);
    }

    internal void Remove(TradeNo number)
    {
        if (!_places.Remove(number, out int place))
        {
            return;
        }
        _dispatched -= At(place).IsDispatched ? 1 : 0;
        // The last one takes its place.
        int last = Count;
        if (place != last)
        {
            PendingTrade moved = At(last);
            Write(place, moved);
            _places.Move(moved.TradeNo, place);
        }
        if (_pages.Count > (last >> PageBits) + 1)
        {
            // One empty page is kept: the next one that comes may need it.
            _pages.RemoveAt(_pages.Count - 1);
            _isShared.RemoveAt(_isShared.Count - 1);
        }
    }

    /// <summary>What is here now, for another thread to read for as long as it likes.</summary>
    internal PendingCopy Copy(IReadOnlyList<Reversed> reversed)
    {
        for (int page = 0; page < _isShared.Count; page++)
        {
            _isShared[page] = true;
        }
        return new PendingCopy(new PagedCopy<PendingTrade>([.. _pages], PageBits, 0, Count), _dispatched, reversed);
    }

    /// <summary>The numbers of one kind, in order.</summary>
    internal TradeNo[] List(BookKind kind)
    {
        TradeNo[] list = [.. new PagedCopy<PendingTrade>(_pages, PageBits, 0, Count).Where(pending => pending.Kind == kind).Select(pending => pending.TradeNo)];
        Array.Sort(list);
        return list;
    }

    private PendingTrade At(int place) => _pages[place >> PageBits][place & (PageEntries - 1)];

    private void Write(int place, in PendingTrade pending)
    {
        int page = place >> PageBits;
        if (_isShared[page])
        {
            _pages[page] = [.. _pages[page]];
            _isShared[page] = false;
        }
        _pages[page][place & (PageEntries - 1)] = pending;
    }
}

/// <summary>Pages read as one list.</summary>
/// <param name="pages">Of 2 to the power of <paramref name="pageBits"/> each.</param>
/// <param name="pageBits">See there.</param>
/// <param name="first">Place of the first in the first page.</param>
/// <param name="count">How many.</param>
internal sealed class PagedCopy<T>(IReadOnlyList<T[]> pages, int pageBits, int first, int count) : IReadOnlyList<T>
{
    public int Count => count;

    public T this[int index] => pages[(first + index) >> pageBits][(first + index) & ((1 << pageBits) - 1)];

    public IEnumerator<T> GetEnumerator()
    {
        for (int i = 0; i < count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>
/// What a manifest lists: what has no result, each that went to a further channel twice (<see cref="BookKind.Dispatched"/>), then what was reversed lately
/// (<see cref="BookKind.Reversed"/>).
/// </summary>
internal sealed class PendingCopy(IReadOnlyList<PendingTrade> pending, int dispatched, IReadOnlyList<Reversed> reversed) : IReadOnlyCollection<PendingTrade>
{
    internal static PendingCopy Empty { get; } = new([], 0, []);

    public int Count => pending.Count + dispatched + reversed.Count;

    public IEnumerator<PendingTrade> GetEnumerator()
    {
        foreach (PendingTrade one in pending)
        {
            yield return one;
            if (one.IsDispatched)
            {
                yield return new PendingTrade(one.TradeNo, one.Dispatched, BookKind.Dispatched);
            }
        }
        foreach (Reversed ended in reversed)
        {
            yield return new PendingTrade(ended.TradeNo, ended.AcceptedAddress, BookKind.Reversed);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
