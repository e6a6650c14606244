using FASTER.core;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// What FASTER notes about each checkpoint, written and read by plain calls on the thread that asks. FASTER's own way hides failures
/// and waits for a pool thread, on whichever thread happens to drive the checkpoint, the ledger thread too.
/// </summary>
/// <remarks>A note that could not be written fails its checkpoint, not the engine: no manifest will ever name it.</remarks>
internal sealed class CheckpointFiles : DeviceLogCommitCheckpointManager
{
    private readonly string _directory;
    private readonly IJournalStorage _storage;
    private volatile FailedNote? _failed;

    internal CheckpointFiles(string directory, IJournalStorage storage)
        : base(new LocalStorageNamedDeviceFactory(), new DefaultCheckpointNamingScheme(directory), removeOutdated: false)
    {
        _directory = directory;
        _storage = storage;
    }

    public override void CommitLogCheckpoint(Guid logToken, byte[] commitMetadata)
    {
        try
        {
            string path = PathOf(logToken);
            _storage.CreateDirectory(Path.GetDirectoryName(path)!);
            using IJournalFile file = _storage.Create(path);
            // Synced with everything else before a manifest names the checkpoint.
            file.WriteAt(commitMetadata, 0);
        }
        // An exception here would leave FASTER between two states for ever.
        catch (Exception failure)
        {
            _failed = new FailedNote(logToken, failure);
        }
    }

    /// <exception cref="IOException">There is none, or it could not be read or written.</exception>
    public override byte[] GetLogCheckpointMetadata(Guid logToken, DeltaLog deltaLog, bool scanDelta, long recoverTo)
    {
        if (_failed is { } failed && failed.Token == logToken)
        {
            throw new IOException($"its note could not be written: {failed.Reason.Message}", failed.Reason);
        }
        using IJournalFile file = _storage.Open(PathOf(logToken), isWritable: false);
        byte[] bytes = new byte[file.Length];
        return file.ReadAt(bytes, 0) == bytes.Length ? bytes : throw new IOException("its note is shorter than it was");
    }

    /// <summary>Removes every checkpoint's folder but those of <paramref name="tokens"/>, also half-made ones that FASTER does not know of.</summary>
    internal void KeepOnly(HashSet<Guid> tokens)
    {
        var all = new DirectoryInfo(Path.GetDirectoryName(Path.GetDirectoryName(PathOf(Guid.Empty)))!);
        foreach (DirectoryInfo folder in all.Exists ? all.GetDirectories() : [])
        {
            if (Guid.TryParse(folder.Name, out Guid token) && !tokens.Contains(token))
            {
                folder.Delete(recursive: true);
            }
        }
    }

    private string PathOf(Guid token)
    {
        FileDescriptor note = checkpointNamingScheme.LogCheckpointMetadata(token);
        return Path.Combine(_directory, note.directoryName, note.fileName);
    }

    private sealed record FailedNote(Guid Token, Exception Reason);
}
