using System.Diagnostics;
using BenchmarkDotNet.Environments;
using HotPath.Core.Ledger.Embedded;
using Spectre.Console;

namespace HotPath.Bench.Grow;

/// <summary>
/// One run: (1) a process fills the book and measures, (2) kill -9, (3) the ledger is opened again and asked for what it acknowledged,
/// with its files in the page cache and without, (4) the gateway itself is started on the folder, (5) the journal is verified.
/// </summary>
internal sealed class GrowRun(GrowPlan plan, string directory, string? gateway, IAnsiConsole console)
{
    internal async Task<GrowReport> RunAsync()
    {
        Directory.CreateDirectory(directory);
        if (gateway is not null)
        {
            // In the empty folder, so that its keys are made and none of the starts below has to.
            await StartGatewayAsync(gateway, "first start");
        }
        var steps = new List<GrowStep>();
        GrowFilled filled = await FillAsync(steps);
        var restarts = new List<GrowRestart> { await ReopenAsync("ledger, files in the page cache") };
        if (OperatingSystem.IsLinux())
        {
            PageCache.Drop(directory);
            restarts.Add(await ReopenAsync("ledger, page cache dropped"));
        }
        if (gateway is not null)
        {
            restarts.Add(await StartGatewayAsync(gateway, "gateway (hotpath sandbox), files in the page cache"));
        }
        return new GrowReport(HostEnvironmentInfo.GetInformation(), steps, filled, restarts, Verify());
    }

    private async Task<GrowFilled> FillAsync(List<GrowStep> steps)
    {
        using GrowChild child = GrowChild.Self(GrowCommand.Fill, directory, $"{plan.Trades}");
        GrowFilled? filled = null;
        await console.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async bar =>
            {
                ProgressTask task = bar.AddTask("trades", maxValue: plan.Trades);
                var watch = Stopwatch.StartNew();
                while (filled is null)
                {
                    switch (GrowNews.Read(await child.ReadLineAsync()))
                    {
                        case GrowProgress progress:
                            task.Value = progress.Trades;
                            task.Description = $"{progress.Trades:N0} trades, {progress.Trades / watch.Elapsed.TotalSeconds:N0}/s";
                            break;
                        case GrowStep step:
                            steps.Add(step);
                            break;
                        case GrowFilled end:
                            filled = end;
                            break;
                    }
                }
            });
        child.Kill();
        return filled!;
    }

    private async Task<GrowRestart> ReopenAsync(string what)
    {
        using GrowChild child = GrowChild.Self(GrowCommand.Reopen, directory, $"{plan.Trades}");
        var ready = (GrowReady)GrowNews.Read(await child.ReadLineAsync());
        double seconds = child.Seconds;
        var looked = (GrowChecked)GrowNews.Read(await child.ReadLineAsync());
        child.Kill();
        return new GrowRestart(what, seconds) { Ready = ready, Missing = looked.Missing };
    }

    private async Task<GrowRestart> StartGatewayAsync(string dll, string what)
    {
        using GrowChild child = GrowChild.Program(
            dll, "sandbox", "--data", directory, "--port", "0", "--admin-port", "0", "--no-demo", "--no-notify", "--in-process-channel");
        while (!(await child.ReadLineAsync()).StartsWith("hotpath ready", StringComparison.Ordinal))
        {
        }
        double seconds = child.Seconds;
        child.Kill();
        return new GrowRestart(what, seconds);
    }

    private GrowJournal Verify()
    {
        var watch = Stopwatch.StartNew();
        JournalReport report = JournalVerifier.Verify(directory);
        return new GrowJournal(
            report.Records.GetValueOrDefault("ACCEPTED"), report.Records.GetValueOrDefault("RESULT"), report.Damage?.Reason, watch.Elapsed.TotalSeconds);
    }
}
