using HotPath.Core.Model;
using Prometheus;

namespace HotPath.Core.Telemetry;

public sealed partial class GatewayMetrics
{
    /// <summary>How a channel's call ended, for the label <c>result</c>.</summary>
    public enum ChannelResult
    {
        Succeeded,
        Failed,
        Processing,
        Unknown,
        NotDelivered,
        NotFound,
        Reversed,
    }

    /// <summary>The metrics of one channel, bound once.</summary>
    public ChannelMetrics ForChannel(string channel) => new(_channels, channel);

    /// <summary>What is told of every channel, by its name.</summary>
    internal sealed class ChannelFamilies
    {
        internal ChannelFamilies(MetricFactory make, CollectorRegistry registry)
        {
            Registry = registry;
            Requests = make.CreateCounter("hotpath_channel_requests_total", "Calls to clearing channels.", "channel", "result");
            Durations = make.CreateHistogram(
                "hotpath_channel_duration_seconds",
                "Calls to clearing channels.",
                new HistogramConfiguration { LabelNames = ["channel"], Buckets = SecondsBuckets });
            RingDepth = make.CreateGauge("hotpath_ring_depth", "Calls waiting for their channel's worker.", "channel");
            Health = make.CreateGauge("hotpath_channel_health", "What the channel's weight among routes of one priority is multiplied by: 0.05 to 1.", "channel");
            BreakerState = make.CreateGauge("hotpath_breaker_state", "1 at the state the channel's breaker is in.", "channel", "state");
            BreakerOpened = make.CreateCounter("hotpath_breaker_opened_total", "Openings of a closed breaker, by cause.", "channel", "cause");
            BadAnswers = make.CreateCounter("hotpath_channel_bad_answers_total", "Answers of clearing channels that do not count, by what is wrong with them.", "channel", "kind");
            BreakerRecovering = make.CreateGauge("hotpath_breaker_recovering", "1 while the channel was closed again and gets few payments at once, until as many have ended well.", "channel");
            Connections = make.CreateGauge("hotpath_channel_connections", "Connections that are kept open to the channel: how many are up, how many are wanted.", "channel", "state");
            BreakerOpen = make.CreateCounter("hotpath_breaker_open_seconds_total", "Time in which the channel was not called.", "channel");
        }

        internal CollectorRegistry Registry { get; }

        internal Counter Requests { get; }

        internal Histogram Durations { get; }

        internal Gauge RingDepth { get; }

        internal Gauge Health { get; }

        internal Gauge BreakerState { get; }

        internal Counter BreakerOpened { get; }

        internal Gauge BreakerRecovering { get; }

        internal Counter BreakerOpen { get; }

        internal Counter BadAnswers { get; }

        internal Gauge Connections { get; }
    }

    /// <summary>The metrics of one channel.</summary>
    public sealed class ChannelMetrics
    {
        private static readonly string[] Results = [.. Enum.GetNames<ChannelResult>().Select(name => name.ToLowerInvariant())];
        private static readonly (BreakerState State, string Label)[] States =
            [(Model.BreakerState.Closed, "closed"), (Model.BreakerState.Open, "open"), (Model.BreakerState.HalfOpen, "half_open")];

        private static readonly (BreakerCause Cause, string Label)[] Openings =
            [(BreakerCause.ErrorRate, "error_rate"), (BreakerCause.SlowCalls, "slow_calls"), (BreakerCause.Unavailable, "unavailable"), (BreakerCause.Manual, "manual")];

        private static readonly (BadAnswer Kind, string Label)[] BadAnswers =
        [
            (BadAnswer.Malformed, "malformed"), (BadAnswer.TooLong, "too_long"), (BadAnswer.CutShort, "cut_short"), (BadAnswer.TooSlow, "too_slow"),
            (BadAnswer.WrongReference, "wrong_reference"), (BadAnswer.WrongAmount, "wrong_amount"), (BadAnswer.WrongCurrency, "wrong_currency"),
            (BadAnswer.UnknownCode, "unknown_code"), (BadAnswer.Refused, "refused"), (BadAnswer.WrongMac, "wrong_mac"), (BadAnswer.Twice, "twice"),
            (BadAnswer.Late, "late"), (BadAnswer.ToNobody, "to_nobody"), (BadAnswer.Unsupported, "unsupported"),
        ];

        private readonly Counter.Child[] _requests;
        private readonly Histogram.Child _durations;
        private readonly Gauge.Child _ringDepth;
        private readonly Gauge.Child _health;
        private readonly Gauge.Child[] _states;
        private readonly Counter.Child[] _openings;
        private readonly Gauge.Child _recovering;
        private readonly Counter.Child _open;
        private readonly Counter.Child[] _badAnswers;
        private readonly CollectorRegistry _registry;
        private readonly Func<string, Gauge.Child> _connections;

        internal ChannelMetrics(ChannelFamilies families, string channel)
        {
            _requests = [.. Results.Select(result => families.Requests.WithLabels(channel, result))];
            _durations = families.Durations.WithLabels(channel);
            _ringDepth = families.RingDepth.WithLabels(channel);
            _health = families.Health.WithLabels(channel);
            _states = [.. States.Select(state => families.BreakerState.WithLabels(channel, state.Label))];
            _openings = [.. Openings.Select(opening => families.BreakerOpened.WithLabels(channel, opening.Label))];
            _recovering = families.BreakerRecovering.WithLabels(channel);
            _open = families.BreakerOpen.WithLabels(channel);
            _badAnswers = [.. BadAnswers.Select(bad => families.BadAnswers.WithLabels(channel, bad.Label))];
            _registry = families.Registry;
            _connections = state => families.Connections.WithLabels(channel, state);
            BreakerIs(Model.BreakerState.Closed);
        }

        public void Called(ChannelResult result, double seconds)
        {
            _requests[(int)result].Inc();
            _durations.Observe(seconds);
        }

        /// <summary>An answer that does not count. Of <see cref="BadAnswer.None"/> there are none.</summary>
        public void BadAnswered(BadAnswer kind) => _badAnswers[Array.FindIndex(BadAnswers, bad => bad.Kind == kind)].Inc();

        public void RingDepth(int calls) => _ringDepth.Set(calls);

        public void BreakerIs(BreakerState state)
        {
            for (int i = 0; i < States.Length; i++)
            {
                _states[i].Set(States[i].State == state ? 1 : 0);
            }
        }

        /// <summary>It was closed, and was opened.</summary>
        public void BreakerOpened(BreakerCause cause) => _openings[Array.FindIndex(Openings, opening => opening.Cause == cause)].Inc();

        /// <summary>Asked at every scrape how the channel does.</summary>
        public void WatchHealth(Func<double> health) => _registry.AddBeforeCollectCallback(() => _health.Set(health()));

        /// <summary>Asked at every scrape whether it recovers.</summary>
        public void WatchRecovery(Func<bool> isRecovering) => _registry.AddBeforeCollectCallback(() => _recovering.Set(isRecovering() ? 1 : 0));

        /// <summary>Asked at every scrape how many connections there are. Never called for a channel whose connections are made as they are needed: it has no such series.</summary>
        public void WatchConnections(Func<int> up, int wanted)
        {
            Gauge.Child upNow = _connections("up");
            _connections("wanted").Set(wanted);
            _registry.AddBeforeCollectCallback(() => upNow.Set(up()));
        }

        /// <summary>Asked at every scrape how long the breaker has been open, all in all.</summary>
        public void WatchOpenTime(Func<TimeSpan> openTime) => _registry.AddBeforeCollectCallback(() => _open.IncTo(openTime().TotalSeconds));
    }
}
