using System.Buffers;
using System.Runtime.CompilerServices;
using HotPath.Core.Buffers;
using HotPath.Core.Model;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using Microsoft.Extensions.ObjectPool;

namespace HotPath.Core.Clearing.Adapters.Iso8583;

/// <summary>
/// Speaks the ISO 8583 dialect of docs/channel-contract.md over a few connections that stay open, thousands of calls on each at once (docs/decisions/0026). What is on the wire is
/// <see cref="Dialect"/>'s; here is who waits for what.
/// </summary>
/// <remarks>
/// A message is sent once, on the connection with the fewest calls under way, and its answer counts on that connection only. While one is being made, a call waits for it; when none can be
/// had, nothing was sent. In steady state a payment allocates nothing here.
/// </remarks>
public sealed class Iso8583ClearingAdapter : IClearingAdapter
{
    // Element 37 has twelve digits. It begins with the clock's milliseconds, so that a channel that keeps them does not see them again after a restart, unless there were more than
    // 1,000 messages/s from one start to the next: then STAN and time of sending still tell them apart, and the reference is element 60 anyway.
    private const long RetrievalReferences = 1_000_000_000_000;

    private static readonly TimeSpan LongestLook = TimeSpan.FromMilliseconds(200);

    private readonly Iso8583Options _options;
    private readonly TimeProvider _clock;
    private readonly long _deadlineTicks;
    private readonly Line[] _lines;
    private readonly ITimer _looks;
    private readonly ObjectPool<PendingAnswer> _idle;
    private readonly List<PendingAnswer> _expired = [];
    private Action<BadAnswer, TradeNo>? _told;
    private Action<ConnectionWord>? _toldOfConnections;
    private long _lastRetrievalReference;
    private uint _nextLine;
    private int _isLooking;
    private volatile bool _isDisposed;

    public Iso8583ClearingAdapter(Iso8583Options options, IScheduler scheduler, TimeProvider clock)
        : this(options, scheduler, clock, new ChannelDialer(options.Host, options.Port, options.IsTls, options.Authority, options.ConnectTimeout, clock).DialAsync)
    {
    }

    /// <param name="options">How the channel is reached.</param>
    /// <param name="scheduler">Where everything runs.</param>
    /// <param name="clock">Whose pauses and limits count.</param>
    /// <param name="dial">Makes a connection.</param>
    internal Iso8583ClearingAdapter(Iso8583Options options, IScheduler scheduler, TimeProvider clock, Func<CancellationToken, ValueTask<Dialed>> dial)
    {
        options.Validate();
        _options = options;
        _clock = clock;
        _deadlineTicks = (long)(options.Deadline.TotalSeconds * clock.TimestampFrequency);
        _lastRetrievalReference = clock.GetUtcNow().ToUnixTimeMilliseconds() % RetrievalReferences;
        _idle = new DefaultObjectPool<PendingAnswer>(new PendingPolicy(this, scheduler), options.Connections * options.MaxInFlight);
        _lines = [.. Enumerable.Range(0, options.Connections).Select(number => new Line(number, this, options, dial, scheduler, clock))];
        TimeSpan look = new[] { LongestLook, options.Deadline / 10, options.EchoInterval / 10 }.Min();
        _looks = clock.CreateTimer(static adapter => ((Iso8583ClearingAdapter)adapter!).Look(), this, look, look);
        foreach (Line line in _lines)
        {
            line.Start();
        }
    }

    /// <summary>What the dialect carries: 48 KiB of a face are more than any element holds, and an amount has twelve digits.</summary>
    public static ChannelReach Reach { get; } = new(CarriesFaces: false, Dialect.MaxMinorUnits);

    public bool CanCarry(in PayOrder order) => Dialect.CanCarry(order);

    public void EncodePay(in PayOrder order, ClearingCall call) => Dialect.TryPay(order, _options.Mac is not null, call.Payload);

    public ValueTask<ClearingResult> PayAsync(ClearingCall call) => SendAsync(ClearingVerb.Pay, call.Reference, call.Payload.WrittenMemory);

    public void EncodeRefund(in RefundOrder order, ClearingCall call) => Dialect.TryRefund(order, _options.Mac is not null, call.Payload);

    public ValueTask<ClearingResult> RefundAsync(ClearingCall call) => SendAsync(ClearingVerb.Refund, call.Reference, call.Payload.WrittenMemory);

    public async ValueTask<ClearingResult> InquireAsync(ClearingReference reference)
    {
        ClearingResult result = await AskAsync(ClearingVerb.Inquire, reference);
        // Of an inquiry that did not get through nothing follows.
        return result.Outcome == ClearingOutcome.NotDelivered ? ClearingResult.Of(ClearingOutcome.Unknown) : result;
    }

    public ValueTask<ClearingResult> ReverseAsync(ClearingReference reference) => AskAsync(ClearingVerb.Reverse, reference);

    public async ValueTask<bool> EchoAsync() => (await AskAsync(ClearingVerb.Echo, default)).Outcome == ClearingOutcome.Succeeded;

    public void TellBadAnswers(Action<BadAnswer, TradeNo> to) => _told = to;

    public ConnectionCount Connections => new(_lines.Count(line => line.Up is not null), _lines.Length);

    public void TellConnections(Action<ConnectionWord> to) => Volatile.Write(ref _toldOfConnections, to);

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }
        _isDisposed = true;
        await _looks.DisposeAsync();
        await Task.WhenAll(_lines.Select(line => line.DisposeAsync().AsTask()));
    }

    internal void Tell(BadAnswer bad, TradeNo about)
    {
        // What our own stop did to a connection is not the channel's.
        if (!_isDisposed)
        {
            _told?.Invoke(bad, about);
        }
    }

    internal void Tell(in ConnectionWord word)
    {
        if (!_isDisposed)
        {
            Volatile.Read(ref _toldOfConnections)?.Invoke(word);
        }
    }

    /// <summary>An echo that nobody awaits: it keeps the connection alive, or shows that it is dead.</summary>
    internal void SendEcho(Connection connection)
    {
        Span<byte> room = stackalloc byte[Dialect.AskBytes];
        int length = Dialect.Ask(ClearingVerb.Echo, default, _options.Mac is not null, room);
        PendingAnswer pending = Begin(ClearingVerb.Echo, default, isUnattended: true);
        if (!connection.TrySend(pending, room[..length], NextRetrievalReference()))
        {
            pending.Release();
        }
    }

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    private async ValueTask<ClearingResult> AskAsync(ClearingVerb verb, ClearingReference reference)
    {
        byte[] room = ArrayPool<byte>.Shared.Rent(Dialect.AskBytes);
        int length = Dialect.Ask(verb, reference, _options.Mac is not null, room);
        ClearingResult result = await SendAsync(verb, reference, room.AsMemory(0, length));
        ArrayPool<byte>.Shared.Return(room);
        return result;
    }

    private ValueTask<ClearingResult> SendAsync(ClearingVerb verb, in ClearingReference reference, ReadOnlyMemory<byte> frame)
    {
        // Nothing was written: this channel cannot carry it (Dialect), and certainly did not get it.
        if (frame.IsEmpty)
        {
            return new ValueTask<ClearingResult>(ClearingResult.Of(ClearingOutcome.NotDelivered));
        }
        PendingAnswer pending = Begin(verb, reference, isUnattended: false);
        return TrySend(pending, frame.Span) ? pending.Result : SendWhenConnectedAsync(pending, frame);
    }

    private PendingAnswer Begin(ClearingVerb verb, in ClearingReference reference, bool isUnattended)
    {
        PendingAnswer pending = _idle.Get();
        pending.Begin(verb, reference, _clock.GetTimestamp() + _deadlineTicks, isUnattended);
        return pending;
    }

    /// <summary>The fewest calls first; among equals in turn.</summary>
    private bool TrySend(PendingAnswer pending, ReadOnlySpan<byte> frame)
    {
        uint first = Interlocked.Increment(ref _nextLine);
        // One that has ended meanwhile, or is full, is passed over.
        for (ulong tried = 0; ;)
        {
            int best = -1;
            Connection? chosen = null;
            for (int i = 0; i < _lines.Length; i++)
            {
                int at = (int)((first + (uint)i) % (uint)_lines.Length);
                if ((tried & (1UL << at)) == 0 && _lines[at].Up is { } connection && (chosen is null || connection.Load < chosen.Load))
                {
                    (best, chosen) = (at, connection);
                }
            }
            if (chosen is null)
            {
                return false;
            }
            if (chosen.TrySend(pending, frame, NextRetrievalReference()))
            {
                return true;
            }
            tried |= 1UL << best;
        }
    }

    /// <summary>While a connection is being made there is hope; when none is, there is certainty.</summary>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    private async ValueTask<ClearingResult> SendWhenConnectedAsync(PendingAnswer pending, ReadOnlyMemory<byte> frame)
    {
        long startedAt = _clock.GetTimestamp();
        TimeSpan left;
        while ((left = _options.ConnectTimeout - _clock.GetElapsedTime(startedAt)) > TimeSpan.Zero)
        {
            Task[] attempts = [.. _lines.Select(line => line.Attempt).OfType<Task>()];
            if (attempts.Length > 0)
            {
                // An attempt ends by itself in that time; whoever waits does not rely on it.
                Task any = Task.WhenAny(attempts);
                await any.WaitAsync(left, _clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            if (TrySend(pending, frame.Span))
            {
                return await pending.Result;
            }
            if (attempts.Length == 0)
            {
                break;
            }
        }
        pending.Release();
        return ClearingResult.Of(ClearingOutcome.NotDelivered);
    }

    private long NextRetrievalReference() => Interlocked.Increment(ref _lastRetrievalReference) % RetrievalReferences;

    private void Look()
    {
        // A look that takes longer than the pause between two is not overtaken by the next.
        if (Interlocked.Exchange(ref _isLooking, 1) == 1)
        {
            return;
        }
        try
        {
            foreach (Line line in _lines)
            {
                line.Up?.Tick(_expired);
            }
        }
        finally
        {
            Volatile.Write(ref _isLooking, 0);
        }
    }

    private sealed class PendingPolicy(Iso8583ClearingAdapter adapter, IScheduler scheduler) : PooledObjectPolicy<PendingAnswer>
    {
        private readonly Action<PendingAnswer> _release = pending => adapter._idle.Return(pending);

        public override PendingAnswer Create() => new(scheduler, _release);

        public override bool Return(PendingAnswer obj) => true;
    }
}
