using HotPath.Core.Model;

namespace HotPath.Core.Clearing.Breakers;

/// <summary>
/// Decides whether a channel is called (specification 4.4). Three rules open it, each by itself: the share of technical errors, slow calls in a
/// row, nothing but errors for a time. Open, it is probed every 30 s, exactly once; an answered probe closes it. It is recovering then: an inquiry that is
/// answered says little of payments, so the channel gets a few at once, until as many have ended well.
/// </summary>
/// <remarks>
/// Only payments and refunds are judged: that a channel answers the inquiries about what it failed to answer says nothing good of it, and would
/// hide the failures among them. An outcome counts in the period in which its call began: a late word from before an opening neither closes nor
/// opens anything (F62). All durations are monotonic time.
/// </remarks>
public sealed partial class ChannelBreaker : IDisposable
{
    private readonly BreakerOptions _options;
    private readonly TimeProvider _clock;
    private readonly Func<Task<bool>> _probe;
    private readonly ErrorRateRule _errorRate;
    private readonly ITimer _prober;
    private readonly Lock _lock = new();
    private readonly BreakerHistory _history = new();
    private BreakerTransition? _opening;

    // All below: written under the lock. State, period and the most calls are read without it, by every payment.
    private volatile BreakerState _state;
    private volatile int _mostCalls = int.MaxValue;
    private int _period;

    // Of a recovery: calls that are still to end well, 0 when there is none; and what the next error leaves of the calls at once.
    private int _toEndWell;
    private long _enteredAt;
    private long _openedAt;
    private TimeSpan _openTime;
    private long _tickDueAt;
    private bool _isManual;
    private int _slowInARow;
    private long? _failingSince;

    // The probe under way; 0 between probes. One that is answered after its deadline finds another number here.
    private int _probeNumber;
    private int _probes;

    /// <param name="options">The rules.</param>
    /// <param name="clock">Its timestamps and timers; its UTC only to date the history.</param>
    /// <param name="probe">Asks the channel for a sign of life, once: true when it answered sense. Never throws.</param>
    public ChannelBreaker(BreakerOptions options, TimeProvider clock, Func<Task<bool>> probe)
    {
        _options = options;
        _clock = clock;
        _probe = probe;
        _errorRate = new ErrorRateRule(options, new SteadyClock(clock));
        _enteredAt = clock.GetTimestamp();
        _prober = clock.CreateTimer(static breaker => ((ChannelBreaker)breaker!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Told every transition, under the breaker's lock: to be quick. Set once at composition.</summary>
    public Action<BreakerTransition>? Changed { get; set; }

    public BreakerState State => _state;

    /// <summary>The channel may be called.</summary>
    public bool IsClosed => _state == BreakerState.Closed;

    /// <summary>It was closed again, and too few calls have ended well since: <see cref="MostCalls"/> is few.</summary>
    public bool IsRecovering => _mostCalls != int.MaxValue;

    /// <summary>
    /// Calls that the channel may have at once: no limit of the breaker's, but while it recovers as many as the rule for errors wants to see before it judges, less
    /// those that have ended in an error, and one at least. So a channel that is no better than before costs no more payments than it takes to know that.
    /// </summary>
    public int MostCalls => _mostCalls;

    /// <summary>An operator opened it.</summary>
    public bool IsOpenByHand
    {
        get
        {
            lock (_lock)
            {
                return _isManual;
            }
        }
    }

    /// <summary>The period a call begins in, to be told with its outcome.</summary>
    public int Period => Volatile.Read(ref _period);

    /// <summary>How long it has not been called, all in all, this time included.</summary>
    public TimeSpan OpenTime
    {
        get
        {
            lock (_lock)
            {
                return _openTime + (_state == BreakerState.Closed ? TimeSpan.Zero : _clock.GetElapsedTime(_openedAt));
            }
        }
    }

    /// <summary>The last transitions, oldest first.</summary>
    public IReadOnlyList<BreakerTransition> History()
    {
        lock (_lock)
        {
            return _history.ToArray();
        }
    }

    /// <summary>
    /// The transition that opened it, for as long as it is not closed; null while it is. The history forgets it: two transitions for each probe that fails. That an operator took over
    /// meanwhile is the history's last.
    /// </summary>
    public BreakerTransition? Opening
    {
        get
        {
            lock (_lock)
            {
                return _opening;
            }
        }
    }

    /// <summary>A payment or refund has ended at the channel, or by the adapter's deadline.</summary>
    /// <param name="period">What <see cref="Period"/> was when it began.</param>
    /// <param name="outcome">Errors are Unknown and NotDelivered; a business decline is none.</param>
    /// <param name="took">From its beginning.</param>
    /// <param name="isKnownAsSlow"><see cref="BecameSlow"/> was told of it.</param>
    public void Ended(int period, ClearingOutcome outcome, TimeSpan took, bool isKnownAsSlow = false)
    {
        bool isError = outcome is ClearingOutcome.Unknown or ClearingOutcome.NotDelivered;
        lock (_lock)
        {
            if (period != _period || _state != BreakerState.Closed || !_options.OpensByItself)
            {
                return;
            }
            bool isRateBroken = _errorRate.IsBrokenBy(isError);
            if (!isKnownAsSlow && took > _options.SlowAfter)
            {
                _slowInARow++;
            }
            // Only an answer ends the row: where connections hang and new ones cannot be made, what was not delivered says nothing good of those that hang.
            else if (!isKnownAsSlow && !isError)
            {
                _slowInARow = 0;
            }
            _failingSince = isError ? _failingSince ?? _clock.GetTimestamp() : null;
            if (IsRecovering)
            {
                Recover(isWell: !isError && took <= _options.SlowAfter);
            }
            if (isRateBroken)
            {
                Open(BreakerCause.ErrorRate);
            }
            else if (_slowInARow >= _options.SlowCalls)
            {
                Open(BreakerCause.SlowCalls);
            }
            else if (_failingSince is { } since && _clock.GetElapsedTime(since) >= _options.UnavailableFor)
            {
                Open(BreakerCause.Unavailable);
            }
        }
    }

    /// <summary>A payment or refund under way has taken longer than <see cref="BreakerOptions.SlowAfter"/>: what it ends as is told later.</summary>
    /// <param name="period">What <see cref="Period"/> was when it began.</param>
    public void BecameSlow(int period)
    {
        lock (_lock)
        {
            if (period == _period && _state == BreakerState.Closed && _options.OpensByItself && ++_slowInARow >= _options.SlowCalls)
            {
                Open(BreakerCause.SlowCalls);
            }
        }
    }

    /// <summary>An operator leaves the channel alone until an operator closes it: no probe does.</summary>
    /// <returns>False: it is already so.</returns>
    public bool OpenManually(string reason)
    {
        lock (_lock)
        {
            if (_isManual)
            {
                return false;
            }
            _isManual = true;
            StopTicks();
            Open(BreakerCause.Manual, reason);
            return true;
        }
    }

    /// <summary>An operator has the channel called again, whatever opened it.</summary>
    /// <returns>False: it is closed.</returns>
    public bool CloseManually(string reason)
    {
        lock (_lock)
        {
            if (_state == BreakerState.Closed)
            {
                return false;
            }
            Close(BreakerCause.Manual, reason);
            return true;
        }
    }

    public void Dispose() => _prober.Dispose();

    private void Open(BreakerCause cause, string reason = "")
    {
        if (_state == BreakerState.Closed)
        {
            _openedAt = _clock.GetTimestamp();
            _period++;
        }
        _probeNumber = 0;
        Enter(BreakerState.Open, cause, reason);
        _mostCalls = int.MaxValue;
        if (!_isManual)
        {
            TickIn(_options.ProbeEvery);
        }
    }

    // An error's credit is gone until the recovery is over: what is tried in the place of a call that failed would be one more that is harmed.
    private void Recover(bool isWell)
    {
        if (!isWell)
        {
            _mostCalls = Math.Max(1, _mostCalls - 1);
        }
        else if (--_toEndWell == 0)
        {
            _mostCalls = int.MaxValue;
        }
    }

    private void Close(BreakerCause cause, string reason = "")
    {
        _openTime += _clock.GetElapsedTime(_openedAt);
        _isManual = false;
        _probeNumber = 0;
        _slowInARow = 0;
        _failingSince = null;
        _errorRate.Reset();
        _period++;
        if (_options.OpensByItself)
        {
            _toEndWell = _mostCalls = _options.FewestCalls;
        }
        StopTicks();
        Enter(BreakerState.Closed, cause, reason);
    }

    private void Enter(BreakerState state, BreakerCause cause, string reason)
    {
        BreakerState from = _state;
        long now = _clock.GetTimestamp();
        var transition = new BreakerTransition(
            _clock.GetUtcNow().ToUnixTimeMilliseconds(), from, state, cause,
            _clock.GetElapsedTime(_enteredAt, now), from == BreakerState.Closed ? TimeSpan.Zero : _clock.GetElapsedTime(_openedAt, now), reason);
        _enteredAt = now;
        _state = state;
        _history.Add(transition);
        _opening = state == BreakerState.Closed ? null : _opening ?? transition;
        Changed?.Invoke(transition);
    }
}
