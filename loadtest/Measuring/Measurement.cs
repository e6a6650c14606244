using System.Diagnostics;
using HotPath.LoadTest.Running;

namespace HotPath.LoadTest.Measuring;

/// <summary>The readings around the measured part of a run: gateway's CPU and metrics, generator's CPU, the clock.</summary>
internal sealed class Measurement
{
    private readonly ServerProcess? _server;
    private readonly Uri? _admin;
    private readonly long _startedAt;
    private readonly double _serverCpu;
    private readonly double _ownCpu;
    private readonly MetricsPage? _metrics;

    private Measurement(ServerProcess? server, Uri? admin, MetricsPage? metrics)
    {
        _server = server;
        _admin = admin;
        _metrics = metrics;
        _serverCpu = server?.CpuSeconds() ?? 0;
        _ownCpu = OwnCpuSeconds();
        _startedAt = Pacer.Now;
    }

    public static async Task<Measurement> StartAsync(ServerProcess? server, Uri? admin, CancellationToken cancel) =>
        new(server, admin, await MetricsPage.ReadAsync(admin, cancel));

    /// <summary>Reads everything again.</summary>
    /// <param name="payments">
    /// What the costs are divided by: payments and repetitions that got an outcome. A refusal costs a fraction of a payment, and counted as one
    /// it would make the gateway cheaper the more it refuses.
    /// </param>
    /// <param name="cancel">Ends the reading.</param>
    public async Task<Result> EndAsync(long payments, CancellationToken cancel)
    {
        double seconds = (Pacer.Now - _startedAt) / 1e9;
        double? serverCpu = _server?.CpuSeconds() - _serverCpu;
        double ownCpu = OwnCpuSeconds() - _ownCpu;
        double? resident = _server?.ResidentBytes() / 1e6;
        MetricsPage? now = await MetricsPage.ReadAsync(_admin, cancel);
        double? each = payments > 0 ? 1.0 / payments : null;
        var server = new ServerSide { CpuMicroseconds = serverCpu * 1e6 * each, ResidentMegabytes = resident };
        if (_metrics is { } before && now is { } after)
        {
            double Grown(string name) => after[name] - before[name];
            double commits = Grown("hotpath_journal_commits_total");
            server = server with
            {
                CommitsPerSecond = commits / seconds,
                RecordsPerCommit = Grown("hotpath_journal_batch_records_sum") / Math.Max(1, commits),
                CommitMilliseconds = Grown("hotpath_journal_commit_seconds_sum") * 1000 / Math.Max(1, commits),
                AllocatedBytes = (after.AllocatedBytes - before.AllocatedBytes) * each,
            };
        }
        return new Result(seconds, ownCpu * 1e6 * each, server);
    }

    internal static double OwnCpuSeconds()
    {
        using var self = Process.GetCurrentProcess();
        return self.TotalProcessorTime.TotalSeconds;
    }

    /// <summary>What was read. Without a single outcome there is no cost of one: null.</summary>
    public sealed record Result(double Seconds, double? GeneratorCpuMicroseconds, ServerSide Server)
    {
        /// <summary>The gateway's numbers with crypto set against them.</summary>
        public ServerSide Against(CryptoCost own, CryptoCost? openSsl) => Server with
        {
            Efficiency = own.PaymentMicroseconds / Server.CpuMicroseconds,
            EfficiencyToOpensslSpeed = openSsl?.PaymentMicroseconds / Server.CpuMicroseconds,
            RestMicroseconds = Server.CpuMicroseconds - own.PaymentMicroseconds,
        };
    }
}
