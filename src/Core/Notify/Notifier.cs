using System.Collections.Concurrent;
using HotPath.Core.Admission;
using HotPath.Core.Auth;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using HotPath.Signing;
using Microsoft.Extensions.Logging;

namespace HotPath.Core.Notify;

/// <summary>
/// Tells institutions what became of their trades and refunds (3.1, step 6; protocol, section 5). The journal is the outbox: every RESULT and SETTLED that the
/// change feed shows is one notification, and what is not acknowledged when the feed's position is kept is kept with it. So each is delivered at
/// least once, whatever happens in between (docs/decisions/0018).
/// </summary>
/// <remarks>
/// <code>
///  feed's thread ─▶ inbox ─▶ the notifier's thread: lanes (one an institution), store, when and how many
///                            └▶ pool: Delivery finds, signs, sends ─▶ back to the notifier's thread
/// </code>
/// Everything but the two queues belongs to the notifier's thread. Times are its own: the wall clock at the start and what has passed since, so
/// that a clock that is set neither hastens nor delays what is under way (F23).
/// </remarks>
public sealed partial class Notifier : IFeedConsumer, IWorkerBody, IAsyncDisposable
{
    // Between two looks at everything while there is nothing to be done.
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan FailurePause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StopBudget = TimeSpan.FromSeconds(2);

    // Longest stretch of one kind of work before the others have their turn.
    private const int MostAtOnce = 10_000;

    private readonly ILedger _ledger;
    private readonly InstitutionDirectory _institutions;
    private readonly INotificationStore _store;
    private readonly INotifySender _sender;
    private readonly NotifyOptions _options;
    private readonly IScheduler _scheduler;
    private readonly TimeProvider _clock;
    private readonly GatewayMetrics.NotifyMetrics _metrics;
    private readonly ILogger<Notifier> _logger;
    private readonly NotificationWriter _writer;
    private readonly NotifyInbox _inbox;
    private readonly ConcurrentQueue<Delivery> _ended = new();
    private readonly DeliveryPace _pace;
    private readonly int _mostWriting;
    private readonly int _window;
    private readonly long _beganAt;
    private readonly long _beganMs;
    private readonly IWorker _worker;

    // Raised by the notifier's thread, lowered by those who sign.
    private int _writing;
    private int _underWay;
    private volatile bool _isStopping;

    private readonly Dictionary<InstId, Lane> _lanes = [];
    private readonly List<Lane> _order = [];
    private readonly Stack<Delivery> _free = new();
    private int _turn;

    /// <summary>Starts at once.</summary>
    public Notifier(
        ILedger ledger, InstitutionDirectory institutions, GatewayKeys keys, INotificationStore store, INotifySender sender, NotifyOptions options,
        IScheduler scheduler, TimeProvider clock, GatewayMetrics metrics, ILogger<Notifier> logger)
    {
        _ledger = ledger;
        _institutions = institutions;
        _store = store;
        _sender = sender;
        _options = options;
        _scheduler = scheduler;
        _clock = clock;
        _metrics = metrics.Notify;
        _logger = logger;
        _writer = new NotificationWriter(ledger, keys, clock);
        _inbox = new NotifyInbox(institutions, ledger, scheduler, clock, logger);
        _pace = new DeliveryPace(new ThreadWait(scheduler, clock), clock);
        // Half of the machine signs notifications at the very most, and in turn: two at once would be two that payments wait behind.
        _mostWriting = Math.Max(1, Environment.ProcessorCount / 2);
        _window = Math.Clamp(options.MaxInMemory / (2 * Math.Max(1, institutions.Count)), 16, 2_000);
        _beganAt = _savedAt = clock.GetTimestamp();
        _beganMs = clock.GetUtcNow().ToUnixTimeMilliseconds();
        _position = store.Position;
        if (store.Position == default)
        {
            _inbox.BeginAnew(store.WasLost);
        }
        _worker = scheduler.StartWorker("notify", this);
    }

    /// <summary>Notifications held in memory; the notifier's thread's own.</summary>
    internal int InMemory => _order.Sum(lane => lane.InMemory);

    public string Name => "the notifier";

    public FeedPosition Position => _store.Position;

    public void Accepted(Trade trade, long sequence)
    {
        // PENDING is nobody's news: it was answered.
    }

    public void Ended(Trade trade, long sequence) =>
        _inbox.Ended(new NotifyId(NotifyType.Trade, trade.TradeNo), trade.InstId, trade.FinalAtMs, sequence);

    public void Ended(Refund refund, long sequence) =>
        _inbox.Ended(new NotifyId(NotifyType.Refund, refund.RefundId), refund.InstId, refund.FinalAtMs, sequence);

    public void Shown(FeedPosition upTo)
    {
        _inbox.Shown(upTo);
        _worker.Wake();
    }

    public void BeginAgain() => _inbox.BeginAgain();

    public WorkerPause Step()
    {
        bool isMore = TakeArrivals(MostAtOnce);
        TakeEnded(NowMs);
        TendStore();
        if (_isStopping)
        {
            return WorkerPause.Idle(LongestPause);
        }
        TimeSpan pause = Dispatch(NowMs);
        return isMore ? WorkerPause.None : WorkerPause.Idle(pause);
    }

    /// <summary>Begins nothing more, waits a moment for what is under way, and keeps the rest.</summary>
    public async ValueTask DisposeAsync()
    {
        _isStopping = true;
        long began = _clock.GetTimestamp();
        while (Volatile.Read(ref _underWay) > 0 && _clock.GetElapsedTime(began) < StopBudget)
        {
            _worker.Wake();
            await Task.Delay(TimeSpan.FromMilliseconds(10), _clock);
        }
        _worker.Dispose();
        CancelOrders();
        try
        {
            TakeEnded(NowMs);
            TakeArrivals(int.MaxValue);
            Save();
        }
        catch (IOException failure)
        {
            LogStoreFailed(failure);
        }
        _sender.Dispose();
        _store.Dispose();
    }

    /// <summary>A delivery has been signed: the next one may be.</summary>
    internal void IsWritten()
    {
        Interlocked.Decrement(ref _writing);
        _worker.Wake();
    }

    /// <summary>A delivery has ended.</summary>
    internal void TakeBack(Delivery delivery)
    {
        _ended.Enqueue(delivery);
        _worker.Wake();
    }

    private long NowMs => _beganMs + (long)_clock.GetElapsedTime(_beganAt).TotalMilliseconds;

    /// <summary>True when there is more.</summary>
    private bool TakeArrivals(int most)
    {
        for (int taken = 0; taken < most; taken++)
        {
            if (!_inbox.TryTake(out Arrival arrival))
            {
                return false;
            }
            if (arrival.BeginsAgain)
            {
                Forget();
            }
            else if (_isLost)
            {
                // Of before the feed knew: it comes again.
            }
            else if (arrival.UpTo is { } upTo)
            {
                _position = upTo;
            }
            else
            {
                TakeUp(arrival);
            }
        }
        return true;
    }

    private void TakeUp(in Arrival arrival)
    {
        Lane lane = LaneOf(arrival.InstId);
        var notification = new Notification(lane, arrival.Id, NowMs) { Sequence = arrival.Sequence };
        if (lane.TryAdd(notification))
        {
            lane.Waiting++;
            Change(notification, KeptAs.Waiting);
        }
    }

    private Lane LaneOf(InstId instId)
    {
        if (!_lanes.TryGetValue(instId, out Lane? lane))
        {
            lane = new Lane(instId, _window, _metrics.ForInstitution(instId.ToString()));
            _lanes.Add(instId, lane);
            _order.Add(lane);
        }
        return lane;
    }

    /// <summary>Begins what is due, in turn over the institutions, as far as pace and limits allow. Returns how long to pause.</summary>
    private TimeSpan Dispatch(long nowMs)
    {
        if (nowMs < _bookRestsUntilMs)
        {
            return TimeSpan.FromMilliseconds(_bookRestsUntilMs - nowMs);
        }
        bool isStoreFailing = _storeFailedAt is not null;
        bool isLimited = false;
        bool isLate = false;
        long next = nowMs + (long)LongestPause.TotalMilliseconds;
        for (int without = 0; without < _order.Count && !isLimited;)
        {
            _turn = _turn < _order.Count ? _turn : 0;
            Lane lane = _order[_turn];
            Institution? institution = _institutions.Find(lane.InstId);
            long? startMs = institution?.NotifyTarget is { } target ? lane.NextStartMs(target.MaxConcurrent, isStoreFailing) : null;
            if (startMs is null || startMs > nowMs)
            {
                next = Math.Min(next, startMs ?? next);
                without++;
                _turn++;
                continue;
            }
            isLate = true;
            if (_underWay >= _options.MaxUnderWay && lane.UnderWay >= Lane.FirstAllowed)
            {
                without++;
                _turn++;
                continue;
            }
            isLimited = Volatile.Read(ref _writing) >= _mostWriting || !_pace.TryTake();
            if (!isLimited)
            {
                Begin(lane.Take(), institution!);
                without = 0;
                _turn++;
            }
        }
        if (!isLate)
        {
            return TimeSpan.FromMilliseconds(next - nowMs);
        }
        // Whoever ends signing or sending wakes this thread; the machine is looked at meanwhile.
        _pace.Look();
        return Volatile.Read(ref _writing) >= _mostWriting || _underWay >= _options.MaxUnderWay ? DeliveryPace.ProbeInterval : _pace.UntilNext;
    }

    private void Begin(Notification notification, Institution institution)
    {
        _underWay++;
        Interlocked.Increment(ref _writing);
        Delivery delivery = _free.TryPop(out Delivery? free) ? free : new Delivery(this, _writer, _sender, _clock);
        _scheduler.Post(delivery.For(notification, institution));
    }

    [LoggerMessage(EventId = 602, Level = LogLevel.Error, Message = "notifications cannot be stored; those in memory go on, and it is tried again in a second")]
    private partial void LogStoreFailed(Exception failure);
}
