using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using HotPath.Core.DayFiles;
using HotPath.Core.Model;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using Microsoft.Extensions.Logging;

namespace HotPath.Core.Recon;

/// <summary>
/// Builds the files of each Beijing day on one thread of low priority: all institutions' after midnight, with those of older days that miss theirs, and at any
/// time one that somebody asks for. A start takes up what a crash cut: files that have their facts are finished, all others are built from their beginning.
/// </summary>
internal sealed partial class ReconBuilder : IWorkerBody, IDisposable
{
    /// <summary>How long after midnight a day is closed. 10 minutes.</summary>
    // A result is on record within seconds of its time. What comes even later is carried into the next day's file.
    internal static readonly TimeSpan Closing = TimeSpan.FromMinutes(10);

    // Demands come from institutions, each of which may ask for 180 days twice.
    private const int MostWanted = 1000;

    // Also what ClockWatch asks for.
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromMinutes(1);

    private readonly ReconFolder _folder;
    private readonly IFinalRows _rows;
    private readonly DiskReserve _reserve;
    private readonly TimeProvider _clock;
    private readonly GatewayMetrics.ReconMetrics _metrics;
    private readonly ILogger _logger;
    private readonly ConcurrentQueue<Job> _wanted = new();
    private readonly IScheduler _scheduler;
    private FeedMark? _shown;
    private IWorker? _worker;

    // The worker's own.
    private readonly DailyFiles _daily;
    private readonly ClockWatch _watch;
    private bool _isPruned;

    // When a build failed; null when none has since the day was begun with. By the machine's seconds: the clock may leap.
    private long? _failedAt;
    private Job? _job;
    private ReconBuild? _build;
    private long _began;

    /// <param name="folder">Where finished files lie.</param>
    /// <param name="rows">What they are made of.</param>
    /// <param name="reserve">What is to stay free.</param>
    /// <param name="institutions">Whose files are built without being asked for.</param>
    /// <param name="scheduler">Gives it its thread.</param>
    /// <param name="clock">Says when a day is over.</param>
    /// <param name="metrics">Its progress.</param>
    /// <param name="logger">What somebody must look at.</param>
    internal ReconBuilder(
        ReconFolder folder, IFinalRows rows, DiskReserve reserve, IReadOnlyList<InstId> institutions, IScheduler scheduler, TimeProvider clock,
        GatewayMetrics.ReconMetrics metrics, ILogger logger)
    {
        _folder = folder;
        _rows = rows;
        _reserve = reserve;
        _daily = new DailyFiles(folder, rows, institutions);
        _watch = new ClockWatch(clock);
        _clock = clock;
        _metrics = metrics;
        _logger = logger;
        _scheduler = scheduler;
    }

    public bool IsInBackground => true;

    /// <summary>Begins; what was asked for before is done then.</summary>
    /// <param name="catchUp">Returns when everything durable is among the rows.</param>
    internal void Start(Func<CancellationToken, ValueTask> catchUp)
    {
        _shown = new FeedMark(catchUp, _clock);
        _worker = _scheduler.StartWorker("recon", this);
    }

    /// <summary>True when nothing that is still to come can have a time of that day.</summary>
    internal bool IsClosed(BeijingDay day) => NowMs >= ClosedAtMs(day);

    /// <summary>The facts of a file of a closed day, built now if it is not there yet; null when that takes longer than <paramref name="atMost"/>, or failed.</summary>
    internal async ValueTask<ReconFileFacts?> GetAsync(ReconFileName name, TimeSpan atMost)
    {
        if (_folder.Find(name) is { } finished)
        {
            return finished;
        }
        if (_wanted.Count >= MostWanted)
        {
            return null;
        }
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Want(new Job(name, IsAgain: false, Run: null, told));
        try
        {
            await told.Task.WaitAsync(atMost, _clock).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
        return _folder.Find(name);
    }

    /// <summary>Builds a closed day's files, finished ones once more to hold them against what they are.</summary>
    /// <param name="day">The day.</param>
    /// <param name="only">Whose; all institutions' when null.</param>
    internal ReconRun Begin(BeijingDay day, InstId? only)
    {
        ReconFileName[] names = [.. _daily.NamesOf(day).Where(name => only is null || name.InstId == only)];
        var run = new ReconRun(names.Length, names.Sum(name => 2 * _rows.End(name.InstId, day, name.Type)));
        foreach (ReconFileName name in names)
        {
            Want(new Job(name, IsAgain: true, run, Told: null));
        }
        return run;
    }

    public WorkerPause Step()
    {
        try
        {
            if (_build is null && !TryBegin(out TimeSpan pause))
            {
                return pause == TimeSpan.Zero ? WorkerPause.None : WorkerPause.Idle(pause);
            }
            Advance();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or DayFilesDamagedException)
        {
            EndBadly(failure);
        }
        return WorkerPause.None;
    }

    public void Dispose()
    {
        _worker?.Dispose();
        _shown?.Dispose();
        _build?.Dispose();
    }

    private long NowMs => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    private static long ClosedAtMs(BeijingDay day) => (day + 1).StartMs + (long)Closing.TotalMilliseconds;

    private void Want(Job job)
    {
        _wanted.Enqueue(job);
        _worker?.Wake();
    }

    // True when a build has begun. No pause where there is more to look at.
    private bool TryBegin(out TimeSpan pause)
    {
        pause = Look;
        while (_job is not null || _wanted.TryDequeue(out _job) || TryTakeDaily(out _job))
        {
            if (!_job.IsAgain && _folder.Find(_job.Name) is not null)
            {
                End(null);
                continue;
            }
            if (!_shown!.Covers(ClosedAtMs(_job.Name.Day)))
            {
                pause = FeedMark.Pause;
                return false;
            }
            _reserve.Require();
            if (_folder.IsSpoilt(_job.Name))
            {
                LogSpoilt(_job.Name);
            }
            _build = new ReconBuild(_job.Name, _folder, _rows);
            _began = _clock.GetTimestamp();
            return true;
        }
        pause = _daily.TryLook() ? TimeSpan.Zero : Look;
        return false;
    }

    private bool TryTakeDaily([NotNullWhen(true)] out Job? job)
    {
        TakeUpDay();
        if (_daily.IsNewestTaken && _failedAt is null)
        {
            _metrics.ReadyUpTo((_daily.Day + 1).StartMs);
        }
        job = _daily.TryTake(out ReconFileName? name) ? new Job(name.Value, IsAgain: false, Run: null, Told: null) : null;
        _metrics.FilesWaiting(_wanted.Count + _daily.Count + (job is null ? 0 : 1));
        return job is not null;
    }

    // A day that the clock says is over, or once more one of which a file failed, a little later. What leaps of the clock tell is left alone: a file never
    // changes once it is finished, and one of a day that is not over would lack the rest of it.
    private void TakeUpDay()
    {
        if (!_watch.IsBelieved(out long nowMs))
        {
            return;
        }
        BeijingDay yesterday = BeijingDay.Of(nowMs - (long)Closing.TotalMilliseconds) - 1;
        if (_daily.Day != yesterday || (_failedAt is { } failedAt && _clock.GetElapsedTime(failedAt) >= AfterFailure))
        {
            _isPruned &= _daily.Day == yesterday;
            _failedAt = null;
            _daily.Begin(yesterday);
            LogDay(yesterday, _daily.Count);
        }
        // A process that has just begun cannot know whether its clock leaps.
        if (!_isPruned && _watch.IsWatchedLong)
        {
            _folder.Prune(yesterday + 1);
            _isPruned = true;
        }
    }

    private void Advance()
    {
        (long rows, long done) = (_build!.RowsRead, _build.Done);
        bool goesOn = _build.Step();
        _metrics.RowsRead(_build.RowsRead - rows);
        _job!.Run?.Read(_build.Done - done);
        if (!goesOn)
        {
            End(_build);
        }
    }

    private void End(ReconBuild? build)
    {
        if (build is not null)
        {
            _metrics.FileBuilt(build.Result.ToString().ToLowerInvariant(), _clock.GetElapsedTime(_began).TotalSeconds);
            _job!.Run?.Ended(build.Result);
            if (build.Result == BuildResult.Differs)
            {
                LogDiffers(_job.Name);
            }
            build.Dispose();
        }
        _build = null;
        _job!.Told?.TrySetResult();
        _job = null;
    }

    private void EndBadly(Exception failure)
    {
        LogFailed(failure, _job?.Name.ToString() ?? "of an older day");
        _metrics.FileBuilt("failed", 0);
        _job?.Run?.EndedBadly();
        _failedAt ??= _clock.GetTimestamp();
        if (failure is not DayFilesDamagedException { IsPassing: false })
        {
            // The disk, most likely: it would fail them all.
            _daily.LeaveOlder();
        }
        try
        {
            _build?.Dispose();
        }
        catch (IOException)
        {
            // Its half-made files stay where they are: they count for nothing.
        }
        _build = null;
        _job?.Told?.TrySetResult();
        _job = null;
    }

    [LoggerMessage(EventId = 430, Level = LogLevel.Information, Message = "reconciliation of {Day}: {Files} files")]
    private partial void LogDay(BeijingDay day, int files);

    [LoggerMessage(EventId = 431, Level = LogLevel.Error, Message = "reconciliation file {Name} is not what its rows are now: the finished file stays")]
    private partial void LogDiffers(ReconFileName name);

    [LoggerMessage(EventId = 432, Level = LogLevel.Error, Message = "reconciliation file {Name} could not be built")]
    private partial void LogFailed(Exception failure, string name);

    [LoggerMessage(EventId = 433, Level = LogLevel.Error, Message = "reconciliation file {Name} was finished, and it or its facts are damaged or gone: it is built again")]
    private partial void LogSpoilt(ReconFileName name);

    /// <param name="Name">What to build.</param>
    /// <param name="IsAgain">Also when it is finished.</param>
    /// <param name="Run">Whose progress it is.</param>
    /// <param name="Told">Completed in the end, whatever came of it.</param>
    private sealed record Job(ReconFileName Name, bool IsAgain, ReconRun? Run, TaskCompletionSource? Told);
}
