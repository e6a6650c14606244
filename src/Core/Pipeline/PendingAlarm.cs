using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Core.Routing;
using HotPath.Core.Telemetry;
using Microsoft.Extensions.Logging;

namespace HotPath.Core.Pipeline;

/// <summary>
/// Tells operators how much is in doubt for how long: metrics by channel, and an error an hour for each channel with something that is PENDING for a day. One
/// line each would be a million of them after the outage that made them; <c>hotpath pending list</c> shows which.
/// </summary>
internal sealed partial class PendingAlarm
{
    internal static readonly TimeSpan AlarmAge = TimeSpan.FromHours(24);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SayEvery = TimeSpan.FromHours(1);

    private readonly PendingSchedule _schedule;
    private readonly LookSchedule _looks;
    private readonly Router _router;
    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Dictionary<Channel, GatewayMetrics.ChannelPending> _metricsOf;
    private readonly GatewayMetrics.ChannelPending _ofNone;
    private readonly Dictionary<string, long> _saidAt = [];
    private long? _lookedAt;

    internal PendingAlarm(PendingSchedule schedule, LookSchedule looks, Router router, GatewayMetrics metrics, TimeProvider clock, ILogger logger)
    {
        _schedule = schedule;
        _looks = looks;
        _router = router;
        _metrics = metrics;
        _clock = clock;
        _logger = logger;
        _metricsOf = router.Channels.ToDictionary(channel => channel, channel => metrics.Pending.Of(channel.Options.Id));
        // Of what has no channel that is configured, or none that is known yet.
        _ofNone = metrics.Pending.Of(ChannelOptions.NoId);
    }

    /// <summary>Called by one thread at a time.</summary>
    /// <param name="unplacedLooks">Of those that were reversed before the start, so many have not been looked up yet.</param>
    internal void Look(int unplacedLooks)
    {
        if (_lookedAt is { } lookedAt && _clock.GetElapsedTime(lookedAt) < LookEvery)
        {
            return;
        }
        _lookedAt = _clock.GetTimestamp();
        IReadOnlyList<ChannelCensus> census = _schedule.ByChannel(AlarmAge);
        foreach (Channel channel in _router.Channels)
        {
            Tell(census.FirstOrDefault(of => of.Channel == channel), channel.Options.Id, _metricsOf[channel], _looks.Outstanding(channel));
            _metrics.Pending.Paces(channel.Options.Id, channel.Inquiries.Pace);
        }
        ChannelCensus none = census.FirstOrDefault(of => of.Channel is null);
        Tell(none, ChannelOptions.NoId, _ofNone, unplacedLooks);
        _metrics.Pending.Unplaced(none.Count);
    }

    private void Tell(in ChannelCensus of, string channel, GatewayMetrics.ChannelPending metrics, int looks)
    {
        metrics.Are(of.Count, of.Overdue, of.OldestAge, looks);
        if (of.Overdue > 0 && IsTimeToSay(channel))
        {
            LogOverdue(of.Overdue, channel, of.Oldest, of.OldestAge.TotalHours);
        }
    }

    /// <summary>One whose channel is not configured any more.</summary>
    internal void HasNoChannel(TradeNo number, string channelId)
    {
        if (IsTimeToSay("no channel " + channelId))
        {
            LogNoChannel(number, channelId);
        }
    }

    private bool IsTimeToSay(string what)
    {
        lock (_saidAt)
        {
            if (_saidAt.TryGetValue(what, out long saidAt) && _clock.GetElapsedTime(saidAt) < SayEvery)
            {
                return false;
            }
            _saidAt[what] = _clock.GetTimestamp();
            return true;
        }
    }

    [LoggerMessage(EventId = 201, Level = LogLevel.Error,
        Message = "{Count} trades, refunds, cancels or surpluses at channel {Channel} are PENDING for more than 24 h, the oldest, {Number}, for {Hours} h")]
    private partial void LogOverdue(int count, string channel, TradeNo number, double hours);

    [LoggerMessage(EventId = 202, Level = LogLevel.Error,
        Message = "trade or refund {TradeNo} is PENDING at channel {Channel}, which is not configured any more; the next such line for this channel is in an hour")]
    private partial void LogNoChannel(TradeNo tradeNo, string channel);
}
