using Prometheus;

namespace HotPath.Core.Telemetry;

/// <content>What admission sees and what it allows.</content>
public sealed partial class GatewayMetrics
{
    /// <summary>What admission sees and what it allows, as of its last window.</summary>
    public sealed class AdmissionMetrics
    {
        private readonly Gauge _isOverloaded;
        private readonly Gauge _wait;
        private readonly Gauge _capacity;
        private readonly Gauge _guarantee;
        private readonly Gauge _level;
        private readonly Gauge _active;

        internal AdmissionMetrics(MetricFactory make)
        {
            _isOverloaded = make.CreateGauge("hotpath_overloaded", "1 while institutions above their guarantee are refused (A001).");
            _wait = make.CreateGauge("hotpath_thread_wait_seconds", "How long work waited for a thread on average in the last 100 ms.");
            _capacity = make.CreateGauge("hotpath_capacity_calls_per_second", "What the machine can do; 0 when it is not overloaded, for then nobody knows.");
            _guarantee = make.CreateGauge("hotpath_guarantee_calls_per_second", "What each institution is guaranteed.");
            _level = make.CreateGauge("hotpath_level_calls_per_second", "What each institution gets at most; +Inf without overload. Level less guarantee is the excess.");
            _active = make.CreateGauge("hotpath_active_institutions", "Institutions that called in the last seconds.");
        }

        public void Show(bool isOverloaded, TimeSpan threadWait, double capacity, double guarantee, double level, int active)
        {
            _isOverloaded.Set(isOverloaded ? 1 : 0);
            _wait.Set(threadWait.TotalSeconds);
            _capacity.Set(capacity);
            _guarantee.Set(guarantee);
            _level.Set(level);
            _active.Set(active);
        }
    }
}
