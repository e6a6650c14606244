using HotPath.Core.Ledger.Embedded;

namespace HotPath.Core.Tests.Ledger;

/// <summary>The real disk beneath the index, until it is told to fail.</summary>
internal sealed class FaultyDisk : IJournalStorage
{
    private readonly FileStorage _disk = FileStorage.Instance;

    /// <summary>Reads of logs fail as EIO does.</summary>
    internal volatile bool FailsReads;

    /// <summary>Writes of logs fail as ENOSPC does.</summary>
    internal volatile bool FailsWrites;

    /// <summary>Writes of logs never end, as on a disk that has gone away, until this is set.</summary>
    internal ManualResetEventSlim? Hang { get; set; }

    /// <summary>Reads of logs come back shorter by so much.</summary>
    internal int MissingBytes { get; set; }

    /// <summary>What reads of logs change in what they read: the file's bytes and their offset.</summary>
    internal Action<byte[], long>? Bends { get; set; }

    internal int LogReads;

    public void CreateDirectory(string directory) => _disk.CreateDirectory(directory);

    public IReadOnlyList<string> List(string directory) => _disk.List(directory);

    public IJournalFile Create(string path) => new Faulty(this, _disk.Create(path), IsLog(path));

    public IJournalFile Open(string path, bool isWritable) => new Faulty(this, _disk.Open(path, isWritable), IsLog(path));

    public void Delete(string path) => _disk.Delete(path);

    public void Rename(string from, string to) => _disk.Rename(from, to);

    public void SyncDirectory(string directory) => _disk.SyncDirectory(directory);

    public IDisposable Lock(string path) => _disk.Lock(path);

    public DiskRoom Room(string directory) => _disk.Room(directory);

    private static bool IsLog(string path) => Path.GetFileName(path).StartsWith("records.log", StringComparison.Ordinal);

    private sealed class Faulty(FaultyDisk disk, IJournalFile file, bool isLog) : IJournalFile
    {
        public long Length => file.Length;

        public int ReadAt(Span<byte> into, long offset)
        {
            if (!isLog)
            {
                return file.ReadAt(into, offset);
            }
            Interlocked.Increment(ref disk.LogReads);
            int read = disk.FailsReads ? throw new IOException("Input/output error") : file.ReadAt(into, offset);
            if (disk.Bends is { } bend)
            {
                byte[] bytes = into.ToArray();
                bend(bytes, offset);
                bytes.CopyTo(into);
            }
            return Math.Max(0, read - disk.MissingBytes);
        }

        public void WriteAt(ReadOnlySpan<byte> bytes, long offset)
        {
            if (isLog)
            {
                disk.Hang?.Wait();
                if (disk.FailsWrites)
                {
                    throw new IOException("No space left on device");
                }
            }
            file.WriteAt(bytes, offset);
        }

        public void Sync() => file.Sync();

        public void Dispose() => file.Dispose();
    }
}
