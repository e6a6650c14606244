using HotPath.Core.Buffers;
using HotPath.Core.Clearing.Breakers;
using HotPath.Core.Model;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using Microsoft.Extensions.ObjectPool;

namespace HotPath.Core.Clearing;

/// <summary>
/// One clearing channel: its adapter, its in-flight credits, and the lock-free ring with its one consumer. A credit is taken before the
/// claim and given back when the call has ended, so that a claimed payment, or a reserved refund, always finds room in the ring.
/// </summary>
public sealed class Channel : IThreadPoolWorkItem
{
    private readonly IScheduler _scheduler;
    private readonly GatewayMetrics.ChannelMetrics _metrics;
    private readonly MpscRing<ClearingCall> _ring;
    private readonly ObjectPool<ClearingCall> _calls;
    private int _creditsTaken;

    // 1 while the drain is posted or running: whoever moves it from 0 to 1 posts it, so the ring has one consumer at a time.
    private int _isDraining;

    public Channel(ChannelOptions options, IClearingAdapter adapter, IScheduler scheduler, TimeProvider clock, GatewayMetrics metrics)
    {
        Options = options;
        Adapter = adapter;
        Clock = clock;
        Id.Set(System.Text.Encoding.ASCII.GetBytes(options.Id));
        _scheduler = scheduler;
        _metrics = metrics.ForChannel(options.Id);
        _ring = new MpscRing<ClearingCall>(options.MaxInFlight);
        _calls = new DefaultObjectPool<ClearingCall>(new CallPolicy(this), options.MaxInFlight);
        Inquiries = new InquiryBudget(options.InquiriesPerSecond, clock);
        Breaker = new ChannelBreaker(options.Breaker, clock, ProbeAsync);
        Breaker.Changed = Changed;
        Health = new ChannelHealth(clock);
        _metrics.WatchOpenTime(() => Breaker.OpenTime);
        _metrics.WatchRecovery(() => Breaker.IsRecovering);
        adapter.TellBadAnswers(BadAnswered);
        _metrics.WatchHealth(() => Health.Value);
        if (adapter.Connections.Wanted is > 0 and var wanted)
        {
            _metrics.WatchConnections(() => adapter.Connections.Up, wanted);
        }
    }

    /// <summary>The channel's name, as it is recorded with a trade.</summary>
    public readonly ShortText Id;

    public ChannelOptions Options { get; }

    public IClearingAdapter Adapter { get; }

    /// <summary>Whether the channel is called. Whoever sends, inquires or reverses asks it before, so that the refusal is certain.</summary>
    public ChannelBreaker Breaker { get; }

    /// <summary>How many inquiries and reversals the channel is sent.</summary>
    public InquiryBudget Inquiries { get; }

    /// <summary>How it has done lately: its weight among equal routes is multiplied by that.</summary>
    public ChannelHealth Health { get; }

    /// <summary>Calls under way, of <see cref="ChannelOptions.MaxInFlight"/>.</summary>
    public int CallsUnderWay => Volatile.Read(ref _creditsTaken);

    /// <summary>Told every transition of the breaker, under its lock. Set once at composition.</summary>
    public Action<Channel, BreakerTransition>? BreakerChanged { get; set; }

    /// <summary>Told what is wrong with an answer, and of which call's when that is known. Set once at composition.</summary>
    public Action<BadAnswer, TradeNo>? BadAnswerHeard { get; set; }

    /// <summary>Who adopts payments. Set once at composition.</summary>
    public ILateResults? LateResults { get; set; }

    /// <summary>Who adopts refunds: another book, so that a refund_id is never looked up among trades. Set once at composition.</summary>
    public ILateResults? LateRefunds { get; set; }

    internal TimeProvider Clock { get; }

    internal IScheduler Scheduler => _scheduler;

    internal GatewayMetrics.ChannelMetrics Metrics => _metrics;

    /// <summary>Payments have more than half of the room there is: what else is to be asked can wait.</summary>
    internal bool IsCrowded => Volatile.Read(ref _creditsTaken) > Options.MaxInFlight / 2;

    /// <summary>Calls that there may be under way at once: as configured, and few while the breaker recovers.</summary>
    public int MostCalls => Math.Min(Options.MaxInFlight, Breaker.MostCalls);

    /// <summary>Takes one of the in-flight credits; false when the channel is full (A001).</summary>
    public bool TryTakeCredit()
    {
        if (Interlocked.Increment(ref _creditsTaken) <= MostCalls)
        {
            return true;
        }
        Interlocked.Decrement(ref _creditsTaken);
        return false;
    }

    /// <summary>Gives a credit back that was taken for what was not sent.</summary>
    public void ReturnCredit() => Interlocked.Decrement(ref _creditsTaken);

    /// <summary>
    /// Sends a payment whose claim is durable and whose credit is taken. Answers the channel's result, or Processing when
    /// <paramref name="budget"/> is over first. Where the breaker has opened since the channel was chosen, or the channel's messages cannot hold the payment, nothing is
    /// sent (NotDelivered), and nothing of it counts for or against the channel.
    /// </summary>
    /// <exception cref="ArgumentException">The reference is a refund's: a bug, and nothing was sent.</exception>
    public ValueTask<ClearingResult> PayAsync(in PayOrder order, TimeSpan budget)
    {
        if (order.Reference.IsRefund)
        {
            throw new ArgumentException($"{order.Reference.TradeNo} is a refund and is to be sent as a payment", nameof(order));
        }
        if (!Breaker.IsClosed || !Adapter.CanCarry(order))
        {
            return NotSent(ClearingOutcome.NotDelivered);
        }
        ClearingCall call = Begin(order.Reference);
        try
        {
            Adapter.EncodePay(order, call);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            return GiveUp(call);
        }
        return Send(call, budget);
    }

    /// <summary>
    /// Sends a refund whose reservation is durable and whose credit is taken. Answers as <see cref="PayAsync"/> does; what comes after
    /// <paramref name="budget"/> goes to <see cref="LateRefunds"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The reference names no payment: a bug, and nothing was sent.</exception>
    public ValueTask<ClearingResult> RefundAsync(in RefundOrder order, TimeSpan budget)
    {
        if (!order.Reference.IsRefund)
        {
            throw new ArgumentException($"{order.Reference.TradeNo} is to be sent as a refund and names no payment", nameof(order));
        }
        if (!Breaker.IsClosed)
        {
            return NotSent(ClearingOutcome.NotDelivered);
        }
        ClearingCall call = Begin(order.Reference);
        try
        {
            Adapter.EncodeRefund(order, call);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            return GiveUp(call);
        }
        return Send(call, budget);
    }

    /// <summary>Asks what became of a payment or a refund; see <see cref="IClearingAdapter.InquireAsync"/>.</summary>
    public ValueTask<ClearingResult> InquireAsync(ClearingReference reference) => AskedAsync(Clock.GetTimestamp(), Adapter.InquireAsync(reference));

    /// <summary>Undoes a payment, stops a refund, or blocks a reference; see <see cref="IClearingAdapter.ReverseAsync"/>.</summary>
    public ValueTask<ClearingResult> ReverseAsync(ClearingReference reference) => AskedAsync(Clock.GetTimestamp(), Adapter.ReverseAsync(reference));

    private async ValueTask<ClearingResult> AskedAsync(long startedAt, ValueTask<ClearingResult> asked)
    {
        ClearingResult result = await asked;
        _metrics.Called(ToMetric(result.Outcome), Clock.GetElapsedTime(startedAt).TotalSeconds);
        return result;
    }

    private void Changed(BreakerTransition transition)
    {
        _metrics.BreakerIs(transition.To);
        if (transition.From == BreakerState.Closed)
        {
            _metrics.BreakerOpened(transition.Cause);
        }
        BreakerChanged?.Invoke(this, transition);
    }

    private void BadAnswered(BadAnswer kind, TradeNo about)
    {
        _metrics.BadAnswered(kind);
        BadAnswerHeard?.Invoke(kind, about);
    }

    // A bug of the adapter is no sign of life.
    private async Task<bool> ProbeAsync()
    {
        try
        {
            return await Adapter.EchoAsync();
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            return false;
        }
    }

    private ClearingCall Begin(in ClearingReference reference)
    {
        ClearingCall call = _calls.Get();
        call.Begin(reference);
        return call;
    }

    private ValueTask<ClearingResult> Send(ClearingCall call, TimeSpan budget)
    {
        ValueTask<ClearingResult> answer = call.WaitAsync(budget);
        if (!_ring.TryEnqueue(call))
        {
            throw new InvalidOperationException($"ring of channel {Options.Id} is full although a credit was taken");
        }
        if (Interlocked.Exchange(ref _isDraining, 1) == 0)
        {
            _scheduler.Post(this);
        }
        return answer;
    }

    private ValueTask<ClearingResult> NotSent(ClearingOutcome outcome)
    {
        ReturnCredit();
        return new ValueTask<ClearingResult>(ClearingResult.Of(outcome));
    }

    // A bug of the adapter, and nothing was sent; but the trade is claimed, so it takes the way of every doubt.
    private ValueTask<ClearingResult> GiveUp(ClearingCall call)
    {
        call.Payload.Clear();
        _calls.Return(call);
        return NotSent(ClearingOutcome.Unknown);
    }

    /// <summary>The ring's one consumer.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        do
        {
            _metrics.RingDepth(_ring.Count);
            while (_ring.TryDequeue(out ClearingCall? call))
            {
                call.Send();
            }
            _metrics.RingDepth(0);
            // Between the last look and this write a producer may have seen 1 and not posted: look again. One that is still at it will see 0.
            Interlocked.Exchange(ref _isDraining, 0);
        }
        while (_ring.HasItem && Interlocked.Exchange(ref _isDraining, 1) == 0);
    }

    internal void CallEnded(int period, in ClearingResult result, TimeSpan took, bool isKnownAsSlow)
    {
        ReturnCredit();
        Breaker.Ended(period, result.Outcome, took, isKnownAsSlow);
        Inquiries.PaymentEnded(took);
        Health.Ended(result.Outcome, took);
        _metrics.Called(ToMetric(result.Outcome), took.TotalSeconds);
    }

    internal void Return(ClearingCall call) => _calls.Return(call);

    internal static GatewayMetrics.ChannelResult ToMetric(ClearingOutcome outcome) => outcome switch
    {
        ClearingOutcome.Succeeded => GatewayMetrics.ChannelResult.Succeeded,
        ClearingOutcome.Failed => GatewayMetrics.ChannelResult.Failed,
        ClearingOutcome.Processing => GatewayMetrics.ChannelResult.Processing,
        ClearingOutcome.NotDelivered => GatewayMetrics.ChannelResult.NotDelivered,
        ClearingOutcome.NotFound => GatewayMetrics.ChannelResult.NotFound,
        ClearingOutcome.Reversed => GatewayMetrics.ChannelResult.Reversed,
        _ => GatewayMetrics.ChannelResult.Unknown,
    };

    private sealed class CallPolicy(Channel channel) : PooledObjectPolicy<ClearingCall>
    {
        public override ClearingCall Create() => new(channel);

        public override bool Return(ClearingCall call) => true;
    }
}
