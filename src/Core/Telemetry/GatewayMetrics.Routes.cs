using System.Globalization;
using Prometheus;

namespace HotPath.Core.Telemetry;

public sealed partial class GatewayMetrics
{
    /// <summary>What became of a reload of the route table, for the label <c>result</c>.</summary>
    public enum TableReload
    {
        /// <summary>Payments are routed by the new one.</summary>
        Loaded,

        /// <summary>It says what the one in use says.</summary>
        Unchanged,

        /// <summary>It is faulty: the one in use stays.</summary>
        Refused,

        /// <summary>The journal could not take it down: the one in use stays.</summary>
        NotRecorded,
    }

    /// <summary>The route table in use.</summary>
    public RouteMetrics Routes => _routes;

    /// <summary>The route table in use, and its reloads.</summary>
    public sealed class RouteMetrics
    {
        private static readonly string[] Results = ["loaded", "unchanged", "refused", "not_recorded"];

        private readonly Counter.Child[] _reloads;
        private readonly Gauge _version;
        private readonly Gauge _hash;
        private readonly Gauge _routes;
        private readonly Gauge _loadedAt;

        internal RouteMetrics(MetricFactory make)
        {
            Counter reloads = make.CreateCounter("hotpath_route_table_reloads_total", "Reloads of the route table, by what became of them.", "result");
            _reloads = [.. Results.Select(result => reloads.WithLabels(result))];
            _version = make.CreateGauge("hotpath_route_table_version", "Route tables since the start, the one in use included.");
            _hash = make.CreateGauge("hotpath_route_table_hash", "First 32 bits of the hash of the route table in use, as a number: alike on nodes that route alike.");
            _routes = make.CreateGauge("hotpath_route_table_routes", "Routes in the table in use.");
            _loadedAt = make.CreateGauge("hotpath_route_table_loaded_timestamp_seconds", "When the route table in use was loaded, Unix seconds.");
        }

        public void Reloaded(TableReload result) => _reloads[(int)result].Inc();

        /// <summary>From now on this table is in use.</summary>
        public void InUse(int version, string hash, int routes, long unixMs)
        {
            _version.Set(version);
            _hash.Set(uint.Parse(hash, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            _routes.Set(routes);
            _loadedAt.Set(unixMs / 1000.0);
        }
    }
}
