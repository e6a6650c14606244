using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Telemetry;
using Microsoft.Extensions.Logging;

namespace HotPath.Core.DayFiles;

/// <summary>
/// What follows from the book by institution and Beijing day: numbers of the trades accepted on it, and of those that ended each way; rows of the trades
/// and refunds that became SUCCESS on it (docs/decisions/0019). Fed by the change feed, made again from it when anything is missing.
/// </summary>
/// <remarks>
/// Nothing is durable before <see cref="FlushInterval"/> is over, and nothing need be: the journal is. A manifest says how much of each file counts and
/// which place of the journal that is; after a crash the rest is shown, and appended, again. So the files are a function of the journal alone.
/// <para>
/// A number belongs to the day on which it was given, and a row to the day of its FinalAtMs, unless that day is closed (<see cref="IsClosed"/>); then to
/// the day that the journal has come to.
/// </para>
/// </remarks>
public sealed partial class DayStore : IFeedConsumer, IDisposable
{
    /// <summary>Longest time that what was appended is not durable, while something happens.</summary>
    // A start reads at most so much of the journal again. A flush is a sync for each file that changed: three or four an institution.
    internal static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(10);

    /// <summary>Days that files are kept; trades are kept as long.</summary>
    internal const int KeptDays = 190;

    /// <summary>Files that are open at once.</summary>
    // Half of what a process may have open by default (1,024) is left to connections; a gateway is started with more than that.
    private const int MostOpenFiles = 128;

    /// <summary>Bytes that wait in memory for a flush, over all files.</summary>
    private const long MostBuffered = 16 * 1024 * 1024;

    /// <summary>Days whose files are known in memory, apart from those that were changed since the last flush.</summary>
    private const int MostLoadedDays = 8;

    // Between the end of a day and the hour at which its reconciliation file can be had (10:00), less an hour to make it.
    private const long GraceMs = 9 * 3600 * 1000L;

    private readonly string _root;
    private readonly IJournalStorage _storage;
    private readonly TimeProvider _time;
    private readonly GatewayMetrics _metrics;
    private readonly ILogger<DayStore> _logger;
    private readonly OpenFiles _open;
    private readonly OpenTrades _openTrades = new();
    private readonly JournalTime _journalTime = new();

    // Days in memory; guarded by itself, like _catalogs.
    private readonly Dictionary<long, Day> _days = [];
    private Dictionary<long, long> _catalogs = [];
    private long _uses;
    private long _number;
    private FeedPosition _shown;
    private long _nextSequence;
    private long _flushedAt;
    private volatile bool _isDamaged;

    // Guarded by _days. Files of an earlier making may still be read by somebody; what he finds in them is no news.
    private int _making = 1;

    // Before the feed has come so far again nothing is answered: it had been answered before.
    private long _knownBefore;

    private DayStore(string root, IJournalStorage storage, TimeProvider time, GatewayMetrics metrics, ILogger<DayStore> logger)
    {
        _root = root;
        _storage = storage;
        _time = time;
        _metrics = metrics;
        _logger = logger;
        _open = new OpenFiles(storage, MostOpenFiles);
        _flushedAt = time.GetTimestamp();
    }

    public string Name => "day files";

    public FeedPosition Position { get; private set; }

    /// <summary>Opens what is in <c>days/</c> of the data directory; what cannot be used is made again from the journal.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public static DayStore Open(string dataDirectory, TimeProvider time, GatewayMetrics metrics, ILogger<DayStore> logger) =>
        Open(dataDirectory, time, metrics, logger, FileStorage.Instance);

    internal static DayStore Open(string dataDirectory, TimeProvider time, GatewayMetrics metrics, ILogger<DayStore> logger, IJournalStorage storage)
    {
        var store = new DayStore(Path.Combine(dataDirectory, "days"), storage, time, metrics, logger);
        storage.CreateDirectory(store._root);
        store.Load();
        return store;
    }

    /// <summary>
    /// True when no row can be added to the day any more: the journal has come nine hours past its end (Beijing), by what can be believed of its moments
    /// (<see cref="JournalTime"/>). A gateway that nobody uses does not come that far; its day is then complete in fact once the clock has passed it and the
    /// feed has caught up, for every result bears the moment it was recorded for. Its reconciliation files go by that.
    /// </summary>
    public bool IsClosed(long day) => _journalTime.ComeToMs >= BeijingTime.StartOf(day + 1) + GraceMs;

    public void Accepted(Trade trade, long sequence)
    {
        if (sequence < _nextSequence)
        {
            return;
        }
        long day = BeijingTime.DayNumber(trade.TradeNo.UnixMs);
        if (IsKept(day))
        {
            NumbersToAppend(day, trade.InstId, DayFileKind.Accepted).Append(trade.TradeNo);
        }
        _openTrades.Add(trade.InstId, trade.TradeNo);
        _journalTime.Claimed(trade.AcceptedAtMs);
        Passed(sequence);
    }

    public void Ended(Trade trade, long sequence)
    {
        if (sequence < _nextSequence)
        {
            return;
        }
        // Both files first: what can fail comes before anything is appended.
        long day = BeijingTime.DayNumber(trade.TradeNo.UnixMs);
        NumberFile? numbers = IsKept(day) ? NumbersToAppend(day, trade.InstId, KindOf(trade.Status)) : null;
        if (trade.Status == TradeStatus.Success)
        {
            DayToAppend(RowDay(trade.FinalAtMs)).RowsToAppend(trade.InstId, DayFileKind.Trades).Append(trade);
        }
        numbers?.Append(trade.TradeNo);
        _openTrades.Remove(trade.InstId, trade.TradeNo);
        Passed(sequence);
    }

    public void Ended(Refund refund, long sequence)
    {
        if (sequence < _nextSequence)
        {
            return;
        }
        if (refund.Status == TradeStatus.Success)
        {
            DayToAppend(RowDay(refund.FinalAtMs)).RowsToAppend(refund.InstId, DayFileKind.Refunds).Append(refund);
        }
        Passed(sequence);
    }

    public void Shown(FeedPosition upTo)
    {
        _shown = upTo;
        Volatile.Write(ref _nextSequence, upTo.NextSequence);
        _metrics.DayFiles.Shown(upTo.NextSequence);
        if (_time.GetElapsedTime(_flushedAt) >= FlushInterval && !_isDamaged)
        {
            Flush();
        }
        else if (Loaded().Sum(day => day.Buffered) > MostBuffered)
        {
            Loaded().ForEach(day => day.WriteOut());
        }
    }

    public bool WantsToBeginAgain => _isDamaged;

    public void BeginAgain()
    {
        if (!_isDamaged)
        {
            LogBeginsAgain();
        }
        Forget(_isDamaged ? Math.Max(_knownBefore, _nextSequence) : 0);
        RemoveManifest();
        _isDamaged = false;
    }

    /// <summary>Makes durable what was shown. Call when the feed has ended.</summary>
    public void Dispose()
    {
        try
        {
            Flush();
        }
        catch (IOException failure)
        {
            // Derived and not lost: the next start makes it again.
            LogNotKept(failure);
        }
        _open.Dispose();
    }

    private static DayFileKind KindOf(TradeStatus status) => status switch
    {
        TradeStatus.Success => DayFileKind.Succeeded,
        TradeStatus.Failed => DayFileKind.Failed,
        _ => DayFileKind.Cancelled,
    };

    private long OldestDay => BeijingTime.DayNumber(_journalTime.ComeToMs) - KeptDays;

    private bool IsKept(long day) => day >= OldestDay;

    private long RowDay(long finalAtMs)
    {
        long day = BeijingTime.DayNumber(finalAtMs);
        return IsClosed(day) ? BeijingTime.DayNumber(_journalTime.ComeToMs) : day;
    }

    private void Passed(long sequence) => Volatile.Write(ref _nextSequence, sequence + 1);

    private void Flush()
    {
        // A file that is damaged must not be found whole after a start because its manifest is.
        if (_isDamaged || _shown == Position)
        {
            return;
        }
        long began = _time.GetTimestamp();
        long oldest = OldestDay;
        List<Day> changed = Loaded().FindAll(day => day.IsDirty && day.Number >= oldest);
        long number = _number + 1;
        changed.ForEach(day => day.Save(number));
        Dictionary<long, long> catalogs = _catalogs.Where(day => day.Key >= oldest).ToDictionary();
        changed.ForEach(day => catalogs[day.Number] = number);
        Save(new DayManifest
        {
            Number = number,
            Position = _shown,
            ComeToMs = _journalTime.ComeToMs,
            WaitingMs = _journalTime.WaitingMs,
            Days = catalogs,
            Open = _openTrades.All(),
        });

        if (_isDamaged)
        {
            // Found meanwhile, by somebody who reads.
            RemoveManifest();
            return;
        }
        // It counts. What it does not name any more goes.
        (_number, Position) = (number, _shown);
        long[] dropped = [.. _catalogs.Keys.Concat(Loaded().Select(day => day.Number)).Where(day => day < oldest).Distinct()];
        lock (_days)
        {
            _catalogs = catalogs;
            Array.ForEach(dropped, day => _days.Remove(day));
        }
        changed.ForEach(day => day.Saved(number));
        Array.ForEach(dropped, day => Day.Delete(_root, day, _storage, _open));
        lock (_days)
        {
            Loaded().ForEach(day => day.IsFed = false);
            TrimLoaded();
        }
        _flushedAt = _time.GetTimestamp();
        _metrics.DayFiles.Flushed(_time.GetElapsedTime(began).TotalSeconds);
    }

    private void Save(DayManifest manifest)
    {
        string temporary = Path.Combine(_root, "manifest.tmp");
        using (IJournalFile file = _storage.Create(temporary))
        {
            file.WriteAt(manifest.Write(), 0);
            file.Sync();
        }
        _storage.Rename(temporary, Path.Combine(_root, DayManifest.Name));
        _storage.SyncDirectory(_root);
    }

    [LoggerMessage(EventId = 420, Level = LogLevel.Warning, Message = "day files are made again from the journal's beginning: {Reason}")]
    private partial void LogMadeAgain(string reason);

    [LoggerMessage(EventId = 426, Level = LogLevel.Information, Message = "day files begin with the journal")]
    private partial void LogBegun();

    [LoggerMessage(EventId = 421, Level = LogLevel.Warning, Message = "day files are forgotten: they belong to another journal")]
    private partial void LogBeginsAgain();

    [LoggerMessage(EventId = 422, Level = LogLevel.Error, Message = "a day file is damaged: all of them are made again from the journal, and until then what needs them is refused")]
    private partial void LogDamaged(Exception damage);

    [LoggerMessage(EventId = 423, Level = LogLevel.Warning, Message = "day files could not be kept at the stop; the next start makes the last part again")]
    private partial void LogNotKept(Exception failure);
}
