using HotPath.Core.Model;
using Prometheus;

namespace HotPath.Core.Telemetry;

/// <summary>
/// Every metric of the gateway, and the only place that knows the metrics library. Labels come from closed sets only (codes,
/// interfaces, configured channels), so the number of series is fixed at start.
/// </summary>
/// <remarks>Children are bound once into arrays: a lookup by label on each payment costs ten times the count itself.</remarks>
public sealed partial class GatewayMetrics
{
    // The specification's limits (chapter 6.1: .3 .5 1 2 3 5 10 s) are boundaries, so that its alerts read off exact counts.
    private static readonly double[] SecondsBuckets = [.001, .0025, .005, .01, .025, .05, .1, .2, .3, .5, 1, 2, 3, 5, 10, 15];
    private static readonly double[] CommitBuckets = [.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .5, 1];
    private static readonly double[] BatchBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096];
    private static readonly string[] Causes = Enum.GetNames<RefusalCause>().Select(name => name.ToLowerInvariant()).ToArray();

    /// <summary>Institutions with a series of their own. Series are never evicted, so their number has an end.</summary>
    public const int MostInstitutions = 1000;

    /// <summary>Media type of <see cref="WriteTextAsync"/>.</summary>
    public const string TextFormat = "text/plain; version=0.0.4; charset=utf-8";

    private readonly CollectorRegistry _registry;
    private readonly Counter.Child[,] _requests;
    private readonly Histogram.Child[] _durations;
    private readonly Counter.Child[][] _trades;
    private readonly Counter.Child[] _refunds;
    private readonly Counter.Child[] _refusedSigned;
    private readonly Counter.Child[] _refusedUnsigned;
    private readonly Gauge _inFlight;
    private readonly Counter _replays;
    private readonly Counter _commits;
    private readonly Histogram _batchRecords;
    private readonly Histogram _commitSeconds;
    private readonly Counter _checkpoints;
    private readonly Histogram _checkpointSeconds;
    private readonly Gauge _trackedTrades;
    private readonly Counter _scrubbedBytes;
    private readonly Gauge _damagedSegments;
    private readonly Gauge _diskFree;
    private readonly Gauge _diskFull;
    private readonly Gauge _diskSlow;
    private readonly ChannelFamilies _channels;
    private readonly RouteMetrics _routes;
    private readonly Counter _institutionRequests;
    private readonly Gauge _keyExpiry;
    private int _institutions;

    public GatewayMetrics(string version)
    {
        MetricFactory make = Metrics.WithCustomRegistry(_registry = Metrics.NewCustomRegistry());

        int bizTypes = BizTypes.All.Max(type => (int)type) + 1;
        int codes = RespCodes.All.Max(code => (int)code) + 1;
        Counter requests = make.CreateCounter("hotpath_requests_total", "Answered calls.", "biz_type", "resp_code");
        Histogram durations = make.CreateHistogram(
            "hotpath_request_duration_seconds",
            "From the last byte of the request to the first of the answer.", new HistogramConfiguration { LabelNames = ["biz_type"], Buckets = SecondsBuckets });
        const string reached = " by the state they reached; PENDING counts those answered before they were final.";
        Counter trades = make.CreateCounter("hotpath_trades_total", "Trades" + reached, "biz_type", "status");
        Counter refunds = make.CreateCounter("hotpath_refunds_total", "Refunds" + reached, "status");
        _requests = new Counter.Child[bizTypes, codes];
        _durations = new Histogram.Child[bizTypes];
        foreach (BizType type in BizTypes.All.Prepend(BizType.None))
        {
            string name = Label(type);
            _durations[(int)type] = durations.WithLabels(name);
            foreach (RespCode code in RespCodes.All)
            {
                _requests[(int)type, (int)code] = requests.WithLabels(name, RespCodes.Label(code));
            }
        }
        _trades = Enumerable.Range(0, bizTypes).Select(type => !BizTypes.IsPayment((BizType)type) ? [] :
            Enum.GetValues<TradeStatus>().Select(status => trades.WithLabels(Label((BizType)type), Text(TradeStatuses.Name(status)))).ToArray()).ToArray();
        _refunds = Enum.GetValues<TradeStatus>().Select(status => refunds.WithLabels(Text(TradeStatuses.Name(status)))).ToArray();

        Counter refused = make.CreateCounter(
            "hotpath_refused_total", "Calls refused within a signing budget (signed), and above it with HTTP 429 (unsigned), by cause.", "cause", "answer");
        _refusedSigned = Causes.Select(cause => refused.WithLabels(cause, "signed")).ToArray();
        _refusedUnsigned = Causes.Select(cause => refused.WithLabels(cause, "unsigned")).ToArray();
        Admission = new AdmissionMetrics(make);
        DayFiles = new DayFileMetrics(make);
        Recon = new ReconMetrics(make);
        Cancels = new CancelMetrics(make);
        Failover = new FailoverMetrics(make);
        Pending = new PendingMetrics(make);
        _channels = new ChannelFamilies(make, _registry);
        _routes = new RouteMetrics(make);
        _inFlight = make.CreateGauge("hotpath_inflight_requests", "Calls between their last byte in and their last byte out.");
        _replays = make.CreateCounter("hotpath_idempotent_replays_total", "Calls answered from a recorded result.");

        _commits = make.CreateCounter("hotpath_journal_commits_total", "Batches written and synced.");
        _batchRecords = make.CreateHistogram(
            "hotpath_journal_batch_records", "Records in a batch.", new HistogramConfiguration { Buckets = BatchBuckets });
        _commitSeconds = make.CreateHistogram(
            "hotpath_journal_commit_seconds", "Write and sync of one batch.", new HistogramConfiguration { Buckets = CommitBuckets });
        _checkpoints = make.CreateCounter("hotpath_checkpoints_total", "Checkpoints of the index that were completed.");
        _checkpointSeconds = make.CreateHistogram(
            "hotpath_checkpoint_seconds", "Duration of a checkpoint.", new HistogramConfiguration { Buckets = SecondsBuckets });
        _trackedTrades = make.CreateGauge("hotpath_ledger_trades", "Trades and refunds in the book.");
        _diskFree = make.CreateGauge("hotpath_disk_free_bytes", "Free space where the ledger's data lies.");
        _diskFull = make.CreateGauge("hotpath_disk_full", "1 while new payments are refused for want of disk space (A001).");
        _diskSlow = make.CreateGauge("hotpath_disk_slow", "1 while new payments are refused because a commit takes too long (A001).");
        _scrubbedBytes = make.CreateCounter("hotpath_journal_scrubbed_bytes_total", "Bytes of sealed segments read again and checked.");
        _damagedSegments = make.CreateGauge("hotpath_journal_damaged_segments", "Sealed segments that were not as written when last read; anything but 0 is an alarm.");

        _institutionRequests = make.CreateCounter("hotpath_institution_requests_total", "Authenticated calls.", "inst_id");
        _keyExpiry = make.CreateGauge("hotpath_key_expiry_timestamp_seconds", "When a registered key ends, Unix seconds.", "owner", "key_id");
        Counter allocated = make.CreateCounter("hotpath_process_allocated_bytes_total", "Bytes allocated on the managed heap since the start.");
        Counter pauses = make.CreateCounter("hotpath_process_gc_pause_seconds_total", "Time the process stood still for the garbage collector.");
        _registry.AddBeforeCollectCallback(() =>
        {
            allocated.IncTo(GC.GetTotalAllocatedBytes(precise: false));
            pauses.IncTo(GC.GetTotalPauseDuration().TotalSeconds);
        });
        make.CreateGauge("hotpath_build_info", "What runs here; always 1.", "version").WithLabels(version).Set(1);
    }

    /// <summary>What admission sees and what it allows.</summary>
    public AdmissionMetrics Admission { get; }

    /// <summary>Writes every metric in Prometheus text format.</summary>
    public Task WriteTextAsync(Stream output, CancellationToken cancellationToken) =>
        _registry.CollectAndExportAsTextAsync(output, cancellationToken);

    public void RequestStarted() => _inFlight.Inc();

    public void RequestEnded() => _inFlight.Dec();

    public void Answered(BizType type, RespCode code, double seconds)
    {
        _requests[(int)type, (int)code].Inc();
        _durations[(int)type].Observe(seconds);
    }

    /// <summary>A trade became final, or was answered while PENDING.</summary>
    public void TradeReached(BizType type, TradeStatus status) => _trades[(int)type][(int)status].Inc();

    /// <summary>A refund became final, or was answered while PENDING.</summary>
    public void RefundReached(TradeStatus status) => _refunds[(int)status].Inc();

    public void Replayed() => _replays.Inc();

    public void Refused(RefusalCause cause, bool isSigned) => (isSigned ? _refusedSigned : _refusedUnsigned)[(int)cause].Inc();

    public void JournalCommitted(int records, double seconds)
    {
        _commits.Inc();
        _batchRecords.Observe(records);
        _commitSeconds.Observe(seconds);
    }

    public void CheckpointTaken(double seconds)
    {
        _checkpoints.Inc();
        _checkpointSeconds.Observe(seconds);
    }

    public void JournalScrubbed(long bytes) => _scrubbedBytes.Inc(bytes);
    public void JournalDamaged(int segments) => _damagedSegments.Set(segments);
    public void DiskFree(long bytes) => _diskFree.Set(bytes);

    public void DiskIsSlow(bool isSlow) => _diskSlow.Set(isSlow ? 1 : 0);

    public void DiskIsFull(bool isFull) => _diskFull.Set(isFull ? 1 : 0);

    public void TradesTracked(long trades) => _trackedTrades.Set(trades);

    /// <summary>A registered key and its end.</summary>
    public void KeyExpires(string owner, string keyId, long unixMs) => _keyExpiry.WithLabels(owner, keyId).Set(unixMs / 1000.0);

    /// <summary>The metrics of one institution, bound once; those beyond the first <see cref="MostInstitutions"/> are counted together.</summary>
    public InstitutionMetrics ForInstitution(string instId) =>
        new(_institutionRequests.WithLabels(Interlocked.Increment(ref _institutions) <= MostInstitutions ? instId : "other"));

    private static string Label(BizType type) => type == BizType.None ? "none" : Text(BizTypes.Name(type));

    private static string Text(ReadOnlySpan<byte> utf8) => System.Text.Encoding.UTF8.GetString(utf8);

    /// <summary>The metrics of one institution.</summary>
    public sealed class InstitutionMetrics
    {
        private readonly Counter.Child _requests;

        internal InstitutionMetrics(Counter.Child requests) => _requests = requests;

        public void Called() => _requests.Inc();
    }
}
