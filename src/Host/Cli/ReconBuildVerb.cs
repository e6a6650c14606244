using System.CommandLine;
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

    internal static Command Create(TextWriter output, TextWriter error)
    {
        Option<string> date = ReconVerb.Date(isRequired: true);
        var inst = new Option<string>("--inst") { Description = "whose; default: all institutions'" };
        var admin = new Option<string>("--admin") { Description = "the gateway's admin listener", DefaultValueFactory = _ => "http://127.0.0.1:9464" };
        var verb = new Command("build", "Build a day's files in a running gateway; finished ones once more, to hold them against what they are") { date, inst, admin };
        verb.SetAction(async (parsed, stop) =>
        {
            string url = parsed.GetRequiredValue(admin);
            if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? address) || address.Scheme != Uri.UriSchemeHttp)
            {
                throw new UsageException($"--admin {url} is not an http address");
            }
            using var http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(10) };
            http.DefaultRequestHeaders.Add(OperatorRequest.Header, "hotpath");
            try
            {
                string query = $"?date={parsed.GetRequiredValue(date)}" + (parsed.GetValue(inst) is { } only ? "&inst=" + Uri.EscapeDataString(only) : "");
                using HttpResponseMessage response = await http.PostAsync(new Uri(ReconEndpoint.Root + query, UriKind.Relative), null, stop);
                string text = await response.Content.ReadAsStringAsync(stop);
                if (!response.IsSuccessStatusCode)
                {
                    await error.WriteLineAsync($"hotpath: {text.TrimEnd()} (HTTP {(int)response.StatusCode})");
                    return ExitCodes.Refused;
                }
                ReconRunState state = await FollowAsync(http, Read(text), error, stop);
                await output.WriteLineAsync(JsonSerializer.Serialize(state, ReconRunJson.Default.ReconRunState));
                return state.Differs + state.Failed == 0 ? ExitCodes.Done : ExitCodes.Refused;
            }
            catch (HttpRequestException failure)
            {
                await error.WriteLineAsync($"hotpath: no gateway answers at {address}: {(failure.InnerException ?? failure).Message}; is it running, and is --admin its admin listener?");
                return ExitCodes.NoAnswer;
            }
        });
        return verb;
    }

    private static async Task<ReconRunState> FollowAsync(HttpClient http, ReconRunState state, TextWriter error, CancellationToken stop)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error) });
        await console.Progress().StartAsync(async progress =>
        {
            ProgressTask task = progress.AddTask($"{state.Files} files", maxValue: Math.Max(1, state.InAll));
            while (!state.Over)
            {
                await Task.Delay(Look, stop);
                state = Read(await http.GetStringAsync(new Uri($"{ReconEndpoint.Root}?run={state.Run}", UriKind.Relative), stop));
                task.Value = state.Done;
            }
            task.Value = task.MaxValue;
        });
        return state;
    }

    private static ReconRunState Read(string json) => JsonSerializer.Deserialize(json, ReconRunJson.Default.ReconRunState)!;
}
