using Prometheus;

namespace HotPath.Core.Telemetry;

public sealed partial class GatewayMetrics
{
    /// <summary>Why a payment that its channel certainly did not get went to no further one, for the label <c>cause</c>.</summary>
    public enum NoFailover
    {
        /// <summary>No other route takes it now.</summary>
        NoChannel,

        /// <summary>As many were tried as may be.</summary>
        Attempts,

        /// <summary>Too little of the answer budget was left.</summary>
        Budget,

        /// <summary>Somebody wishes to cancel it.</summary>
        Cancelled,

        /// <summary>It has ended meanwhile.</summary>
        Ended,

        /// <summary>The next channel could not be recorded.</summary>
        NotRecorded,
    }

    /// <summary>Payments that go to a further channel, and those that do not.</summary>
    public FailoverMetrics Failover { get; }

    /// <inheritdoc cref="Failover"/>
    public sealed class FailoverMetrics
    {
        private readonly Counter _failovers;
        private readonly Counter.Child[] _attempts;
        private readonly Counter.Child[] _refused;

        internal FailoverMetrics(MetricFactory make)
        {
            _failovers = make.CreateCounter("hotpath_failovers_total", "Payments that went to a further channel, since the one before certainly did not get them.", "from", "to");
            Counter attempts = make.CreateCounter("hotpath_failover_attempts_total", "Attempts at a further channel, by what came of them.", "result");
            Counter refused = make.CreateCounter(
                "hotpath_failover_refused_total", "Payments that their channel certainly did not get and that went to no further one, by cause.", "cause");
            _attempts = [.. Enum.GetNames<ChannelResult>().Select(name => attempts.WithLabels(name.ToLowerInvariant()))];
            _refused = [.. Enum.GetNames<NoFailover>().Select(name => refused.WithLabels(name.ToLowerInvariant()))];
        }

        public void WentOn(string from, string to) => _failovers.WithLabels(from, to).Inc();

        public void Attempted(ChannelResult result) => _attempts[(int)result].Inc();

        public void Refused(NoFailover cause) => _refused[(int)cause].Inc();
    }
}
