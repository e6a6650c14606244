using System.Buffers.Binary;
using System.IO.Hashing;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// A running sum over a store's record log up to a checkpoint's end. FASTER has no checksums: it would load a bent record without a word, and
/// a lost order number is an order paid twice. Whole sectors below that end are never written again, so their sums count as they are.
/// </summary>
/// <remarks>
/// The sector in which a checkpoint ends is written again later, with more records and perhaps other marks on those it had: of these the
/// keys, values, links and the two flags that say whether a record counts are summed, which FASTER does not change here. One thread at
/// a time: recovery, then whoever writes the manifests.
/// </remarks>
internal sealed class RecordLogSum
{
    /// <summary>Where FASTER's log begins.</summary>
    private const long FirstAddress = 64;

    /// <summary>Of a record's first word: the link to the previous record of the same bucket, the tombstone and the valid bit.</summary>
    private const ulong HeaderMask = (1UL << 48) - 1 | 1UL << 55 | 1UL << 56;

    private readonly IndexDevice _device;
    private readonly long _pageBytes;
    private readonly int _recordBytes;
    private readonly XxHash3 _sum = new();
    private long _sector;

    /// <param name="device">The log.</param>
    /// <param name="pageBytes">Bytes of a page; records never cross one.</param>
    /// <param name="recordBytes">Bytes of a record.</param>
    internal RecordLogSum(IndexDevice device, long pageBytes, int recordBytes)
    {
        _device = device;
        _pageBytes = pageBytes;
        _recordBytes = recordBytes;
    }

    /// <summary>The sum over everything below <paramref name="end"/>, which must not be below an earlier one.</summary>
    /// <exception cref="IOException">Not all of it was written, or it cannot be read.</exception>
    internal ulong ExtendTo(long end)
    {
        Span<byte> word = stackalloc byte[sizeof(uint)];
        for (; _sector < end / SectorSums.SectorBytes; _sector++)
        {
            uint sum = _device.Sums[_sector];
            if (sum == 0)
            {
                throw new IOException($"{_device.FileName} was not written at {_sector * SectorSums.SectorBytes}");
            }
            BinaryPrimitives.WriteUInt32LittleEndian(word, sum);
            _sum.Append(word);
        }
        return SumOfLastSector(end, (long)_sum.GetCurrentHashAsUInt64());
    }

    private ulong SumOfLastSector(long end, long seed)
    {
        long begin = end / SectorSums.SectorBytes * SectorSums.SectorBytes;
        if (begin == end)
        {
            return (ulong)seed;
        }
        Span<byte> sector = stackalloc byte[SectorSums.SectorBytes];
        // Not held against its sum: it may just be written again.
        _device.Read(begin, sector);
        long page = begin / _pageBytes * _pageBytes;
        long first = page == 0 ? FirstAddress : page;
        long skipped = Math.Max(0, (begin - first + _recordBytes - 1) / _recordBytes);
        for (long record = first + (skipped * _recordBytes); record < end; record += _recordBytes)
        {
            Span<byte> header = sector[(int)(record - begin)..];
            BinaryPrimitives.WriteUInt64LittleEndian(header, BinaryPrimitives.ReadUInt64LittleEndian(header) & HeaderMask);
        }
        return XxHash3.HashToUInt64(sector[..(int)(end - begin)], seed);
    }
}
