using HotPath.Core.Ledger.Embedded;

namespace HotPath.Core.DayFiles;

/// <summary>
/// One file that only grows. The feed's thread appends, into memory first; any thread reads what was appended, wherever it is.
/// </summary>
/// <remarks>
/// What the file holds behind <see cref="Length"/> was written before a crash and does not count: it is written over, byte for byte the same, when the
/// journal is shown again from the place that belongs to the length.
/// </remarks>
internal abstract class DayFile
{
    private const int LeastBufferBytes = 4 * 1024;

    // EMFILE and ENFILE, which .NET passes on as they are.
    private const int TooManyOpenFiles = 24;
    private const int TooManyOpenFilesOfAll = 23;

    private readonly OpenFiles _files;
    private readonly Lock _lock = new();
    private byte[] _buffer = [];
    private int _buffered;
    private long _written;
    private bool _isMade;
    private bool _isUnsynced;

    /// <param name="key">What it is.</param>
    /// <param name="folder">The day's folder.</param>
    /// <param name="files">Opens it.</param>
    /// <param name="length">How much of it counts; 0: there is none yet.</param>
    protected DayFile(in DayFileKey key, string folder, OpenFiles files, long length)
    {
        Key = key;
        Salt = key.Salt;
        Path = System.IO.Path.Combine(folder, key.Name);
        _files = files;
        _written = length;
        _isMade = length > 0;
        KeptLength = length;
    }

    internal DayFileKey Key { get; }

    internal string Path { get; }

    /// <summary>What the newest catalog that counts says of its length. The feed's thread only.</summary>
    internal long KeptLength { get; set; }

    /// <summary>Bytes appended so far, in the file or in memory.</summary>
    internal long Length
    {
        get
        {
            lock (_lock)
            {
                return _written + _buffered;
            }
        }
    }

    /// <summary>Bytes that are in memory only.</summary>
    internal int Buffered => _buffered;

    protected uint Salt { get; }

    /// <summary>Writes what is in memory to the file. The feed's thread.</summary>
    /// <exception cref="IOException">The disk failed; nothing is lost, and the same bytes are written to the same place the next time.</exception>
    internal void WriteOut()
    {
        if (_buffered == 0)
        {
            return;
        }
        using (OpenFiles.Lease lease = _files.Take(Path, isNew: !_isMade))
        {
            _isMade = true;
            _isUnsynced = true;
            lease.File.WriteAt(_buffer.AsSpan(0, _buffered), _written);
        }
        lock (_lock)
        {
            _written += _buffered;
            _buffered = 0;
            _buffer = _buffer.Length > LeastBufferBytes ? [] : _buffer;
        }
    }

    /// <summary>Returns when everything written out survives a power loss. The feed's thread.</summary>
    internal void Sync()
    {
        if (_isUnsynced)
        {
            using OpenFiles.Lease lease = _files.Take(Path, isNew: false);
            lease.File.Sync();
            _isUnsynced = false;
        }
    }

    /// <summary>Fills <paramref name="into"/> with what was appended at <paramref name="offset"/>. Any thread.</summary>
    /// <exception cref="DayFilesDamagedException">The file is gone or shorter than it was, or cannot be read.</exception>
    internal void ReadAt(Span<byte> into, long offset)
    {
        int ofFile;
        lock (_lock)
        {
            ofFile = (int)Math.Clamp(_written - offset, 0, into.Length);
            if (ofFile < into.Length)
            {
                _buffer.AsSpan((int)(offset + ofFile - _written), into.Length - ofFile).CopyTo(into[ofFile..]);
            }
        }
        if (ofFile == 0)
        {
            return;
        }
        try
        {
            using OpenFiles.Lease lease = _files.Take(Path, isNew: false);
            if (lease.File.ReadAt(into[..ofFile], offset) == ofFile)
            {
                return;
            }
        }
        catch (IOException failure)
        {
            throw Unreadable(Path, failure);
        }
        throw new DayFilesDamagedException($"{Path} is shorter than it was");
    }

    /// <summary>Room for <paramref name="length"/> bytes at the end; nobody sees them before <see cref="Commit"/>. The feed's thread.</summary>
    protected Span<byte> Room(int length)
    {
        if (_buffered + length > _buffer.Length)
        {
            byte[] larger = new byte[Math.Max(LeastBufferBytes, Math.Max(2 * _buffer.Length, _buffered + length))];
            _buffer.AsSpan(0, _buffered).CopyTo(larger);
            lock (_lock)
            {
                _buffer = larger;
            }
        }
        return _buffer.AsSpan(_buffered, length);
    }

    /// <summary>The bytes in the room count.</summary>
    protected void Commit(int length)
    {
        lock (_lock)
        {
            _buffered += length;
        }
    }

    /// <summary>The disk does not give what is there; without a file descriptor to read it with, that is no word about the file.</summary>
    internal static DayFilesDamagedException Unreadable(string path, IOException failure) =>
        new($"{path} cannot be read: {failure.Message}", failure) { IsPassing = failure.HResult is TooManyOpenFiles or TooManyOpenFilesOfAll };

    protected DayFilesDamagedException Damaged(long offset) => new($"{Path} is damaged at offset {offset}");
}
