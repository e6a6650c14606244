using Prometheus;

namespace HotPath.Core.Telemetry;

public sealed partial class GatewayMetrics
{
    /// <summary>How far the day files are, and whether they are whole.</summary>
    public DayFileMetrics DayFiles { get; }

    /// <summary>The metrics of the day files.</summary>
    public sealed class DayFileMetrics
    {
        private static readonly double[] FlushBuckets = [.001, .005, .01, .05, .1, .5, 1, 5];

        private readonly Gauge _sequence;
        private readonly Histogram _flushSeconds;
        private readonly Counter _damaged;

        internal DayFileMetrics(MetricFactory make)
        {
            _sequence = make.CreateGauge("hotpath_dayfiles_sequence", "The journal's records below this one are in the day files.");
            _flushSeconds = make.CreateHistogram(
                "hotpath_dayfiles_flush_seconds", "Making the day files durable.", new HistogramConfiguration { Buckets = FlushBuckets });
            _damaged = make.CreateCounter("hotpath_dayfiles_damaged_total", "Times that a day file was not as it was written; anything but 0 is an alarm.");
        }

        public void Shown(long nextSequence) => _sequence.Set(nextSequence);

        public void Flushed(double seconds) => _flushSeconds.Observe(seconds);

        public void Damaged() => _damaged.Inc();
    }
}
