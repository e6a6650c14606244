using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Running;

namespace HotPath.LoadTest.Scenarios;

/// <summary>
/// The clearing system is slow: first as slow as just fits the gateway's budget of 2.5 s, then slower. Proves that nobody waits longer than
/// chapter 6.1's 3 s, and that what was answered 0001 is found paid afterwards. Over the simulator behind HTTP, which keeps books.
/// </summary>
internal sealed class SlowChannel : Scenario
{
    private const double MaxMs = 3000;
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(40);

    public override string Name => "slow-channel";

    public override string Proves => "A channel slower than the time budget costs nobody his answer and loses no trade: 0001 in time, the result later.";

    public override string Expects => "Only 0000 and 0001, each within 3 s; every trade SUCCESS when queried afterwards; with the slower channel some 0001.";

    public override ScenarioOptions Defaults { get; } = new() { Rate = 20, Duration = TimeSpan.FromSeconds(10), Connections = 256 };

    public override async Task RunAsync(Stage stage, CancellationToken cancel)
    {
        await WithLatencyAsync(stage, "1500ms", isBeyondBudget: false, cancel);
        await WithLatencyAsync(stage, "4s", isBeyondBudget: true, cancel);
    }

    private static Task WithLatencyAsync(Stage stage, string latency, bool isBeyondBudget, CancellationToken cancel) => stage.WithGatewayAsync(
        ["--channel-latency", latency],
        async gateway =>
        {
            Lane lane = stage.Payments(gateway, stage.Options.Rate, stage.Options.Duration, verifyEvery: 1);
            Measurement.Result result = await stage.RunAsync(gateway, stage.Options.Duration, cancel, lane);
            stage.Show($"channel of {latency}", lane, result);
            // The generator's own milliseconds are in it, on the safe side: the limit is one of seconds.
            double max = Latency.Of(lane.Record.FromIntended).Max;
            stage.Expect($"channel of {latency}: every answer within {MaxMs} ms", max <= MaxMs, $"slowest {max:F0} ms");
            string others = lane.Others(RespCodes.Success, RespCodes.Processing);
            stage.Expect($"channel of {latency}: only 0000 and 0001", others.Length == 0, $"{(others.Length == 0 ? "nothing else" : others)}");
            if (isBeyondBudget)
            {
                stage.Expect($"channel of {latency}: some are told 0001", lane.Count(RespCodes.Processing) > 0, $"{lane.Count(RespCodes.Processing)} of {lane.Record.Done}");
            }
            IReadOnlyDictionary<string, int> statuses = await SettledAsync(gateway, lane.Record, cancel);
            int paid = statuses.GetValueOrDefault("SUCCESS");
            stage.Expect($"channel of {latency}: every trade is found paid", paid == lane.Record.Trades.Count && paid > 0, $"{string.Join(", ", statuses.Select(static pair => $"{pair.Value} {pair.Key}"))}");
        },
        cancel);

    // The trades' statuses once none is PENDING any more, or when the time for that is over.
    private static async Task<IReadOnlyDictionary<string, int>> SettledAsync(GatewayUnderTest gateway, RunRecord record, CancellationToken cancel)
    {
        var audit = new TradeAudit(gateway.Sandbox.Endpoint, gateway.Sandbox.Signers, gateway.Sandbox.Gateway, TimeProvider.System);
        long until = Pacer.Now + (long)SettleLimit.TotalNanoseconds;
        while (true)
        {
            IReadOnlyDictionary<string, int> statuses = await audit.StatusesAsync(record, cancel);
            if (!statuses.ContainsKey("PENDING") || Pacer.Now > until)
            {
                return statuses;
            }
            await Task.Delay(TimeSpan.FromSeconds(2), cancel);
        }
    }
}
