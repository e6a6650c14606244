using System.CommandLine;
using System.Text.Json;
using Spectre.Console;

namespace HotPath.Bench.Grow;

/// <summary>
/// <c>grow</c>: what a payment costs as the book grows, and how long a restart takes then. Exit 0 when everything acknowledged is there
/// after each kill, 1 when not.
/// </summary>
internal static class GrowCommand
{
    internal const string Name = "grow";

    /// <summary>The process that fills; started by the verb, for it must be killed.</summary>
    internal const string Fill = "grow-fill";

    /// <summary>The process that opens the killed book.</summary>
    internal const string Reopen = "grow-reopen";

    // The ledger's numbers are Int32 here; a tenth of the smallest book is a window still.
    private const int FewestTrades = 4_000;
    private const int MostTrades = 500_000_000;

    internal static Command Create()
    {
        var trades = new Option<int>("--trades") { Description = $"Trades in the end, {FewestTrades} to {MostTrades}.", DefaultValueFactory = static _ => 10_000_000 };
        trades.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < FewestTrades or > MostTrades)
            {
                result.AddError($"--trades must be {FewestTrades} to {MostTrades}");
            }
        });
        var data = new Option<string>("--data") { Description = "An empty folder on a real disk; 1.1 KB a trade.", DefaultValueFactory = static _ => "artifacts/grow" };
        var keep = new Option<bool>("--keep") { Description = "Leave the folder behind." };
        var gateway = new Option<FileInfo?>("--gateway") { Description = "hotpath.dll, to measure its start on the grown folder." };
        var json = new Option<FileInfo?>("--json") { Description = "Write all figures to this file." };
        var command = new Command(Name, "Fill a ledger, measure what a payment costs on the way, kill -9, restart.") { trades, data, keep, gateway, json };
        command.SetAction(async (parsed, cancel) =>
        {
            string directory = Path.GetFullPath(parsed.GetRequiredValue(data));
            if (Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any())
            {
                await Console.Error.WriteLineAsync($"{directory} is not empty");
                return 2;
            }
            try
            {
                var run = new GrowRun(new GrowPlan(parsed.GetValue(trades)), directory, parsed.GetValue(gateway)?.FullName, AnsiConsole.Console);
                GrowReport report = await run.RunAsync();
                GrowTable.Write(report, Console.Out);
                if (parsed.GetValue(json) is { } file)
                {
                    await File.WriteAllTextAsync(file.FullName, JsonSerializer.Serialize(report, GrowJson.Default.GrowReport), cancel);
                }
                return report.IsRight ? 0 : 1;
            }
            finally
            {
                if (!parsed.GetValue(keep))
                {
                    Directory.Delete(directory, recursive: true);
                }
            }
        });
        return command;
    }

    /// <summary>A part of the verb that runs in a process of its own: <c>grow-fill DIR TRADES</c>.</summary>
    internal static Command CreatePart(string name)
    {
        var directory = new Argument<string>("DIR");
        var trades = new Argument<int>("TRADES");
        var command = new Command(name) { directory, trades };
        command.Hidden = true;
        command.SetAction(async (parsed, _) =>
        {
            var plan = new GrowPlan(parsed.GetValue(trades));
            string path = parsed.GetRequiredValue(directory);
            await (name == Fill ? new BookFiller(plan, path, Console.Out).RunAsync() : new BookOpener(plan, path, Console.Out).RunAsync());
        });
        return command;
    }
}
