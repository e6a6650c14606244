using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Running;

namespace HotPath.LoadTest.Scenarios;

/// <summary>
/// Terminal ids out of a million, each payment another one, first at 70 % of the knee, then at 130 %. Proves that nothing in the gateway grows with the number
/// of users, and that overload is refused instead of breaking what is taken.
/// </summary>
internal sealed class MillionUsers : Scenario
{
    private const double Below = 0.7;
    private const double Above = 1.3;
    private const double LeastGoodput = 0.9;

    // The soak of a million payments: the heap and the index's 64 MiB were still filling before about this many (docs/performance.md).
    private const int FewestForMemory = 240_000;

    // Buffers, segments and the heap breathe by a few percent between two collections; a leak of 1 KB a payment is far more.
    private const double MaxGrowth = 1.1;

    public override string Name => "million-users";

    public override string Proves => "Users cost nothing by their number, and overload is refused. --knee is ramp-to-saturation's (or --rate is 70 % of it); --payments, over both phases, decides the length.";

    public override string Expects => "At 70 % of the knee no refusal and (with 240,000 payments or more in that phase) flat memory; at 130 % nothing but 0000, 0001, A001 and 429, and goodput of at least 0.9 of the knee.";

    public override ScenarioOptions Defaults { get; } = new() { Rate = 1400, Payments = 60_000, Connections = 256 };

    public override Task RunAsync(Stage stage, CancellationToken cancel) => stage.WithGatewayAsync(
        ["--in-process-channel"],
        async gateway =>
        {
            double knee = stage.Options.Knee ?? stage.Options.Rate / Below;
            var duration = TimeSpan.FromSeconds(stage.Options.Payments / (knee * (Below + Above)));
            stage.Say($"knee {knee:F0}/s{(stage.Options.Knee is null ? ", assumed: --rate is taken for 70 % of it" : "")}; two phases of {duration.TotalSeconds:F0} s");
            await stage.WarmUpAsync(gateway, cancel);

            Lane below = stage.Payments(gateway, Below * knee, duration);
            Measurement.Result result = await stage.RunAsync(gateway, duration, cancel, below);
            stage.Show("at 70 %", below, result);
            stage.RequirePunctual(below);
            stage.Expect(Payments.EveryOnePaid("at 70 % every payment is paid", below));
            JudgeMemory(stage, below);

            Lane above = stage.Payments(gateway, Above * knee, duration);
            result = await stage.RunAsync(gateway, duration, cancel, above);
            stage.Show("at 130 %", above, result);
            string others = above.Others(RespCodes.Success, RespCodes.Processing, RespCodes.SystemBusy, RespCodes.TooManyRequests);
            stage.Expect("at 130 % only 0000, 0001, A001 and 429", others.Length == 0, $"{(others.Length == 0 ? "nothing else" : others)}");
            // What is paid only after the last arrival came too late to count.
            double goodput = above.Record.Timeline.TakeWhile(second => second.Second < (int)duration.TotalSeconds).Average(static second => second.Paid);
            stage.Expect($"at 130 % goodput at least {LeastGoodput} of the knee", goodput >= LeastGoodput * knee, $"{goodput:F0}/s: {goodput / knee:F2}");
        },
        cancel);

    private static void JudgeMemory(Stage stage, Lane lane)
    {
        double[] resident = [.. lane.Record.Timeline.Select(static second => second.ResidentMegabytes).OfType<double>()];
        if (resident.Length == 0)
        {
            return;
        }
        (double half, double last) = (resident[resident.Length / 2], resident[^1]);
        if (lane.Record.Done < FewestForMemory)
        {
            stage.Say($"memory not judged: {half:F0} MB at half time, {last:F0} MB at the end; heap and index fill for the first {FewestForMemory} payments, so give --payments {FewestForMemory * 3} or use soak");
            return;
        }
        stage.Expect($"at 70 % memory is flat (at the end at most {MaxGrowth} of half time)", last <= MaxGrowth * half, $"{half:F0} MB, at the end {last:F0} MB");
    }
}
