using System.CommandLine;
using System.Runtime.InteropServices;
using HotPath.Host.Simulator;

namespace HotPath.Host.Cli;

/// <summary><c>hotpath simulator</c>: the clearing simulator as a process of its own.</summary>
internal static class SimulatorVerb
{
    internal static Command Create(TextWriter output)
    {
        Option<int> port = Options.Port("--port", 0, "port on 127.0.0.1; 0: a free one");
        var books = new Option<string>("--books") { Description = "folder of its books", DefaultValueFactory = _ => Path.Combine(".hotpath", "simulator") };
        Option<TimeSpan> latency = Options.ChannelLatency();
        Option<TimeSpan> settleWindow = Options.Duration(
            "--settle-window", "how long a payment may be under way: amounts that end with 12 are executed in its middle",
            "15s", "1s", "60s");
        var drill = new Option<bool>("--drill") { Description = "answer POST /drill?latency=11s&errors=31, which makes payments and refunds slow, or so many of a hundred HTTP 500" };
        var verb = new Command("simulator", "Start a simulated clearing channel") { port, books, latency, settleWindow, drill };
        verb.SetAction(async (parsed, _) =>
        {
            using var stop = new CancellationTokenSource();
            void OnSignal(PosixSignalContext context)
            {
                context.Cancel = true;
                stop.Cancel();
            }
            using PosixSignalRegistration term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
            using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
            var options = new SimulatorOptions
            {
                Port = parsed.GetValue(port),
                BooksDirectory = parsed.GetRequiredValue(books),
                ChannelLatency = parsed.GetValue(latency),
                SettleWindow = parsed.GetValue(settleWindow),
                HasDrill = parsed.GetValue(drill),
            };
            await SimulatorProgram.RunAsync(options, TimeProvider.System, output, stop.Token);
            return ExitCodes.Done;
        });
        return verb;
    }
}
