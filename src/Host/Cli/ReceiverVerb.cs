using System.CommandLine;
using System.Runtime.InteropServices;
using HotPath.Host.Logging;
using HotPath.Host.Receiver;

namespace HotPath.Host.Cli;

/// <summary><c>hotpath receiver</c>: an institution's side of notifications as a process of its own; it verifies and writes down what it got.</summary>
internal static class ReceiverVerb
{
    internal static Command Create(TextWriter output)
    {
        Option<int> port = Options.Port("--port", 0, "port on 127.0.0.1; 0: a free one");
        Option<string> key = Options.Key("the gateway's public key", isRequired: true);
        var certificate = new Option<string>("--certificate") { Description = "what it shows: PEM, with its intermediates", HelpName = "PEM", Required = true };
        var certificateKey = new Option<string>("--certificate-key") { Description = "private key of --certificate", HelpName = "PEM", Required = true };
        var data = new Option<string>("--data") { Description = "folder of INST.jsonl", DefaultValueFactory = _ => Path.Combine(".hotpath", "receiver") };
        Option<LogLevel> level = Options.Log(LogLevel.Warning);
        var verb = new Command("receiver", "Receive notifications at /notify/INST, verify them and write them down") { key, certificate, certificateKey, port, data, level };
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
            using ILoggerFactory logs = GatewayLogs.To(Console.OpenStandardError(), parsed.GetValue(level), TimeProvider.System);
            var options = new ReceiverOptions(
                parsed.GetRequiredValue(data), parsed.GetRequiredValue(certificate), parsed.GetRequiredValue(certificateKey),
                Files.ReadPublicKey(parsed.GetRequiredValue(key)), parsed.GetValue(port));
            await ReceiverProgram.RunAsync(options, logs, TimeProvider.System, output, stop.Token);
            return ExitCodes.Done;
        });
        return verb;
    }
}
