using HotPath.Core.Admission;
using HotPath.Core.Auth;
using HotPath.Core.Clearing;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Operations;
using HotPath.Core.Routing;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using Microsoft.Extensions.Logging;

namespace HotPath.Core.Pipeline;

/// <summary>
/// Brings every PENDING trade and refund to an end: asks its channel, adopts results that came late, and, when a channel never heard of it and
/// its settle window is over, has the reference reversed first and only then calls it failed. It has trades reversed that are to be cancelled, looks again at
/// what was reversed, and gives back what a channel executed all the same. It never sends a payment, nor a refund that an institution asked for.
/// </summary>
/// <remarks>
/// Inquiries at 3, 6, 12, 24 s … after acceptance, then every 10 min (protocol, section 6), within what each channel may be sent
/// (<see cref="InquiryBudget"/>, docs/decisions/0027). <see cref="PendingSchedule"/> knows who is due. Everything it decides is idempotent: a crash between any
/// two steps leads to the same inquiry again.
/// </remarks>
public sealed partial class PendingResolver : ILateResults, IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(200);

    // While somebody waits for nothing but a token. A channel's bucket holds a sixteenth of a second's.
    private static readonly TimeSpan QuickTick = TimeSpan.FromMilliseconds(20);

    // Whose channel is looked up, after a start: about a tenth of a core.
    private const int MostPlacedPerSecond = 5_000;

    // When one could not be read, the next ones are let be for so long: a line a number would be thousands of them a second for as long as the disk is ill.
    private static readonly TimeSpan UnreadablePause = TimeSpan.FromSeconds(5);

    // A payment waits for a thread about nine times: on average over half a second, 5 ms of its p99.
    private static readonly TimeSpan MostThreadWait = TimeSpan.FromMilliseconds(0.5);

    private readonly Router _router;
    private readonly TradeWaiters _waiters;
    private readonly PaymentsInDoubt _payments;
    private readonly RefundsInDoubt _refunds;
    private readonly CancelsInDoubt _cancels;
    private readonly IInDoubt[] _kinds;
    private readonly LookSchedule _looks;
    private readonly ILedger _ledger;
    private readonly TimeProvider _clock;
    private readonly ILogger<PendingResolver> _logger;
    private readonly PendingSchedule _schedule;
    private readonly PendingAlarm _alarm;
    private readonly Dictionary<Channel, ChannelTurns> _turns;
    private readonly Dictionary<Channel, LateWords> _late;
    private readonly ThreadWait _threadWait;
    private readonly ITimer _timer;
    private long _busyLookedAt;
    private int _isTicking;
    private int _isPlacing;
    private long? _unreadableAt;
    private bool _isBusy;
    private bool _isQuick;
    private volatile bool _isStopped;

    public PendingResolver(
        ILedger ledger, Router router, InstitutionDirectory institutions, AnswerSigner signer, TradeWaiters waiters,
        Disagreements disagreements, AnswerBudget budget, GatewayMetrics metrics, IScheduler scheduler, TimeProvider clock, ILogger<PendingResolver> logger)
    {
        _ledger = ledger;
        _router = router;
        _waiters = waiters;
        _clock = clock;
        _logger = logger;
        _schedule = new PendingSchedule(clock);
        _looks = new LookSchedule(router, clock);
        _alarm = new PendingAlarm(_schedule, _looks, router, metrics, clock, logger);
        _threadWait = new ThreadWait(scheduler, clock);
        _turns = router.Channels.ToDictionary(channel => channel, channel => new ChannelTurns(channel, _schedule, _looks, BeginTurn, BeginLook));
        _late = router.Channels.ToDictionary(channel => channel, channel => new LateWords(channel, AdoptAsync));
        var surpluses = new SurplusesInDoubt(ledger, router, _schedule, disagreements, clock);
        _payments = new PaymentsInDoubt(ledger, institutions, signer, surpluses, _looks, disagreements, budget, metrics, clock);
        _cancels = new CancelsInDoubt(ledger, _payments, institutions, signer, waiters, metrics, clock);
        _refunds = new RefundsInDoubt(ledger, institutions, signer, _looks, disagreements, budget, metrics, clock);
        _kinds = [_payments, _refunds, _cancels, surpluses];
        ledger.WhenClaimedLate(TakeOver);
        ledger.WhenReservedLate(TakeOver);
        ledger.Cancels.WhenClaimedLate(TakeOver);
        waiters.WhenEnded(EndCancelsOf);
        _timer = clock.CreateTimer(static self => ((PendingResolver)self!).OnTick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What is being brought to an end.</summary>
    public int Count => _schedule.Count;

    internal PendingSchedule Schedule => _schedule;

    /// <summary>Takes over everything that was accepted and has no result, and begins. Call once the ledger is ready.</summary>
    public async Task StartAsync()
    {
        foreach (IInDoubt kind in _kinds)
        {
            foreach (TradeNo number in await kind.ListAsync())
            {
                _schedule.AddDueNow(number, number.UnixMs, channel: null);
            }
        }
        await TakeOverReversedAsync();
        if (Count > 0)
        {
            LogTakenOver(Count);
        }
        _timer.Change(TimeSpan.Zero, Tick);
    }

    /// <summary>A payment or refund is in doubt: inquire by the schedule.</summary>
    public void Watch(TradeNo number, long acceptedAtMs, Channel channel) => _schedule.Add(number, acceptedAtMs, channel);

    /// <summary>A cancel was recorded: its trade is reversed at the channel now, and then by the schedule until it has ended.</summary>
    public void Cancel(Cancellation cancel)
    {
        _cancels.Begin(cancel);
        _schedule.AddDueNow(cancel.CancelNo, cancel.AcceptedAtMs, channel: null, isCancel: true);
        _ = PlaceAsync(cancel.CancelNo);
    }

    /// <summary>Before a cancel is told 0001; false: it must not be (<see cref="CancelsInDoubt.Promise"/>).</summary>
    public bool Promise(TradeNo cancelNo) => _cancels.Promise(cancelNo);

    /// <summary>Somebody asked for one that is PENDING: inquire soon, at most once in 3 s.</summary>
    public void Nudge(TradeNo number, long acceptedAtMs, ReadOnlySpan<byte> channelId)
    {
        if (_router.Find(channelId) is { } channel && _schedule.Hasten(number, acceptedAtMs, channel))
        {
            // The request that sent it may have ended it since it was read, or gone on to another channel: it would wait here for nothing.
            _ = PlaceAsync(number);
        }
    }

    /// <summary>
    /// The request that sent it has recorded its result. Who asked for it meanwhile has put it here, and where its channel is left alone it would stay, in doubt for
    /// nobody but the metrics. Costs nothing while nothing is in doubt.
    /// </summary>
    public void Forget(TradeNo number)
    {
        if (!_schedule.IsEmpty)
        {
            _schedule.Remove(number);
        }
    }

    /// <summary>A channel answered after the answer budget. Returns at once; the book and the signature are the scheduler's.</summary>
    public void Adopt(Channel channel, TradeNo tradeNo, in ClearingResult result)
    {
        if (result.Outcome is not (ClearingOutcome.Unknown or ClearingOutcome.Processing or ClearingOutcome.NotFound))
        {
            _late[channel].TryAdd(tradeNo, result);
        }
    }

    public void Dispose()
    {
        _isStopped = true;
        _timer.Dispose();
        foreach (ChannelTurns turns in _turns.Values)
        {
            turns.Stop();
        }
    }

    // A trade has ended: so do the wishes to cancel it, without another word from the channel.
    private void EndCancelsOf(TradeNo tradeNo)
    {
        foreach (TradeNo cancelNo in _cancels.Of(tradeNo))
        {
            _ = PlaceAsync(cancelNo);
        }
    }

    // Claimed, and cut off from the request that was to send it: the channel has never heard of it, which the inquiry and a reversal will prove.
    private void TakeOver(TradeNo tradeNo)
    {
        _schedule.AddDueNow(tradeNo, tradeNo.UnixMs, channel: null);
        LogClaimedLate(tradeNo);
    }

    // Ticks come one after the other, but a late one may be overtaken.
    private void OnTick()
    {
        if (_isStopped || Interlocked.Exchange(ref _isTicking, 1) == 1)
        {
            return;
        }
        LookAtThreads();
        bool isShort = false;
        foreach (ChannelTurns turns in _turns.Values)
        {
            turns.Look(_isBusy);
            isShort |= turns.IsShort;
        }
        _ = PlaceSomeAsync();
        _alarm.Look(_reversed.Count);
        if (isShort != _isQuick)
        {
            _isQuick = isShort;
            _timer.Change(isShort ? QuickTick : Tick, isShort ? QuickTick : Tick);
        }
        Volatile.Write(ref _isTicking, 0);
    }

    private void LookAtThreads()
    {
        if (_clock.GetElapsedTime(_busyLookedAt) >= InquiryBudget.Window)
        {
            _busyLookedAt = _clock.GetTimestamp();
            _isBusy = _threadWait.TakeAverage() > MostThreadWait;
        }
        if (_isQuick)
        {
            _threadWait.Post();
        }
    }

    [LoggerMessage(EventId = 200, Level = LogLevel.Information, Message = "{Count} trades, refunds, cancels and surpluses without a result taken over from the ledger: each will be inquired")]
    private partial void LogTakenOver(int count);

    [LoggerMessage(EventId = 205, Level = LogLevel.Warning, Message = "trade or refund {TradeNo} was claimed too late to be sent: it will be inquired and reversed")]
    private partial void LogClaimedLate(TradeNo tradeNo);

    [LoggerMessage(EventId = 203, Level = LogLevel.Error, Message = "resolving trade or refund {TradeNo} failed; it stays on the schedule")]
    private partial void LogFailure(Exception failure, TradeNo tradeNo);
}
