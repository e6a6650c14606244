using HotPath.Core.Model;

namespace HotPath.Core.DayFiles;

/// <summary>
/// Lowest and highest number of every full block of a file, in the order of the file and in their own. The caller locks. A question is about the first
/// blocks only, as the file was at the asker's snapshot, and about the open block that followed them.
/// </summary>
internal sealed class BlockOrder
{
    private const int BlockNumbers = NumberFormat.BlockNumbers;

    private readonly List<TradeNo> _lowest = [];
    private readonly List<TradeNo> _highest = [];

    // Numbers of blocks. A new one nearly always belongs at the end, or close to it.
    private readonly List<int> _byLowest = [];
    private readonly List<int> _byHighest = [];

    internal int Count => _lowest.Count;

    internal void Add(TradeNo lowest, TradeNo highest)
    {
        int block = Count;
        _lowest.Add(lowest);
        _highest.Add(highest);
        Insert(_byLowest, _lowest, block);
        Insert(_byHighest, _highest, block);
    }

    /// <summary>Numbers of blocks that lie wholly below; <paramref name="straddling"/> gets the blocks that must be read to know.</summary>
    internal long CountBelow(TradeNo number, long blocks, List<long> straddling)
    {
        long below = 0;
        for (int block = 0; block < blocks; block++)
        {
            if (_highest[block] < number)
            {
                below += BlockNumbers;
            }
            else if (_lowest[block] < number)
            {
                straddling.Add(block);
            }
        }
        return below;
    }

    /// <summary>Numbers of blocks that lie wholly below <paramref name="from"/>; <paramref name="overlapping"/> gets those that may hold one between the two.</summary>
    internal long Overlapping(TradeNo from, TradeNo to, long blocks, List<long> overlapping)
    {
        long below = 0;
        for (int block = 0; block < blocks; block++)
        {
            if (_highest[block] < from)
            {
                below += BlockNumbers;
            }
            else if (_lowest[block] <= to)
            {
                overlapping.Add(block);
            }
        }
        return below;
    }

    /// <summary>A number that is not above the one of this rank: no more than <paramref name="rank"/> are below it.</summary>
    internal TradeNo NotAbove(long rank, long blocks, ReadOnlySpan<TradeNo> open)
    {
        // The open block counts whole from its lowest number on, like the others.
        TradeNo lowestOpen = Lowest(open);
        long begun = 0;
        TradeNo found = default;
        bool isOpenCounted = open.IsEmpty;
        foreach (int block in _byLowest)
        {
            if (block >= blocks)
            {
                continue;
            }
            if (!isOpenCounted && lowestOpen < _lowest[block])
            {
                if (begun > rank)
                {
                    return found;
                }
                found = lowestOpen;
                begun += open.Length;
                isOpenCounted = true;
            }
            if (begun > rank)
            {
                return found;
            }
            found = _lowest[block];
            begun += BlockNumbers;
        }
        return !isOpenCounted && begun <= rank ? lowestOpen : found;
    }

    /// <summary>A number that is not below the one of rank <paramref name="end"/> - 1: at least so many are not above it.</summary>
    internal TradeNo NotBelow(long end, long blocks, ReadOnlySpan<TradeNo> open)
    {
        TradeNo highestOpen = Highest(open);
        long ended = 0;
        TradeNo found = default;
        bool isOpenCounted = open.IsEmpty;
        foreach (int block in _byHighest)
        {
            if (block >= blocks)
            {
                continue;
            }
            if (!isOpenCounted && highestOpen < _highest[block])
            {
                found = highestOpen;
                ended += open.Length;
                isOpenCounted = true;
                if (ended >= end)
                {
                    return found;
                }
            }
            found = _highest[block];
            ended += BlockNumbers;
            if (ended >= end)
            {
                return found;
            }
        }
        return isOpenCounted ? found : highestOpen;
    }

    private static void Insert(List<int> order, List<TradeNo> numbers, int block)
    {
        int at = order.Count;
        while (at > 0 && numbers[order[at - 1]] > numbers[block])
        {
            at--;
        }
        order.Insert(at, block);
    }

    private static TradeNo Lowest(ReadOnlySpan<TradeNo> numbers)
    {
        TradeNo lowest = numbers.IsEmpty ? default : numbers[0];
        foreach (TradeNo number in numbers)
        {
            lowest = number < lowest ? number : lowest;
        }
        return lowest;
    }

    private static TradeNo Highest(ReadOnlySpan<TradeNo> numbers)
    {
        TradeNo highest = default;
        foreach (TradeNo number in numbers)
        {
            highest = number > highest ? number : highest;
        }
        return highest;
    }
}
