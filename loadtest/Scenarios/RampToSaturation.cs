using HotPath.LoadTest.Measuring;

namespace HotPath.LoadTest.Scenarios;

/// <summary>
/// The rate goes up by a fifth from step to step until the gateway no longer keeps up twice in a row. Finds the knee: the largest rate at
/// which 99 % are paid and the gateway adds at most 100 ms to the channel's p99. Generator and gateway share the machine, so it is the knee of both.
/// </summary>
internal sealed class RampToSaturation : Scenario
{
    private const double StepFactor = 1.2;
    private const int MaxSteps = 24;
    private const double MaxAddedMs = 100;

    // The in-process channel: lognormal, mean 20 ms, deviation of the logarithm 0.35. Its p99 is 2.12 times its mean.
    private const double ChannelP99Ms = 20 * 2.12;

    public override string Name => "ramp-to-saturation";

    public override string Proves => "Finds the knee: the largest rate at which the gateway keeps up. --rate is the first step.";

    public override string Expects => "The first step holds (99 % paid, p99 at most 100 ms above the channel's), and a later one does not.";

    public override ScenarioOptions Defaults { get; } = new() { Rate = 1000, Duration = TimeSpan.FromSeconds(5), Connections = 128 };

    public override Task RunAsync(Stage stage, CancellationToken cancel) => stage.WithGatewayAsync(
        ["--in-process-channel"],
        async gateway =>
        {
            await stage.WarmUpAsync(gateway, cancel);
            var curve = new List<LoadPoint>();
            stage.Say($"     rate  paid/s   paid  added p99   p50 ms  p99 ms  generator's lag p99, ms");
            bool isOver = false;
            for (double rate = stage.Options.Rate; curve.Count < MaxSteps && !isOver; rate *= StepFactor)
            {
                LoadPoint point = await StepAsync(stage, gateway, rate, cancel);
                isOver = !point.Holds(MaxAddedMs) && curve.Count > 0 && !curve[^1].Holds(MaxAddedMs);
                curve.Add(point);
            }
            LoadPoint? knee = Knee.Of(curve, MaxAddedMs);
            stage.Expect("a knee between the first step and the last", knee is not null && isOver, $"{(knee is { } found ? FormattableString.Invariant($"knee {found.Rate:F0}/s") : "no step held")}");
        },
        cancel);

    private static async Task<LoadPoint> StepAsync(Stage stage, GatewayUnderTest gateway, double rate, CancellationToken cancel)
    {
        Lane lane = stage.Payments(gateway, rate, stage.Options.Duration);
        Measurement.Result result = await stage.RunAsync(gateway, stage.Options.Duration, cancel, lane);
        double share = lane.Paid / (double)Math.Max(1, lane.Record.Offered);
        var latency = Latency.Of(lane.Record.FromIntended);
        var point = new LoadPoint(rate, share, latency.P99 - ChannelP99Ms);
        stage.Say($"{rate,9:F0} {lane.Paid / result.Seconds,7:F0} {share,6:P1} {point.AddedP99Ms,10:F1} {latency.P50,8:F1} {latency.P99,7:F1} {Latency.Of(lane.Record.SendLag).P99,8:F1}  {(point.Holds(MaxAddedMs) ? "" : "does not hold")}");
        return point;
    }
}
