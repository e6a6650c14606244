using HotPath.Core.Ledger.Embedded;

namespace HotPath.Faults.Simulation;

/// <summary>
/// The virtual disk as one process sees it: calls take time, fail, and may be the last thing the process does. Reads take none: they come
/// from the page cache, and Core may make them where nobody can wait.
/// </summary>
internal sealed class VirtualStorage(VirtualDisk disk, Life life, Troubles troubles, DurableRecords durable) : IJournalStorage
{
    public void CreateDirectory(string directory)
    {
        life.ThrowIfDead();
        if (disk.Find(directory) is null && Path.GetDirectoryName(directory) is { } parent)
        {
            CreateDirectory(parent);
            disk.MakeDirectory(directory);
            SyncDirectory(parent);
        }
    }

    public DiskRoom Room(string directory)
    {
        life.ThrowIfDead();
        return disk.Capacity == long.MaxValue ? DiskRoom.Endless : new DiskRoom(Math.Max(0, disk.Capacity - disk.UsedBytes), long.MaxValue);
    }

    public IReadOnlyList<string> List(string directory)
    {
        life.ThrowIfDead();
        return disk.Find(directory) is { } found ? [.. found.Names.Keys] : [];
    }

    public IJournalFile Create(string path)
    {
        troubles.Before(life, DiskCall.Open, path);
        var file = new VirtualFile { Name = Path.GetFileName(path) };
        // In place of an older one: the same name, cut to nothing. What it held was worth nothing, so it may be gone at once.
        bool isKnown = Directory(path).DurableNames.ContainsKey(file.Name);
        Directory(path).Change(names => names[file.Name] = file);
        if (isKnown)
        {
            Directory(path).DurableNames[file.Name] = file;
        }
        troubles.After(life, DiskCall.Open, path);
        return new OpenFile(this, file, path, isWritable: true);
    }

    public IJournalFile Open(string path, bool isWritable)
    {
        troubles.Before(life, DiskCall.Open, path);
        return new OpenFile(this, Find(path), path, isWritable);
    }

    public void Delete(string path)
    {
        troubles.Before(life, DiskCall.Name, path);
        Directory(path).Change(names => names.Remove(Path.GetFileName(path)));
        troubles.After(life, DiskCall.Name, path);
    }

    public void Rename(string from, string to)
    {
        troubles.Before(life, DiskCall.Name, to);
        VirtualFile file = Find(from);
        if (Directory(from) != Directory(to))
        {
            throw new IOException("the virtual disk renames within one directory only");
        }
        Directory(from).Change(names =>
        {
            names.Remove(Path.GetFileName(from));
            names[Path.GetFileName(to)] = file;
        });
        troubles.After(life, DiskCall.Name, to);
    }

    public void SyncDirectory(string directory)
    {
        troubles.Before(life, DiskCall.Sync, directory);
        if (disk.Find(directory) is null)
        {
            throw new DirectoryNotFoundException($"no directory {directory}");
        }
        disk.SyncDirectory(directory);
        troubles.After(life, DiskCall.Sync, directory);
    }

    public IDisposable Lock(string path)
    {
        life.ThrowIfDead();
        if (disk.Owner is { IsDead: false })
        {
            throw new LedgerLockedException($"another process has this data directory (lock file {path})");
        }
        disk.Owner = life;
        return new Hold(disk, life);
    }

    private VirtualDirectory Directory(string path) =>
        disk.Find(Path.GetDirectoryName(path)!) ?? throw new DirectoryNotFoundException($"no directory for {path}");

    private VirtualFile Find(string path) =>
        Directory(path).Names.GetValueOrDefault(Path.GetFileName(path)) ?? throw new FileNotFoundException($"no file {path}", path);

    private sealed class Hold(VirtualDisk disk, Life life) : IDisposable
    {
        public void Dispose()
        {
            if (disk.Owner == life)
            {
                disk.Owner = null;
            }
        }
    }

    private sealed class OpenFile(VirtualStorage owner, VirtualFile file, string path, bool isWritable) : IJournalFile
    {
        private bool _isClosed;

        public long Length
        {
            get
            {
                Check();
                return file.Length;
            }
        }

        public int ReadAt(Span<byte> into, long offset)
        {
            Check();
            owner.Troubles.BeforeRead(owner.Life, path);
            return file.Read(into, offset);
        }

        public void WriteAt(ReadOnlySpan<byte> bytes, long offset)
        {
            Check();
            if (!isWritable)
            {
                throw new UnauthorizedAccessException($"{path} is open for reading");
            }
            long room = owner.Disk.Capacity - owner.Disk.UsedBytes;
            long more = Math.Max(0, offset + bytes.Length - file.Length);
            int whole = owner.Troubles.BeforeWrite(owner.Life, path, bytes.Length, more <= room);
            file.Write(bytes[..whole], (int)offset);
            owner.Life.Loop.Note(System.IO.Hashing.XxHash3.HashToUInt64(bytes[..whole], offset));
            owner.Troubles.AfterWrite(owner.Life, path, whole == bytes.Length, more <= room);
        }

        public void Sync()
        {
            Check();
            // What comes in while it syncs is the next one's.
            int count = file.Unsynced;
            if (!owner.Troubles.TrySync(owner.Life, path))
            {
                file.LoseUnsynced(count, owner.Troubles.Chance);
                throw new IOException($"fdatasync {path}: Input/output error");
            }
            foreach ((int offset, byte[] bytes) in file.Sync(count))
            {
                owner.Durable.Synced(file, offset, bytes);
            }
            owner.Troubles.After(owner.Life, DiskCall.Sync, path);
        }

        public void Dispose() => _isClosed = true;

        private void Check()
        {
            owner.Life.ThrowIfDead();
            ObjectDisposedException.ThrowIf(_isClosed, this);
        }
    }

    private VirtualDisk Disk => disk;

    private Life Life => life;

    private Troubles Troubles => troubles;

    private DurableRecords Durable => durable;
}
