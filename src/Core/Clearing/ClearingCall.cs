using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using HotPath.Core.Model;

namespace HotPath.Core.Clearing;

/// <summary>
/// One payment or refund on its way to a channel. It outlives the request that made it: the request waits at most its answer budget, the
/// call lives on to the channel's deadline, and a result that nobody waits for any more goes to <see cref="Channel.LateResults"/> or
/// <see cref="Channel.LateRefunds"/>.
/// </summary>
/// <remarks>
/// Pooled. Two owners, the waiting request and the channel's side; <c>_state</c> decides by one compare-and-swap who of result and
/// deadline came first, and the last owner to let go returns the call to its pool. The winner leaves its result in <c>_final</c> and
/// posts the call to the scheduler, where the waiting request goes on: an answer is signed there, not on the channel's worker, and
/// nothing is allocated for the hop (ManualResetValueTaskSourceCore's own asynchronous continuation allocates for each).
/// </remarks>
public sealed class ClearingCall : IValueTaskSource<ClearingResult>, IThreadPoolWorkItem
{
    private const long Waiting = 0;
    private const long Answered = 1;
    private const long Abandoned = 2;

    /// <summary>Abandoned, and the breaker has been told that it is slow.</summary>
    private const long Slow = 3;

    // The states of one use, then those of the next: a timer that still belongs to an earlier use compares in vain.
    private const long StatesOfOneUse = 4;

    private readonly Channel _channel;
    private readonly ITimer _deadline;
    private readonly Action _ended;
    private ValueTaskAwaiter<ClearingResult> _sending;
    private ManualResetValueTaskSourceCore<ClearingResult> _answer;
    private ClearingResult _final;
    private long _startedAt;
    private long _abandonAt;
    private int _period;

    // Use times StatesOfOneUse, plus the state. Begun by the request's thread; left by compare-and-swap, once, by result or deadline.
    private long _state = -StatesOfOneUse;
    private int _owners;

    internal ClearingCall(Channel channel)
    {
        _channel = channel;
        _ended = Ended;
        _deadline = channel.Clock.CreateTimer(static call => ((ClearingCall)call!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What the channel's answer must repeat.</summary>
    public ClearingReference Reference { get; private set; }

    /// <summary>The request in the channel's own form. The adapter's until the call has ended; then nothing is left of it.</summary>
    public PayloadBuffer Payload { get; } = new();

    internal void Begin(ClearingReference reference)
    {
        Reference = reference;
        _abandonAt = long.MaxValue;
        _period = _channel.Breaker.Period;
        _startedAt = _channel.Clock.GetTimestamp();
        _owners = 2;
        _answer.Reset();
        // Last, with release: whoever sees this use's state sees all of the above.
        Volatile.Write(ref _state, UseOf(_state) + StatesOfOneUse + Waiting);
    }

    /// <summary>
    /// The channel's result, or Processing when <paramref name="budget"/> is over first: then the result will go to the channel's
    /// late results. Await once.
    /// </summary>
    internal ValueTask<ClearingResult> WaitAsync(TimeSpan budget)
    {
        TimeSpan wait = budget > TimeSpan.Zero ? budget : TimeSpan.Zero;
        Volatile.Write(ref _abandonAt, _channel.Clock.GetTimestamp() + (long)(wait.TotalSeconds * _channel.Clock.TimestampFrequency));
        _deadline.Change(wait, Timeout.InfiniteTimeSpan);
        return new ValueTask<ClearingResult>(this, _answer.Version);
    }

    /// <summary>The channel's side, on its worker: sends, and comes back when the channel has answered or the adapter's deadline is over.</summary>
    internal void Send()
    {
        try
        {
#pragma warning disable CA2012 // Consumed exactly once, by Ended; an async method here would allocate for each payment.
            _sending = (Reference.IsRefund ? _channel.Adapter.RefundAsync(this) : _channel.Adapter.PayAsync(this)).GetAwaiter();
#pragma warning restore CA2012
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            Finish(ClearingResult.Of(ClearingOutcome.Unknown));
            return;
        }
        if (_sending.IsCompleted)
        {
            Ended();
        }
        else
        {
            _sending.UnsafeOnCompleted(_ended);
        }
    }

    private void Ended()
    {
        ClearingResult result;
        try
        {
            result = _sending.GetResult();
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // Adapters promise not to throw. If one does, bytes may have gone out: in doubt.
            result = ClearingResult.Of(ClearingOutcome.Unknown);
        }
        _sending = default;
        Finish(result);
    }

    private void Finish(in ClearingResult result)
    {
        // This use cannot end before the channel's side lets go.
        long use = UseOf(Volatile.Read(ref _state));
        bool isInTime = Interlocked.CompareExchange(ref _state, use + Answered, use + Waiting) == use + Waiting;
        bool isKnownAsSlow = !isInTime && Interlocked.Exchange(ref _state, use + Answered) == use + Slow;
        _channel.CallEnded(_period, result, _channel.Clock.GetElapsedTime(_startedAt), isKnownAsSlow);
        if (isInTime)
        {
            Deliver(result);
        }
        else
        {
            (Reference.IsRefund ? _channel.LateRefunds : _channel.LateResults)?.Adopt(_channel, Reference.TradeNo, result);
        }
        Release();
    }

    ClearingResult IValueTaskSource<ClearingResult>.GetResult(short token)
    {
        ClearingResult result = _answer.GetResult(token);
        // Of an abandoned call it is to say when the call has become slow.
        if ((Volatile.Read(ref _state) & (StatesOfOneUse - 1)) == Answered)
        {
            _deadline.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
        Release();
        return result;
    }

    ValueTaskSourceStatus IValueTaskSource<ClearingResult>.GetStatus(short token) => _answer.GetStatus(token);

    void IValueTaskSource<ClearingResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _answer.OnCompleted(continuation, state, token, flags);

    private void OnTimer()
    {
        if ((Volatile.Read(ref _state) & (StatesOfOneUse - 1)) == Waiting)
        {
            Abandon();
        }
        else
        {
            TellSlow();
        }
    }

    private void Abandon()
    {
        // A timer that was stopped may still fire once, for the call that held this object before, or a little early. The state is read
        // first: should the object change hands after that, the swap below fails.
        long use = UseOf(Volatile.Read(ref _state));
        long abandonAt = Volatile.Read(ref _abandonAt);
        long ticksLeft = abandonAt - _channel.Clock.GetTimestamp();
        if (ticksLeft > 0)
        {
            if (abandonAt != long.MaxValue)
            {
                _deadline.Change(TimeSpan.FromMilliseconds((ticksLeft * 1000 / _channel.Clock.TimestampFrequency) + 1), Timeout.InfiniteTimeSpan);
            }
            return;
        }
        if (Interlocked.CompareExchange(ref _state, use + Abandoned, use + Waiting) == use + Waiting)
        {
            _deadline.Change(UntilSlow(_startedAt), Timeout.InfiniteTimeSpan);
            Deliver(ClearingResult.Of(ClearingOutcome.Processing));
        }
    }

    // Nobody waits for it any more, and a channel that hangs is to be known by it before the adapter's deadline ends it.
    private void TellSlow()
    {
        // As in Abandon: the state first, so that of an object that changes hands meanwhile nothing is told.
        long use = UseOf(Volatile.Read(ref _state));
        int period = _period;
        TimeSpan left = UntilSlow(Volatile.Read(ref _startedAt));
        if (Volatile.Read(ref _state) != use + Abandoned)
        {
            return;
        }
        if (left > TimeSpan.Zero)
        {
            _deadline.Change(left, Timeout.InfiniteTimeSpan);
            if (UseOf(Volatile.Read(ref _state)) != use)
            {
                // The next use may have set its own deadline before: it looks at it at once, and sets it again.
                _deadline.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
            }
        }
        else if (Interlocked.CompareExchange(ref _state, use + Slow, use + Abandoned) == use + Abandoned)
        {
            _channel.Breaker.BecameSlow(period);
        }
    }

    // A timer may be a little early, and a slow call is one that takes longer, not as long.
    private TimeSpan UntilSlow(long startedAt)
    {
        TimeSpan left = _channel.Options.Breaker.SlowAfter - _channel.Clock.GetElapsedTime(startedAt);
        return left < TimeSpan.Zero ? TimeSpan.Zero : left + TimeSpan.FromMilliseconds(1);
    }

    private void Deliver(in ClearingResult result)
    {
        _final = result;
        _channel.Scheduler.Post(this);
    }

    /// <summary>The request goes on, on the scheduler. It may end this use before this returns: nothing is touched afterwards.</summary>
    void IThreadPoolWorkItem.Execute() => _answer.SetResult(_final);

    private static long UseOf(long state) => state & -StatesOfOneUse;

    private void Release()
    {
        if (Interlocked.Decrement(ref _owners) == 0)
        {
            Payload.Clear();
            _channel.Return(this);
        }
    }
}
