using HotPath.Core.Model;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>A trade that a confirmed reversal ended.</summary>
/// <param name="TradeNo">Its number.</param>
/// <param name="AcceptedAddress">Where it was accepted.</param>
/// <param name="EndedAtMs">When it ended, on journal time; later when the gateway was away since.</param>
internal readonly record struct Reversed(TradeNo TradeNo, long AcceptedAddress, long EndedAtMs);

/// <summary>
/// The trades that were reversed lately, oldest first: journal time never goes back. After an outage they are a million, and a checkpoint takes a copy between
/// two batches: pages are only ever added to, so it is given the pages themselves. The ledger thread's.
/// </summary>
internal sealed class ReversedBook
{
    private const int PageBits = 9;
    private const int PageEntries = 1 << PageBits;

    private List<Reversed[]> _pages = [];
    private int _first;
    private int _end;

    internal int Count => _end - _first;

    internal void Add(in Reversed reversed)
    {
        if (_end >> PageBits == _pages.Count)
        {
            _pages.Add(new Reversed[PageEntries]);
        }
        _pages[_end >> PageBits][_end & (PageEntries - 1)] = reversed;
        _end++;
    }

    /// <summary>Lets go of those that ended before.</summary>
    internal void Forget(long endedBeforeMs)
    {
        while (Count > 0 && _pages[0][_first].EndedAtMs < endedBeforeMs)
        {
            if (++_first == PageEntries)
            {
                _pages.RemoveAt(0);
                (_first, _end) = (0, _end - PageEntries);
            }
        }
    }

    /// <summary>As if all had ended so much later.</summary>
    internal void Shift(long ms)
    {
        PagedCopy<Reversed> all = Copy();
        (_pages, _first, _end) = ([], 0, 0);
        foreach (Reversed reversed in all)
        {
            Add(reversed with { EndedAtMs = reversed.EndedAtMs + ms });
        }
    }

    /// <summary>What is here now, for another thread to read for as long as it likes.</summary>
    internal PagedCopy<Reversed> Copy() => new([.. _pages], PageBits, _first, Count);
}
