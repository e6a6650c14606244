using HotPath.Core.Ledger.Embedded;
using HotPath.Faults.Simulation;

namespace HotPath.Faults.Tests.Simulation;

/// <summary>A process's hand on the virtual disk, which is cut off in the middle of the how manieth call that changes something: a write does some of it first.</summary>
internal sealed class CutStorage(VirtualDisk disk, Chance chance, int callsLeft = int.MaxValue) : IJournalStorage
{
    private int _callsLeft = callsLeft;

    internal bool IsCut => _callsLeft < 0;

    public void CreateDirectory(string directory)
    {
        if (disk.Find(directory) is null && Path.GetDirectoryName(directory) is { } parent)
        {
            CreateDirectory(parent);
            Count();
            disk.MakeDirectory(directory);
            SyncDirectory(parent);
        }
    }

    public IReadOnlyList<string> List(string directory) => disk.Find(directory) is { } found ? [.. found.Names.Keys] : [];

    public IJournalFile Create(string path)
    {
        Count();
        var file = new VirtualFile { Name = Path.GetFileName(path) };
        Directory(path).Change(names => names[file.Name] = file);
        return new OpenFile(this, file);
    }

    public IJournalFile Open(string path, bool isWritable) =>
        new OpenFile(this, Directory(path).Names.GetValueOrDefault(Path.GetFileName(path)) ?? throw new FileNotFoundException(path));

    public void Delete(string path)
    {
        Count();
        Directory(path).Change(names => names.Remove(Path.GetFileName(path)));
    }

    public void Rename(string from, string to)
    {
        Count();
        VirtualFile file = Directory(from).Names[Path.GetFileName(from)];
        Directory(from).Change(names =>
        {
            names.Remove(Path.GetFileName(from));
            names[Path.GetFileName(to)] = file;
        });
    }

    public void SyncDirectory(string directory)
    {
        Count();
        disk.SyncDirectory(directory);
    }

    public IDisposable Lock(string path) => throw new NotSupportedException();

    public DiskRoom Room(string directory) => DiskRoom.Endless;

    private VirtualDirectory Directory(string path) => disk.Find(Path.GetDirectoryName(path)!) ?? throw new DirectoryNotFoundException(path);

    private void Count()
    {
        if (_callsLeft-- <= 0)
        {
            _callsLeft = -1;
            throw new IOException("the power is gone");
        }
    }

    private sealed class OpenFile(CutStorage owner, VirtualFile file) : IJournalFile
    {
        public long Length => file.Length;

        public int ReadAt(Span<byte> into, long offset) => file.Read(into, offset);

        public void WriteAt(ReadOnlySpan<byte> bytes, long offset)
        {
            if (owner._callsLeft == 0)
            {
                file.Write(bytes[..owner.Chance.Below(bytes.Length + 1)], (int)offset);
            }
            owner.Count();
            file.Write(bytes, (int)offset);
        }

        public void Sync()
        {
            owner.Count();
            file.Sync(file.Unsynced);
        }

        public void Dispose()
        {
        }
    }

    private Chance Chance => chance;
}
