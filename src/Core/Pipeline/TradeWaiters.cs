using System.Threading.Tasks.Sources;
using HotPath.Core.Model;
using HotPath.Core.Runtime;

namespace HotPath.Core.Pipeline;

/// <summary>Requests that repeat one in flight and wait for its result. Empty nearly always; a payment pays one read for it.</summary>
public sealed class TradeWaiters(IScheduler scheduler, TimeProvider clock)
{
    private readonly Dictionary<TradeNo, List<Registration>> _waiting = [];
    private volatile int _count;
    private Action<TradeNo>? _ended;

    /// <summary>Whom else to tell of every result that is durable, on the thread that recorded it. Set once, before anybody waits.</summary>
    public void WhenEnded(Action<TradeNo> tell) => _ended = tell;

    /// <summary>Begins to wait: register first, then look at the trade once more, then wait. Dispose in the end.</summary>
    public Registration Register(TradeNo tradeNo)
    {
        var registration = new Registration(this, tradeNo);
        lock (_waiting)
        {
            if (!_waiting.TryGetValue(tradeNo, out List<Registration>? all))
            {
                _waiting.Add(tradeNo, all = []);
            }
            all.Add(registration);
            _count = _waiting.Count;
        }
        return registration;
    }

    /// <summary>A result is durable: everybody who waits for it looks again.</summary>
    public void Signal(TradeNo tradeNo)
    {
        // A request that registers after this read finds the durable result when it looks once more.
        Interlocked.MemoryBarrier();
        _ended?.Invoke(tradeNo);
        if (_count == 0)
        {
            return;
        }
        Registration[] ended;
        lock (_waiting)
        {
            ended = _waiting.TryGetValue(tradeNo, out List<Registration>? all) ? [.. all] : [];
        }
        foreach (Registration registration in ended)
        {
            registration.End();
        }
    }

    private void Leave(Registration registration)
    {
        lock (_waiting)
        {
            List<Registration> all = _waiting[registration.TradeNo];
            all.Remove(registration);
            if (all.Count == 0)
            {
                _waiting.Remove(registration.TradeNo);
                _count = _waiting.Count;
            }
        }
    }

    /// <summary>One request's wait for one trade. Signal and timer race to end it; the request goes on where the scheduler runs it.</summary>
    public sealed class Registration : IDisposable, IValueTaskSource, IThreadPoolWorkItem
    {
        private readonly TradeWaiters _owner;
        private ManualResetValueTaskSourceCore<bool> _over;
        private ITimer? _timer;

        // Moved from 0 to 1 by whichever of the two comes first.
        private int _isOver;

        internal Registration(TradeWaiters owner, TradeNo tradeNo)
        {
            _owner = owner;
            TradeNo = tradeNo;
        }

        internal TradeNo TradeNo { get; }

        /// <summary>Returns when the result is there or the time is over; look at the trade to know which. Await once.</summary>
        public ValueTask WaitAsync(TimeSpan atMost)
        {
            if (atMost <= TimeSpan.Zero)
            {
                return default;
            }
            _timer = _owner.Clock.CreateTimer(static self => ((Registration)self!).End(), this, atMost, Timeout.InfiniteTimeSpan);
            return new ValueTask(this, _over.Version);
        }

        public void Dispose()
        {
            _timer?.Dispose();
            _owner.Leave(this);
        }

        internal void End()
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 0)
            {
                _owner.Scheduler.Post(this);
            }
        }

        void IThreadPoolWorkItem.Execute() => _over.SetResult(true);

        void IValueTaskSource.GetResult(short token) => _over.GetResult(token);

        ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _over.GetStatus(token);

        void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _over.OnCompleted(continuation, state, token, flags);
    }

    private TimeProvider Clock => clock;

    private IScheduler Scheduler => scheduler;
}
