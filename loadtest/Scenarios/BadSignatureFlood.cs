using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Packing;
using HotPath.LoadTest.Running;

namespace HotPath.LoadTest.Scenarios;

/// <summary>
/// Somebody without a key sends requests as fast as he likes. A signature costs fifteen verifications, so signed refusals must not be his to
/// order: proves that they come from a budget, and what the flood does to those who pay.
/// </summary>
internal sealed class BadSignatureFlood : Scenario
{
    private const double GoodRate = 300;

    // Protocol, section 1: 300 signed refusals a second for all unauthenticated callers together, with a burst of one second; and 5 % for our clock.
    private const double SignedPerSecond = 300;
    private const double Slack = 1.05;
    private const int FloodBodies = 500;

    public override string Name => "bad-signature-flood";

    public override string Proves => "Requests with broken signatures and of unknown institutions cost the gateway few signatures. --rate is of the flood; 300 payments a second go on beside it.";

    public override string Expects => "D001 at most 300 a second, else HTTP 429; every payment beside the flood is paid.";

    public override ScenarioOptions Defaults { get; } = new() { Rate = 2000, Duration = TimeSpan.FromSeconds(12) };

    public override Task RunAsync(Stage stage, CancellationToken cancel) => stage.WithGatewayAsync(
        ["--in-process-channel"],
        async gateway =>
        {
            TimeSpan duration = stage.Options.Duration;
            await stage.WarmUpAsync(gateway, cancel);
            Lane calm = stage.Payments(gateway, GoodRate, duration);
            Measurement.Result without = await stage.RunAsync(gateway, duration, cancel, calm);
            stage.Show("payments without flood", calm, without);

            Lane beside = stage.Payments(gateway, GoodRate, duration);
            Lane flood = Flood(stage, gateway, duration);
            Measurement.Result with = await stage.RunAsync(gateway, duration, cancel, beside, flood);
            stage.Show("payments beside the flood", beside, with);
            stage.Show("flood", flood, with);
            stage.RequirePunctual(calm);
            stage.RequirePunctual(beside);
            stage.RequirePunctual(flood);
            foreach (Finding finding in Judge(calm, beside, flood, duration))
            {
                stage.Expect(finding);
            }
        },
        cancel);

    /// <param name="calm">Payments without the flood.</param>
    /// <param name="beside">Payments beside it.</param>
    /// <param name="flood">The flood.</param>
    /// <param name="duration">How long it arrived. What is answered later, while the last ones are waited for, has a budget of its own seconds.</param>
    internal static IEnumerable<Finding> Judge(Lane calm, Lane beside, Lane flood, TimeSpan duration)
    {
        int seconds = (int)Math.Ceiling(duration.TotalSeconds);
        long signed = flood.Record.Timeline.Take(seconds).Sum(static second => second.Codes.GetValueOrDefault(RespCodes.NotAuthenticated));
        yield return new Finding(
            $"at most {SignedPerSecond} signed refusals a second", $"{signed} in {seconds} s", signed <= SignedPerSecond * (seconds + 1) * Slack);
        yield return new Finding("the flood is told D001", $"{flood.Count(RespCodes.NotAuthenticated)} of {flood.Record.Offered}", flood.Count(RespCodes.NotAuthenticated) > 0);
        string others = flood.Others(RespCodes.NotAuthenticated, RespCodes.TooManyRequests);
        yield return new Finding("the rest of the flood is HTTP 429", others.Length == 0 ? "nothing else" : others, others.Length == 0);
        yield return Payments.EveryOnePaid("every payment without the flood is paid", calm);
        yield return Payments.EveryOnePaid("every payment beside the flood is paid", beside);
    }

    // The same bodies over and over: none is ever taken, so none is ever a repetition.
    private static Lane Flood(Stage stage, GatewayUnderTest gateway, TimeSpan duration)
    {
        ArrivalSchedule schedule = stage.Poisson(stage.Options.Rate);
        Pack good = stage.Sign(gateway, FloodBodies);
        Pack bad = good.WithBrokenSignatures().And(good.WithInstitution(Stage.Institution, "ZZ999999"));
        return new Lane(bad.Repeated(schedule.AtMost(duration)), stage.Options.Connections)
        {
            Arrivals = schedule,
            Check = new AnswerCheck(gateway.Sandbox.Gateway, 100),
        };
    }
}
