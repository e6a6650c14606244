using HdrHistogram;
using HotPath.LoadTest.Measuring;

namespace HotPath.LoadTest.Scenarios;

/// <summary>
/// An ordinary day: independent customers at a rate well below the knee. Proves that chapter 6.1's times are kept and that every payment
/// gets an outcome, with a channel that takes 20 ms in the mean.
/// </summary>
internal sealed class SteadyPay : Scenario
{
    public override string Name => "steady-pay";

    public override string Proves => "At a steady rate every payment gets its outcome in the times of chapter 6.1.";

    public override string Expects => "Only 0000 and 0001; the averages and maxima of loadtest/slo/spec-6.1.json.";

    public override ScenarioOptions Defaults { get; } = new();

    public override Task RunAsync(Stage stage, CancellationToken cancel) => stage.WithGatewayAsync(
        ["--in-process-channel"],
        async gateway =>
        {
            await stage.WarmUpAsync(gateway, cancel);
            Lane lane = stage.Payments(gateway, stage.Options.Rate, stage.Options.Duration);
            Measurement.Result result = await stage.RunAsync(gateway, stage.Options.Duration, cancel, lane);
            stage.Show("payments", lane, result);
            stage.RequirePunctual(lane);
            stage.Expect(Payments.EveryOnePaid("every payment is paid", lane));
            Slo slo = Slo.Read(Path.Combine(AppContext.BaseDirectory, "slo", "spec-6.1.json")) with { AllowedCodes = ["0000", "0001"], LargestErrorShare = 0 };
            var latencies = new Dictionary<string, LongHistogram> { ["pay"] = lane.Record.FromIntended, ["query"] = stage.Queries };
            foreach (SloVerdict verdict in SloCheck.Of(slo, new SloMeasured(latencies, lane.Record.Codes, lane.Record.Offered, result.Seconds)))
            {
                if (verdict.IsKept is { } isKept)
                {
                    stage.Expect($"{verdict.What} at most {verdict.Limit}", isKept, $"{verdict.Measured}");
                }
            }
        },
        cancel);
}
