using HotPath.Core.Model;

namespace HotPath.Core.Clearing.Breakers;

/// <summary>
/// Decides whether a channel is called (specification 4.4). Three rules open it, each by itself: the share of technical errors, slow calls in a
/// row, nothing but errors for a time. Open, it is probed every 30 s, exactly once; an answered probe closes it.
/// </summary>
/// <remarks>
/// Only payments and refunds are judged: that a channel answers the inquiries about what it failed to answer says nothing good of it, and would
/// hide the failures among them. An outcome counts in the period in which its call began: a late word from before an opening neither closes nor
/// opens anything (F62). All durations are monotonic time.
/// </remarks>
public sealed class ChannelBreaker : IDisposable
{
    private readonly BreakerOptions _options;
    private readonly TimeProvider _clock;
    private readonly Func<Task<bool>> _probe;
    private readonly ErrorRateRule _errorRate;
    private readonly ITimer _prober;
    private readonly Lock _lock = new();
    private readonly BreakerHistory _history = new();

    // All below: written under the lock. State and period are read without it, by every payment.
    private volatile BreakerState _state;
    private int _period;
    private long _enteredAt;
    private long _openedAt;
    private TimeSpan _openTime;
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
            _slowInARow = isKnownAsSlow ? _slowInARow : took > _options.SlowAfter ? _slowInARow + 1 : 0;
            _failingSince = isError ? _failingSince ?? _clock.GetTimestamp() : null;
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
            _prober.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
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
        if (!_isManual)
        {
            _prober.Change(_options.ProbeEvery, Timeout.InfiniteTimeSpan);
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
        _prober.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
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
        Changed?.Invoke(transition);
    }

    // While open: it is time for a probe. While half-open: the probe has had its time.
    private void OnTimer()
    {
        int number;
        lock (_lock)
        {
            if (_state == BreakerState.HalfOpen)
            {
                FailProbe();
                return;
            }
            if (_state != BreakerState.Open || _isManual)
            {
                return;
            }
            number = _probeNumber = ++_probes;
            Enter(BreakerState.HalfOpen, BreakerCause.ProbeDue, "");
            _prober.Change(_options.ProbeDeadline, Timeout.InfiniteTimeSpan);
        }
        _ = ProbeAsync(number);
    }

    private async Task ProbeAsync(int number)
    {
        bool isAlive = await _probe();
        lock (_lock)
        {
            if (_probeNumber != number)
            {
                return;
            }
            if (isAlive)
            {
                Close(BreakerCause.ProbeAnswered);
            }
            else
            {
                FailProbe();
            }
        }
    }

    // The next one is due when it would have been without this one's taking time.
    private void FailProbe()
    {
        TimeSpan took = _clock.GetElapsedTime(_enteredAt);
        _probeNumber = 0;
        Enter(BreakerState.Open, BreakerCause.ProbeFailed, "");
        _prober.Change(_options.ProbeEvery > took ? _options.ProbeEvery - took : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
