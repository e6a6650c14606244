using HotPath.Core.Runtime;
using Microsoft.Win32.SafeHandles;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>The real disk.</summary>
internal sealed class FileStorage : IJournalStorage
{
    internal static readonly FileStorage Instance = new();

    public void CreateDirectory(string directory)
    {
        if (Directory.Exists(directory))
        {
            return;
        }
        string? parent = Path.GetDirectoryName(Path.GetFullPath(directory));
        if (parent is null)
        {
            return;
        }
        CreateDirectory(parent);
        Directory.CreateDirectory(directory);
        SyncDirectory(parent);
    }

    public IReadOnlyList<string> List(string directory)
    {
        if (!Directory.Exists(directory))
        {
            return [];
        }
        string[] names = Array.ConvertAll(Directory.GetFiles(directory), path => Path.GetFileName(path));
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }

    public IJournalFile Create(string path) =>
        new JournalFile(File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));

    public IJournalFile Open(string path, bool isWritable) => new JournalFile(File.OpenHandle(
        path, FileMode.Open, isWritable ? FileAccess.ReadWrite : FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));

    public void Delete(string path) => File.Delete(path);

    public void DeleteDirectory(string directory)
    {
        if (Directory.Exists(directory) && !Directory.EnumerateFileSystemEntries(directory).Any())
        {
            Directory.Delete(directory);
        }
    }

    public void Rename(string from, string to) => File.Move(from, to, overwrite: true);

    public void SyncDirectory(string directory) => LibC.SyncPath(directory);

    public IDisposable Lock(string path)
    {
        try
        {
            return FolderLock.Take(path);
        }
        catch (IOException held)
        {
            throw new LedgerLockedException($"another process has this data directory (lock file {path})", held);
        }
    }

    public DiskRoom Room(string directory) => LibC.Room(directory);

    private sealed class JournalFile(SafeFileHandle handle) : IJournalFile
    {
        public long Length => RandomAccess.GetLength(handle);

        public int ReadAt(Span<byte> into, long offset)
        {
            int total = 0;
            while (total < into.Length)
            {
                int read = RandomAccess.Read(handle, into[total..], offset + total);
                if (read == 0)
                {
                    break;
                }
                total += read;
            }
            return total;
        }

        // RandomAccess.Write repeats short writes until all is written.
        public void WriteAt(ReadOnlySpan<byte> bytes, long offset)
        {
            try
            {
                RandomAccess.Write(handle, bytes, offset);
            }
            // What .NET makes of EFBIG (a file size limit, RLIMIT_FSIZE or the file system's): the disk's failure, not an argument's.
            catch (ArgumentOutOfRangeException tooLarge)
            {
                throw new IOException($"the file may not grow up to {offset + bytes.Length} bytes", tooLarge);
            }
        }

        public void Sync() => LibC.SyncContent(handle);

        public void DropCached(long offset, long length) => LibC.DropCached(handle, offset, length);

        public void Dispose() => handle.Dispose();
    }
}
