using HotPath.Core.Buffers;
using HotPath.Core.Model;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// The one writer of the book. Each step: (1) renew the number ceiling if it is near, (2) take what waits in the ring and decide it,
/// (3) one write and one sync for all of it, (4) let the callers go on, (5) look after the checkpoint.
/// While it syncs, the next batch gathers in the ring: that is the whole group commit.
/// </summary>
internal sealed class LedgerThread : IWorkerBody
{
    /// <summary>After this time without a new batch an empty one names the last as durable, in milliseconds.</summary>
    private const int IdleBatchMs = 10;

    private static readonly TimeSpan CheckpointPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan IdlePause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan StoppedPause = TimeSpan.FromSeconds(1);

    private readonly MpscRing<LedgerCommand> _ring;
    private readonly Book _book;
    private readonly JournalWriter _journal;
    private readonly NumberSource _numbers;
    private readonly CheckpointCycle _checkpoints;
    private readonly DiskWatch _watch;
    private readonly CommitPace _pace = new();
    private readonly IScheduler _scheduler;
    private readonly TimeProvider _time;
    private readonly GatewayMetrics _metrics;
    private readonly Action<LedgerEvent> _tell;
    private readonly TaskCompletionSource<string> _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly LedgerCommand[] _waiting;
    private readonly long _nearlyFull;
    private int _waitingCount;
    private bool _isNamed;
    private long _committedAt;
    private bool _hasToldNearlyFull;

    // Set by any thread, once; read by the ledger thread and by callers.
    private volatile Exception? _stop;

    // Set by whoever wants to know, read by the ledger thread.
    private Action<TradeNo>? _claimedLate;
    private Action<TradeNo>? _reservedLate;
    private Action<TradeNo>? _wishedLate;

    internal LedgerThread(
        EmbeddedLedgerOptions options,
        RecoveredLedger recovered,
        NumberSource numbers,
        CheckpointCycle checkpoints,
        DiskWatch watch,
        IScheduler scheduler,
        TimeProvider time,
        GatewayMetrics metrics,
        Action<LedgerEvent> tell)
    {
        _ring = new MpscRing<LedgerCommand>(options.CommandRingCapacity);
        _waiting = new LedgerCommand[_ring.Capacity];
        _nearlyFull = options.MaxTrades / 10 * 8;
        _book = recovered.Book;
        _journal = recovered.Journal;
        _numbers = numbers;
        _checkpoints = checkpoints;
        _watch = watch;
        _scheduler = scheduler;
        _time = time;
        _metrics = metrics;
        _tell = tell;
        _metrics.TradesTracked(_book.Trades);
    }

    /// <summary>Completes with the reason when the engine stopped itself.</summary>
    internal Task<string> Failure => _failure.Task;

    internal bool IsStopped => _stop is not null;

    /// <summary>Any thread; false when the ring is full.</summary>
    internal bool TryEnqueue(LedgerCommand command)
    {
        // Claims leave the last quarter to results: what was sent to a channel must find a place for its outcome.
        bool isClaim = command.Kind is CommandKind.Claim or CommandKind.Redirect or CommandKind.Reserve or CommandKind.Wish;
        return (!isClaim || _ring.Count < _ring.Capacity - (_ring.Capacity / 4)) && _ring.TryEnqueue(command);
    }

    internal void WhenClaimedLate(Action<TradeNo> tell) => Volatile.Write(ref _claimedLate, tell);

    internal void WhenReservedLate(Action<TradeNo> tell) => Volatile.Write(ref _reservedLate, tell);

    internal void WhenWishedLate(Action<TradeNo> tell) => Volatile.Write(ref _wishedLate, tell);

    /// <summary>Stops the engine for a reason found elsewhere, such as a reader that met damage. Any thread.</summary>
    internal void Stop(Exception reason)
    {
        if (Interlocked.CompareExchange(ref _stop, reason, null) is null)
        {
            _tell(new LedgerEvent(LedgerEventKind.Stopped, reason.Message));
            _failure.TrySetResult(reason.Message);
        }
    }

    public WorkerPause Step()
    {
        if (_stop is not null)
        {
            RefuseAll();
            return WorkerPause.Idle(StoppedPause);
        }
        try
        {
            return Work();
        }
        // Whatever it was, the batch is in doubt: nothing may be acknowledged any more, and only a restart knows what the disk holds.
        catch (Exception failure)
        {
            Stop(failure);
            _watch.StepFailed();
            RefuseAll();
            return WorkerPause.None;
        }
    }

    /// <summary>Answers everything that still waits: nothing happened, or unknown. Never more than one thread at a time.</summary>
    internal void RefuseAll()
    {
        _journal.Abandon();
        for (int i = 0; i < _waitingCount; i++)
        {
            _waiting[i].Fail();
        }
        Release();
        while (_ring.TryDequeue(out LedgerCommand? command))
        {
            if (command.TryTake())
            {
                command.Fail();
                command.TryAnswer();
            }
        }
    }

    /// <summary>The last batch of a clean stop: the exact last number, so that the next start does not jump. The worker has ended.</summary>
    internal void Finish()
    {
        while (_stop is null && _ring.HasItem)
        {
            Step();
        }
        ulong last = _numbers.Close();
        if (_stop is not null)
        {
            return;
        }
        try
        {
            if (_journal.TryEnsureRoom())
            {
                _book.SetCeiling(last, _journal);
                _journal.Commit(NowMs());
            }
            _checkpoints.Finish();
        }
        catch (Exception failure)
        {
            Stop(failure);
        }
    }

    private WorkerPause Work()
    {
        _watch.StepBegins();
        bool hasRoom = _journal.TryEnsureRoom();
        // Without a new ceiling there are still 8 million numbers in its last millisecond: enough to answer queries until there is room.
        ulong ceiling = hasRoom && MayKeepHouse ? _numbers.CeilingDue() : 0;
        if (ceiling != 0)
        {
            _book.SetCeiling(ceiling, _journal);
        }
        int taken = Gather(Math.Max(NowMs(), _journal.TimeMs));
        // While the disk counts as slow, empty batches find out whether it still is.
        if (_journal.HasOpenBatch || (_watch.IsSlow && MayKeepHouse))
        {
            Commit();
            _isNamed = false;
        }
        // Within the step: near the end of a segment this waits for the next one.
        string? noSegment = _journal.TakesClaims(_book.PendingCount) ? null : _journal.WhyNoNextSegment;
        _watch.StepEnds();
        if (ceiling != 0)
        {
            _numbers.Raise(ceiling);
        }
        Release();
        _watch.JournalSays(noSegment);
        _checkpoints.Step();
        _pace.Took(taken);
        return Pause(taken);
    }

    private int Gather(long nowMs)
    {
        _watch.GatheringBegins();
        // A full journal writes nothing, so every answer is one that needs no record.
        bool isJournalFull = _journal.IsFull;
        while (_waitingCount < _waiting.Length && (_journal.HasRoom || isJournalFull) && _ring.TryDequeue(out LedgerCommand? command))
        {
            if (!command.TryTake())
            {
                continue;
            }
            _waiting[_waitingCount++] = command;
            _book.Decide(command, _journal, nowMs, _watch.RefusesGathered(command.SlowSpells));
        }
        _watch.GatheringEnds();
        return _waitingCount;
    }

    private void Commit()
    {
        int records = _journal.OpenRecords;
        long begin = _time.GetTimestamp();
        _journal.Commit(NowMs());
        _committedAt = _time.GetTimestamp();
        _metrics.JournalCommitted(records, _time.GetElapsedTime(begin, _committedAt).TotalSeconds);
        _metrics.TradesTracked(_book.Trades);
        if (!_hasToldNearlyFull && _book.Trades >= _nearlyFull)
        {
            _hasToldNearlyFull = true;
            _tell(new LedgerEvent(LedgerEventKind.NearlyFull, $"{_book.Trades} trades: 80 % of what this node is configured for"));
        }
    }

    private void Release()
    {
        for (int i = 0; i < _waitingCount; i++)
        {
            (Claim claim, CommandKind kind) = (_waiting[i].Claim, _waiting[i].Kind);
            if (!_waiting[i].TryAnswer() && claim.IsWon)
            {
                // Its caller has told nobody and will send nothing.
                LateOf(kind)?.Invoke(claim.TradeNo);
            }
            _waiting[i] = null!;
        }
        _waitingCount = 0;
    }

    private Action<TradeNo>? LateOf(CommandKind kind) => kind switch
    {
        CommandKind.Claim => Volatile.Read(ref _claimedLate),
        CommandKind.Reserve => Volatile.Read(ref _reservedLate),
        _ => Volatile.Read(ref _wishedLate),
    };

    private bool MayKeepHouse => _journal.HasRoom && _journal.TakesHousekeeping(_book.PendingCount);

    private WorkerPause Pause(int taken)
    {
        if (_watch.IsSlow)
        {
            return WorkerPause.None;
        }
        if (taken > 0 || _ring.HasItem)
        {
            return _pace.Pause;
        }
        if (!_isNamed)
        {
            double leftMs = IdleBatchMs - _time.GetElapsedTime(_committedAt).TotalMilliseconds;
            if (leftMs > 0)
            {
                return WorkerPause.Idle(TimeSpan.FromMilliseconds(Math.Max(1, leftMs)));
            }
            _watch.StepBegins();
            if (MayKeepHouse)
            {
                _journal.Commit(NowMs());
            }
            _watch.StepEnds();
            _isNamed = true;
        }
        return WorkerPause.Idle(_checkpoints.IsRunning ? CheckpointPause : IdlePause);
    }

    private long NowMs() => _time.GetUtcNow().ToUnixTimeMilliseconds();
}
