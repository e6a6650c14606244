using System.CommandLine;
using HdrHistogram;
using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Packing;
using HotPath.LoadTest.Reporting;
using HotPath.LoadTest.Running;
using HotPath.Signing;
using Spectre.Console;

namespace HotPath.LoadTest.Commands;

/// <summary><c>run</c>: one measured run and its report. Its exit codes are <see cref="ExitCodes"/>.</summary>
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
    private static readonly Option<double?> EndRate = new("--end-rate") { Description = "With --arrivals ramp: payments a second at the end; --rate is the beginning." };
    private static readonly Option<ArrivalPattern> Arrivals = new("--arrivals") { Description = "How arrivals are spread.", DefaultValueFactory = static _ => ArrivalPattern.Poisson };
    private static readonly Option<int> Seed = new("--seed") { Description = "Of the random arrivals.", DefaultValueFactory = static _ => 1 };
    private static readonly Option<string?> PackFile = new("--pack") { Description = "A pack made before; without it the run signs its own." };
    private static readonly Option<int> VerifySample = CommonOptions.Positive(new Option<int>("--verify-sample")
    {
        Description = "One answer's signature in so many is verified, its trade queried afterwards.",
        DefaultValueFactory = static _ => 100,
    });
    private static readonly Option<int?> Saturate = new("--saturate") { Description = "Closed loop instead, up to so many payments: finds the knee, says little about latency." };
    private static readonly Option<string?> JsonFile = new("--json") { Description = "Report as JSON." };
    private static readonly Option<string?> Histograms = new("--hgrm") { Description = "Latency distributions: NAME.intended.hgrm, NAME.send.hgrm." };
    private static readonly Option<string?> HtmlFile = new("--html") { Description = "Report with plots, one file that needs no net." };
    private static readonly Option<string?> SloFile = new("--slo") { Description = "Limits to keep (JSON), e.g. loadtest/slo/spec-6.1.json; exit 5 when one is not." };

    public static Command Create()
    {
        var command = new Command("run", "Offers payments to a gateway and reports what became of them. " + ExitCodes.Text)
        {
            Data, Institutions, Url, Admin, Pid, Connections, Users, DynamicPercent, Rate, EndRate, Duration, WarmUp, Arrivals, Seed, PackFile,
            VerifySample, Saturate, JsonFile, Histograms, HtmlFile, SloFile,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        if (parsed.GetValue(EndRate) is not null && parsed.GetValue(Arrivals) != ArrivalPattern.Ramp)
        {
            AnsiConsole.WriteLine("--end-rate goes with --arrivals ramp");
            return ExitCodes.Usage;
        }
        Slo? slo = parsed.GetValue(SloFile) is { } file ? Slo.Read(file) : null;
        var schedule = new ArrivalSchedule(parsed.GetValue(Rate), parsed.GetValue(Arrivals), parsed.GetValue(Seed), parsed.GetValue(EndRate));
        TimeSpan warmUp = parsed.GetValue(WarmUp);
        TimeSpan duration = parsed.GetValue(Duration);
        var sandbox = Sandbox.Open(parsed.GetValue(Data)!, parsed.GetValue(Url)!, parsed.GetValue(Institutions)!);
        SignType signType = sandbox.Gateway.SignType;
        Machine machine = Machine.Describe();
        (CryptoCost Own, CryptoCost? OpenSsl) cryptoBefore = (CryptoProbe.Own(signType), CryptoProbe.OpenSsl(signType));
        ArrivalSchedule warmUpSchedule = WarmUpSchedule(parsed);
        Pack pack = PackFor(parsed, parsed.GetValue(Saturate) ?? warmUpSchedule.AtMost(warmUp) + schedule.AtMost(duration));
        if (!pack.IsFreshFor(warmUp + duration, TimeProvider.System.GetUtcNow()))
        {
            AnsiConsole.WriteLine($"the pack is of {pack.SignedFrom:O}: the gateway would refuse its end (D002)");
            return ExitCodes.Usage;
        }

        bool isClosedLoop = parsed.GetValue(Saturate) is not null;
        int connections = parsed.GetValue(Connections);
        var check = new AnswerCheck(sandbox.Gateway, parsed.GetValue(VerifySample));
        var target = new Target(sandbox.Endpoint, parsed.GetValue(Pid) is { } pid ? new ServerProcess(pid) : null, parsed.GetValue(Admin));
        var warming = new Lane(isClosedLoop ? pack.Part(0, pack.Count / 5) : pack, connections) { Arrivals = isClosedLoop ? null : warmUpSchedule, Check = check };
        await Phase.RunAsync(target, warmUp, [warming], cancel);
        var lane = new Lane(pack, connections) { Arrivals = isClosedLoop ? null : schedule, First = warming.Used, Check = check };
        Measurement.Result result = await Phase.RunAsync(target, duration, [lane], cancel);

        var crypto = CryptoCost.Mean(cryptoBefore.Own, CryptoProbe.Own(signType));
        CryptoCost? openSsl = cryptoBefore.OpenSsl is { } first && CryptoProbe.OpenSsl(signType) is { } second ? CryptoCost.Mean(first, second) : null;
        var audit = new TradeAudit(sandbox.Endpoint, sandbox.Signers, sandbox.Gateway, TimeProvider.System);
        int queried = await audit.RunAsync(lane.Record, cancel);
        Report report = Judge(parsed, lane, result, audit.Latencies, slo) with
        {
            Crypto = crypto,
            CryptoByOpensslSpeed = openSsl,
            Server = result.Against(crypto, openSsl),
            Machine = machine,
            TradesQueried = queried,
            Timeline = [.. lane.Record.Timeline.Select(crypto.ShareOf)],
        };
        Publish(parsed, report, lane.Record);
        return report.ExitCode;
    }

    // A ramp is warmed up at the rate it begins with.
    private static ArrivalSchedule WarmUpSchedule(ParseResult parsed) => new(
        parsed.GetValue(Rate), parsed.GetValue(Arrivals) == ArrivalPattern.Ramp ? ArrivalPattern.Poisson : parsed.GetValue(Arrivals), parsed.GetValue(Seed));

    private static Report Judge(ParseResult parsed, Lane lane, Measurement.Result result, LongHistogram queries, Slo? slo)
    {
        RunRecord record = lane.Record;
        bool isClosedLoop = parsed.GetValue(Saturate) is not null;
        var latencies = new Dictionary<string, LongHistogram> { ["pay"] = record.FromIntended, ["query"] = queries };
        IReadOnlyList<SloVerdict> limits = slo is null ? [] : SloCheck.Of(slo, new SloMeasured(latencies, record.Codes, record.Offered, result.Seconds));
        (string verdict, IReadOnlyList<string> reasons) = Verdicts.On(record, lane.Check, limits);
        return new Report
        {
            Verdict = verdict,
            Reasons = reasons,
            Mode = isClosedLoop ? "closed loop (latency is what the generator's waiting leaves visible)" : $"open loop, {parsed.GetValue(Arrivals)} arrivals",
            OfferedRate = isClosedLoop ? null : (parsed.GetValue(Rate) + (parsed.GetValue(EndRate) ?? parsed.GetValue(Rate))) / 2,
            Seconds = result.Seconds,
            Connections = parsed.GetValue(Connections),
            Offered = record.Offered,
            Done = record.Done,
            DonePerSecond = record.Done / result.Seconds,
            Outcomes = record.Outcomes,
            Codes = record.Codes,
            FromIntended = Latency.Of(record.FromIntended),
            FromSend = Latency.Of(record.FromSend),
            SendLag = Latency.Of(record.SendLag),
            SignaturesVerified = record.Verified,
            TradesQueried = 0,
            GeneratorCpuMicroseconds = result.GeneratorCpuMicroseconds,
            Server = result.Server,
            Command = string.Join(' ', parsed.Tokens.Select(static token => token.Value)),
            Slo = limits,
            Timeline = [],
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
        if (parsed.GetValue(HtmlFile) is { } html)
        {
            HtmlReport.Write(report, record, html);
        }
    }
}
