using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Running;

namespace HotPath.LoadTest.Scenarios;

/// <summary>
/// One of two channels hangs (its process stands still: connections stay open, nothing is answered) while both are offered payments. Proves the specification's
/// 3.1 and 4.4 at the worst moment: who pays by the other channel notices nothing, who pays by the hung one is answered in time, and the gateway's memory is bounded.
/// </summary>
internal sealed class HungChannel : Scenario
{
    private const double MaxSlowdown = 1.2;
    private const double MinShare = 0.95;
    private const double MaxMs = 3000;
    private const double MaxRefusalMs = 5;

    // Slow after 10 s, five in a row, and the generator's and the clock's own fractions.
    private const int MaxSecondsToOpen = 12;

    // Its open calls, their connections and slots: 4,096 are in flight at most.
    private const double MaxGrowthMegabytes = 500;

    // Of the sandbox's channel: channels[].max_in_flight, which it leaves at its default. Beyond them nothing is put in doubt: A001, and 429 beyond the signed ones.
    private const int CreditsOfHung = 4096;

    // Every call that waits for its 0001 holds one, and the refusals between want a free one.
    private const int ConnectionsOfHung = 4600;

    // A connection's first request costs more than its second: these have many.
    private const int ConnectionsOfRefused = 32;

    private static readonly TimeSpan SettleLimit = TimeSpan.FromMinutes(5);

    public override string Name => "hung-channel";

    public override string Proves => "A channel that hangs costs the other channel's payments nothing and its own an answer in time; memory stays bounded. --rate is that of both channels, half each.";

    public override string Expects =>
        "The other channel's p99 is at most 1.2 times what it is while both work, as many of them paid. The hung one's: 0001 (A001 beyond its credits) within 3 s until the breaker opens, then A002 within 5 ms (p99).";

    public override ScenarioOptions Defaults { get; } = new() { Rate = 10_000, Duration = TimeSpan.FromSeconds(14), Connections = 256 };

    public override Task RunAsync(Stage stage, CancellationToken cancel) => stage.WithClearingAsync("20ms", clearing => stage.WithGatewayAsync(
        ["--sign-type", "ES256", "--in-process-channel", "--channel-latency", "20ms", "--drill-channel-url", clearing.Url],
        async gateway =>
        {
            double rate = stage.Options.Rate;
            await stage.WarmUpAsync(gateway, cancel);
            await MeasureAsync(stage, gateway, clearing, "both work, to warm up", rate, ConnectionsOfHung, cancel);
            (Lane calm, _) = await MeasureAsync(stage, gateway, clearing, "both work", rate, ConnectionsOfHung, cancel);
            await clearing.HangAsync();
            (Lane beside, Lane hung) = await MeasureAsync(stage, gateway, clearing, "one hangs", rate, ConnectionsOfHung, cancel);
            (Lane after, Lane alone) = await MeasureAsync(stage, gateway, clearing, "one is left alone", rate, stage.Options.Connections, cancel);
            // At the full rate a refusal waits for a core as everybody does; this is what it takes by itself.
            (_, Lane slowly) = await MeasureAsync(stage, gateway, clearing, "one is left alone, a tenth of the rate", rate / 10, ConnectionsOfRefused, cancel);
            await clearing.GoOnAsync();
            foreach (Finding finding in (Finding[])[.. JudgeOther("while one hangs", calm, beside), .. JudgeOther("while it is left alone", calm, after), .. JudgeHung(hung), .. JudgeAlone(alone, slowly)])
            {
                stage.Expect(finding);
            }
            stage.Expect(JudgeMemory(calm, beside));
            await stage.ExpectNoPendingAsync(gateway, SettleLimit, cancel);
        },
        cancel), cancel);

    internal static IEnumerable<Finding> JudgeOther(string when, Lane calm, Lane other)
    {
        // More is offered than a small machine can do, and what is refused then is refused whether a channel hangs or not.
        static double ShareOf(Lane lane) => lane.Paid / (double)Math.Max(1, lane.Record.Offered);
        string others = other.Others(RespCodes.Success, RespCodes.SystemBusy, RespCodes.TooManyRequests);
        yield return new Finding(
            FormattableString.Invariant($"{when}, the other channel's payments are paid as before"),
            FormattableString.Invariant($"{ShareOf(other):P1}, before {ShareOf(calm):P1}{(others.Length == 0 ? "" : "; " + others)}"),
            others.Length == 0 && other.Paid > 0 && ShareOf(other) >= MinShare * ShareOf(calm));
        yield return new Finding(
            FormattableString.Invariant($"{when}, the other channel's p99 is at most {MaxSlowdown} of before"),
            FormattableString.Invariant($"{other.P99Ms:F1} ms, before {calm.P99Ms:F1} ms: {other.P99Ms / calm.P99Ms:F2}"),
            other.P99Ms <= MaxSlowdown * calm.P99Ms);
    }

    internal static IEnumerable<Finding> JudgeHung(Lane hung)
    {
        // B001: its process takes no more connections at some time, so that nothing was sent. 0000: on their way when it was stopped.
        string others = hung.Others(RespCodes.Success, RespCodes.Processing, RespCodes.SystemBusy, RespCodes.ServiceUnavailable, RespCodes.TradeTimeout, RespCodes.TooManyRequests);
        yield return new Finding("the hung channel's payments are in doubt, certainly not sent, or refused", others.Length == 0 ? $"{hung.Count(RespCodes.Processing)} told 0001" : others, others.Length == 0 && hung.Count(RespCodes.Processing) > 0);
        // A refusal for capacity stands for a credit that is taken: of as many as there are, each was told what became of it.
        long told = hung.Count(RespCodes.Processing) + hung.Count(RespCodes.TradeTimeout) + hung.Count(RespCodes.Success);
        long refused = hung.Count(RespCodes.SystemBusy) + hung.Count(RespCodes.TooManyRequests);
        yield return new Finding(
            "none refused for capacity while it has credits", FormattableString.Invariant($"{told} told 0001 or B001, {refused} refused"), refused == 0 || told >= CreditsOfHung);
        // From the sending: where more is offered than can be done, an arrival waits for a connection of the generator first.
        double max = Latency.Of(hung.Record.FromSend).Max;
        yield return new Finding(FormattableString.Invariant($"each answered within {MaxMs} ms"), FormattableString.Invariant($"slowest {max:F0} ms"), max <= MaxMs);
        int? opened = hung.Record.Timeline.FirstOrDefault(static second => second.Codes.ContainsKey(RespCodes.ServiceUnavailable))?.Second;
        yield return new Finding(FormattableString.Invariant($"left alone within {MaxSecondsToOpen} s"), opened is null ? "never" : $"in second {opened}", opened <= MaxSecondsToOpen);
    }

    internal static IEnumerable<Finding> JudgeAlone(Lane alone, Lane slowly)
    {
        string others = alone.Others(RespCodes.ServiceUnavailable);
        yield return new Finding("left alone, its payments are told A002", others.Length == 0 ? $"{alone.Record.Offered} of them, p99 {alone.P99Ms:F1} ms at the full rate" : others, others.Length == 0 && alone.Record.Offered > 0);
        yield return new Finding(
            FormattableString.Invariant($"within {MaxRefusalMs} ms (p99, at a tenth of the rate)"), FormattableString.Invariant($"{slowly.P99Ms:F1} ms"),
            slowly.P99Ms <= MaxRefusalMs && slowly.Count(RespCodes.ServiceUnavailable) > 0);
    }

    internal static Finding JudgeMemory(Lane calm, Lane beside)
    {
        static double Most(Lane lane) => lane.Record.Timeline.Max(static second => second.ResidentMegabytes ?? 0);
        double growth = Most(beside) - Most(calm);
        return new Finding(
            FormattableString.Invariant($"a hung channel takes at most {MaxGrowthMegabytes} MB"), FormattableString.Invariant($"{growth:F0} MB more than before, {Most(beside):F0} in all"),
            growth <= MaxGrowthMegabytes);
    }

    private static async Task<(Lane Other, Lane Hung)> MeasureAsync(
        Stage stage, GatewayUnderTest gateway, ClearingUnderTest clearing, string phase, double rate, int connections, CancellationToken cancel)
    {
        TimeSpan duration = stage.Options.Duration;
        Lane other = stage.Payments(gateway, rate / 2, duration);
        Lane hung = stage.PaymentsByDrillChannel(gateway, rate / 2, duration, connections);
        Measurement.Result result = await stage.RunAsync(gateway, duration, cancel, other, hung);
        clearing.Cleared(hung.Record);
        stage.Show($"{phase}, the other channel", other, result);
        stage.Show($"{phase}, this one", hung, result);
        stage.RequirePunctual(other);
        return (other, hung);
    }
}
