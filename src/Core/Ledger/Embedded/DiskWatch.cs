using HotPath.Core.Telemetry;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// Says when the disk is too full or too slow to take new payments.
/// <para>
/// Full (F19): too little free space or too few inodes, looked at once a second, before anything fails; or the journal has no next segment and has
/// come to what it keeps for results. Slow (F21): the ledger thread's step under way, which is one commit, takes too long, or one did and it has
/// not been quick since.
/// </para>
/// </summary>
/// <remarks>The timer's callback and the ledger thread both report here; what changed is told under the lock, once.</remarks>
internal sealed class DiskWatch : IDisposable
{
    /// <summary>New files below which the disk counts as full.</summary>
    // A checkpoint makes eight files and folders and a segment one, both within seconds at full load.
    private const long LeastFreeFiles = 100;

    /// <summary>There is room again when this part of the reserve is free on top of it: a segment made or removed must not flip the answer.</summary>
    private const int Hysteresis = 4;

    /// <summary>Steps in a row within half the bound, after which the disk is no longer slow: a few milliseconds on one that is well.</summary>
    private const int QuickSteps = 4;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly IJournalStorage _storage;
    private readonly string _directory;
    private readonly long _reserve;
    private readonly TimeSpan _slowStep;
    private readonly TimeProvider _time;
    private readonly GatewayMetrics _metrics;
    private readonly Action<LedgerEvent> _tell;
    private readonly ITimer _timer;
    private readonly Lock _telling = new();

    // Under the lock.
    private string? _tooLittle;
    private string? _noSegment;

    // Written under the lock; read by the ledger thread.
    private volatile bool _isFull;
    private volatile bool _isSlow;

    // The ledger thread's: when its step began, in ticks of the clock, 0 between two; read by all.
    private long _stepBeganAt;
    private int _quickSteps;

    // Written under the lock, after the flag; read by all.
    private int _slowSpells;

    // The ledger thread's; the first is read by all.
    private int _isGathering;
    private bool _refusesGathered;

    // Written by whoever looks, one at a time.
    private long _freeBytes = long.MaxValue;
    private int _isLooking;

    internal DiskWatch(
        EmbeddedLedgerOptions options, IJournalStorage storage, TimeProvider time, GatewayMetrics metrics, Action<LedgerEvent> tell)
    {
        _storage = storage;
        _directory = options.DataDirectory;
        _reserve = options.DiskReserveBytes;
        _slowStep = options.SlowStep;
        _time = time;
        _metrics = metrics;
        _tell = tell;
        Look();
        _timer = time.CreateTimer(static self => ((DiskWatch)self!).Tick(), this, LookEvery, LookEvery);
    }

    /// <summary>What was free when it was looked at last, in bytes.</summary>
    internal long FreeBytes => Volatile.Read(ref _freeBytes);

    /// <summary>Whether commits take too long. Any thread.</summary>
    internal bool IsSlow => _isSlow || IsStuck;

    /// <summary>Whether the step under way takes too long: nothing becomes durable just now. Any thread.</summary>
    internal bool IsStuck => StepTime > _slowStep;

    /// <summary>
    /// Whether a new claim must be refused before it enters the ring, since it would not be durable soon. DiskSlow: nothing is recorded for it
    /// and nothing that waits in the ring will be (see <see cref="RefusesGathered"/>). Unknown: what waits there is being taken at this very moment.
    /// Any thread.
    /// </summary>
    /// <param name="slowSpells">How often the disk had become slow by now: the claim carries it to <see cref="RefusesGathered"/>.</param>
    internal ClaimState? RefusesAtOnce(out int slowSpells)
    {
        // Before the question: a spell that begins after it is one that the claim has not seen.
        slowSpells = Volatile.Read(ref _slowSpells);
        if (!_isSlow)
        {
            TimeSpan took = StepTime;
            if (took <= _slowStep)
            {
                return null;
            }
            // The spell is counted before anybody is told of it: the step may end at this moment, having found itself just quick enough, and what waits
            // in the ring is taken next. Leaving the lock is a full fence, as in GatheringBegins.
            SetSlow(true, took);
        }
        return Volatile.Read(ref _isGathering) == 0 ? ClaimState.DiskSlow : ClaimState.Unknown;
    }

    /// <summary>The ledger thread begins to take what waits in the ring.</summary>
    // The exchange is a full fence: either whoever finds the disk slow sees that claims are being taken, or what follows here sees that it is slow.
    internal void GatheringBegins()
    {
        Interlocked.Exchange(ref _isGathering, 1);
        _refusesGathered = IsSlow;
    }

    /// <summary>Whatever it has taken can be found in the index.</summary>
    internal void GatheringEnds() => Volatile.Write(ref _isGathering, 0);

    /// <summary>
    /// Why a claim that waited in the ring may not be taken; null: it may. While the disk was slow a repetition of it may have been told that nothing
    /// is recorded, and after that it must not win, not even when the slow spell has come and gone while it waited. The ledger thread's.
    /// </summary>
    /// <param name="slowSpells">What <see cref="RefusesAtOnce"/> gave before it was enqueued.</param>
    internal ClaimState? RefusesGathered(int slowSpells) =>
        _refusesGathered || slowSpells != Volatile.Read(ref _slowSpells) ? ClaimState.DiskSlow
        : _isFull ? ClaimState.DiskFull
        : null;

    /// <summary>How long the step under way has taken; zero between two. Any thread.</summary>
    internal TimeSpan StepTime
    {
        get
        {
            long beganAt = Volatile.Read(ref _stepBeganAt);
            TimeSpan took = beganAt == 0 ? TimeSpan.Zero : _time.GetElapsedTime(beganAt);
            // Who asks may have stood still himself: the step may be long over, and was not slow.
            return Volatile.Read(ref _stepBeganAt) == beganAt ? took : TimeSpan.Zero;
        }
    }

    /// <summary>The ledger thread begins what may wait for the disk.</summary>
    internal void StepBegins() => Volatile.Write(ref _stepBeganAt, _time.GetTimestamp());

    /// <summary>It is done, and everything is durable.</summary>
    internal void StepEnds()
    {
        TimeSpan took = StepTime;
        Volatile.Write(ref _stepBeganAt, 0);
        _quickSteps = took > _slowStep / 2 ? 0 : Math.Min(_quickSteps + 1, QuickSteps);
        if (took > _slowStep || (_isSlow && _quickSteps >= QuickSteps))
        {
            SetSlow(took > _slowStep, took);
        }
    }

    /// <summary>It will never be done, for the engine has stopped: that is told as what it is, not as a slow disk.</summary>
    internal void StepFailed() => Volatile.Write(ref _stepBeganAt, 0);

    /// <summary>The journal's word, at each step of the ledger thread: why it takes no claims, or null.</summary>
    internal void JournalSays(string? noSegment)
    {
        if (!ReferenceEquals(_noSegment, noSegment))
        {
            Judge(ref _noSegment, noSegment);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Tick()
    {
        // Told while it lasts, not when it is over.
        if (IsStuck)
        {
            SetSlow(true, StepTime);
        }
        Look();
    }

    private void SetSlow(bool isSlow, TimeSpan took)
    {
        lock (_telling)
        {
            if (isSlow == _isSlow)
            {
                return;
            }
            _isSlow = isSlow;
            if (isSlow)
            {
                Volatile.Write(ref _slowSpells, _slowSpells + 1);
            }
            _metrics.DiskIsSlow(isSlow);
            _tell(isSlow
                ? new LedgerEvent(LedgerEventKind.DiskSlow, $"new payments are refused: a commit takes {took.TotalMilliseconds:F0} ms and more")
                : new LedgerEvent(LedgerEventKind.DiskIsQuick, "commits are quick again: new payments are taken"));
        }
    }

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
            Judge(ref _tooLittle, TooLittle(room));
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

    private void Judge(ref string? cause, string? now)
    {
        lock (_telling)
        {
            cause = now;
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
