using Prometheus;

namespace HotPath.Core.Telemetry;

public sealed partial class GatewayMetrics
{
    /// <summary>Reconciliation: files built and fetched, uploads and what became of their differences.</summary>
    public ReconMetrics Recon { get; }

    /// <summary>The metrics of reconciliation. Labels are codes of the protocol.</summary>
    public sealed class ReconMetrics
    {
        private static readonly double[] BuildBuckets = [.01, .05, .1, .5, 1, 5, 10, 30, 60, 300];
        private readonly Counter _files;
        private readonly Counter _rows;
        private readonly Gauge _waiting;
        private readonly Gauge _readyDay;
        private readonly Histogram _buildSeconds;
        private readonly Counter _downloads;
        private readonly Counter _uploads;
        private readonly Counter _differences;

        internal ReconMetrics(MetricFactory make)
        {
            _files = make.CreateCounter(
                "hotpath_recon_files_total",
                "Reconciliation files built (built), built again with the same bytes (same), with others (differs: an alarm), or not for a failure (failed).", "result");
            _rows = make.CreateCounter("hotpath_recon_rows_total", "Rows read for reconciliation files; each file reads its rows twice.");
            _waiting = make.CreateGauge("hotpath_recon_files_waiting", "Reconciliation files that are to be built.");
            _readyDay = make.CreateGauge(
                "hotpath_recon_ready_timestamp_seconds", "End of the newest Beijing day whose files are all finished, Unix seconds; 0 before the first.");
            _buildSeconds = make.CreateHistogram("hotpath_recon_build_seconds", "Duration of building one file.", new HistogramConfiguration { Buckets = BuildBuckets });
            _downloads = make.CreateCounter("hotpath_recon_downloads_total", "GET /files, by HTTP status.", "status");
            _uploads = make.CreateCounter("hotpath_recon_uploads_total", "Results of reconciliation that institutions sent.", "recon_type", "recon_result");
            _differences = make.CreateCounter("hotpath_recon_differences_total", "Differences in them, and what the book says of each.", "diff_type", "check");
            foreach (string result in (ReadOnlySpan<string>)["built", "same", "differs", "failed"])
            {
                _files.WithLabels(result);
            }
        }

        public void FileBuilt(string result, double seconds)
        {
            _files.WithLabels(result).Inc();
            _buildSeconds.Observe(seconds);
        }

        public void RowsRead(long rows) => _rows.Inc(rows);

        public void FilesWaiting(int files) => _waiting.Set(files);

        public void ReadyUpTo(long unixMs) => _readyDay.Set(unixMs / 1000.0);

        public void Fetched(int httpStatus) => _downloads.WithLabels(httpStatus.ToString(System.Globalization.CultureInfo.InvariantCulture)).Inc();

        public void Uploaded(string reconType, string reconResult) => _uploads.WithLabels(reconType, reconResult).Inc();

        public void Differed(string diffType, string check) => _differences.WithLabels(diffType, check).Inc();
    }
}
