using System.Globalization;
using HdrHistogram;
using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Packing;
using HotPath.LoadTest.Running;

namespace HotPath.LoadTest.Scenarios;

/// <summary>What a scenario works with: gateways to start, bodies to sign, phases to run, and where to put what it saw.</summary>
/// <param name="options">What the scenario was told.</param>
/// <param name="program">hotpath.dll.</param>
/// <param name="folder">Where gateways keep their folders.</param>
/// <param name="output">Where it is told.</param>
internal sealed class Stage(ScenarioOptions options, string program, string folder, TextWriter output)
{
    /// <summary>Registered in every sandbox.</summary>
    public const string Institution = "CN000001";

    // Whose codes go to the sandbox's second channel.
    private const string DrillHost = "drill.example";

    private readonly List<Finding> _findings = [];
    private readonly List<string> _mismatches = [];
    private readonly List<string> _late = [];
    private int _signed;

    public ScenarioOptions Options { get; } = options;

    /// <summary>Microseconds of every query of a trade so far.</summary>
    public LongHistogram Queries { get; } = new(3_600_000_000, 3);

    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>A <see cref="Verdicts"/> on everything so far.</summary>
    public string Verdict => _mismatches.Count > 0 ? Verdicts.Mismatch
        : _late.Count > 0 ? Verdicts.Invalid
        : _findings.All(static finding => finding.Holds) ? Verdicts.Ok : Verdicts.Breach;

    public void Say(FormattableString line) => output.WriteLine("  " + line.ToString(CultureInfo.InvariantCulture));

    public void Expect(string what, bool holds, FormattableString seen) => Expect(new Finding(what, seen.ToString(CultureInfo.InvariantCulture), holds));

    public void Expect(Finding finding)
    {
        _findings.Add(finding);
        output.WriteLine("  " + finding);
    }

    /// <summary>Runs <paramref name="use"/> against a sandbox of its own, then verifies what is on its disk.</summary>
    public async Task WithGatewayAsync(
        IReadOnlyList<string> institutions, IReadOnlyList<string> arguments, Func<GatewayUnderTest, Task> use, CancellationToken cancel)
    {
        output.WriteLine($"  sandbox {string.Join(' ', arguments)}");
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync(program, folder, institutions, arguments, cancel);
        await use(gateway);
        Expect(await gateway.StopAndVerifyAsync());
    }

    /// <summary>A gateway where yesterday had as many payments as the scenario was told.</summary>
    public Task WithBookOfYesterdayAsync(Func<GatewayUnderTest, Task> use, CancellationToken cancel) => WithFolderAsync(async data =>
    {
        Say($"yesterday: {await BookOfYesterday.MakeAsync(program, data, Options.Payments, cancel)}");
        await WithGatewayAsync(data, ["--in-process-channel"], use, cancel);
    });

    /// <summary>A life of a gateway in a folder that has several, one after the other.</summary>
    public async Task WithGatewayAsync(
        string data, IReadOnlyList<string> arguments, Func<GatewayUnderTest, Task> use, CancellationToken cancel, IReadOnlyList<string>? institutions = null)
    {
        output.WriteLine($"  sandbox {string.Join(' ', arguments)}");
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync(program, folder, institutions ?? [Institution], arguments, cancel, data);
        await use(gateway);
        Expect(await gateway.StopAndVerifyAsync());
    }

    /// <summary>A book of so many trades in doubt at the sandbox's channel, as a long outage leaves it.</summary>
    public async Task LeaveInDoubtAsync(string data, CancellationToken cancel) =>
        Say($"{await BenchProgram.RunAsync(program, ["pending", Options.Payments.ToString(CultureInfo.InvariantCulture), data, "simulator"], cancel)}");

    /// <summary>A life that ends as soon as it has begun, by SIGKILL.</summary>
    /// <returns>Seconds until it was ready.</returns>
    public async Task<double> StartAndKillAsync(string data, IReadOnlyList<string> arguments, CancellationToken cancel)
    {
        long began = Pacer.Now;
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync(program, folder, [Institution], arguments, cancel, data);
        double seconds = (Pacer.Now - began) / 1e9;
        await gateway.KillAsync();
        return seconds;
    }

    /// <summary>Runs <paramref name="use"/> with a folder for several lives.</summary>
    public async Task WithFolderAsync(Func<string, Task> use)
    {
        string data = Path.Combine(Path.GetFullPath(folder), $"scenario-{Path.GetRandomFileName()}");
        try
        {
            await use(data);
        }
        finally
        {
            if (Directory.Exists(data))
            {
                Directory.Delete(data, recursive: true);
            }
        }
    }

    /// <summary>Runs <paramref name="use"/> with a receiver of notifications in a process of its own, for a sandbox's folder.</summary>
    public async Task WithReceiverAsync(string data, Func<ReceiverUnderTest, Task> use, CancellationToken cancel)
    {
        await using ReceiverUnderTest receiver = await ReceiverUnderTest.StartAsync(program, folder, data, cancel);
        await use(receiver);
    }

    /// <summary>The same with one for each of these institutions.</summary>
    public async Task WithReceiversAsync(
        string data, IReadOnlyList<string> institutions, Func<IReadOnlyDictionary<string, ReceiverUnderTest>, Task> use, CancellationToken cancel)
    {
        var receivers = new Dictionary<string, ReceiverUnderTest>(StringComparer.Ordinal);
        try
        {
            foreach (string institution in institutions)
            {
                receivers.Add(institution, await ReceiverUnderTest.StartAsync(program, folder, data, cancel));
            }
            await use(receivers);
        }
        finally
        {
            foreach (ReceiverUnderTest receiver in receivers.Values)
            {
                await receiver.DisposeAsync();
            }
        }
    }

    public Task WithGatewayAsync(IReadOnlyList<string> arguments, Func<GatewayUnderTest, Task> use, CancellationToken cancel) =>
        WithGatewayAsync([Institution], arguments, use, cancel);

    /// <summary>Runs <paramref name="use"/> with a clearing simulator in a process of its own, then holds its books against what was told.</summary>
    /// <param name="latency">Mean of its answers to payments: 20ms.</param>
    /// <param name="use">Starts the gateways that use it, and ends them.</param>
    /// <param name="cancel">Ends the wait for its start.</param>
    public async Task WithClearingAsync(string latency, Func<ClearingUnderTest, Task> use, CancellationToken cancel)
    {
        await using ClearingUnderTest clearing = await ClearingUnderTest.StartAsync(program, folder, latency, cancel);
        output.WriteLine($"  simulator --channel-latency {latency} at {clearing.Url}");
        await use(clearing);
        Expect(await clearing.StopAndCompareAsync());
    }

    /// <summary>Signs payments that nobody has made before, each with a terminal id of its own as long as there are a million of them.</summary>
    public Pack Sign(GatewayUnderTest gateway, int count, params string[] institutions) => Sign(new PackOptions
    {
        DataDirectory = gateway.DataDirectory,
        Count = count,
        Institutions = institutions.Length == 0 ? [Institution] : institutions,
    });

    private Pack Sign(PackOptions options)
    {
        Pack pack = Packer.Make(options with { FirstUser = _signed }, TimeProvider.System);
        _signed += options.Count;
        return pack;
    }

    public ArrivalSchedule Poisson(double perSecond) => new(perSecond, ArrivalPattern.Poisson, Options.Seed);

    /// <summary>New payments in an open loop, one answer in a hundred verified and queried afterwards.</summary>
    public Lane Payments(GatewayUnderTest gateway, double perSecond, TimeSpan duration, int verifyEvery = 100, params string[] institutions)
    {
        ArrivalSchedule schedule = Poisson(perSecond);
        return new Lane(Sign(gateway, schedule.AtMost(duration), institutions), Options.Connections)
        {
            Arrivals = schedule,
            Check = new AnswerCheck(gateway.Sandbox.Gateway, verifyEvery),
        };
    }

    /// <summary>The same to the sandbox's drill channel.</summary>
    public Lane PaymentsByDrillChannel(GatewayUnderTest gateway, double perSecond, TimeSpan duration, int connections)
    {
        ArrivalSchedule schedule = Poisson(perSecond);
        var pack = new PackOptions
        {
            DataDirectory = gateway.DataDirectory,
            Count = schedule.AtMost(duration),
            Institutions = [Institution],
            DynamicPercent = 100,
            CodeHost = DrillHost,
        };
        return new Lane(Sign(pack), connections) { Arrivals = schedule, Check = new AnswerCheck(gateway.Sandbox.Gateway, 100) };
    }

    /// <summary>Payments before the measured ones: the JIT takes 13 to 20 % of CPU in the first seconds.</summary>
    public async Task WarmUpAsync(GatewayUnderTest gateway, CancellationToken cancel)
    {
        var warmUp = TimeSpan.FromSeconds(3);
        await Phase.RunAsync(gateway.Target, warmUp, [Payments(gateway, 300, warmUp)], cancel);
    }

    /// <summary>Runs the lanes at once, then queries the sampled trades of each.</summary>
    public Task<Measurement.Result> RunAsync(GatewayUnderTest gateway, TimeSpan duration, CancellationToken cancel, params Lane[] lanes) =>
        RunAsync(gateway, duration, TimeSpan.Zero, cancel, lanes);

    /// <summary>The same after <paramref name="settle"/>, in which nothing counts.</summary>
    public async Task<Measurement.Result> RunAsync(GatewayUnderTest gateway, TimeSpan duration, TimeSpan settle, CancellationToken cancel, params Lane[] lanes)
    {
        Measurement.Result result = await Phase.RunAsync(gateway.Target, duration, lanes, cancel, settle);
        foreach (Lane lane in lanes)
        {
            var audit = new TradeAudit(gateway.Sandbox.Endpoint, gateway.Sandbox.Signers, gateway.Sandbox.Gateway, TimeProvider.System);
            await audit.RunAsync(lane.Record, cancel);
            Queries.Add(audit.Latencies);
            foreach (string mismatch in lane.Record.Mismatches)
            {
                _mismatches.Add(mismatch);
                Say($"MISMATCH: {mismatch}");
            }
        }
        return result;
    }

    /// <summary>Every trade comes to an end within <paramref name="limit"/>, as the gateway has it.</summary>
    public async Task ExpectNoPendingAsync(GatewayUnderTest gateway, TimeSpan limit, CancellationToken cancel)
    {
        long began = Pacer.Now;
        double left;
        do
        {
            // The gauge is renewed every 5 s.
            await Task.Delay(TimeSpan.FromSeconds(6), cancel);
            left = await gateway.PendingAsync(cancel);
        }
        while (left > 0 && Pacer.Now - began < limit.TotalNanoseconds);
        Expect("no trade is left PENDING", left == 0, $"{left:F0} left {(Pacer.Now - began) / 1e9:F0} s after the channel went on");
    }

    /// <summary>The lane's latencies are to be believed: its generator was in time. Not asked where a phase is meant to use up all cores.</summary>
    public void RequirePunctual(Lane lane)
    {
        if (Verdicts.Lateness(lane.Record) is { } late)
        {
            _late.Add(late);
            Say($"INVALID: {late}");
        }
    }

    public void Show(string name, Lane lane, Measurement.Result result)
    {
        RunRecord record = lane.Record;
        Latency latency = Latency.Of(record.FromIntended);
        string codes = string.Join(", ", record.Codes.OrderByDescending(static pair => pair.Value).Select(static pair => $"{pair.Key} {pair.Value}"));
        Say($"{name}: {record.Offered} offered ({record.Offered / result.Seconds:F0}/s), {codes}; p50 {latency.P50:F1} p99 {latency.P99:F1} max {latency.Max:F1} ms; {record.Verified} signatures verified, {record.Trades.Count} trades queried");
    }
}
