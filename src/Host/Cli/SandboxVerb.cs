using System.CommandLine;
using System.CommandLine.Parsing;
using HotPath.Host.Configuration;
using HotPath.Host.Logging;
using HotPath.Host.Sandbox;
using HotPath.Signing;

namespace HotPath.Host.Cli;

/// <summary><c>hotpath sandbox</c>: a whole gateway without configuration.</summary>
internal static class SandboxVerb
{
    internal static Command Create(TextWriter output)
    {
        var data = new Option<string>("--data") { Description = "folder of everything it keeps", DefaultValueFactory = _ => SandboxFolder.Default };
        Option<int> port = Options.Port("--port", 8443, "institutions' port on 127.0.0.1; 0: a free one");
        Option<int> adminPort = Options.Port("--admin-port", 9464, "admin port on 127.0.0.1; 0: a free one");
        Option<TimeSpan> latency = Options.ChannelLatency();
        Option<SignType?> signType = Options.SignType("what the demo institutions and their answers are signed with; default RSA2");
        var noDemo = new Option<bool>("--no-demo") { Description = "send no payment of its own" };
        var inProcess = new Option<bool>("--in-process-channel") { Description = "for measuring: the channel is a timer in the process, without HTTP, books or outcomes by amount" };
        Option<Uri?> channelUrl = SimulatorUrl("--channel-url", "the channel is a 'hotpath simulator' started before, at this address on this machine, instead of one in this process");
        Option<Uri?> drillChannelUrl = SimulatorUrl("--drill-channel-url", "codes at https://drill.example/ go to a second channel: a 'hotpath simulator' started before, at this address on this machine");
        Option<Uri?> iso8583Url = Iso8583Url();
        Option<int> institutions = Options.Number("--institutions", 2, 2, 1000, "demo institutions: CN000001, HK000001, then CN000002 and so on");
        Option<int> reserve = Options.Number("--disk-reserve-mib", 256, 0, 1024 * 1024, "free disk space in MiB below which new payments are A001; 0: only what fails counts");
        var noNotify = new Option<bool>("--no-notify") { Description = "the demo institutions are not notified of results: for measuring payments alone" };
        Option<Uri?> receiverUrl = ReceiverUrl();
        Option<Dictionary<string, Uri>> receiverUrls = ReceiverUrls();
        // WARN: what a terminal should show beside the demo is what went wrong.
        Option<LogLevel> level = Options.Log(LogLevel.Warning);
        var verb = new Command("sandbox", "Start a gateway with demo keys, demo institutions and a simulated channel") { data, port, adminPort, latency, signType, noDemo, channelUrl, iso8583Url, drillChannelUrl, inProcess, institutions, reserve, noNotify, receiverUrl, receiverUrls, level };
        verb.Validators.Add(given => RefuseBoth(given, channelUrl, inProcess, latency));
        verb.Validators.Add(given =>
        {
            if (given.GetResult(iso8583Url) is { Implicit: false } && given.GetResult(channelUrl) is not { Implicit: false })
            {
                given.AddError("--iso8583-url is where the simulator of --channel-url speaks ISO 8583: give both");
            }
        });
        verb.SetAction(async (parsed, _) =>
        {
            var options = new SandboxOptions
            {
                Data = parsed.GetRequiredValue(data),
                Port = parsed.GetValue(port),
                AdminPort = parsed.GetValue(adminPort),
                ChannelLatency = parsed.GetValue(latency),
                SignType = parsed.GetValue(signType) ?? SignType.Rsa2,
                ChannelUrl = parsed.GetValue(channelUrl),
                DrillChannelUrl = parsed.GetValue(drillChannelUrl),
                Iso8583Url = parsed.GetValue(iso8583Url),
                IsChannelInProcess = parsed.GetValue(inProcess),
                Institutions = parsed.GetValue(institutions),
                DiskReserveMib = parsed.GetValue(reserve),
                Notifies = !parsed.GetValue(noNotify),
                ReceiverUrl = parsed.GetValue(receiverUrl),
                ReceiverUrls = parsed.GetValue(receiverUrls) ?? [],
            };
            using ILoggerFactory logs = GatewayLogs.To(Console.OpenStandardError(), parsed.GetValue(level), TimeProvider.System);
            return await SandboxProgram.RunAsync(options, !parsed.GetValue(noDemo), logs, TimeProvider.System, output);
        });
        return verb;
    }

    private static Option<Uri?> ReceiverUrl() => new("--receiver-url")
    {
        Description = "notifications go to notify/INST below this address on this machine, instead of to a receiver in this process",
        HelpName = "https://127.0.0.1:PORT",
        CustomParser = static result =>
        {
            Uri? address = ReadReceiver(result.Tokens[0].Value);
            if (address is null)
            {
                result.AddError($"--receiver-url {result.Tokens[0].Value} is not an https address of this machine");
            }
            return address;
        },
    };

    private static Option<Dictionary<string, Uri>> ReceiverUrls() => new("--receiver-url-of")
    {
        Description = "the same for one institution; give it once for each that has a receiver of its own",
        HelpName = "INST=https://127.0.0.1:PORT",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = static result =>
        {
            var addresses = new Dictionary<string, Uri>(StringComparer.Ordinal);
            foreach (Token token in result.Tokens)
            {
                string[] parts = token.Value.Split('=', 2);
                if (parts is [{ Length: > 0 } inst, { } text] && ReadReceiver(text) is { } address)
                {
                    addresses[inst] = address;
                }
                else
                {
                    result.AddError($"--receiver-url-of {token.Value} is not an institution, = and an https address of this machine");
                }
            }
            return addresses;
        },
    };

    private static Uri? ReadReceiver(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address is { Scheme: "https", IsLoopback: true } ? address : null;

    private static Option<Uri?> SimulatorUrl(string name, string what) => new(name)
    {
        Description = what,
        HelpName = "http://127.0.0.1:PORT",
        CustomParser = result =>
        {
            (Uri? address, IReadOnlyList<string> faults) = ChannelAddress.Read(result.Tokens[0].Value);
            foreach (string fault in faults)
            {
                result.AddError($"{name}: {fault}");
            }
            if (faults.Count == 0 && !address!.IsLoopback)
            {
                result.AddError($"{name}: {address} is not this machine: a sandbox pays a simulator only");
            }
            return address;
        },
    };

    private static Option<Uri?> Iso8583Url() => new("--iso8583-url")
    {
        Description = "where the simulator of --channel-url speaks ISO 8583: the channel of Thai bill payments",
        HelpName = "tcp://127.0.0.1:PORT",
        CustomParser = static result =>
        {
            (Uri? address, IReadOnlyList<string> faults) = ChannelAddress.ReadIso8583(result.Tokens[0].Value, hasMac: false);
            foreach (string fault in faults)
            {
                result.AddError($"--iso8583-url: {fault}");
            }
            if (faults.Count == 0 && !address!.IsLoopback)
            {
                result.AddError($"--iso8583-url: {address} is not this machine: a sandbox pays a simulator only");
            }
            return address;
        },
    };

    private static void RefuseBoth(CommandResult given, Option channelUrl, Option inProcess, Option latency)
    {
        bool IsGiven(Option option) => given.GetResult(option) is { Implicit: false };
        if (!IsGiven(channelUrl))
        {
            return;
        }
        if (IsGiven(inProcess))
        {
            given.AddError("--channel-url and --in-process-channel exclude each other: the channel is another process, or a timer in this one");
        }
        if (IsGiven(latency))
        {
            given.AddError("--channel-latency is to be given to the simulator that --channel-url names: this process does not simulate one");
        }
    }
}
