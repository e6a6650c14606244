using HotPath.Core.Model;

namespace HotPath.Core.Pipeline;

/// <summary>Requests that repeat one in flight and wait for its result. Empty nearly always; a payment pays one read for it.</summary>
public sealed class TradeWaiters(TimeProvider clock)
{
    private readonly Dictionary<TradeNo, Waiting> _waiting = [];
    private volatile int _count;

    /// <summary>Begins to wait: register first, then look at the trade once more, then wait. Dispose in the end.</summary>
    public Registration Register(TradeNo tradeNo)
    {
        lock (_waiting)
        {
            if (!_waiting.TryGetValue(tradeNo, out Waiting? waiting))
            {
                _waiting.Add(tradeNo, waiting = new Waiting());
            }
            waiting.Requests++;
            _count = _waiting.Count;
            return new Registration(this, tradeNo, waiting);
        }
    }

    /// <summary>A result is durable: everybody who waits for it looks again.</summary>
    public void Signal(TradeNo tradeNo)
    {
        // A request that registers after this read finds the durable result when it looks once more.
        Interlocked.MemoryBarrier();
        if (_count == 0)
        {
            return;
        }
        lock (_waiting)
        {
            if (_waiting.TryGetValue(tradeNo, out Waiting? waiting))
            {
                waiting.Result.TrySetResult();
            }
        }
    }

    /// <summary>One request's wait for one trade.</summary>
    public readonly struct Registration : IDisposable
    {
        private readonly TradeWaiters _owner;
        private readonly TradeNo _tradeNo;
        private readonly Waiting _waiting;

        internal Registration(TradeWaiters owner, TradeNo tradeNo, Waiting waiting)
        {
            _owner = owner;
            _tradeNo = tradeNo;
            _waiting = waiting;
        }

        /// <summary>Returns when the result is there or the time is over; look at the trade to know which.</summary>
        public async Task WaitAsync(TimeSpan atMost)
        {
            if (atMost > TimeSpan.Zero)
            {
                await _waiting.Result.Task.WaitAsync(atMost, _owner.Clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        public void Dispose() => _owner.Leave(_tradeNo, _waiting);
    }

    private TimeProvider Clock => clock;

    private void Leave(TradeNo tradeNo, Waiting waiting)
    {
        lock (_waiting)
        {
            if (--waiting.Requests == 0)
            {
                _waiting.Remove(tradeNo);
                _count = _waiting.Count;
            }
        }
    }

    internal sealed class Waiting
    {
        internal readonly TaskCompletionSource Result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        internal int Requests;
    }
}
