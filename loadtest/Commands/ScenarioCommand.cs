using System.CommandLine;
using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Scenarios;

namespace HotPath.LoadTest.Commands;

/// <summary><c>scenario NAME</c>: starts the sandboxes that it needs itself, says what it expects and what it saw.</summary>
internal static class ScenarioCommand
{
    private static readonly Option<string> Program = Gateway();
    private static readonly Option<string> Folder = Work();
    private static readonly Option<TimeSpan> Duration = CommonOptions.Duration("--duration", TimeSpan.Zero, "Of each measured phase; the scenario's own when not given.");
    private static readonly Option<double?> Rate = Above0<double>("--rate", "Requests a second of the traffic that asks the question.");
    private static readonly Option<int?> Connections = Above0<int>("--connections", "Keep-alive connections.");
    private static readonly Option<int?> Payments = Above0<int>("--payments", "Payments to sign, where the scenario counts them.");
    private static readonly Option<double?> Knee = Above0<double>("--knee", "Payments a second that ramp-to-saturation found.");
    private static readonly Option<int> Seed = new("--seed") { Description = "Of the random arrivals.", DefaultValueFactory = static _ => 1 };

    /// <summary>The program that verbs with gateways of their own start.</summary>
    internal static Option<string> Gateway() => new("--gateway")
    {
        Description = "hotpath.dll, as built.",
        DefaultValueFactory = static _ => "artifacts/bin/HotPath.Host/release/hotpath.dll",
    };

    /// <exception cref="InvalidDataException">It is not there.</exception>
    internal static void RequireBuilt(string program)
    {
        if (!File.Exists(program))
        {
            throw new InvalidDataException($"{program} is not there: build first, or name it with --gateway");
        }
    }

    /// <summary>Where those gateways work.</summary>
    internal static Option<string> Work() => new("--work") { Description = "Where sandboxes keep their folders while they run.", DefaultValueFactory = static _ => "artifacts" };

    public static Command Create()
    {
        var command = new Command("scenario", "Asks one question of a gateway of its own. " + ExitCodes.Text);
        foreach (Scenario scenario in Scenario.All)
        {
            ScenarioOptions defaults = scenario.Defaults;
            var one = new Command(
                scenario.Name,
                FormattableString.Invariant(
                    $"{scenario.Proves} Expects: {scenario.Expects} Defaults: --rate {defaults.Rate} --duration {defaults.Duration.TotalSeconds}s --connections {defaults.Connections} --payments {defaults.Payments}."))
            {
                Program, Folder, Duration, Rate, Connections, Payments, Knee, Seed,
            };
            one.SetAction((parsed, cancel) => RunAsync(scenario, Options(scenario.Defaults, parsed), parsed.GetValue(Program)!, parsed.GetValue(Folder)!, Console.Out, cancel));
            command.Add(one);
        }
        return command;
    }

    /// <returns>An exit code (<see cref="ExitCodes"/>).</returns>
    internal static async Task<int> RunAsync(Scenario scenario, ScenarioOptions options, string program, string folder, TextWriter output, CancellationToken cancel)
    {
        RequireBuilt(program);
        await output.WriteLineAsync($"scenario {scenario.Name}\n  proves: {scenario.Proves}\n  expects: {scenario.Expects}");
        var stage = new Stage(options, program, folder, output);
        await scenario.RunAsync(stage, cancel);
        int exitCode = Verdicts.ExitCodeOf(stage.Verdict);
        await output.WriteLineAsync($"scenario {scenario.Name} verdict {stage.Verdict} (exit {exitCode})");
        return exitCode;
    }

    private static ScenarioOptions Options(ScenarioOptions defaults, ParseResult parsed) => new()
    {
        Duration = parsed.GetValue(Duration) is { Ticks: > 0 } duration ? duration : defaults.Duration,
        Rate = parsed.GetValue(Rate) ?? defaults.Rate,
        Connections = parsed.GetValue(Connections) ?? defaults.Connections,
        Payments = parsed.GetValue(Payments) ?? defaults.Payments,
        Knee = parsed.GetValue(Knee),
        Seed = parsed.GetValue(Seed),
    };

    private static Option<T?> Above0<T>(string name, string description)
        where T : struct, System.Numerics.INumber<T>
    {
        var option = new Option<T?>(name) { Description = description };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<T?>() is { } value && value <= T.Zero)
            {
                result.AddError($"{name} must be above zero");
            }
        });
        return option;
    }
}
