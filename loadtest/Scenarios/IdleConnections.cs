using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Packing;
using HotPath.LoadTest.Running;
using HotPath.LoadTest.Wire;

namespace HotPath.LoadTest.Scenarios;

/// <summary>
/// Ten thousand tills that keep their connection and seldom pay. Each connection is made, used once (the repetition of a payment) and left
/// alone. Proves what an idle TLS connection costs the gateway in memory, and that others are served beside them.
/// </summary>
internal sealed class IdleConnections : Scenario
{
    private const double MaxKibEach = 40;
    private const int PayingConnections = 16;
    private const int StillOpenSample = 100;
    private const int HandshakesAtOnce = 32;

    // What gateway and generator need beside the connections; the gateway keeps 2,048 back for its files.
    private const int OtherDescriptors = 2200;

    // ServerLimits.MaxConnections is 16,384; some are the payments'.
    private const int MostConnections = 16_000;

    public override string Name => "idle-connections";

    public override string Proves => "Idle keep-alive connections over TLS are cheap, and payments go on beside them. --connections is how many, --rate the payments'.";

    public override string Expects => "At most 40 KiB of the gateway's memory each; every payment beside them paid; the connections still open afterwards.";

    public override ScenarioOptions Defaults { get; } = new() { Rate = 200, Duration = TimeSpan.FromSeconds(8), Connections = 10_000 };

    public override Task RunAsync(Stage stage, CancellationToken cancel)
    {
        int count = stage.Options.Connections;
        if (count > MostConnections)
        {
            throw new InvalidDataException($"--connections {count}: the gateway accepts 16,384 in all, so at most {MostConnections} idle ones");
        }
        return OpenFiles.Limit is { } limit && limit < count + OtherDescriptors
            ? throw new InvalidDataException(
                $"{count} connections need {count + OtherDescriptors} open files in each of two processes, and this one may have {limit}: raise 'ulimit -n', or take --connections {Math.Max(0, limit - OtherDescriptors)}")
            : stage.WithGatewayAsync(["--in-process-channel"], gateway => MeasureAsync(stage, gateway, cancel), cancel);
    }

    private static async Task MeasureAsync(Stage stage, GatewayUnderTest gateway, CancellationToken cancel)
    {
        int count = stage.Options.Connections;
        await stage.WarmUpAsync(gateway, cancel);
        Pack repeated = stage.Sign(gateway, 1);
        var streams = new Stream[count];
        try
        {
            await UseAsync(gateway, await gateway.Sandbox.Endpoint.ConnectAsync(cancel), repeated);
            double before = gateway.Server.ResidentBytes();
            long start = Pacer.Now;
            await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = HandshakesAtOnce, CancellationToken = cancel }, async (i, token) =>
            {
                streams[i] = await gateway.Sandbox.Endpoint.ConnectAsync(token);
                await UseAsync(gateway, streams[i], repeated);
            });
            stage.Say($"{count} connections opened and used once in {(Pacer.Now - start) / 1e9:F0} s");
            await Task.Delay(TimeSpan.FromSeconds(2), cancel);
            double after = gateway.Server.ResidentBytes();
            double each = (after - before) / 1024 / count;
            stage.Expect($"at most {MaxKibEach} KiB a connection", each <= MaxKibEach, $"{each:F1} KiB: {before / 1048576:F0} MiB before, {after / 1048576:F0} MiB with {count}");

            ArrivalSchedule schedule = stage.Poisson(stage.Options.Rate);
            var lane = new Lane(stage.Sign(gateway, schedule.AtMost(stage.Options.Duration)), PayingConnections)
            {
                Arrivals = schedule,
                Check = new AnswerCheck(gateway.Sandbox.Gateway, 100),
            };
            Measurement.Result result = await stage.RunAsync(gateway, stage.Options.Duration, cancel, lane);
            stage.Show("payments beside them", lane, result);
            stage.RequirePunctual(lane);
            stage.Expect(Payments.EveryOnePaid("every payment beside them is paid", lane));
            await ExpectOpenAsync(stage, gateway, streams, repeated);
        }
        finally
        {
            foreach (Stream? stream in streams)
            {
                if (stream is not null)
                {
                    await stream.DisposeAsync();
                }
            }
        }
    }

    private static async Task ExpectOpenAsync(Stage stage, GatewayUnderTest gateway, Stream[] streams, Pack repeated)
    {
        int sample = Math.Min(StillOpenSample, streams.Length);
        int open = 0;
        for (int i = 0; i < sample; i++)
        {
            try
            {
                await UseAsync(gateway, streams[i * streams.Length / sample], repeated);
                open++;
            }
            catch (IOException)
            {
                // Closed meanwhile: not counted as open.
            }
        }
        stage.Expect("the connections are still open", open == sample, $"{open} of {sample} asked");
    }

    private static async Task UseAsync(GatewayUnderTest gateway, Stream stream, Pack repeated)
    {
        // Not disposed: that would close the stream. Its buffers go, the connection stays.
        var connection = new GatewayConnection(gateway.Sandbox.Endpoint, stream);
        HttpAnswer answer = await connection.ExchangeAsync(repeated.Memory(0));
        if (answer.Status != 200)
        {
            throw new IOException($"a repetition was answered HTTP {answer.Status}");
        }
    }
}
