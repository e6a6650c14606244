using System.Buffers;
using HotPath.Core.Model;

namespace HotPath.Core.DayFiles;

/// <summary>
/// Trade numbers in the order of the journal, which is nearly their own: a number is taken a moment before its claim is recorded, so a few stand out of
/// place, and those of late results far out. Counts and selects by number without sorting the day.
/// </summary>
/// <remarks>
/// Each full block says its lowest and highest number. Of the blocks in order, only those that a number falls into must be read to know how many are
/// below it: a handful, whatever the size of the day, plus one for each stray on the way.
/// </remarks>
internal sealed class NumberFile : DayFile
{
    private readonly BlockOrder _blocks = new();
    private TradeNo _lowest;
    private TradeNo _highest;
    private bool _knowsOpenBlock;

    internal NumberFile(in DayFileKey key, string folder, OpenFiles files, long length)
        : base(key, folder, files, length) => _knowsOpenBlock = length % NumberFormat.BlockBytes == 0;

    /// <summary>Numbers in it.</summary>
    internal long Count => NumberFormat.CountOf(Length);

    /// <summary>Makes ready for <see cref="Append"/>, which then cannot fail. The feed's thread.</summary>
    /// <exception cref="DayFilesDamagedException">What an earlier run left in the block that is not full is not as it was written.</exception>
    internal void Prepare()
    {
        if (!_knowsOpenBlock)
        {
            long count = Count;
            long first = count - (count % NumberFormat.BlockNumbers);
            using Numbers open = Read(first, (int)(count - first));
            (_lowest, _highest) = (open.Span[0], open.Span[0]);
            foreach (TradeNo number in open.Span)
            {
                Widen(number);
            }
            _knowsOpenBlock = true;
        }
    }

    /// <summary>Appends one. The feed's thread.</summary>
    internal void Append(TradeNo number)
    {
        long offset = Length;
        long inBlock = offset % NumberFormat.BlockBytes / NumberFormat.EntryBytes;
        if (inBlock == 0)
        {
            (_lowest, _highest) = (number, number);
        }
        Widen(number);
        bool isFull = inBlock == NumberFormat.BlockNumbers - 1;
        int length = (isFull ? 3 : 1) * NumberFormat.EntryBytes;
        Span<byte> room = Room(length);
        NumberFormat.Write(room, number, offset, Salt);
        if (isFull)
        {
            NumberFormat.Write(room[16..], _lowest, offset + 16, Salt);
            NumberFormat.Write(room[32..], _highest, offset + 32, Salt);
        }
        Commit(length);
    }

    /// <summary>How many of the first <paramref name="among"/> numbers lie in the range. Any thread.</summary>
    /// <exception cref="DayFilesDamagedException">It is not as it was written.</exception>
    internal long CountIn(in NumberRange range, long among)
    {
        using Numbers open = OpenBlock(among);
        return CountBelow(range.End, among, open.Span) - CountBelow(range.First, among, open.Span);
    }

    /// <summary>
    /// The numbers of the range among the first <paramref name="among"/>, in order, without the first <paramref name="skip"/>, as many as there is room
    /// for. Any thread.
    /// </summary>
    /// <returns>How many it gave.</returns>
    /// <exception cref="DayFilesDamagedException">It is not as it was written.</exception>
    internal int Select(in NumberRange range, long among, long skip, Span<TradeNo> into)
    {
        using Numbers open = OpenBlock(among);
        long rank = CountBelow(range.First, among, open.Span) + skip;
        long blocks = among / NumberFormat.BlockNumbers;
        if (rank >= among || into.IsEmpty)
        {
            return 0;
        }
        // Between these two lie all that are wanted: at most rank numbers are below the one, at least rank and the page are not above the other.
        TradeNo from, to;
        lock (_blocks)
        {
            Load(blocks);
            from = _blocks.NotAbove(rank, blocks, open.Span);
            to = _blocks.NotBelow(rank + into.Length, blocks, open.Span);
        }
        var near = new List<TradeNo>(4 * NumberFormat.BlockNumbers);
        int first = (int)(rank - Gather(from, to, blocks, open.Span, near));
        near.Sort();
        int given = 0;
        while (first + given < near.Count && given < into.Length && near[first + given] < range.End)
        {
            into[given] = near[first + given];
            given++;
        }
        return given;
    }

    private long CountBelow(TradeNo number, long among, ReadOnlySpan<TradeNo> open)
    {
        long blocks = among / NumberFormat.BlockNumbers;
        long below = CountBelow(open, number);
        var straddling = new List<long>();
        lock (_blocks)
        {
            Load(blocks);
            below += _blocks.CountBelow(number, blocks, straddling);
        }
        foreach (long block in straddling)
        {
            using Numbers read = Read(block * NumberFormat.BlockNumbers, NumberFormat.BlockNumbers);
            below += CountBelow(read.Span, number);
        }
        return below;
    }

    // Takes what lies between the two, and says how many are below.
    private long Gather(TradeNo from, TradeNo to, long blocks, ReadOnlySpan<TradeNo> open, List<TradeNo> near)
    {
        var overlapping = new List<long>();
        long below;
        lock (_blocks)
        {
            below = _blocks.Overlapping(from, to, blocks, overlapping);
        }
        below += Gather(from, to, open, near);
        foreach (long block in overlapping)
        {
            using Numbers read = Read(block * NumberFormat.BlockNumbers, NumberFormat.BlockNumbers);
            below += Gather(from, to, read.Span, near);
        }
        return below;
    }

    private static long Gather(TradeNo from, TradeNo to, ReadOnlySpan<TradeNo> numbers, List<TradeNo> near)
    {
        long below = 0;
        foreach (TradeNo number in numbers)
        {
            if (number < from)
            {
                below++;
            }
            else if (number <= to)
            {
                near.Add(number);
            }
        }
        return below;
    }

    private static long CountBelow(ReadOnlySpan<TradeNo> numbers, TradeNo than)
    {
        long below = 0;
        foreach (TradeNo number in numbers)
        {
            below += number < than ? 1 : 0;
        }
        return below;
    }

    private Numbers OpenBlock(long among)
    {
        int inOpen = (int)(among % NumberFormat.BlockNumbers);
        return Read(among - inOpen, inOpen);
    }

    // Within one block.
    private Numbers Read(long index, int count)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Math.Max(1, count * NumberFormat.EntryBytes));
        TradeNo[] numbers = ArrayPool<TradeNo>.Shared.Rent(Math.Max(1, count));
        try
        {
            long offset = NumberFormat.OffsetOf(index);
            ReadAt(bytes.AsSpan(0, count * NumberFormat.EntryBytes), offset);
            for (int i = 0; i < count; i++)
            {
                int at = i * NumberFormat.EntryBytes;
                if (!NumberFormat.TryRead(bytes.AsSpan(at), offset + at, Salt, out numbers[i]))
                {
                    throw Damaged(offset + at);
                }
            }
            return new Numbers(numbers, count);
        }
        catch
        {
            ArrayPool<TradeNo>.Shared.Return(numbers);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private void Load(long blocks)
    {
        Span<byte> bounds = stackalloc byte[2 * NumberFormat.EntryBytes];
        while (_blocks.Count < blocks)
        {
            long offset = ((_blocks.Count + 1) * NumberFormat.BlockBytes) - bounds.Length;
            ReadAt(bounds, offset);
            if (!NumberFormat.TryRead(bounds, offset, Salt, out TradeNo lowest) ||
                !NumberFormat.TryRead(bounds[16..], offset + 16, Salt, out TradeNo highest))
            {
                throw Damaged(offset);
            }
            _blocks.Add(lowest, highest);
        }
    }

    private void Widen(TradeNo number)
    {
        _lowest = number < _lowest ? number : _lowest;
        _highest = number > _highest ? number : _highest;
    }

    /// <summary>Numbers that were read; give them back.</summary>
    private readonly struct Numbers(TradeNo[] pooled, int count) : IDisposable
    {
        internal ReadOnlySpan<TradeNo> Span => pooled.AsSpan(0, count);

        public void Dispose() => ArrayPool<TradeNo>.Shared.Return(pooled);
    }
}
