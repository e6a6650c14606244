using HotPath.Core.Ledger.Embedded;

namespace HotPath.Core.Tests.Ledger;

/// <summary>The real disk until <see cref="FailFrom"/>; then every write, or every sync, fails.</summary>
internal sealed class FailingStorage : IJournalStorage
{
    private readonly FileStorage _disk = FileStorage.Instance;
    private int _calls;

    internal bool FailsOnSync { get; init; }

    /// <summary>The first call that fails, counted from <see cref="Arm"/>.</summary>
    internal int FailFrom { get; init; }

    internal bool IsArmed { get; private set; }

    /// <summary>Directories whose names were made durable, in order.</summary>
    internal List<string> SyncedDirectories { get; } = [];

    internal void Arm() => IsArmed = true;

    public void CreateDirectory(string directory) => _disk.CreateDirectory(directory);

    public IReadOnlyList<string> List(string directory) => _disk.List(directory);

    public IJournalFile Create(string path) => new Failing(this, _disk.Create(path));

    public IJournalFile Open(string path, bool isWritable) => new Failing(this, _disk.Open(path, isWritable));

    public void Delete(string path) => _disk.Delete(path);

    public void Rename(string from, string to) => _disk.Rename(from, to);

    public void SyncDirectory(string directory)
    {
        SyncedDirectories.Add(directory);
        _disk.SyncDirectory(directory);
    }

    public IDisposable Lock(string path) => _disk.Lock(path);

    public DiskRoom Room(string directory) => _disk.Room(directory);

    private void Count(bool isSync)
    {
        if (IsArmed && isSync == FailsOnSync && Interlocked.Increment(ref _calls) >= FailFrom)
        {
            throw new IOException("no space left on device");
        }
    }

    private sealed class Failing(FailingStorage storage, IJournalFile file) : IJournalFile
    {
        public long Length => file.Length;

        public int ReadAt(Span<byte> into, long offset) => file.ReadAt(into, offset);

        public void WriteAt(ReadOnlySpan<byte> bytes, long offset)
        {
            storage.Count(isSync: false);
            file.WriteAt(bytes, offset);
        }

        public void Sync()
        {
            storage.Count(isSync: true);
            file.Sync();
        }

        public void Dispose() => file.Dispose();
    }
}
