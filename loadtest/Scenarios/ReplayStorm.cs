using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Packing;
using HotPath.LoadTest.Running;

namespace HotPath.LoadTest.Scenarios;

/// <summary>
/// A network that was away comes back, and every till repeats what it has no answer to. Proves section 3 of the protocol: the same bytes
/// every time, for the price of a verification and a look into the book, without a signature.
/// </summary>
internal sealed class ReplayStorm : Scenario
{
    // One RSA verification and TLS are 50 µs of it.
    private const double MaxMicroseconds = 80;

    public override string Name => "replay-storm";

    public override string Proves => "Repeated requests get the first answer byte for byte, and cost no signature. --rate is of the repetitions, --payments what is repeated.";

    public override string Expects => "Every answer equals the first final one; at most 80 µs of gateway CPU a repetition.";

    public override ScenarioOptions Defaults { get; } = new() { Rate = 12_000, Duration = TimeSpan.FromSeconds(10), Connections = 128, Payments = 2000 };

    public override Task RunAsync(Stage stage, CancellationToken cancel) => stage.WithGatewayAsync(
        ["--in-process-channel"],
        async gateway =>
        {
            await stage.WarmUpAsync(gateway, cancel);
            int payments = stage.Options.Payments;
            Pack pack = stage.Sign(gateway, payments);
            var firsts = new FirstAnswers(payments);
            var check = new AnswerCheck(gateway.Sandbox.Gateway, 100, firsts);
            var paying = new Lane(pack, stage.Options.Connections) { Check = check };
            await stage.RunAsync(gateway, TimeSpan.FromMinutes(2), cancel, paying);
            stage.Expect("every payment has its final answer", firsts.Known == payments, $"{firsts.Known} of {payments}");

            // Its own warm-up: this is another way through the gateway than a payment's.
            await StormAsync(TimeSpan.FromSeconds(6));
            (Lane storm, Measurement.Result result) = await StormAsync(stage.Options.Duration);
            stage.Show("repetitions", storm, result);
            stage.RequirePunctual(storm);
            stage.Expect("every repetition is answered, and as the first time", storm.Record.Done == storm.Record.Offered && storm.Record.Mismatches.Count == 0 && storm.Others(RespCodes.Success).Length == 0, $"{storm.Count(RespCodes.Success)} of {storm.Record.Offered}, {storm.Record.Mismatches.Count} differ");
            double microseconds = result.Server.CpuMicroseconds ?? double.NaN;
            stage.Expect($"gateway CPU a repetition at most {MaxMicroseconds} µs", microseconds <= MaxMicroseconds, $"{microseconds:F0} µs");

            async Task<(Lane, Measurement.Result)> StormAsync(TimeSpan duration)
            {
                ArrivalSchedule schedule = stage.Poisson(stage.Options.Rate);
                var lane = new Lane(pack.Repeated(schedule.AtMost(duration)), stage.Options.Connections) { Arrivals = schedule, Check = check };
                return (lane, await stage.RunAsync(gateway, duration, cancel, lane));
            }
        },
        cancel);
}
