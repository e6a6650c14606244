using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Running;

namespace HotPath.LoadTest.Scenarios;

/// <summary>
/// Nine institutions keep below what they are guaranteed, the tenth sends more than the machine can do. Proves section 6 of the protocol:
/// who is above his guarantee is refused first, who is below never, and hardly notices.
/// </summary>
internal sealed class OneFloodingInstitution : Scenario
{
    private const double EachOfTheNine = 40;
    private const double MaxSlowdown = 1.2;
    private const string Flooder = "HK000001";
    private static readonly string[] Nine = [.. Enumerable.Range(1, 9).Select(static i => $"CN{i:D6}")];

    public override string Name => "one-flooding-institution";

    public override string Proves => "An institution that sends more than the machine can do takes nothing from the nine that keep below their guarantee (40 payments a second each). --rate is the flood's.";

    public override string Expects => "None of the nine is refused; their p99 is at most 1.2 times what it is without the flood; of the flood some is paid and some refused.";

    // With 128 connections the flood waits for its own answers, never gets above what the machine can do, and nobody has to be refused.
    public override ScenarioOptions Defaults { get; } = new() { Rate = 4000, Duration = TimeSpan.FromSeconds(12), Connections = 512 };

    public override Task RunAsync(Stage stage, CancellationToken cancel) => stage.WithGatewayAsync(
        [.. Nine, Flooder],
        ["--in-process-channel", "--institutions", "10"],
        async gateway =>
        {
            TimeSpan duration = stage.Options.Duration;
            await stage.WarmUpAsync(gateway, cancel);
            Lane calm = stage.Payments(gateway, Nine.Length * EachOfTheNine, duration, 100, Nine);
            Measurement.Result without = await stage.RunAsync(gateway, duration, cancel, calm);
            stage.Show("the nine without the flood", calm, without);

            Lane beside = stage.Payments(gateway, Nine.Length * EachOfTheNine, duration, 100, Nine);
            Lane flood = stage.Payments(gateway, stage.Options.Rate, duration, 100, Flooder);
            Measurement.Result with = await stage.RunAsync(gateway, duration, cancel, beside, flood);
            stage.Show("the nine beside the flood", beside, with);
            stage.Show("the flood", flood, with);
            stage.RequirePunctual(calm);
            stage.RequirePunctual(beside);

            foreach (Finding finding in Judge(calm, beside, flood))
            {
                stage.Expect(finding);
            }
        },
        cancel);

    /// <summary>A flood that nobody had to refuse says nothing about who is refused first; one of which nothing is paid was kept out by something else.</summary>
    internal static IEnumerable<Finding> Judge(Lane calm, Lane beside, Lane flood)
    {
        yield return Payments.EveryOnePaid("all of the nine are paid without the flood", calm);
        yield return Payments.EveryOnePaid("none of the nine is refused beside it", beside);
        yield return new Finding(
            FormattableString.Invariant($"the nine's p99 with the flood at most {MaxSlowdown} of without"),
            FormattableString.Invariant($"{beside.P99Ms:F1} ms, without {calm.P99Ms:F1} ms: {beside.P99Ms / calm.P99Ms:F2}"),
            beside.P99Ms <= MaxSlowdown * calm.P99Ms);
        string others = flood.Others(RespCodes.Success, RespCodes.Processing, RespCodes.SystemBusy, RespCodes.TooManyRequests);
        yield return new Finding("the flood is paid or refused with A001 and 429", others.Length == 0 ? "nothing else" : others, others.Length == 0);
        long refused = flood.Count(RespCodes.SystemBusy) + flood.Count(RespCodes.TooManyRequests);
        yield return new Finding("the flood is more than the machine can do: some of it is refused", FormattableString.Invariant($"{refused} of {flood.Record.Offered}"), refused > 0);
        yield return new Finding("and some of it is paid", FormattableString.Invariant($"{flood.Paid} of {flood.Record.Offered}"), flood.Paid > 0);
    }
}
