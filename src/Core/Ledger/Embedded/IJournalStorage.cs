namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// The disk as the journal, the manifest and the index see it. A simulation puts a virtual disk here; tests put one that fails at the n-th call.
/// The index's log and notes go through it too: they can be lost, but what is read from them must be what was written.
/// </summary>
/// <remarks>Every failure is an <see cref="IOException"/>, and the caller must take it as the end: what the disk holds is unknown
/// then.</remarks>
internal interface IJournalStorage
{
    /// <summary>Makes the directory and those above it, durably; nothing when it is there.</summary>
    void CreateDirectory(string directory);

    /// <summary>Names (without folder) of the files in a directory, in ordinal order; none when the directory is missing.</summary>
    IReadOnlyList<string> List(string directory);

    /// <summary>Makes an empty file, in place of one that may be there.</summary>
    IJournalFile Create(string path);

    /// <summary>Opens what is there.</summary>
    IJournalFile Open(string path, bool isWritable);

    void Delete(string path);

    /// <summary>Removes a directory if it is empty. A wish: nothing where directories are but names.</summary>
    void DeleteDirectory(string directory)
    {
    }

    /// <summary>Atomic; replaces <paramref name="to"/>.</summary>
    void Rename(string from, string to);

    /// <summary>Makes the directory's names durable. Without it a created or renamed file may be gone after a power loss.</summary>
    void SyncDirectory(string directory);

    /// <summary>Holds the file until disposed, so that one process at a time has the data directory.</summary>
    /// <exception cref="LedgerLockedException">Somebody holds it.</exception>
    IDisposable Lock(string path);

    /// <summary>What is left of the file system that holds <paramref name="directory"/>. On a disk that is stuck it may not return.</summary>
    DiskRoom Room(string directory);
}

/// <summary>What a file system still takes from this process.</summary>
/// <param name="FreeBytes">Bytes of new blocks; what is kept back for root does not count.</param>
/// <param name="FreeFiles">New files and folders (inodes).</param>
internal readonly record struct DiskRoom(long FreeBytes, long FreeFiles)
{
    internal static readonly DiskRoom Endless = new(long.MaxValue, long.MaxValue);
}

/// <summary>A file of the journal. Positional reads may come from any thread; writes come from one thread at a time.</summary>
internal interface IJournalFile : IDisposable
{
    long Length { get; }

    /// <summary>Fills <paramref name="into"/> from <paramref name="offset"/> as far as the file goes.</summary>
    /// <returns>The number of bytes read.</returns>
    int ReadAt(Span<byte> into, long offset);

    /// <summary>Writes all of <paramref name="bytes"/> or throws.</summary>
    void WriteAt(ReadOnlySpan<byte> bytes, long offset);

    /// <summary>Returns when what was written survives a power loss.</summary>
    void Sync();

    /// <summary>Asks that the next read of these bytes come from the medium. A wish, and nothing where there is no cache in between.</summary>
    void DropCached(long offset, long length)
    {
    }
}
