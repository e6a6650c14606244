using System.Diagnostics;
using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Running;

namespace HotPath.LoadTest.Scenarios;

/// <summary>
/// An institution was away, the gateway is started again, and all that it was not told is due at once (F53). Payments go on meanwhile: they are measured in the
/// first life, in which nothing is delivered, and in the second while the backlog drains.
/// </summary>
internal sealed class NotificationsDrain : Scenario
{
    private const double MaxSlowdown = 1.2;

    // Nobody listens there.
    private const string Nobody = "https://127.0.0.1:9";

    private static readonly TimeSpan DrainLimit = TimeSpan.FromMinutes(15);

    public override string Name => "notifications-drain";

    public override string Proves =>
        "Notifications that are due after a restart drain beside payments without holding them up. --payments is how many are due, --rate the payments beside them.";

    public override string Expects => "p99 of the payments during the drain is at most 1.2 times what it is without; every payment is told, and verifies.";

    public override ScenarioOptions Defaults { get; } = new() { Rate = 500, Duration = TimeSpan.FromSeconds(20), Connections = 64, Payments = 100_000 };

    public override Task RunAsync(Stage stage, CancellationToken cancel) => stage.WithFolderAsync(async data =>
    {
        var paid = new List<Lane>();
        Lane without = null!;
        await stage.WithGatewayAsync(data, ["--in-process-channel", "--channel-latency", "20ms", "--receiver-url", Nobody], async gateway =>
        {
            var filling = new Lane(stage.Sign(gateway, stage.Options.Payments), stage.Options.Connections) { Check = new AnswerCheck(gateway.Sandbox.Gateway, 1000) };
            paid.Add(filling);
            stage.Say($"{stage.Options.Payments} payments that nobody is told of");
            await stage.RunAsync(gateway, TimeSpan.FromMinutes(10), cancel, filling);
            without = await MeasureAsync(stage, gateway, "payments, nothing delivered", paid, cancel);
        }, cancel);
        await stage.WithReceiverAsync(data, receiver => stage.WithGatewayAsync(
            data, ["--in-process-channel", "--channel-latency", "20ms", "--receiver-url", receiver.Url],
            async gateway =>
            {
                long began = Stopwatch.GetTimestamp();
                Lane beside = await MeasureAsync(stage, gateway, "payments beside the drain", paid, cancel);
                double left = await BacklogAsync(gateway, cancel);
                double deliveredMeanwhile = paid.Sum(static lane => (double)lane.Paid) - left;
                double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
                stage.Say($"{deliveredMeanwhile:F0} delivered in {seconds:F0} s beside payments, {left:F0} left");
                stage.Expect("the drain goes on as long as it is measured", left > 0, $"{left:F0} wait at the end of it");
                while (await BacklogAsync(gateway, cancel) > 0 && Stopwatch.GetElapsedTime(began) < DrainLimit)
                {
                    await Task.Delay(200, cancel);
                }
                stage.Say($"drained {Stopwatch.GetElapsedTime(began).TotalSeconds:F0} s after the start");
                foreach (Finding finding in Judge(without, beside, paid.Sum(static lane => lane.Paid), receiver.Read(Stage.Institution)))
                {
                    stage.Expect(finding);
                }
            },
            cancel), cancel);
    });

    /// <summary>Told more than once is no breach: a restart in between may do that. Told less than paid, or not by the gateway, is.</summary>
    internal static IEnumerable<Finding> Judge(Lane without, Lane beside, long paid, (int Different, int All, int NotVerified) told)
    {
        yield return Payments.EveryOnePaid("every payment is paid without the drain", without);
        yield return Payments.EveryOnePaid("every payment is paid beside it", beside);
        yield return new Finding(
            FormattableString.Invariant($"payments' p99 beside the drain at most {MaxSlowdown} of without"),
            FormattableString.Invariant($"{beside.P99Ms:F1} ms, without {without.P99Ms:F1} ms: {beside.P99Ms / without.P99Ms:F2}"),
            beside.P99Ms <= MaxSlowdown * without.P99Ms);
        yield return new Finding(
            "every payment is told, and verifies", $"{told.Different} of {paid}, {told.All - told.Different} of them again, {told.NotVerified} not verified",
            told.Different == paid && paid > 0 && told.NotVerified == 0);
    }

    private static async Task<Lane> MeasureAsync(Stage stage, GatewayUnderTest gateway, string what, List<Lane> paid, CancellationToken cancel)
    {
        // Payments before the measured ones count too: they are told as well.
        Lane warm = stage.Payments(gateway, stage.Options.Rate, TimeSpan.FromSeconds(4));
        await stage.RunAsync(gateway, TimeSpan.FromSeconds(4), cancel, warm);
        Lane lane = stage.Payments(gateway, stage.Options.Rate, stage.Options.Duration);
        paid.AddRange([warm, lane]);
        Measurement.Result result = await stage.RunAsync(gateway, stage.Options.Duration, cancel, lane);
        stage.Show(what, lane, result);
        stage.RequirePunctual(lane);
        return lane;
    }

    private static async Task<double> BacklogAsync(GatewayUnderTest gateway, CancellationToken cancel)
    {
        // The gauge is renewed each second.
        await Task.Delay(1100, cancel);
        return (await MetricsPage.ReadAsync(gateway.Target.Admin, cancel))?["hotpath_notify_backlog"] ?? 0;
    }
}
