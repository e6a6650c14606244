using System.Collections;
using HotPath.Core.Buffers;
using HotPath.Core.Model;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>One without a result.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Entry">What the index has of it.</param>
internal readonly record struct OpenEntry(TradeNo Number, BookEntry Entry);

/// <summary>
/// What has no result. A checkpoint takes a copy between two batches, and of a million entries that would be tens of milliseconds in which no payment is
/// recorded: so it is given the pages themselves, and whoever changes one afterwards changes a copy of it. The ledger thread's.
/// </summary>
internal sealed class PendingBook
{
    private const int PageBits = 9;
    private const int PageEntries = 1 << PageBits;

    private readonly List<OpenEntry[]> _pages = [];

    // Pages that a copy was given. Who reads it, reads it on another thread.
    private readonly List<bool> _isShared = [];
    private readonly NumberMap _places = new();

    internal int Count => _places.Count;

    /// <exception cref="KeyNotFoundException">It is not here.</exception>
    internal BookEntry Of(TradeNo number) => _places.TryGet(number, out int place)
        ? _pages[place >> PageBits][place & (PageEntries - 1)].Entry
        : throw new KeyNotFoundException($"{number} is not without a result");

    internal void Put(TradeNo number, in BookEntry entry)
    {
        var open = new OpenEntry(number, entry);
        if (_places.TryGet(number, out int place))
        {
            Write(place, open);
            return;
        }
        place = Count;
        if (place >> PageBits == _pages.Count)
        {
            _pages.Add(new OpenEntry[PageEntries]);
            _isShared.Add(false);
        }
        Write(place, open);
        _places.Add(number, place);
    }

    internal void Remove(TradeNo number)
    {
        if (!_places.Remove(number, out int place))
        {
            return;
        }
        // The last one takes its place.
        int last = Count;
        if (place != last)
        {
            OpenEntry moved = _pages[last >> PageBits][last & (PageEntries - 1)];
            Write(place, moved);
            _places.Move(moved.Number, place);
        }
        if (_pages.Count > (last >> PageBits) + 1)
        {
            // One empty page is kept: the next one that comes may need it.
            _pages.RemoveAt(_pages.Count - 1);
            _isShared.RemoveAt(_isShared.Count - 1);
        }
    }

    /// <summary>What is here now, for another thread to read for as long as it likes.</summary>
    internal PagedCopy<OpenEntry> Copy()
    {
        for (int page = 0; page < _isShared.Count; page++)
        {
            _isShared[page] = true;
        }
        return new PagedCopy<OpenEntry>([.. _pages], PageBits, 0, Count);
    }

    /// <summary>The numbers of one kind, in order.</summary>
    internal TradeNo[] List(BookKind kind)
    {
        TradeNo[] list = [.. new PagedCopy<OpenEntry>(_pages, PageBits, 0, Count).Where(open => open.Entry.Kind == kind).Select(open => open.Number)];
        Array.Sort(list);
        return list;
    }

    private void Write(int place, in OpenEntry open)
    {
        int page = place >> PageBits;
        if (_isShared[page])
        {
            _pages[page] = [.. _pages[page]];
            _isShared[page] = false;
        }
        _pages[page][place & (PageEntries - 1)] = open;
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

/// <summary>What a manifest lists: what has no result; of these once more those that had a DISPATCHED, with its address; and what was reversed lately.</summary>
internal sealed class PendingCopy(IReadOnlyList<OpenEntry> open, IReadOnlyList<Reversed> reversed) : IEnumerable<PendingTrade>
{
    public IEnumerator<PendingTrade> GetEnumerator() =>
        open.Select(one => new PendingTrade(one.Number, one.Entry.AcceptedAddress, one.Entry.Kind))
            .Concat(open.Where(one => one.Entry.Redirects > 0).Select(one => new PendingTrade(one.Number, one.Entry.B, BookKind.Dispatched)))
            .Concat(reversed.Select(ended => new PendingTrade(ended.TradeNo, ended.AcceptedAddress, BookKind.Reversed)))
            .GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
