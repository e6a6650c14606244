using System.IO.Hashing;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// A running sum over a store's record log. FASTER has no checksums: it would load a bent record without a word, and a lost order number
/// is an order paid twice. The log below a checkpoint's end never changes, so each checkpoint only adds what is new.
/// </summary>
/// <remarks>One thread at a time: recovery, then whoever writes the manifests.</remarks>
internal sealed class RecordLogSum
{
    private const int BytesAtOnce = 1024 * 1024;

    private readonly string _path;
    private readonly long _fileBytes;
    private readonly XxHash3 _sum = new();
    private long _end;

    /// <param name="path">The device's path; its files are this with <c>.0</c>, <c>.1</c> and so on behind it.</param>
    /// <param name="fileBytes">Bytes of each of them.</param>
    internal RecordLogSum(string path, long fileBytes)
    {
        _path = path;
        _fileBytes = fileBytes;
    }

    /// <summary>The sum over everything below <paramref name="end"/>, which must not be below an earlier one.</summary>
    /// <exception cref="IOException">The log is shorter than that.</exception>
    internal ulong ExtendTo(long end)
    {
        byte[] buffer = new byte[BytesAtOnce];
        while (_end < end)
        {
            long number = _end / _fileBytes;
            using FileStream file = new($"{_path}.{number}", FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            long until = Math.Min(end, (number + 1) * _fileBytes);
            while (_end < until)
            {
                int wanted = (int)Math.Min(buffer.Length, until - _end);
                int read = RandomAccess.Read(file.SafeFileHandle, buffer.AsSpan(0, wanted), _end % _fileBytes);
                if (read == 0)
                {
                    throw new IOException($"{_path}.{number} ends at {_end % _fileBytes}");
                }
                _sum.Append(buffer.AsSpan(0, read));
                _end += read;
            }
        }
        return _sum.GetCurrentHashAsUInt64();
    }
}
