using System.CommandLine;
using System.Runtime.InteropServices;
using HotPath.Core.Clearing.Adapters.Iso8583;
using HotPath.Host.Simulator;

namespace HotPath.Host.Cli;

/// <summary><c>hotpath simulator</c>: the clearing simulator as a process of its own.</summary>
internal static class SimulatorVerb
{
    internal static Command Create(TextWriter output)
    {
        Option<int> port = Options.Port("--port", 0, "port on 127.0.0.1; 0: a free one");
        var iso8583Port = new Option<int?>("--iso8583-port") { Description = "port on 127.0.0.1 of the ISO 8583 dialect, over the same books; 0: a free one; default: none" };
        iso8583Port.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && int.TryParse(text, out int number) && number is < 0 or > 65_535)
            {
                result.AddError($"--iso8583-port {number} is outside 0 to 65535");
            }
        });
        var macKey = new Option<string?>("--iso8583-mac-key") { Description = "file with the key of every ISO 8583 message's code, in hexadecimal digits", HelpName = "FILE" };
        var books = new Option<string>("--books") { Description = "folder of its books", DefaultValueFactory = _ => Path.Combine(".hotpath", "simulator") };
        Option<TimeSpan> latency = Options.ChannelLatency();
        Option<TimeSpan> settleWindow = Options.Duration(
            "--settle-window", "how long a payment may be under way: amounts that end with 12 are executed in its middle",
            "15s", "1s", "60s");
        var drill = new Option<bool>("--drill") { Description = "answer POST /drill?latency=11s&errors=31, which makes payments and refunds slow, or so many of a hundred HTTP 500" };
        var verb = new Command("simulator", "Start a simulated clearing channel") { port, iso8583Port, macKey, books, latency, settleWindow, drill };
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
                Iso8583Port = parsed.GetValue(iso8583Port),
                Iso8583Mac = parsed.GetValue(macKey) is { } file ? ReadMacKey(file) : null,
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

    private static MessageMac ReadMacKey(string file)
    {
        try
        {
            return MessageMac.FromHex(File.ReadAllText(file));
        }
        catch (Exception failure) when (failure is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--iso8583-mac-key {file}: {failure.Message}", failure);
        }
    }
}
