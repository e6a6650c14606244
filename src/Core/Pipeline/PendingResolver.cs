using HotPath.Core.Auth;
using HotPath.Core.Clearing;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Operations;
using HotPath.Core.Routing;
using HotPath.Core.Telemetry;
using HotPath.Core.Wire;
using Microsoft.Extensions.Logging;

namespace HotPath.Core.Pipeline;

/// <summary>
/// Brings every PENDING trade and refund to an end: asks its channel, adopts results that came late, and, when a channel never heard of it and
/// its settle window is over, has the reference reversed first and only then calls it failed. It has trades reversed that are to be cancelled, looks again at
/// what was reversed, and gives back what a channel executed all the same. It never sends a payment, nor a refund that an institution asked for.
/// </summary>
/// <remarks>
/// Inquiries at 3, 6, 12, 24 s … after acceptance, then every 10 min (protocol, section 6). <see cref="PendingSchedule"/> knows what is due;
/// a timer looks once a tick. Everything it decides is idempotent: a crash between any two steps leads to the same inquiry again.
/// </remarks>
public sealed partial class PendingResolver : ILateResults, IDisposable
{
    /// <summary>Inquiries under way at once, over all channels.</summary>
    private const int MaxInquiries = 256;

    /// <summary>Inquiries and cancels' reversals under way at once at one channel.</summary>
    // A resolver that floods a recovering channel is the next outage; and one silent channel must not take all the others' turns.
    private const int MaxInquiriesOfChannel = 64;

    /// <summary>So many of them are left to cancels.</summary>
    // Somebody waits at a till for each, and it is a channel with hundreds in doubt where payments are cancelled.
    private const int KeptForCancels = 16;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AlarmAge = TimeSpan.FromHours(24);

    private readonly Router _router;
    private readonly TradeWaiters _waiters;
    private readonly PaymentsInDoubt _payments;
    private readonly CancelsInDoubt _cancels;
    private readonly IInDoubt[] _kinds;
    private readonly LookSchedule _looks;
    private readonly ILedger _ledger;
    private readonly TimeProvider _clock;
    private readonly ILogger<PendingResolver> _logger;
    private readonly PendingSchedule _schedule;
    private readonly ITimer _timer;
    private long _reportedAt;
    private int _inquiries;
    private volatile bool _isStopped;

    public PendingResolver(
        ILedger ledger, Router router, InstitutionDirectory institutions, AnswerSigner signer, TradeWaiters waiters,
        Disagreements disagreements, GatewayMetrics metrics, TimeProvider clock, ILogger<PendingResolver> logger)
    {
        _ledger = ledger;
        _router = router;
        _waiters = waiters;
        _clock = clock;
        _logger = logger;
        _schedule = new PendingSchedule(clock);
        _looks = new LookSchedule(router, clock);
        var surpluses = new SurplusesInDoubt(ledger, _schedule, disagreements, clock);
        _payments = new PaymentsInDoubt(ledger, institutions, signer, surpluses, _looks, disagreements, metrics, clock);
        _cancels = new CancelsInDoubt(ledger, _payments, institutions, signer, waiters, metrics, clock);
        _kinds = [_payments, new RefundsInDoubt(ledger, institutions, signer, disagreements, metrics, clock), _cancels, surpluses];
        ledger.WhenClaimedLate(TakeOver);
        ledger.WhenReservedLate(TakeOver);
        ledger.Cancels.WhenClaimedLate(TakeOver);
        waiters.WhenEnded(EndCancelsOf);
        _timer = clock.CreateTimer(static self => ((PendingResolver)self!).StartDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What is being brought to an end.</summary>
    public int Count => _schedule.Count;

    /// <summary>Takes over everything that was accepted and has no result, and begins. Call once the ledger is ready.</summary>
    public async Task StartAsync()
    {
        foreach (IInDoubt kind in _kinds)
        {
            foreach (TradeNo number in await kind.ListAsync())
            {
                _schedule.AddDueNow(number, number.UnixMs);
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
        _schedule.Add(cancel.CancelNo, cancel.AcceptedAtMs, channel: null);
        StartTurn(cancel.CancelNo);
    }

    /// <summary>Before a cancel is told 0001; false: it must not be (<see cref="CancelsInDoubt.Promise"/>).</summary>
    public bool Promise(TradeNo cancelNo) => _cancels.Promise(cancelNo);

    /// <summary>Somebody asked for one that is PENDING: inquire soon, at most once in 3 s.</summary>
    public void Nudge(TradeNo number, long acceptedAtMs) => _schedule.Hasten(number, acceptedAtMs);

    /// <summary>A channel answered after the answer budget.</summary>
    public void Adopt(Channel channel, TradeNo tradeNo, in ClearingResult result)
    {
        if (result.Outcome is not (ClearingOutcome.Unknown or ClearingOutcome.Processing or ClearingOutcome.NotFound))
        {
            _ = GuardAsync(tradeNo, RecordAsync(channel, tradeNo, result));
        }
    }

    // A trade has ended: so do the wishes to cancel it, without another word from the channel.
    private void EndCancelsOf(TradeNo tradeNo)
    {
        foreach (TradeNo cancelNo in _cancels.Of(tradeNo))
        {
            StartTurn(cancelNo);
        }
    }

    // Claimed, and cut off from the request that was to send it: the channel has never heard of it, which the inquiry and a reversal will prove.
    private void TakeOver(TradeNo tradeNo)
    {
        _schedule.AddDueNow(tradeNo, tradeNo.UnixMs);
        LogClaimedLate(tradeNo);
    }

    public void Dispose()
    {
        _isStopped = true;
        _timer.Dispose();
    }

    private void StartDue()
    {
        while (!_isStopped && Volatile.Read(ref _inquiries) < MaxInquiries && _schedule.TryTakeDue(out TradeNo tradeNo))
        {
            StartTurn(tradeNo);
        }
        while (!_isStopped && Volatile.Read(ref _inquiries) < MaxInquiries && _looks.TryTakeDue(out Look look))
        {
            Interlocked.Increment(ref _inquiries);
            _ = LookAsync(look);
        }
        if (_clock.GetElapsedTime(_reportedAt) >= ReportEvery)
        {
            _reportedAt = _clock.GetTimestamp();
            ReportOldest();
        }
    }

    private void StartTurn(TradeNo number)
    {
        Interlocked.Increment(ref _inquiries);
        _ = GuardAsync(number, TakeTurnAsync(number));
    }

    private void ReportOldest()
    {
        long nowMs = _clock.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (Channel channel in _router.Channels)
        {
            long? oldest = _schedule.OldestAcceptedAtMs(channel);
            channel.Metrics.PendingOldest(oldest is { } ms ? Math.Max(0, nowMs - ms) / 1000.0 : 0);
        }
    }

    // Whatever goes wrong with one trade, it stays on the schedule and the others go on.
    private async Task GuardAsync(TradeNo number, Task<bool> turn)
    {
        try
        {
            if (await turn)
            {
                _schedule.Remove(number);
            }
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            LogFailure(failure, number);
        }
    }

    private async Task<bool> TakeTurnAsync(TradeNo number)
    {
        try
        {
            return await InquireAsync(number);
        }
        finally
        {
            Interlocked.Decrement(ref _inquiries);
        }
    }

    private async Task<bool> InquireAsync(TradeNo number)
    {
        (IInDoubt? kind, Doubt? doubt) = await FindAsync(number);
        if (kind is null || doubt is null)
        {
            return true;
        }
        TimeSpan age = _schedule.Age(number);
        if (age > AlarmAge)
        {
            LogOverdue(number, doubt.ChannelId.ToString(), age.TotalHours);
        }
        if (_router.Find(doubt.ChannelId.Span) is not { } channel)
        {
            LogNoChannel(number, doubt.ChannelId.ToString());
            return false;
        }
        _schedule.Place(number, channel);
        int most = kind == _cancels ? MaxInquiriesOfChannel : MaxInquiriesOfChannel - KeptForCancels;
        if (!channel.Breaker.IsClosed || !channel.TryTakeInquiry(most))
        {
            _schedule.Postpone(number);
            return false;
        }
        try
        {
            return await RecordAsync(channel, number, await kind.AskAsync(channel, doubt, age));
        }
        finally
        {
            channel.ReturnInquiry();
        }
    }

    private async Task<(IInDoubt? Kind, Doubt? Doubt)> FindAsync(TradeNo number)
    {
        foreach (IInDoubt kind in _kinds)
        {
            if (await kind.FindAsync(number) is { } doubt)
            {
                return (kind, doubt);
            }
        }
        return default;
    }

    private async Task<bool> RecordAsync(Channel channel, TradeNo number, ClearingResult result)
    {
        foreach (IInDoubt kind in _kinds)
        {
            Adoption adoption = await kind.AdoptAsync(channel, number, result);
            if (adoption == Adoption.NotMine)
            {
                continue;
            }
            if (adoption == Adoption.Ended)
            {
                _waiters.Signal(number);
            }
            return adoption == Adoption.Ended;
        }
        return true;
    }

    [LoggerMessage(EventId = 200, Level = LogLevel.Information, Message = "{Count} trades, refunds, cancels and surpluses without a result taken over from the ledger: each will be inquired")]
    private partial void LogTakenOver(int count);

    [LoggerMessage(EventId = 201, Level = LogLevel.Error, Message = "trade or refund {TradeNo} at channel {Channel} is PENDING for {Hours} h")]
    private partial void LogOverdue(TradeNo tradeNo, string channel, double hours);

    [LoggerMessage(EventId = 202, Level = LogLevel.Error, Message = "trade or refund {TradeNo} is PENDING at channel {Channel}, which is not configured any more")]
    private partial void LogNoChannel(TradeNo tradeNo, string channel);

    [LoggerMessage(EventId = 205, Level = LogLevel.Warning, Message = "trade or refund {TradeNo} was claimed too late to be sent: it will be inquired and reversed")]
    private partial void LogClaimedLate(TradeNo tradeNo);

    [LoggerMessage(EventId = 203, Level = LogLevel.Error, Message = "resolving trade or refund {TradeNo} failed; it stays on the schedule")]
    private partial void LogFailure(Exception failure, TradeNo tradeNo);
}
