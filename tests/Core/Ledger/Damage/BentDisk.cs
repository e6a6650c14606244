using HotPath.Core.Ledger.Embedded;

namespace HotPath.Core.Tests.Ledger.Damage;

/// <summary>A real folder that is read with one damage at a time and never written: a refused start must leave it as it is.</summary>
internal sealed class BentDisk : IJournalStorage
{
    private readonly FileStorage _disk = FileStorage.Instance;

    /// <summary>The file that is not as it was written.</summary>
    internal string Path { get; set; } = "";

    internal long Offset { get; set; }

    /// <summary>Bits that are wrong at <see cref="Offset"/>.</summary>
    internal byte Bits { get; set; }

    /// <summary>Reads that come by <see cref="Offset"/> fail as EIO does.</summary>
    internal bool FailsReads { get; set; }

    /// <summary>Writes that were tried.</summary>
    internal int Writes { get; private set; }

    public void CreateDirectory(string directory) => _disk.CreateDirectory(directory);

    public IReadOnlyList<string> List(string directory) => _disk.List(directory);

    public IJournalFile Create(string path) => throw Written();

    public IJournalFile Open(string path, bool isWritable) => new Bent(this, _disk.Open(path, isWritable: false), path == Path);

    public void Delete(string path) => throw Written();

    public void Rename(string from, string to) => throw Written();

    public void SyncDirectory(string directory)
    {
    }

    public DiskRoom Room(string directory) => DiskRoom.Endless;

    public IDisposable Lock(string path) => new MemoryStream();

    private IOException Written()
    {
        Writes++;
        return new IOException("this disk is only to be read");
    }

    private sealed class Bent(BentDisk disk, IJournalFile file, bool isBent) : IJournalFile
    {
        public long Length => file.Length;

        public int ReadAt(Span<byte> into, long offset)
        {
            int read = file.ReadAt(into, offset);
            long at = disk.Offset - offset;
            if (isBent && at >= 0 && at < read)
            {
                into[(int)at] ^= disk.Bits;
                if (disk.FailsReads)
                {
                    throw new IOException("Input/output error");
                }
            }
            return read;
        }

        public void WriteAt(ReadOnlySpan<byte> bytes, long offset) => throw disk.Written();

        public void Sync() => throw disk.Written();

        public void Dispose() => file.Dispose();
    }
}
