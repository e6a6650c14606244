using System.Diagnostics;
using HdrHistogram;
using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Running;

namespace HotPath.LoadTest.Scenarios;

/// <summary>
/// Ten institutions pay, each with a receiver in a process of its own. Then one of these stands still (it takes connections and answers nothing) and another one is gone
/// (its port refuses). Proves that neither delays what the other eight are told, nor anybody's payments.
/// </summary>
internal sealed class DeadReceivers : Scenario
{
    private const double MaxToldSlowdown = 1.5;
    private const double MaxPaymentSlowdown = 1.2;

    // The feed looks every 10 ms and makes a portion of what it finds: below this a difference is where in those 10 ms a payment fell.
    private const double FloorMs = 20;

    private const string Hung = "CN000008";
    private const string Gone = "CN000009";

    private static readonly string[] Eight = ["CN000001", "HK000001", .. Enumerable.Range(2, 6).Select(static i => $"CN{i:D6}")];
    private static readonly string[] Ten = [.. Eight, Hung, Gone];

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan ArrivalLimit = TimeSpan.FromSeconds(30);

    public override string Name => "dead-receivers";

    public override string Proves =>
        "Of ten institutions one that takes connections and never answers, and one that refuses them, delay neither what the other eight are told nor anybody's payments. --rate is the payments of all ten.";

    public override string Expects =>
        "From a payment's answer to its notification: p50 and p99 of the eight at most 1.5 times what they are while all ten are well (counted as 20 ms where less); the payments' p99 at most 1.2 times; each of the eight's trades told.";

    // Well below the 100 a second that notifications are never kept under: above it they step back for a machine that is busy, and that is another question.
    public override ScenarioOptions Defaults { get; } = new() { Rate = 60, Duration = TimeSpan.FromSeconds(40), Connections = 64 };

    public override Task RunAsync(Stage stage, CancellationToken cancel) => stage.WithFolderAsync(async data =>
    {
        // Receivers show the sandbox's certificate, and it must know where they are when it starts: a life before makes the one for the other.
        await stage.WithGatewayAsync(data, ["--in-process-channel", "--institutions", "10"], static _ => Task.CompletedTask, cancel, Ten);
        await stage.WithReceiversAsync(data, Ten, receivers => stage.WithGatewayAsync(
            data,
            [
                "--in-process-channel", "--channel-latency", "20ms", "--institutions", "10", "--receiver-url", receivers[Ten[0]].Url,
                .. Ten.SelectMany(institution => (string[])["--receiver-url-of", $"{institution}={receivers[institution].Url}"]),
            ],
            async gateway =>
            {
                await MeasureAsync(stage, gateway, receivers, "all are well, to warm up", WarmUp, cancel);
                Told calm = await MeasureAsync(stage, gateway, receivers, "all are well", stage.Options.Duration, cancel);
                await receivers[Hung].HangAsync();
                await receivers[Gone].KillAsync();
                Told beside = await MeasureAsync(stage, gateway, receivers, "one hangs, one refuses", stage.Options.Duration, cancel);
                stage.RequirePunctual(calm.Payments);
                stage.RequirePunctual(beside.Payments);
                foreach (Finding finding in Judge(calm, beside))
                {
                    stage.Expect(finding);
                }
            },
            cancel, Ten), cancel);
    });

    internal static IEnumerable<Finding> Judge(Told calm, Told beside)
    {
        yield return Payments.EveryOnePaid("every payment is paid while all are well", calm.Payments);
        yield return Payments.EveryOnePaid("every payment is paid while two are not", beside.Payments);
        yield return EveryOneTold("each of the eight's trades is told while all are well", calm);
        yield return EveryOneTold("and while two are not", beside);
        // A phase in which they are well after all measures nothing.
        yield return new Finding(
            "the other two are told while they are well, and nothing afterwards", $"{calm.ArrivedAtOthers} arrived, then {beside.ArrivedAtOthers}",
            calm.ArrivedAtOthers > 0 && beside.ArrivedAtOthers == 0);
        yield return Slowdown("p50", calm.P50Ms, beside.P50Ms);
        yield return Slowdown("p99", calm.P99Ms, beside.P99Ms);
        double payments = beside.Payments.P99Ms / calm.Payments.P99Ms;
        yield return new Finding(
            FormattableString.Invariant($"payments' p99 at most {MaxPaymentSlowdown} of before"),
            FormattableString.Invariant($"{beside.Payments.P99Ms:F1} ms, before {calm.Payments.P99Ms:F1} ms: {payments:F2}"),
            payments <= MaxPaymentSlowdown);
    }

    private static Finding EveryOneTold(string what, Told told) =>
        new(what, $"{told.Arrived} of {told.Paid}, {told.NotVerified} not verified", told.Paid > 0 && told.Arrived == told.Paid && told.NotVerified == 0);

    private static Finding Slowdown(string percentile, double calmMs, double besideMs)
    {
        double ratio = Math.Max(FloorMs, besideMs) / Math.Max(FloorMs, calmMs);
        return new Finding(
            FormattableString.Invariant($"the eight's {percentile} from answer to notification at most {MaxToldSlowdown} of before"),
            FormattableString.Invariant($"{besideMs:F1} ms, before {calmMs:F1} ms: {ratio:F2}"),
            ratio <= MaxToldSlowdown);
    }

    private static async Task<Told> MeasureAsync(
        Stage stage, GatewayUnderTest gateway, IReadOnlyDictionary<string, ReceiverUnderTest> receivers, string phase, TimeSpan duration, CancellationToken cancel)
    {
        var times = new AnswerTimes(TimeProvider.System);
        ArrivalSchedule schedule = stage.Poisson(stage.Options.Rate);
        var lane = new Lane(stage.Sign(gateway, schedule.AtMost(duration), Ten), stage.Options.Connections)
        {
            Arrivals = schedule,
            Check = new AnswerCheck(gateway.Sandbox.Gateway, 100, Times: times),
        };
        Measurement.Result result = await stage.RunAsync(gateway, duration, cancel, lane);
        stage.Show(phase, lane, result);
        long began = Stopwatch.GetTimestamp();
        Told told = Told.Of(lane, times, receivers);
        while (told.Arrived < told.Paid && Stopwatch.GetElapsedTime(began) < ArrivalLimit)
        {
            await Task.Delay(500, cancel);
            told = Told.Of(lane, times, receivers);
        }
        stage.Say($"{phase}: {told.Arrived} of {told.Paid} trades of the eight told, p50 {told.P50Ms:F1} p99 {told.P99Ms:F1} max {told.MaxMs:F1} ms after their payments' answers; {told.ArrivedAtOthers} of the other two");
        return told;
    }

    /// <summary>What became of a phase's payments, and of the notifications that follow from them.</summary>
    /// <param name="Payments">Of all ten.</param>
    /// <param name="Paid">Of the eight, as they were answered.</param>
    /// <param name="ArrivedAtOthers">Of the other two.</param>
    internal sealed record Told(Lane Payments, long Paid, long ArrivedAtOthers)
    {
        /// <summary>Microseconds from the answer of a payment of the eight to its first notification; one that came before the answer took none.</summary>
        public LongHistogram Delays { get; } = new(3_600_000_000, 3);

        public long Arrived => Delays.TotalCount;

        public int NotVerified { get; init; }

        public double P50Ms => Latency.Of(Delays).P50;

        public double P99Ms => Latency.Of(Delays).P99;

        public double MaxMs => Latency.Of(Delays).Max;

        internal static Told Of(Lane lane, AnswerTimes times, IReadOnlyDictionary<string, ReceiverUnderTest> receivers)
        {
            long ArrivedAt(string institution) => receivers[institution].ReadArrivals(institution).Keys.Count(id => times.Times.ContainsKey(AnswerTimes.KeyOf(institution, id[1..])));
            var told = new Told(lane, times.Times.Keys.Count(static key => Eight.Contains(key.Split(' ')[0])), ArrivedAt(Hung) + ArrivedAt(Gone))
            {
                NotVerified = Eight.Sum(institution => receivers[institution].Read(institution).NotVerified),
            };
            foreach (string institution in Eight)
            {
                foreach ((string id, DateTimeOffset at) in receivers[institution].ReadArrivals(institution))
                {
                    if (times.Times.TryGetValue(AnswerTimes.KeyOf(institution, id[1..]), out DateTimeOffset answered))
                    {
                        told.Delays.RecordValue(Math.Max(0, (long)(at - answered).TotalMicroseconds));
                    }
                }
            }
            return told;
        }
    }
}
