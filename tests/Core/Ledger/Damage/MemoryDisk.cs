using HotPath.Core.Ledger.Embedded;

namespace HotPath.Core.Tests.Ledger.Damage;

/// <summary>
/// A disk in memory: a folder read once, then copied in no time for each case. Copies share a file's bytes until one of them writes to it.
/// </summary>
internal sealed class MemoryDisk : IJournalStorage
{
    private readonly SortedDictionary<string, Content> _files = new(StringComparer.Ordinal);
    private readonly Lock _names = new();

    /// <summary>Everything below <paramref name="folder"/> whose name <paramref name="isWanted"/>.</summary>
    internal static MemoryDisk Of(string folder, Func<string, bool> isWanted)
    {
        var disk = new MemoryDisk();
        foreach (string path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(isWanted))
        {
            disk._files[path] = new Content(File.ReadAllBytes(path));
        }
        return disk;
    }

    /// <summary>Calls that change something until one fails, and all after it.</summary>
    internal int CallsLeft { get; set; } = int.MaxValue;

    /// <summary>What opening a file that is there fails with; null: it does not.</summary>
    internal Func<IOException>? OpenFails { get; set; }

    internal MemoryDisk Copy()
    {
        var copy = new MemoryDisk();
        lock (_names)
        {
            foreach ((string path, Content content) in _files)
            {
                copy._files[path] = new Content(content.Bytes);
            }
        }
        return copy;
    }

    /// <summary>Every file there is.</summary>
    internal string[] Paths
    {
        get
        {
            lock (_names)
            {
                return [.. _files.Keys];
            }
        }
    }

    /// <summary>A file's bytes; not to be changed.</summary>
    internal byte[] this[string path]
    {
        get
        {
            lock (_names)
            {
                return _files[path].Bytes;
            }
        }

        set
        {
            lock (_names)
            {
                _files[path] = new Content(value);
            }
        }
    }

    internal void Change(string path, Action<byte[]> change)
    {
        byte[] bytes = [.. this[path]];
        change(bytes);
        this[path] = bytes;
    }

    public void CreateDirectory(string directory)
    {
    }

    public IReadOnlyList<string> List(string directory)
    {
        lock (_names)
        {
            return [.. _files.Keys.Where(path => Path.GetDirectoryName(path) == directory).Select(path => Path.GetFileName(path))];
        }
    }

    public IJournalFile Create(string path)
    {
        Count();
        this[path] = [];
        return Open(path, isWritable: true);
    }

    public IJournalFile Open(string path, bool isWritable)
    {
        if (OpenFails is not null)
        {
            throw OpenFails();
        }
        lock (_names)
        {
            return new OpenFile(this, _files.TryGetValue(path, out Content? content) ? content : throw new FileNotFoundException(path));
        }
    }

    public void Delete(string path)
    {
        Count();
        lock (_names)
        {
            _files.Remove(path);
        }
    }

    public void Rename(string from, string to)
    {
        Count();
        lock (_names)
        {
            _files.Remove(from, out Content? content);
            _files[to] = content!;
        }
    }

    public void SyncDirectory(string directory)
    {
    }

    public DiskRoom Room(string directory) => DiskRoom.Endless;

    public IDisposable Lock(string path) => new MemoryStream();

    private void Count()
    {
        if (CallsLeft != int.MaxValue && CallsLeft-- <= 0)
        {
            throw new IOException("this disk has been taken away");
        }
    }

    private sealed class Content(byte[] bytes)
    {
        /// <summary>Replaced, never changed: other disks and readers may have it.</summary>
        internal volatile byte[] Bytes = bytes;
    }

    private sealed class OpenFile(MemoryDisk disk, Content content) : IJournalFile
    {
        public long Length => content.Bytes.Length;

        public int ReadAt(Span<byte> into, long offset)
        {
            byte[] bytes = content.Bytes;
            int read = (int)Math.Clamp(bytes.Length - offset, 0, into.Length);
            bytes.AsSpan((int)Math.Min(offset, bytes.Length), read).CopyTo(into);
            return read;
        }

        public void WriteAt(ReadOnlySpan<byte> bytes, long offset)
        {
            disk.Count();
            byte[] old = content.Bytes;
            byte[] changed = new byte[Math.Max(old.Length, offset + bytes.Length)];
            old.CopyTo(changed, 0);
            bytes.CopyTo(changed.AsSpan((int)offset));
            content.Bytes = changed;
        }

        public void Sync()
        {
        }

        public void Dispose()
        {
        }
    }
}
