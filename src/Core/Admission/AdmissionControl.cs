using HotPath.Core.Model;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using Microsoft.Extensions.Logging;

namespace HotPath.Core.Admission;

/// <summary>
/// Step 5 of the corridor: may this call have its share of the machine? Without overload, always. Under overload every institution has its
/// guarantee, min(1,000/s, what the machine can do ÷ active institutions), and beyond it all have the same level: the one at which what they
/// ask for, cut off there, is as much as the machine is let do (max-min fairness). See docs/decisions/0006-admission.md.
/// </summary>
/// <remarks>
/// A call costs two compare-and-swaps on its institution's gates and five counts; rates are whole objects, replaced by the one who closes
/// a window. The timer runs only while somebody calls.
/// </remarks>
public sealed partial class AdmissionControl : IDisposable
{
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(100);

    // "1,000 TPS" is said of seconds: whoever sends a second's worth at once and then pauses is not above it.
    private static readonly TimeSpan GuaranteeBurst = TimeSpan.FromSeconds(1);

    // Beyond the guarantee there is no such claim, and what is let in at once stands in line at once.
    private static readonly TimeSpan ExcessBurst = TimeSpan.FromMilliseconds(100);

    // Guarantees share this much of what the machine can do: with all of it promised, a queue that has formed would stand for ever.
    private const double SharedByGuarantees = 0.95;

    private const double LeastExcessPerSecond = 0.1;

    private readonly AdmissionOptions _options;
    private readonly TimeProvider _clock;
    private readonly GatewayMetrics.AdmissionMetrics _metrics;
    private readonly ILogger<AdmissionControl> _logger;
    private readonly ThreadWait _threadWait;
    private readonly ITimer _timer;
    private readonly ActiveInstitutions _active = new();

    // Written by whoever closes a window, read by every call. No excess rate means no overload: nobody is asked for it.
    private readonly Rate _fullGuarantee;
    private volatile Rate _guarantee;
    private volatile Rate? _excess;

    private long _wantThread;
    private long _finished;
    private long _refused;
    private int _isAwake;

    // From here on: the closing thread's own.
    private readonly OverloadControl _overload = new();
    private long _windowStartedAt;
    private long _finishedBefore;
    private long _refusedBefore;

    public AdmissionControl(AdmissionOptions options, IScheduler scheduler, TimeProvider clock, GatewayMetrics metrics, ILogger<AdmissionControl> logger)
    {
        _options = options;
        _clock = clock;
        _metrics = metrics.Admission;
        _logger = logger;
        _threadWait = new ThreadWait(scheduler, clock);
        _fullGuarantee = new Rate(AdmissionOptions.GuaranteePerSecond, GuaranteeBurst, clock);
        _guarantee = _fullGuarantee;
        _timer = clock.CreateTimer(static self => ((AdmissionControl)self!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _metrics.Show(false, TimeSpan.Zero, 0, AdmissionOptions.GuaranteePerSecond, double.PositiveInfinity, 0);
    }

    internal bool IsOverloaded => _excess is not null;

    internal double GuaranteePerSecond => _guarantee.PerSecond;

    /// <summary>Admitted calls that have not ended and do not wait for somebody else.</summary>
    internal long WantThread => Volatile.Read(ref _wantThread);

    /// <summary>Asks for one call that costs a signature. Dispose what is granted when the call has ended.</summary>
    public Admittance Ask(Allowance institution)
    {
        if (institution.Ceiling is { } ceiling && !ceiling.TryTake())
        {
            return new Admittance(RespCode.RateExceeded, GatewayMetrics.RefusalCause.Ceiling);
        }
        if (institution.AskAndEnlist())
        {
            _active.Enlist(institution);
            Wake();
        }
        // Charged without overload too: who has used up its guarantee when overload begins has used it up.
        bool isWithinGuarantee = institution.Guarantee.TryTake(_guarantee);
        if (!isWithinGuarantee && _excess is { } excess && !institution.Excess.TryTake(excess))
        {
            Interlocked.Increment(ref _refused);
            return new Admittance(RespCode.SystemBusy, GatewayMetrics.RefusalCause.Overload);
        }
        Interlocked.Increment(ref _wantThread);
        return new Admittance(this);
    }

    public void Dispose() => _timer.Dispose();

    internal void Finished()
    {
        Interlocked.Decrement(ref _wantThread);
        Interlocked.Increment(ref _finished);
    }

    internal void SteppedAside() => Interlocked.Decrement(ref _wantThread);

    internal void CameBack() => Interlocked.Increment(ref _wantThread);

    private void Wake()
    {
        if (Interlocked.Exchange(ref _isAwake, 1) == 0)
        {
            Volatile.Write(ref _windowStartedAt, _clock.GetTimestamp());
            Arm();
        }
    }

    // The callback only posts what measures: the runtime may run timers ahead of other work.
    private void Tick()
    {
        long now = _clock.GetTimestamp();
        TimeSpan elapsed = _clock.GetElapsedTime(Volatile.Read(ref _windowStartedAt), now);
        if (elapsed >= Window)
        {
            Volatile.Write(ref _windowStartedAt, now);
            Close(elapsed.TotalSeconds);
        }
        if (_active.Count == 0 && !_active.HasNewcomers)
        {
            Sleep();
            return;
        }
        _threadWait.Post();
        Arm();
    }

    // Once at a time, so that no two callbacks meet.
    private void Arm() => _timer.Change(ProbeInterval, Timeout.InfiniteTimeSpan);

    private void Close(double seconds)
    {
        TimeSpan wait = _threadWait.TakeAverage();
        _active.CloseWindow(seconds);
        double finished = (Volatile.Read(ref _finished) - _finishedBefore) / seconds;
        _finishedBefore = Volatile.Read(ref _finished);
        bool hasRefused = Volatile.Read(ref _refused) != _refusedBefore;
        _refusedBefore = Volatile.Read(ref _refused);
        bool isOurQueue = WantThread >= _options.LeastInLine;

        bool wasOverloaded = _overload.IsOverloaded;
        TimeSpan target = _active.Count > 1 ? _options.TargetWait : _options.TargetWaitAlone;
        _overload.Close(isOurQueue ? wait / target : 0, finished, hasRefused);
        if (_active.Count == 0)
        {
            _overload.End();
        }
        double level = SetRates(isNew: !wasOverloaded);
        _metrics.Show(_overload.IsOverloaded, wait, _overload.CapacityPerSecond, _guarantee.PerSecond, level, _active.Count);
        Say(wasOverloaded, wait, level);
    }

    /// <summary>Returns the level: what an institution gets at most.</summary>
    private double SetRates(bool isNew)
    {
        if (!_overload.IsOverloaded)
        {
            _excess = null;
            _guarantee = _fullGuarantee;
            return double.PositiveInfinity;
        }
        double guarantee = Math.Min(AdmissionOptions.GuaranteePerSecond, SharedByGuarantees * _overload.CapacityPerSecond / _active.Count);
        double level = Math.Max(guarantee, _active.Level(_overload.AdmittedPerSecond));
        _guarantee = new Rate(guarantee, GuaranteeBurst, _clock);
        if (isNew)
        {
            _active.ChargeLastSecond(_guarantee);
        }
        _excess = new Rate(Math.Max(level - guarantee, LeastExcessPerSecond), ExcessBurst, _clock);
        return level;
    }

    private void Say(bool wasOverloaded, TimeSpan wait, double level)
    {
        if (!wasOverloaded && _overload.IsOverloaded)
        {
            LogBegun(wait.TotalMilliseconds, _overload.CapacityPerSecond, _active.Count, _guarantee.PerSecond, level);
        }
        else if (wasOverloaded && !_overload.IsOverloaded)
        {
            LogEnded(wait.TotalMilliseconds, _refusedBefore);
        }
    }

    private void Sleep()
    {
        Volatile.Write(ref _isAwake, 0);
        Interlocked.MemoryBarrier();
        if (_active.HasNewcomers)
        {
            Wake();
        }
    }

    [LoggerMessage(EventId = 120, Level = LogLevel.Warning,
        Message = "overload begins: work waits {WaitMs:F1} ms for a thread, {Capacity:F0} calls/s are done; {Active} institutions, each is guaranteed {Guarantee:F0}/s and gets at most {Level:F0}/s")]
    private partial void LogBegun(double waitMs, double capacity, int active, double guarantee, double level);

    [LoggerMessage(EventId = 121, Level = LogLevel.Information,
        Message = "overload has ended: work waits {WaitMs:F1} ms for a thread; {Refused} calls were refused for overload since the start")]
    private partial void LogEnded(double waitMs, long refused);
}
