using System.Threading.Tasks.Sources;
using Microsoft.Extensions.ObjectPool;

namespace HotPath.Core.Clearing.Adapters.Simulated;

/// <summary>
/// A channel inside the process, for benchmarks and load tests: every payment and every refund succeeds after a latency, and nothing is
/// allocated for it once the pool is warm.
/// </summary>
/// <remarks>
/// It keeps counters, not books: an inquiry finds nothing and a reversal is confirmed. That is true as long as the latency stays below
/// the channel's settle window, since what it has not answered by then died with its process. For books, declines and silence
/// there is the clearing simulator of the host.
/// </remarks>
public sealed class SimulatedClearingAdapter : IClearingAdapter
{
    /// <summary>Waiting calls kept for reuse. The largest in-flight limit a channel may have.</summary>
    private const int MaxIdle = 65_536;

    private readonly LognormalLatency _latency;
    private readonly TimeProvider _clock;
    private readonly ObjectPool<Wait> _waits;
    private long _payments;
    private long _refunds;
    private long _inquiries;
    private long _reversals;

    /// <param name="meanLatency">Lognormal around this. Zero: every call completes before it returns.</param>
    /// <param name="clock">Whose timers end the waiting.</param>
    public SimulatedClearingAdapter(TimeSpan meanLatency, TimeProvider clock)
    {
        _latency = new LognormalLatency(meanLatency);
        _clock = clock;
        _waits = new DefaultObjectPool<Wait>(new WaitPolicy(this), MaxIdle);
    }

    public long Payments => Interlocked.Read(ref _payments);

    public long Refunds => Interlocked.Read(ref _refunds);

    public long Inquiries => Interlocked.Read(ref _inquiries);

    public long Reversals => Interlocked.Read(ref _reversals);

    /// <summary>Nothing to write: there is no wire.</summary>
    public void EncodePay(in PayOrder order, ClearingCall call)
    {
    }

    public ValueTask<ClearingResult> PayAsync(ClearingCall call)
    {
        Interlocked.Increment(ref _payments);
        return After(_latency.Next(), ClearingOutcome.Succeeded);
    }

    /// <summary>Nothing to write, as of a payment.</summary>
    public void EncodeRefund(in RefundOrder order, ClearingCall call)
    {
    }

    public ValueTask<ClearingResult> RefundAsync(ClearingCall call)
    {
        Interlocked.Increment(ref _refunds);
        return After(_latency.Next(), ClearingOutcome.Succeeded);
    }

    public ValueTask<ClearingResult> InquireAsync(ClearingReference reference)
    {
        Interlocked.Increment(ref _inquiries);
        return After(_latency.Next(), ClearingOutcome.NotFound);
    }

    public ValueTask<ClearingResult> ReverseAsync(ClearingReference reference)
    {
        Interlocked.Increment(ref _reversals);
        return After(_latency.Next(), ClearingOutcome.Reversed);
    }

    public ValueTask DisposeAsync() => default;

    private ValueTask<ClearingResult> After(TimeSpan latency, ClearingOutcome outcome) =>
        latency == TimeSpan.Zero
            ? new ValueTask<ClearingResult>(ClearingResult.Of(outcome))
            : _waits.Get().StartAsync(latency, outcome);

    /// <summary>One call's waiting. Its timer fires exactly once a start, so that it can never wake the next owner.</summary>
    private sealed class Wait : IValueTaskSource<ClearingResult>
    {
        private readonly SimulatedClearingAdapter _owner;
        private readonly ITimer _timer;
        private ManualResetValueTaskSourceCore<ClearingResult> _core;
        private ClearingOutcome _outcome;

        internal Wait(SimulatedClearingAdapter owner)
        {
            _owner = owner;
            _timer = owner._clock.CreateTimer(static wait => ((Wait)wait!).End(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _core.OnCompleted(continuation, state, token, flags);

        public ClearingResult GetResult(short token)
        {
            ClearingResult result = _core.GetResult(token);
            _core.Reset();
            _owner._waits.Return(this);
            return result;
        }

        internal ValueTask<ClearingResult> StartAsync(TimeSpan latency, ClearingOutcome outcome)
        {
            _outcome = outcome;
            var waiting = new ValueTask<ClearingResult>(this, _core.Version);
            _timer.Change(latency, Timeout.InfiniteTimeSpan);
            return waiting;
        }

        private void End() => _core.SetResult(ClearingResult.Of(_outcome));
    }

    private sealed class WaitPolicy(SimulatedClearingAdapter owner) : PooledObjectPolicy<Wait>
    {
        public override Wait Create() => new(owner);

        public override bool Return(Wait wait) => true;
    }
}
