using HotPath.Core.Runtime;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// Makes the next segment in the background: a zero-filled, synced file, so that a commit never waits for the file system to find
/// blocks (fdatasync: 0.14 ms on a zero-filled file, 0.27 ms on one that grows).
/// </summary>
internal sealed class SegmentPreparer : IThreadPoolWorkItem
{
    internal const string PreparedSuffix = ".prep";
    private const int ZeroesAtOnce = 256 * 1024;

    private readonly IJournalStorage _storage;
    private readonly IScheduler _scheduler;
    private readonly string _directory;
    private readonly int _segmentBytes;
    private readonly PatientLock _making;
    private IJournalFile? _prepared;
    private Exception? _failure;

    internal SegmentPreparer(IJournalStorage storage, IScheduler scheduler, string directory, int segmentBytes)
    {
        _storage = storage;
        _scheduler = scheduler;
        _directory = directory;
        _segmentBytes = segmentBytes;
        _making = new PatientLock(scheduler);
    }

    /// <summary>Begins to prepare one segment. Returns at once.</summary>
    internal void Start() => _scheduler.Post(this);

    /// <summary>
    /// The prepared file, under its final name but without a header; prepared now when the background has not come to it.
    /// </summary>
    internal IJournalFile Take(long number, ReadOnlySpan<byte> headerBlock)
    {
        using (_making.Enter())
        {
            if (_failure is not null)
            {
                throw new IOException($"the next segment could not be prepared: {_failure.Message}", _failure);
            }
            IJournalFile file = _prepared ?? Make();
            _prepared = null;
            file.WriteAt(headerBlock, 0);
            file.Sync();
            _storage.Rename(PreparedPath, Path.Combine(_directory, JournalFormat.SegmentName(number)));
            _storage.SyncDirectory(_directory);
            return file;
        }
    }

    public void Execute()
    {
        using (_making.Enter())
        {
            try
            {
                _prepared ??= Make();
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // Told when the segment is needed: until then payments go on in the current one.
                _failure = failure;
            }
        }
    }

    /// <summary>Closes a prepared file that was not needed; the next start makes it again.</summary>
    internal void Close()
    {
        using (_making.Enter())
        {
            _prepared?.Dispose();
            _prepared = null;
            _failure ??= new IOException("the ledger is closed");
        }
    }

    private string PreparedPath => Path.Combine(_directory, "next" + PreparedSuffix);

    private IJournalFile Make()
    {
        if (_failure is not null)
        {
            throw _failure;
        }
        IJournalFile file = _storage.Create(PreparedPath);
        try
        {
            byte[] zeroes = new byte[Math.Min(ZeroesAtOnce, _segmentBytes)];
            for (int at = 0; at < _segmentBytes; at += zeroes.Length)
            {
                file.WriteAt(zeroes.AsSpan(0, Math.Min(zeroes.Length, _segmentBytes - at)), at);
            }
            file.Sync();
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
