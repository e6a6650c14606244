using HotPath.Core.Telemetry;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// Says when the disk is too full to take new payments (F19). Two things may say so: too little free space or too few inodes, looked at once a
/// second before anything fails; and the journal, which has no next segment and has come to what it keeps for results.
/// </summary>
/// <remarks>The timer's callback and the ledger thread both report here; what changed is told under the lock, once.</remarks>
internal sealed class DiskWatch : IDisposable
{
    /// <summary>New files below which the disk counts as full.</summary>
    // A checkpoint makes eight files and folders and a segment one, both within seconds at full load.
    private const long LeastFreeFiles = 100;

    /// <summary>There is room again when this part of the reserve is free on top of it: a segment made or removed must not flip the answer.</summary>
    private const int Hysteresis = 4;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly IJournalStorage _storage;
    private readonly string _directory;
    private readonly long _reserve;
    private readonly GatewayMetrics _metrics;
    private readonly Action<LedgerEvent> _tell;
    private readonly ITimer _timer;
    private readonly Lock _telling = new();

    // Under the lock.
    private string? _tooLittle;
    private string? _noSegment;

    // Written under the lock; read by the ledger thread.
    private volatile bool _isFull;

    // Written by whoever looks, one at a time.
    private long _freeBytes = long.MaxValue;
    private int _isLooking;

    internal DiskWatch(
        EmbeddedLedgerOptions options, IJournalStorage storage, TimeProvider time, GatewayMetrics metrics, Action<LedgerEvent> tell)
    {
        _storage = storage;
        _directory = options.DataDirectory;
        _reserve = options.DiskReserveBytes;
        _metrics = metrics;
        _tell = tell;
        Look();
        _timer = time.CreateTimer(static self => ((DiskWatch)self!).Look(), this, LookEvery, LookEvery);
    }

    /// <summary>Whether a new payment must be refused. Any thread.</summary>
    internal bool IsFull => _isFull;

    /// <summary>What was free when it was looked at last, in bytes.</summary>
    internal long FreeBytes => Volatile.Read(ref _freeBytes);

    /// <summary>The journal's word, at each step of the ledger thread: why it takes no claims, or null.</summary>
    internal void JournalSays(string? noSegment)
    {
        if (!ReferenceEquals(_noSegment, noSegment))
        {
            Judge(() => _noSegment = noSegment);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        // On a disk that is stuck the look does not come back, and one thread that waits for it is enough.
        if (Interlocked.Exchange(ref _isLooking, 1) == 1)
        {
            return;
        }
        try
        {
            DiskRoom room = _storage.Room(_directory);
            Volatile.Write(ref _freeBytes, room.FreeBytes);
            _metrics.DiskFree(room.FreeBytes);
            Judge(() => _tooLittle = TooLittle(room));
        }
        catch (IOException)
        {
            // Nobody knows: what was said last stays. What is wrong with the disk will be met by a write.
        }
        finally
        {
            Volatile.Write(ref _isLooking, 0);
        }
    }

    private string? TooLittle(in DiskRoom room)
    {
        long least = _tooLittle is null ? _reserve : _reserve + (_reserve / Hysteresis);
        return room.FreeBytes < least ? $"{room.FreeBytes >> 20} MiB free, disk_reserve_mib is {_reserve >> 20}"
            : room.FreeFiles < LeastFreeFiles ? $"{room.FreeFiles} inodes free"
            : null;
    }

    private void Judge(Action report)
    {
        lock (_telling)
        {
            report();
            bool isFull = _tooLittle is not null || _noSegment is not null;
            if (isFull == _isFull)
            {
                return;
            }
            _isFull = isFull;
            _metrics.DiskIsFull(isFull);
            _tell(isFull
                ? new LedgerEvent(LedgerEventKind.DiskFull, $"new payments are refused: {_tooLittle ?? _noSegment}")
                : new LedgerEvent(LedgerEventKind.DiskHasRoom, "there is room on the disk again: new payments are taken"));
        }
    }
}
