using System.CommandLine;
using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Packing;
using HotPath.LoadTest.Running;
using HotPath.Signing;
using Spectre.Console;

namespace HotPath.LoadTest.Commands;

/// <summary><c>run</c>: one measured run and its report. Exit 0 fine, 1 a wrong answer, 2 usage, 3 no gateway, 4 the generator was late.</summary>
internal static class RunCommand
{
    private static readonly Option<string> Data = CommonOptions.Data();
    private static readonly Option<string[]> Institutions = CommonOptions.Institutions();
    private static readonly Option<Uri> Url = CommonOptions.Url();
    private static readonly Option<Uri?> Admin = CommonOptions.Admin();
    private static readonly Option<int?> Pid = CommonOptions.Pid();
    private static readonly Option<int> Connections = CommonOptions.Connections();
    private static readonly Option<int> Users = PackCommand.Users();
    private static readonly Option<int> DynamicPercent = PackCommand.DynamicPercent();
    private static readonly Option<double> Rate = CommonOptions.Positive(
        new Option<double>("--rate") { Description = "Payments a second (open loop).", DefaultValueFactory = static _ => 500 });
    private static readonly Option<TimeSpan> Duration = CommonOptions.Duration("--duration", TimeSpan.FromSeconds(30), "Measured time.");
    private static readonly Option<TimeSpan> WarmUp = CommonOptions.Duration(
        "--warm-up", TimeSpan.FromSeconds(5), "Time before it, at the same rate: the JIT takes 13 to 20 % of CPU in the first seconds.");
    private static readonly Option<ArrivalPattern> Arrivals = new("--arrivals") { Description = "How arrivals are spread.", DefaultValueFactory = static _ => ArrivalPattern.Poisson };
    private static readonly Option<int> Seed = new("--seed") { Description = "Of the Poisson arrivals.", DefaultValueFactory = static _ => 1 };
    private static readonly Option<string?> PackFile = new("--pack") { Description = "A pack made before; without it the run signs its own." };
    private static readonly Option<int> VerifySample = CommonOptions.Positive(new Option<int>("--verify-sample")
    {
        Description = "One answer's signature in so many is verified, its trade queried afterwards.",
        DefaultValueFactory = static _ => 100,
    });
    private static readonly Option<int?> Saturate = new("--saturate") { Description = "Closed loop instead, up to so many payments: finds the knee, says little about latency." };
    private static readonly Option<string?> JsonFile = new("--json") { Description = "Report as JSON." };
    private static readonly Option<string?> Histograms = new("--hgrm") { Description = "Latency distributions: NAME.intended.hgrm, NAME.send.hgrm." };

    public static Command Create()
    {
        var command = new Command("run", "Offers payments to a gateway and reports what became of them.")
        {
            Data, Institutions, Url, Admin, Pid, Connections, Users, DynamicPercent, Rate, Duration, WarmUp, Arrivals, Seed, PackFile,
            VerifySample, Saturate, JsonFile, Histograms,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var schedule = new ArrivalSchedule(parsed.GetValue(Rate), parsed.GetValue(Arrivals), parsed.GetValue(Seed));
        bool isClosedLoop = parsed.GetValue(Saturate) is not null;
        TimeSpan warmUp = parsed.GetValue(WarmUp);
        TimeSpan duration = parsed.GetValue(Duration);
        var sandbox = Sandbox.Open(parsed.GetValue(Data)!, parsed.GetValue(Url)!, parsed.GetValue(Institutions)!);
        SignType signType = sandbox.Gateway.SignType;
        Machine machine = Machine.Describe();
        (CryptoCost Own, CryptoCost? OpenSsl) cryptoBefore = (CryptoProbe.Own(signType), CryptoProbe.OpenSsl(signType));
        Pack pack = PackFor(parsed, parsed.GetValue(Saturate) ?? schedule.AtMost(warmUp) + schedule.AtMost(duration));
        if (!pack.IsFreshFor(warmUp + duration, TimeProvider.System.GetUtcNow()))
        {
            AnsiConsole.WriteLine($"the pack is of {pack.SignedFrom:O}: the gateway would refuse its end (D002)");
            return 2;
        }

        var check = new AnswerCheck(sandbox.Gateway, parsed.GetValue(VerifySample));
        var record = new RunRecord();
        await using var warming = new LoadRun(sandbox.Endpoint, parsed.GetValue(Connections), new RunRecord(), check);
        await using var measured = new LoadRun(sandbox.Endpoint, parsed.GetValue(Connections), record, check);
        await warming.OpenAsync(cancel);
        int used = isClosedLoop
            ? await warming.ClosedLoopAsync(pack.Part(0, pack.Count / 5), 0, warmUp, cancel)
            : await warming.OpenLoopAsync(pack, 0, schedule, warmUp, cancel);
        await measured.OpenAsync(cancel);
        Measurement measurement = await Measurement.StartAsync(parsed.GetValue(Pid) is { } pid ? new ServerProcess(pid) : null, parsed.GetValue(Admin), cancel);
        _ = isClosedLoop
            ? await measured.ClosedLoopAsync(pack, used, duration, cancel)
            : await measured.OpenLoopAsync(pack, used, schedule, duration, cancel);
        Measurement.Result result = await measurement.EndAsync(record.Done, cancel);

        var crypto = CryptoCost.Mean(cryptoBefore.Own, CryptoProbe.Own(signType));
        CryptoCost? openSsl = cryptoBefore.OpenSsl is { } first && CryptoProbe.OpenSsl(signType) is { } second ? CryptoCost.Mean(first, second) : null;
        int queried = await new TradeAudit(sandbox.Endpoint, sandbox.Signers, sandbox.Gateway, TimeProvider.System).RunAsync(record, cancel);
        Report report = Judge(parsed, record, result, queried) with { Crypto = crypto, CryptoByOpensslSpeed = openSsl, Server = result.Against(crypto, openSsl), Machine = machine };
        Publish(parsed, report, record);
        return report.ExitCode;
    }

    private static Report Judge(ParseResult parsed, RunRecord record, Measurement.Result result, int queried)
    {
        bool isClosedLoop = parsed.GetValue(Saturate) is not null;
        (string verdict, IReadOnlyList<string> reasons) = Verdicts.On(record);
        return new Report
        {
            Verdict = verdict,
            Reasons = reasons,
            Mode = isClosedLoop ? "closed loop (latency is what the generator's waiting leaves visible)" : $"open loop, {parsed.GetValue(Arrivals)} arrivals",
            OfferedRate = isClosedLoop ? null : parsed.GetValue(Rate),
            Seconds = result.Seconds,
            Connections = parsed.GetValue(Connections),
            Offered = record.Offered,
            Done = record.Done,
            DonePerSecond = record.Done / result.Seconds,
            Codes = record.Codes,
            FromIntended = Latency.Of(record.FromIntended),
            FromSend = Latency.Of(record.FromSend),
            SendLag = Latency.Of(record.SendLag),
            SignaturesVerified = record.Verified,
            TradesQueried = queried,
            GeneratorCpuMicroseconds = result.GeneratorCpuMicroseconds,
            Server = result.Server,
        };
    }

    private static Pack PackFor(ParseResult parsed, int count) => parsed.GetValue(PackFile) is { } file
        ? Pack.Read(file)
        : PackCommand.MakeWithProgress(new PackOptions
        {
            DataDirectory = parsed.GetValue(Data)!,
            Count = count,
            Institutions = parsed.GetValue(Institutions)!,
            Users = parsed.GetValue(Users),
            DynamicPercent = parsed.GetValue(DynamicPercent),
        });

    private static void Publish(ParseResult parsed, Report report, RunRecord record)
    {
        ReportText.Write(report, Console.Out);
        if (parsed.GetValue(JsonFile) is { } json)
        {
            ReportText.WriteJson(report, json);
        }
        if (parsed.GetValue(Histograms) is { } name)
        {
            ReportText.WriteHistograms(record, name);
        }
    }
}
