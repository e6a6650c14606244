using System.CommandLine;
using System.Text.Json;
using HotPath.LoadTest.Efficiency;
using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Scenarios;
using HotPath.Signing;
using Spectre.Console;

namespace HotPath.LoadTest.Commands;

/// <summary><c>efficiency</c>: how much of the gateway's CPU is crypto, and what the rest adds to a payment.</summary>
internal static class EfficiencyCommand
{
    private static readonly EfficiencyOptions Defaults = new();
    private static readonly Option<string> Program = ScenarioCommand.Gateway();
    private static readonly Option<string> Folder = ScenarioCommand.Work();
    private static readonly Option<SignType> Type = new("--sign-type") { Description = "RSA2 or ES256.", DefaultValueFactory = static _ => Defaults.SignType };
    private static readonly Option<int> Rounds = CommonOptions.Positive(new Option<int>("--rounds") { Description = "Repetitions; medians count.", DefaultValueFactory = static _ => Defaults.Rounds });
    private static readonly Option<TimeSpan> Duration = CommonOptions.Duration("--duration", Defaults.Duration, "Of each measured phase.");
    private static readonly Option<TimeSpan> WarmUp = CommonOptions.Duration("--warm-up", Defaults.WarmUp, "Before each of them.");
    private static readonly Option<int> Connections = CommonOptions.Positive(
        new Option<int>("--connections") { Description = "Keep-alive connections.", DefaultValueFactory = static _ => Defaults.Connections });

    private static readonly Option<int> AtMost = CommonOptions.Positive(
        new Option<int>("--at-most") { Description = "Payments a second that it certainly will not do: so many are signed ahead.", DefaultValueFactory = static _ => Defaults.AtMostPerSecond });

    private static readonly Option<string?> JsonFile = new("--json") { Description = "The rounds as JSON." };

    public static Command Create()
    {
        var command = new Command("efficiency", "Crypto floor, saturation and 70 % of it, side by side with the goals. Starts its own gateways. " + ExitCodes.Text)
        {
            Program, Folder, Type, Rounds, Duration, WarmUp, Connections, AtMost, JsonFile,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var options = new EfficiencyOptions
        {
            SignType = parsed.GetValue(Type),
            Rounds = parsed.GetValue(Rounds),
            Duration = parsed.GetValue(Duration),
            WarmUp = parsed.GetValue(WarmUp),
            Connections = parsed.GetValue(Connections),
            AtMostPerSecond = parsed.GetValue(AtMost),
        };
        ScenarioCommand.RequireBuilt(parsed.GetValue(Program)!);
        Machine machine = Machine.Describe();
        var stage = new Stage(new ScenarioOptions { Connections = options.Connections }, parsed.GetValue(Program)!, parsed.GetValue(Folder)!, Console.Out);
        var rounds = new List<EfficiencyRound>();
        for (int round = 1; round <= options.Rounds; round++)
        {
            Console.WriteLine($"round {round} of {options.Rounds}");
            rounds.Add(await EfficiencyRun.RunAsync(options, stage, cancel));
        }
        EfficiencyTable.Write(options.SignType, rounds, AnsiConsole.Console);
        Console.WriteLine($"machine: {machine.Cores} cores, {machine.Cpu}, .NET {machine.DotNet}, {machine.OpenSsl}");
        if (parsed.GetValue(JsonFile) is { } file)
        {
            await File.WriteAllTextAsync(file, JsonSerializer.Serialize(rounds, ReportText.Json) + "\n", cancel);
        }
        Console.WriteLine($"verdict {stage.Verdict}");
        return Verdicts.ExitCodeOf(stage.Verdict);
    }
}
