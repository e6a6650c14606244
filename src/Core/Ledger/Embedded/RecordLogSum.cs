using System.Buffers.Binary;
using System.IO.Hashing;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// A running sum over a store's record log. FASTER has no checksums: it would load a bent record without a word, and a lost order number
/// is an order paid twice. Below a checkpoint's end keys, values and links never change, so each checkpoint only adds what is new.
/// </summary>
/// <remarks>
/// What does change is the flags in a record's header: FASTER marks a record that was overtaken, and writes the sector at a checkpoint's
/// end again later. They are left out of the sum. One thread at a time: recovery, then whoever writes the manifests.
/// </remarks>
internal sealed class RecordLogSum
{
    /// <summary>Where FASTER's log begins.</summary>
    private const long FirstAddress = 64;

    /// <summary>The part of a record's first word that links to the previous record of the same bucket.</summary>
    private const ulong LinkMask = (1UL << 48) - 1;

    private const int BytesAtOnce = 1024 * 1024;

    private readonly string _path;
    private readonly long _fileBytes;
    private readonly long _pageBytes;
    private readonly int _recordBytes;
    private readonly XxHash3 _sum = new();
    private long _end = FirstAddress;

    /// <param name="path">The device's path; its files are this with <c>.0</c>, <c>.1</c> and so on behind it.</param>
    /// <param name="fileBytes">Bytes of each of them, a multiple of a page.</param>
    /// <param name="pageBytes">Bytes of a page; records never cross one.</param>
    /// <param name="recordBytes">Bytes of a record.</param>
    internal RecordLogSum(string path, long fileBytes, long pageBytes, int recordBytes)
    {
        _path = path;
        _fileBytes = fileBytes;
        _pageBytes = pageBytes;
        _recordBytes = recordBytes;
    }

    /// <summary>The sum over every record below <paramref name="end"/>, which must not be below an earlier one.</summary>
    /// <exception cref="IOException">The log is shorter than that.</exception>
    internal ulong ExtendTo(long end)
    {
        byte[] buffer = new byte[BytesAtOnce / _recordBytes * _recordBytes];
        while (_end + _recordBytes <= end)
        {
            using FileStream file = new(
                $"{_path}.{_end / _fileBytes}", FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            long until = Math.Min(end, ((_end / _fileBytes) + 1) * _fileBytes);
            while (_end + _recordBytes <= until)
            {
                AddRecords(file, buffer, until);
            }
            _end = until == end ? _end : until;
        }
        return _sum.GetCurrentHashAsUInt64();
    }

    private void AddRecords(FileStream file, byte[] buffer, long until)
    {
        long pageEnd = ((_end / _pageBytes) + 1) * _pageBytes;
        long records = Math.Min((Math.Min(pageEnd, until) - _end) / _recordBytes, buffer.Length / _recordBytes);
        if (records == 0)
        {
            _end = pageEnd;
            return;
        }
        Span<byte> bytes = buffer.AsSpan(0, (int)records * _recordBytes);
        if (RandomAccess.Read(file.SafeFileHandle, bytes, _end % _fileBytes) != bytes.Length)
        {
            throw new IOException($"{file.Name} is shorter than its checkpoint");
        }
        for (int at = 0; at < bytes.Length; at += _recordBytes)
        {
            ulong header = BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[at..], header & LinkMask);
        }
        _sum.Append(bytes);
        _end += bytes.Length;
    }
}
