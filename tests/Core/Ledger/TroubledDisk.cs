using HotPath.Core.Ledger.Embedded;

namespace HotPath.Core.Tests.Ledger;

/// <summary>The real disk, which is full, stuck or broken by command.</summary>
internal sealed class TroubledDisk : IJournalStorage
{
    private readonly FileStorage _disk = FileStorage.Instance;
    private int _writes;
    private int _standing;

    /// <summary>What the disk says is left.</summary>
    internal DiskRoom Left { get; set; } = DiskRoom.Endless;

    /// <summary>No block can be had any more: new files stay empty and files do not grow, while what is there can be overwritten.</summary>
    internal volatile bool IsFull;

    /// <summary>Syncs wait until this is set, as on a disk that has gone away.</summary>
    internal ManualResetEventSlim? Stuck { get; set; }

    /// <summary>So many syncs go through before.</summary>
    internal int SyncsLeft;

    /// <summary>Only syncs of files with this in their path wait.</summary>
    internal string StuckFile { get; set; } = "";

    /// <summary>Syncs fail as EIO does.</summary>
    internal volatile bool FailsSyncs;

    /// <summary>Somebody waits for a sync.</summary>
    internal bool IsStanding => Volatile.Read(ref _standing) > 0;

    /// <summary>Reads of files with this in their path fail as EIO does.</summary>
    internal string? Unreadable { get; set; }

    /// <summary>From which byte on; before it they can be read.</summary>
    internal long UnreadableFrom { get; set; }

    /// <summary>Files with this in their path cannot be made.</summary>
    internal string? NotMade { get; set; }

    /// <summary>Writes that went through.</summary>
    internal int Writes => Volatile.Read(ref _writes);

    public void CreateDirectory(string directory) => _disk.CreateDirectory(directory);

    public IReadOnlyList<string> List(string directory) => _disk.List(directory);

    public IJournalFile Create(string path) => NotMade is { } part && path.Contains(part, StringComparison.Ordinal)
        ? throw new IOException($"No space left on device : '{path}'")
        : new Troubled(this, _disk.Create(path), path);

    public IJournalFile Open(string path, bool isWritable) => new Troubled(this, _disk.Open(path, isWritable), path);

    public void Delete(string path) => _disk.Delete(path);

    public void Rename(string from, string to) => _disk.Rename(from, to);

    public void SyncDirectory(string directory) => _disk.SyncDirectory(directory);

    public IDisposable Lock(string path) => _disk.Lock(path);

    public DiskRoom Room(string directory) => Left;

    private sealed class Troubled(TroubledDisk disk, IJournalFile file, string path) : IJournalFile
    {
        public long Length => file.Length;

        public int ReadAt(Span<byte> into, long offset) =>
            disk.Unreadable is { } part && path.Contains(part, StringComparison.Ordinal) && offset + into.Length > disk.UnreadableFrom
            ? throw new IOException("Input/output error")
            : file.ReadAt(into, offset);

        public void WriteAt(ReadOnlySpan<byte> bytes, long offset)
        {
            if (disk.IsFull && offset + bytes.Length > file.Length)
            {
                throw new IOException($"No space left on device : '{path}'");
            }
            file.WriteAt(bytes, offset);
            Interlocked.Increment(ref disk._writes);
        }

        public void Sync()
        {
            if (disk.Stuck is { IsSet: false } stuck && path.Contains(disk.StuckFile, StringComparison.Ordinal) && Interlocked.Decrement(ref disk.SyncsLeft) < 0)
            {
                Interlocked.Increment(ref disk._standing);
                stuck.Wait();
                Interlocked.Decrement(ref disk._standing);
            }
            if (disk.FailsSyncs)
            {
                throw new IOException("Input/output error");
            }
            file.Sync();
        }

        public void Dispose() => file.Dispose();
    }
}
