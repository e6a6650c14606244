using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Running;

namespace HotPath.LoadTest.Scenarios;

/// <summary>
/// What the HTTP adapter costs: two gateways side by side, the channel of one a timer in its process, that of the other a simulator in a
/// process of its own, and the same load on one after the other. The difference between them is the adapter and the sockets under it.
/// </summary>
internal sealed class HttpChannel : Scenario
{
    private const int Rounds = 3;
    private const string ChannelLatency = "20ms";

    public override string Name => "http-channel";

    public override string Proves => "Tells what the HTTP adapter costs by itself: CPU and bytes a payment with a channel behind HTTP, minus those with a timer for one.";

    public override string Expects => "Only 0000 and 0001; the channel's books hold every paid trade once. The costs are told, and fail nothing.";

    public override ScenarioOptions Defaults { get; } = new() { Rate = 1500, Duration = TimeSpan.FromSeconds(5), Connections = 128 };

    public override async Task RunAsync(Stage stage, CancellationToken cancel) => await stage.WithClearingAsync(
        ChannelLatency,
        clearing => stage.WithGatewayAsync(
            ["--in-process-channel", "--channel-latency", ChannelLatency],
            timer => stage.WithGatewayAsync(
                ["--channel-url", clearing.Url],
                http => CompareAsync(stage, new Side("timer", timer, null), new Side("HTTP", http, clearing), cancel),
                cancel),
            cancel),
        cancel);

    private static async Task CompareAsync(Stage stage, Side timer, Side http, CancellationToken cancel)
    {
        await WarmUpAsync(stage, timer, cancel);
        await WarmUpAsync(stage, http, cancel);
        var pairs = new List<Pair>();
        for (int round = 0; round < Rounds; round++)
        {
            // A B B A: what drifts over a round (other tenants, the clock rate) falls on both alike.
            Cost first = await MeasureAsync(stage, timer, cancel);
            pairs.Add(new Pair(first, await MeasureAsync(stage, http, cancel)));
            Cost second = await MeasureAsync(stage, http, cancel);
            pairs.Add(new Pair(await MeasureAsync(stage, timer, cancel), second));
        }
        stage.Say($"median of {pairs.Count} pairs     µs CPU a payment  bytes a payment  p50 ms");
        Tell(stage, "timer", pairs, static pair => pair.Timer);
        Tell(stage, "HTTP", pairs, static pair => pair.Http);
        Tell(stage, "HTTP minus timer", pairs, static pair => pair.Difference);
    }

    // Twice a phase: the adapter's methods must be compiled for good before they are measured.
    private static async Task WarmUpAsync(Stage stage, Side side, CancellationToken cancel)
    {
        TimeSpan twice = stage.Options.Duration * 2;
        Lane lane = stage.Payments(side.Gateway, stage.Options.Rate, twice);
        await Phase.RunAsync(side.Gateway.Target, twice, [lane], cancel);
        side.Clearing?.Cleared(lane.Record);
    }

    private static async Task<Cost> MeasureAsync(Stage stage, Side side, CancellationToken cancel)
    {
        Lane lane = stage.Payments(side.Gateway, stage.Options.Rate, stage.Options.Duration);
        Measurement.Result result = await stage.RunAsync(side.Gateway, stage.Options.Duration, cancel, lane);
        side.Clearing?.Cleared(lane.Record);
        stage.Show(side.Name, lane, result);
        stage.RequirePunctual(lane);
        string others = lane.Others(RespCodes.Success, RespCodes.Processing);
        if (others.Length > 0)
        {
            stage.Expect($"{side.Name}: only 0000 and 0001", false, $"{others}");
        }
        var cost = new Cost(result.Server.CpuMicroseconds ?? 0, result.Server.AllocatedBytes ?? 0, Latency.Of(lane.Record.FromIntended).P50);
        stage.Say($"  {cost.CpuMicroseconds:F1} µs, {cost.AllocatedBytes:F0} bytes");
        return cost;
    }

    private static void Tell(Stage stage, string name, IReadOnlyList<Pair> pairs, Func<Pair, Cost> of)
    {
        double MedianOf(Func<Cost, double> figure) => Median.Of(pairs.Select(pair => figure(of(pair))));
        stage.Say($"{name,-22} {MedianOf(static cost => cost.CpuMicroseconds),17:F1} {MedianOf(static cost => cost.AllocatedBytes),16:F0} {MedianOf(static cost => cost.P50Ms),7:F1}");
    }

    private sealed record Side(string Name, GatewayUnderTest Gateway, ClearingUnderTest? Clearing);

    /// <summary>Of one phase, a payment.</summary>
    private readonly record struct Cost(double CpuMicroseconds, double AllocatedBytes, double P50Ms);

    /// <summary>Two phases one after the other.</summary>
    private readonly record struct Pair(Cost Timer, Cost Http)
    {
        public Cost Difference => new(
            Http.CpuMicroseconds - Timer.CpuMicroseconds, Http.AllocatedBytes - Timer.AllocatedBytes, Http.P50Ms - Timer.P50Ms);
    }
}
