using System.CommandLine;
using System.Net;
using System.Text.Json;
using HotPath.Host.Admin;
using Spectre.Console;

namespace HotPath.Host.Cli;

/// <summary>
/// <c>hotpath recon build --date yyyyMMdd</c>: asks a running gateway's admin listener to build a day's files, and shows how far it is on stderr. Exit 0: all
/// are finished; 1: one is not, or would be another now; 3: nobody answers there.
/// </summary>
internal static class ReconBuildVerb
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(10);

    internal static Command Create(TextWriter output, TextWriter error)
    {
        Option<string> date = ReconVerb.Date(isRequired: true);
        var inst = new Option<string>("--inst") { Description = "whose; default: all institutions'" };
        Option<Uri> admin = AdminClient.Option();
        var verb = new Command("build", "Build a day's files in a running gateway; finished ones once more, to hold them against what they are") { date, inst, admin };
        verb.SetAction(async (parsed, stop) =>
        {
            Uri address = parsed.GetRequiredValue(admin);
            try
            {
                string query = $"?date={parsed.GetRequiredValue(date)}" + (parsed.GetValue(inst) is { } only ? "&inst=" + Uri.EscapeDataString(only) : "");
                (HttpStatusCode status, string text) = await AdminClient.AskAsync(HttpMethod.Post, address, ReconEndpoint.Root + query, stop, MostWait);
                if (status != HttpStatusCode.Accepted)
                {
                    await error.WriteLineAsync($"hotpath: {text.TrimEnd()} (HTTP {(int)status})");
                    return ExitCodes.Refused;
                }
                ReconRunState state = await FollowAsync(address, Read(text), error, stop);
                await output.WriteLineAsync(JsonSerializer.Serialize(state, ReconRunJson.Default.ReconRunState));
                return state.Differs + state.Failed == 0 ? ExitCodes.Done : ExitCodes.Refused;
            }
            catch (HttpRequestException failure)
            {
                await error.WriteLineAsync($"hotpath: no gateway answers at {address}: {(failure.InnerException ?? failure).Message}; is it running, and is --admin its admin listener?");
                return ExitCodes.NoAnswer;
            }
            catch (TimeoutException late)
            {
                await error.WriteLineAsync($"hotpath: {late.Message}");
                return ExitCodes.NoAnswer;
            }
        });
        return verb;
    }

    private static async Task<ReconRunState> FollowAsync(Uri admin, ReconRunState state, TextWriter error, CancellationToken stop)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error) });
        await console.Progress().StartAsync(async progress =>
        {
            ProgressTask task = progress.AddTask($"{state.Files} files", maxValue: Math.Max(1, state.InAll));
            while (!state.Over)
            {
                await Task.Delay(Look, stop);
                (HttpStatusCode status, string text) = await AdminClient.AskAsync(HttpMethod.Get, admin, $"{ReconEndpoint.Root}?run={state.Run}", stop, MostWait);
                // One that does not know the run is another one than was asked.
                state = status == HttpStatusCode.OK ? Read(text) : throw new HttpRequestException($"{text.TrimEnd()} (HTTP {(int)status})");
                task.Value = state.Done;
            }
            task.Value = task.MaxValue;
        });
        return state;
    }

    private static ReconRunState Read(string json) => JsonSerializer.Deserialize(json, ReconRunJson.Default.ReconRunState)!;
}
