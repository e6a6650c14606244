using HotPath.LoadTest.Packing;
using HotPath.LoadTest.Running;
using HotPath.LoadTest.Wire;

namespace HotPath.LoadTest.Measuring;

/// <summary>One kind of traffic: bodies, when they arrive, the connections they may use, and what became of them.</summary>
internal sealed class Lane(Pack bodies, int connections)
{
    public Pack Bodies { get; } = bodies;

    public int Connections { get; } = connections;

    /// <summary>Null: a closed loop.</summary>
    public ArrivalSchedule? Arrivals { get; init; }

    /// <summary>Where in the pack it begins.</summary>
    public int First { get; init; }

    public AnswerCheck Check { get; init; } = new(null, 1);

    public RunRecord Record { get; } = new();

    /// <summary>Bodies sent, after the phase.</summary>
    public int Used { get; set; }
}

/// <summary>The gateway under load: where it is, and where to read what it costs. Null: cannot be read.</summary>
internal sealed record Target(GatewayEndpoint Endpoint, ServerProcess? Process, Uri? Admin);

/// <summary>
/// A stretch of load and everything read around it: all that is measured here, in runs and in scenarios, is one or several of these.
/// </summary>
internal static class Phase
{
    private static readonly TimeSpan SampleEvery = TimeSpan.FromSeconds(1);

    /// <summary>Opens every lane's connections, then lets all lanes run at once. The processes' CPU goes into the first lane's timeline.</summary>
    /// <param name="target">The gateway.</param>
    /// <param name="duration">How long lanes run and count.</param>
    /// <param name="lanes">What runs.</param>
    /// <param name="cancel">Ends the arrivals.</param>
    /// <param name="settle">Runs before it without counting: a connection's first request costs the gateway more than its second.</param>
    public static async Task<Measurement.Result> RunAsync(
        Target target, TimeSpan duration, IReadOnlyList<Lane> lanes, CancellationToken cancel, TimeSpan settle = default)
    {
        LoadRun[] runs = [.. lanes.Select(lane => new LoadRun(target.Endpoint, lane.Connections, lane.Record, lane.Check))];
        try
        {
            foreach (LoadRun run in runs)
            {
                await run.OpenAsync(cancel);
            }
            var running = Task.WhenAll(lanes.Zip(runs, (lane, run) => Task.Run(() => RunAsync(lane, run, settle + duration, cancel), CancellationToken.None)));
            if (settle > TimeSpan.Zero)
            {
                await Task.WhenAny(running, Task.Delay(settle, cancel));
                foreach (Lane lane in lanes)
                {
                    lane.Record.Restart();
                }
            }
            Measurement measurement = await Measurement.StartAsync(target.Process, target.Admin, cancel);
            using var sampling = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            Task sampler = SampleAsync(target.Process, lanes[0].Record, sampling.Token);
            await running;
            Measurement.Result result = await measurement.EndAsync(lanes.Sum(static lane => lane.Record.Outcomes), cancel);
            await sampling.CancelAsync();
            await sampler;
            return result;
        }
        finally
        {
            foreach (LoadRun run in runs)
            {
                await run.DisposeAsync();
            }
        }
    }

    private static async Task RunAsync(Lane lane, LoadRun run, TimeSpan duration, CancellationToken cancel) => lane.Used = lane.Arrivals is null
        ? await run.ClosedLoopAsync(lane.Bodies, lane.First, duration, cancel)
        : await run.OpenLoopAsync(lane.Bodies, lane.First, lane.Arrivals, duration, cancel);

    private static async Task SampleAsync(ServerProcess? server, RunRecord record, CancellationToken cancel)
    {
        double? serverCpu = server?.CpuSeconds();
        double ownCpu = Measurement.OwnCpuSeconds();
        using var timer = new PeriodicTimer(SampleEvery);
        bool isLast;
        do
        {
            await ((Task)timer.WaitForNextTickAsync(cancel).AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            isLast = cancel.IsCancellationRequested;
            double? serverNow = server?.CpuSeconds();
            double ownNow = Measurement.OwnCpuSeconds();
            record.Used(Pacer.Now, new ProcessUse(serverNow - serverCpu, ownNow - ownCpu, server?.ResidentBytes() / 1e6));
            (serverCpu, ownCpu) = (serverNow, ownNow);
        }
        while (!isLast);
    }
}
