using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// Takes checkpoints of the index: (1) begun between two batches, at a place in the journal; (2) polled while payments go on;
/// (3) once done, and everything it can hold is durable, a manifest joins both; (4) what only older manifests named is removed.
/// </summary>
/// <remarks>
/// Steps are the ledger thread's. The manifest is written on the scheduler, since its three syncs would hold up payments.
/// </remarks>
internal sealed class CheckpointCycle : IThreadPoolWorkItem
{
    /// <summary>After a failed checkpoint the next one waits so long: a full disk must not be filled with attempts.</summary>
    // Neither this nor the interval runs on the wall clock: one that steps back a day (F23) would put off the next for a day.
    private static readonly TimeSpan FailurePause = TimeSpan.FromSeconds(10);

    /// <summary>A clean stop waits no longer than this for a checkpoint: without it the next start only replays more.</summary>
    // The largest seen took a few seconds; a disk that needs a minute will need for ever.
    private static readonly TimeSpan LongestFinish = TimeSpan.FromMinutes(1);

    private readonly EmbeddedLedgerOptions _options;
    private readonly IJournalStorage _storage;
    private readonly RecoveredLedger _ledger;
    private readonly DiskWatch _watch;
    private readonly IScheduler _scheduler;
    private readonly TimeProvider _time;
    private readonly GatewayMetrics _metrics;
    private readonly Action<LedgerEvent> _tell;
    private Manifest? _newest;
    private Manifest? _older;
    private Manifest? _draft;
    private long _changesAtBegin;

    // When the last one was begun, or the ledger opened: ticks of the clock that does not step.
    private long _begunAt;

    // Set by whichever side failed, read by the ledger thread after the state has come back to it.
    private volatile bool _hasFailed;

    // Handed to the scheduler by the ledger thread and back: each side touches the draft only in its own state.
    private volatile State _state;

    internal CheckpointCycle(
        EmbeddedLedgerOptions options,
        IJournalStorage storage,
        RecoveredLedger ledger,
        DiskWatch watch,
        IScheduler scheduler,
        TimeProvider time,
        GatewayMetrics metrics,
        Action<LedgerEvent> tell)
    {
        _options = options;
        _storage = storage;
        _ledger = ledger;
        _watch = watch;
        _scheduler = scheduler;
        _time = time;
        _metrics = metrics;
        _tell = tell;
        _newest = ledger.Newest;
        _older = ledger.Older;
        _begunAt = time.GetTimestamp();
    }

    private enum State : byte
    {
        Idle = 0,
        Running,
        Saving,
    }

    internal bool IsRunning => _state != State.Idle;

    private long RecordsSince => _ledger.Journal.NextSequence - (_newest?.Position.NextSequence ?? 0);

    /// <summary>Between two batches: begins, polls or hands over, without waiting.</summary>
    internal void Step()
    {
        if (_state == State.Running)
        {
            Poll();
        }
        else if (_state == State.Idle)
        {
            TimeSpan since = _time.GetElapsedTime(_begunAt);
            if (_hasFailed && since < FailurePause)
            {
                return;
            }
            bool isDue = RecordsSince >= _options.CheckpointEveryRecords ||
                (since >= _options.CheckpointInterval && HasChanges());
            if (isDue && HasRoom)
            {
                Begin();
            }
        }
    }

    /// <summary>A last checkpoint, waited for: the next start has nothing to replay. Then everything is named as durable.</summary>
    /// <exception cref="IOException">It did not end.</exception>
    internal void Finish()
    {
        WaitUntilIdle();
        if (HasChanges() && HasRoom)
        {
            Begin();
            WaitUntilIdle();
        }
        NameTheEnd();
    }

    public void Execute()
    {
        Manifest draft = _draft!;
        try
        {
            draft.Tokens = _ledger.Index.Seal(draft.Tokens);
            draft.Save(_storage, _options.DataDirectory, _newest);
            _hasFailed = false;
            _older = _newest;
            _newest = draft;
            RemoveUnnamed();
            TimeSpan took = _time.GetElapsedTime(_begunAt);
            _metrics.CheckpointTaken(took.TotalSeconds);
            _tell(new LedgerEvent(
                LedgerEventKind.CheckpointTaken,
                $"checkpoint {draft.Number} at record {draft.Position.NextSequence} took {took.TotalSeconds:F3} s",
                took));
        }
        // FASTER tells of failures by exceptions of many kinds; without this checkpoint a restart only replays more.
        catch (Exception failure)
        {
            Fail(failure.Message);
        }
        _state = State.Idle;
    }

    private void Fail(string reason)
    {
        _hasFailed = true;
        RemoveUnnamed();
        _tell(new LedgerEvent(LedgerEventKind.CheckpointFailed, reason));
    }

    /// <summary>
    /// What no manifest on the disk names is in nobody's way but the disk's. The folder is asked, not our own memory: a manifest whose save failed at
    /// its very end may count after a crash.
    /// </summary>
    private void RemoveUnnamed()
    {
        try
        {
            (List<Manifest> named, List<string> damaged) = Manifest.Load(_storage, _options.DataDirectory);
            if (damaged.Count == 0)
            {
                _ledger.Index.KeepOnly([.. named.Select(manifest => manifest.Tokens)]);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The next checkpoint or the next start removes it.
        }
    }

    // A batch that only names the one before as durable is no change: an idle ledger takes no checkpoints by time. By count it takes one in days, or
    // a start would have to read all that it wrote since.
    private bool HasChanges() => _ledger.Book.Changes != _changesAtBegin;

    // A checkpoint writes what of the index is only in memory, and a page of the index that cannot be written stops the engine (docs/decisions/0007).
    private bool HasRoom => _watch.FreeBytes >= _options.IndexMemoryBytes;

    private void Begin()
    {
        _begunAt = _time.GetTimestamp();
        // It makes folders and files, and on a disk that is stuck so is the ledger thread.
        _watch.StepBegins();
        bool hasBegun = _ledger.Index.TryBeginCheckpoint(out IndexTokens tokens);
        _watch.StepEnds();
        if (!hasBegun)
        {
            return;
        }
        _changesAtBegin = _ledger.Book.Changes;
        _draft = new Manifest
        {
            Number = (_newest?.Number ?? 0) + 1,
            LedgerId = _ledger.LedgerId,
            Position = _ledger.Journal.Position,
            DurableSequence = _ledger.Journal.NextSequence - 1,
            Tokens = tokens,
            TimeMs = _ledger.Journal.TimeMs,
            Ceiling = _ledger.Book.Ceiling,
            Trades = _ledger.Book.Trades,
            Pending = _ledger.Book.CopyPending(_ledger.Journal.TimeMs),
        };
        _state = State.Running;
    }

    private void Poll()
    {
        switch (_ledger.Index.PollCheckpoint())
        {
            case CheckpointProgress.Done:
                // No batch is open here: whatever slipped into the checkpoint after its beginning is durable by now.
                _draft!.DurableSequence = _ledger.Journal.NextSequence - 1;
                _state = State.Saving;
                _scheduler.Post(this);
                break;
            case CheckpointProgress.Failed:
                Fail("the index could not write its checkpoint");
                _state = State.Idle;
                break;
        }
    }

    /// <summary>
    /// Nothing follows the last batch of a clean stop, so the newest manifest names it: after that no byte of the journal can be lost or bent
    /// and pass for a torn tail.
    /// </summary>
    private void NameTheEnd()
    {
        long last = _ledger.Journal.NextSequence - 1;
        if (_newest is null || _newest.DurableSequence == last)
        {
            return;
        }
        try
        {
            _newest.DurableSequence = last;
            _newest.Save(_storage, _options.DataDirectory, _older);
        }
        // Everything is durable all the same; a disk without room for one block does not make a clean stop a failure.
        catch (IOException failure)
        {
            _tell(new LedgerEvent(LedgerEventKind.CheckpointFailed, $"the last records are not named as durable: {failure.Message}"));
        }
    }

    private void WaitUntilIdle()
    {
        long begin = _time.GetTimestamp();
        while (_state != State.Idle)
        {
            if (_time.GetElapsedTime(begin) > LongestFinish)
            {
                throw new IOException($"a checkpoint did not end within {LongestFinish.TotalSeconds} s");
            }
            if (_state == State.Running)
            {
                Poll();
            }
            _scheduler.Sleep(TimeSpan.FromMilliseconds(1));
        }
    }
}
