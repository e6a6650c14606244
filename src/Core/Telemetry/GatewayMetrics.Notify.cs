using Prometheus;

namespace HotPath.Core.Telemetry;

/// <summary>The notifier's part.</summary>
public sealed partial class GatewayMetrics
{
    // A delivery ends within 10 s, waiting for an institution may take the whole schedule.
    private static readonly double[] DelayBuckets = [.05, .1, .3, .5, 1, 2, 3, 5, 10, 30, 60, 300, 900, 3600, 3 * 3600, 9 * 3600, 27 * 3600];

    /// <summary>What becomes of notifications. Made when there is somebody to notify them.</summary>
    public NotifyMetrics Notify => field ??= new NotifyMetrics(Metrics.WithCustomRegistry(_registry));

    /// <summary>What becomes of notifications.</summary>
    public sealed class NotifyMetrics
    {
        private readonly Gauge _backlog;
        private readonly Gauge _institutionBacklog;
        private readonly Gauge _deadLetters;
        private readonly Gauge _oldest;
        private readonly Gauge _paused;
        private readonly Gauge _pace;
        private readonly Counter _delivered;
        private readonly Counter _failed;
        private readonly Counter _dead;
        private readonly Counter _storeFailures;
        private readonly Histogram _seconds;
        private readonly Histogram _delay;
        private int _institutions;

        internal NotifyMetrics(MetricFactory make)
        {
            _backlog = make.CreateGauge("hotpath_notify_backlog", "Notifications that wait to be acknowledged.");
            _institutionBacklog = make.CreateGauge("hotpath_institution_notify_backlog", "The same of one institution.", "inst_id");
            _deadLetters = make.CreateGauge("hotpath_notify_dead_letters", "Notifications that were given up and not resent.");
            _oldest = make.CreateGauge("hotpath_notify_oldest_seconds", "How long the oldest of the backlog has waited.");
            _paused = make.CreateGauge("hotpath_notify_paused_institutions", "Institutions that do not acknowledge: one notification each 30 s is tried.");
            _pace = make.CreateGauge("hotpath_notify_pace", "Notifications a second that may be begun now; falls when the machine is busy.");
            _delivered = make.CreateCounter("hotpath_notify_delivered_total", "Notifications acknowledged.");
            _failed = make.CreateCounter("hotpath_notify_failed_total", "Attempts that were not acknowledged.", "outcome");
            _dead = make.CreateCounter("hotpath_notify_dead_total", "Notifications given up.");
            _storeFailures = make.CreateCounter("hotpath_notify_store_failures_total", "Reads and writes of the store that failed.");
            _seconds = make.CreateHistogram(
                "hotpath_notify_delivery_seconds", "One attempt, acknowledged or not.", new HistogramConfiguration { Buckets = SecondsBuckets });
            _delay = make.CreateHistogram(
                "hotpath_notify_delay_seconds", "From taking a result up to its acknowledgement.", new HistogramConfiguration { Buckets = DelayBuckets });
        }

        public void Delivered(double seconds, double delaySeconds)
        {
            _delivered.Inc();
            _seconds.Observe(seconds);
            _delay.Observe(delaySeconds);
        }

        public void Failed(string outcome, double seconds)
        {
            _failed.WithLabels(outcome).Inc();
            _seconds.Observe(seconds);
        }

        public void GivenUp(long notifications) => _dead.Inc(notifications);

        public void StoreFailed() => _storeFailures.Inc();

        public void Show(long backlog, long deadLetters, double oldestSeconds, int paused, double pace)
        {
            _backlog.Set(backlog);
            _deadLetters.Set(deadLetters);
            _oldest.Set(oldestSeconds);
            _paused.Set(paused);
            _pace.Set(pace);
        }

        /// <summary>Shows one institution's backlog; null beyond the first <see cref="MostInstitutions"/>.</summary>
        public Action<long>? ForInstitution(string instId)
        {
            if (++_institutions > MostInstitutions)
            {
                return null;
            }
            Gauge.Child backlog = _institutionBacklog.WithLabels(instId);
            return waiting => backlog.Set(waiting);
        }
    }
}
