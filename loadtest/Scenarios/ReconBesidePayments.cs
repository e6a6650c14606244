using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Running;

namespace HotPath.LoadTest.Scenarios;

/// <summary>
/// Yesterday's reconciliation file is built while today's customers pay. First alone (rows a second, memory), then again and again beside payments, whose p99 is held
/// against what it is without.
/// </summary>
internal sealed class ReconBesidePayments : Scenario
{
    private const double LeastRowsPerSecond = 300_000;
    private const double MostExtraMegabytes = 100;
    private const double MostTimesP99 = 1.5;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    public override string Name => "recon-beside-payments";

    public override string Proves => "A reconciliation file of a large day is built fast, in little memory, and payments hardly feel it. --rate is the payments' of today, --payments yesterday's.";

    public override string Expects => "At least 300,000 rows/s and at most 100 MB more memory when it is built alone; beside it every payment is paid, and their p99 is at most 1.5 times theirs without.";

    public override ScenarioOptions Defaults { get; } = new() { Rate = 1000, Duration = TimeSpan.FromSeconds(8), Connections = 64, Payments = 1_000_000 };

    public override Task RunAsync(Stage stage, CancellationToken cancel) => stage.WithBookOfYesterdayAsync(
        async gateway =>
        {
            using var http = new HttpClient { BaseAddress = gateway.Target.Admin };
            http.DefaultRequestHeaders.Add("X-HotPath-Admin", "loadtest");
            // The file of the first start. The builds that are measured are the ones that hold it against what it is: the same work, and a comparison.
            await BuildAsync(http, () => { }, cancel);
            TimeSpan duration = stage.Options.Duration;
            await stage.WarmUpAsync(gateway, cancel);

            double before = gateway.Server.ResidentBytes() / 1e6;
            double most = before;
            BuildOf build = await BuildAsync(http, () => most = Math.Max(most, gateway.Server.ResidentBytes() / 1e6), cancel);
            double rowsPerSecond = stage.Options.Payments / build.Seconds;
            stage.Expect($"at least {LeastRowsPerSecond:N0} rows/s", rowsPerSecond >= LeastRowsPerSecond && build.IsSame, $"{rowsPerSecond:F0} rows/s in {build.Seconds:F2} s{(build.IsSame ? "" : ", and the file is another than before")}");
            stage.Expect($"at most {MostExtraMegabytes} MB more memory", most - before <= MostExtraMegabytes, $"{most - before:F0} MB more than {before:F0}");

            Lane without = stage.Payments(gateway, stage.Options.Rate, duration);
            stage.Show("payments without", without, await stage.RunAsync(gateway, duration, cancel, without));
            Lane beside = stage.Payments(gateway, stage.Options.Rate, duration);
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            Task<List<BuildOf>> building = BuildUntilAsync(http, over.Token);
            Measurement.Result result = await stage.RunAsync(gateway, duration, cancel, beside);
            await over.CancelAsync();
            List<BuildOf> builds = await building;
            stage.Show("payments beside", beside, result);
            stage.Say($"beside payments: {builds.Count} builds, {stage.Options.Payments * (long)builds.Count / Math.Max(0.001, builds.Sum(static one => one.Seconds)):F0} rows/s");
            stage.RequirePunctual(without);
            stage.RequirePunctual(beside);
            foreach (Finding finding in Judge(without, beside, builds.Count))
            {
                stage.Expect(finding);
            }
        },
        cancel);

    internal static IEnumerable<Finding> Judge(Lane without, Lane beside, int builds)
    {
        yield return Payments.EveryOnePaid("every payment is paid, without", without);
        yield return Payments.EveryOnePaid("every payment is paid, beside", beside);
        yield return new Finding("files were built meanwhile", $"{builds}", builds > 0);
        yield return new Finding(
            FormattableString.Invariant($"p99 beside at most {MostTimesP99} times that without"),
            FormattableString.Invariant($"{beside.P99Ms:F1} of {without.P99Ms:F1} ms: {beside.P99Ms / without.P99Ms:F2}"), beside.P99Ms <= MostTimesP99 * without.P99Ms);
    }

    private static async Task<List<BuildOf>> BuildUntilAsync(HttpClient http, CancellationToken over)
    {
        var builds = new List<BuildOf>();
        while (!over.IsCancellationRequested)
        {
            // One that has begun is waited for: it was beside the payments too, mostly.
            builds.Add(await BuildAsync(http, () => { }, CancellationToken.None));
        }
        return builds;
    }

    private static async Task<BuildOf> BuildAsync(HttpClient http, Action look, CancellationToken cancel)
    {
        long began = Stopwatch.GetTimestamp();
        using HttpResponseMessage begun = await http.PostAsync(new Uri($"/recon/build?date={BookOfYesterday.Date}&inst={Stage.Institution}", UriKind.Relative), null, cancel);
        begun.EnsureSuccessStatusCode();
        int run = Read(await begun.Content.ReadAsStringAsync(cancel), "run");
        while (true)
        {
            string state = await http.GetStringAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"/recon/build?run={run}"), UriKind.Relative), cancel);
            look();
            if (JsonDocument.Parse(state).RootElement.GetProperty("over").GetBoolean())
            {
                return new BuildOf(Stopwatch.GetElapsedTime(began).TotalSeconds, Read(state, "same") == Read(state, "files"));
            }
            await Task.Delay(Look, cancel);
        }
    }

    private static int Read(string json, string name) => JsonDocument.Parse(json).RootElement.GetProperty(name).GetInt32();

    /// <summary>One building of the day's two files, of which the one of refunds has no rows.</summary>
    private readonly record struct BuildOf(double Seconds, bool IsSame);
}
