using Prometheus;

namespace HotPath.Core.Telemetry;

public sealed partial class GatewayMetrics
{
    /// <summary>What is in doubt, and how fast it is asked about.</summary>
    public PendingMetrics Pending { get; }

    public sealed class PendingMetrics
    {
        private readonly Gauge _unplaced;
        private readonly Gauge _pending;
        private readonly Gauge _overdue;
        private readonly Gauge _oldest;
        private readonly Gauge _pace;
        private readonly Gauge _looks;

        internal PendingMetrics(MetricFactory make)
        {
            _pending = make.CreateGauge("hotpath_pending", "What is in doubt at a channel: trades, refunds, cancels and surpluses without a result.", "channel");
            _overdue = make.CreateGauge("hotpath_pending_overdue", "Of these, accepted more than 24 h ago; anything but 0 is an alarm.", "channel");
            _oldest = make.CreateGauge("hotpath_pending_oldest_seconds", "Age of the oldest PENDING trade.", "channel");
            _pace = make.CreateGauge("hotpath_inquiry_pace", "Inquiries and reversals a second that the channel is sent at most now.", "channel");
            _looks = make.CreateGauge(
                "hotpath_looks_outstanding",
                "Trades and refunds that were reversed and not looked at since: a restart forgets those that were reversed more than 30 minutes before.", "channel");
            _unplaced = make.CreateGauge(
                "hotpath_pending_unplaced", "In doubt, taken over at the start: its channel has not been looked up yet, or is not configured any more.");
        }

        /// <summary>What is in doubt at one channel.</summary>
        public ChannelPending Of(string channel) =>
            new(_pending.WithLabels(channel), _overdue.WithLabels(channel), _oldest.WithLabels(channel), _looks.WithLabels(channel));

        /// <summary>What one channel is sent at most.</summary>
        public void Paces(string channel, double pace) => _pace.WithLabels(channel).Set(pace);

        public void Unplaced(int count) => _unplaced.Set(count);
    }

    public sealed class ChannelPending
    {
        private readonly Gauge.Child _pending;
        private readonly Gauge.Child _overdue;
        private readonly Gauge.Child _oldest;
        private readonly Gauge.Child _looks;

        internal ChannelPending(Gauge.Child pending, Gauge.Child overdue, Gauge.Child oldest, Gauge.Child looks)
        {
            _pending = pending;
            _overdue = overdue;
            _oldest = oldest;
            _looks = looks;
        }

        public void Are(int count, int overdue, TimeSpan oldest, int looks)
        {
            _pending.Set(count);
            _overdue.Set(overdue);
            _oldest.Set(oldest.TotalSeconds);
            _looks.Set(looks);
        }
    }
}
