using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using HotPath.Core.Clearing.Adapters.Simulated;
using HotPath.Core.Qr;
using HotPath.Core.Runtime;
using HotPath.Host.Client;
using HotPath.Host.Composition;
using HotPath.Host.Configuration;
using HotPath.Host.Receiver;
using HotPath.Host.Server;
using HotPath.Host.Simulator;
using HotPath.Signing;

namespace HotPath.Host.Sandbox;

/// <summary>
/// A whole gateway that needs no configuration: keys and certificates made on first start, two demo institutions, and a clearing simulator
/// behind the real HTTP adapter. It is the same configuration object and the same code as <c>hotpath run</c>.
/// </summary>
internal sealed class SandboxGateway : IAsyncDisposable
{
    /// <summary>Registered in the mainland: pays abroad (3.2.1).</summary>
    internal const string Domestic = "CN000001";

    /// <summary>Registered in Hong Kong: is paid by mainland wallets (3.2.2).</summary>
    internal const string Overseas = "HK000001";

    private const string SimulatorChannel = "simulator";

    // The same books, spoken with in the other language; it has a scheme of its own.
    private const string Iso8583Channel = "simulator-iso8583";
    private const string Iso8583Scheme = "A000000677010112";

    // Amounts that end in these digits go to a channel whose port is closed (the command line contract's list of outcomes).
    private const int ClosedChannelDigits = 11;

    // Codes of this host go to the second simulator, where there is one, and to no other channel.
    private const string DrillHost = "drill.example";

    private static readonly string[] Currencies = ["CNY", "HKD", "USD", "EUR", "JPY", "KRW", "THB", "SGD", "KWD", "BHD"];

    // Hong Kong's FPS, Thailand's PromptPay, Singapore's PayNow and UnionPay. All lead to the simulator: a sandbox shows what is decoded and refused.
    private static readonly string[] Schemes = ["hk.com.hkicl", "A000000677010111", "SG.PAYNOW", SchemeTable.UnionPay];

    private readonly FileStream _lock;
    private readonly ClearingSimulator? _simulator;
    private readonly NotificationReceiver? _receiver;
    private readonly Socket _closedPort;

    private SandboxGateway(
        SandboxFolder folder, FileStream lockFile, ClearingSimulator? simulator, NotificationReceiver? receiver, Socket closedPort, Gateway gateway)
    {
        _receiver = receiver;
        Folder = folder;
        _lock = lockFile;
        _simulator = simulator;
        _closedPort = closedPort;
        Gateway = gateway;
    }

    internal SandboxFolder Folder { get; }

    internal Gateway Gateway { get; }

    /// <summary>The receiver of notifications in this process; null where there is none.</summary>
    internal NotificationReceiver? Receiver => _receiver;

    /// <summary>The one in this process.</summary>
    /// <exception cref="InvalidOperationException">It was started with <see cref="SandboxOptions.ChannelUrl"/>.</exception>
    internal ClearingSimulator Simulator => _simulator ?? throw new InvalidOperationException("the simulator is another process");

    /// <exception cref="SandboxException">It cannot start; the message is for people.</exception>
    internal static async Task<SandboxGateway> StartAsync(
        SandboxOptions options, ILoggerFactory logs, TimeProvider clock, ServerLimits? limits = null)
    {
        var folder = new SandboxFolder(options.Data);
        if (options.ReceiverUrls.Keys.Except(InstitutionIds(options)).FirstOrDefault() is { } nobody)
        {
            throw new SandboxException($"{nobody} is none of the demo institutions, and has no receiver");
        }
        Directory.CreateDirectory(folder.Root);
        FileStream lockFile = TakeLock(folder);
        ClearingSimulator? simulator = null;
        NotificationReceiver? receiver = null;
        Socket? closedPort = null;
        try
        {
            folder.Furnish(InstitutionIds(options), clock, options.SignType);
            if (options.ChannelUrl is null)
            {
                simulator = await ClearingSimulator.StartAsync(
                    new SimulatorOptions { BooksDirectory = folder.SimulatorBooks, ChannelLatency = options.ChannelLatency, Iso8583Port = 0 }, clock);
            }
            if (options.Notifies && options.ReceiverUrl is null)
            {
                var certificate = new ServerCertificate(X509Certificate2.CreateFromPemFile(folder.Certificate, folder.CertificateKey), []);
                receiver = await NotificationReceiver.StartAsync(
                    folder.Notifications, certificate, folder.LoadGatewayKey(), 0, logs, clock, options.ReceiverAnswer);
            }
            closedPort = TakePortWithoutListening();
            GatewayConfiguration configuration = Configure(
                options, folder, options.ChannelUrl ?? simulator!.BaseAddress, options.ChannelUrl is null ? simulator!.Iso8583Address : options.Iso8583Url, options.Notifies ? options.ReceiverUrl ?? receiver!.BaseAddress : null, closedPort);
            (GatewaySettings? settings, IReadOnlyList<ConfigurationFault> faults) = ConfigurationCheck.Run(configuration, clock, isSandbox: true);
            if (settings is null)
            {
                throw new SandboxException(string.Join("; ", faults));
            }
            settings = settings with { Limits = limits ?? settings.Limits, Channels = Channels(settings, options), Notify = settings.Notify with { Authority = folder.LoadCa() } };
            Gateway gateway = await Gateway.StartAsync(settings, logs, clock);
            return new SandboxGateway(folder, lockFile, simulator, receiver, closedPort, gateway);
        }
        catch
        {
            closedPort?.Dispose();
            if (receiver is not null)
            {
                await receiver.DisposeAsync();
            }
            if (simulator is not null)
            {
                await simulator.DisposeAsync();
            }
            await lockFile.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client that signs for one of the demo institutions and trusts what this sandbox made.</summary>
    internal InstitutionClient NewClient(string instId) =>
        new(Gateway.ApiAddress, Folder.LoadPrivateKeyOf(instId), Folder.LoadGatewayKey(), Folder.LoadCa());

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        if (_simulator is not null)
        {
            await _simulator.DisposeAsync();
        }
        if (_receiver is not null)
        {
            await _receiver.DisposeAsync();
        }
        _closedPort.Dispose();
        await _lock.DisposeAsync();
    }

    // Before anything is made or opened: of two sandboxes that start at once in an empty folder, one makes the keys.
    private static FileStream TakeLock(SandboxFolder folder)
    {
        try
        {
            return FolderLock.Take(folder.Lock);
        }
        catch (IOException failure)
        {
            throw new SandboxException($"{folder.Root} is in use by another sandbox", failure);
        }
    }

    // Bound and never listened on: connecting is refused, and nobody else can take the port while the sandbox runs.
    private static Socket TakePortWithoutListening()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private static GatewayConfiguration Configure(
        SandboxOptions options, SandboxFolder folder, Uri simulator, Uri? iso8583, Uri? receiver, Socket closedPort) => new()
        {
            Listen = new ListenConfiguration
            {
                Address = "127.0.0.1",
                Port = options.Port,
                Certificate = folder.Certificate,
                CertificateKey = folder.CertificateKey,
            },
            Admin = new AdminConfiguration { Port = options.AdminPort },
            DataDirectory = folder.Root,
            MaxTrades = options.MaxTrades,
            IndexMemoryMib = options.IndexMemoryMib,
            DiskReserveMib = options.DiskReserveMib,
            SigningKey = new KeyFileConfiguration
            {
                KeyId = SandboxFolder.GatewayRsa2KeyId,
                Path = options.SignType == SignType.Rsa2 ? folder.GatewayPrivateKey : folder.GatewayRsa2PrivateKeyBeside,
            },
            Es256SigningKey = options.SignType == SignType.Es256
            ? new KeyFileConfiguration { KeyId = SandboxFolder.GatewayEs256KeyId, Path = folder.GatewayPrivateKey }
            : null,
            Institutions = [.. InstitutionIds(options).Select(id => Institution(
                folder, id, id == Overseas ? "overseas" : "domestic", options.SignType, receiver is null ? null : options.ReceiverUrls.GetValueOrDefault(id, receiver)))],
            Channels =
        [
            new ChannelConfiguration { Id = SimulatorChannel, Url = simulator.AbsoluteUri },
            // For drills of what cannot be delivered: its answer is to stay the same however often it is asked for.
            new ChannelConfiguration { Id = "closed", Url = $"http://{closedPort.LocalEndPoint}", Breaker = "by_hand" },
            .. DrillChannel(options.DrillChannelUrl),
            .. iso8583 is null ? [] : new[] { new ChannelConfiguration { Id = Iso8583Channel, Protocol = "iso8583", Url = iso8583.GetLeftPart(UriPartial.Authority) } },
        ],
            Routes =
        [
            .. DrillRoute(options.DrillChannelUrl),
            new RouteConfiguration
            {
                Channel = "closed", Currencies = Currencies, Schemes = iso8583 is null ? Schemes : [.. Schemes, Iso8583Scheme], OnlyAmountsEndingWith = ClosedChannelDigits,
            },
            new RouteConfiguration { Channel = SimulatorChannel, Currencies = Currencies, Schemes = Schemes },
            new RouteConfiguration { Channel = "closed", Currencies = Currencies, OnlyAmountsEndingWith = ClosedChannelDigits },
            new RouteConfiguration { Channel = SimulatorChannel, Currencies = Currencies },
            .. iso8583 is null ? [] : new[] { new RouteConfiguration { Channel = Iso8583Channel, Currencies = Currencies, Schemes = [Iso8583Scheme] } },
        ],
            // One channel works here, and amounts that end with 11 are to show what it is when none does (B001).
            Failover = new FailoverConfiguration { MaxAttempts = 1 },
            CodeHosts =
        [
            new CodeHostConfiguration { Host = "qr.95516.com", Scheme = SchemeTable.UnionPay },
            .. options.DrillChannelUrl is null ? [] : (CodeHostConfiguration[])[new CodeHostConfiguration { Host = DrillHost, Scheme = DrillHost }],
        ],
        };

    private static IEnumerable<ChannelConfiguration> DrillChannel(Uri? url) =>
        url is null ? [] : [new ChannelConfiguration { Id = "drill", Url = url.AbsoluteUri }];

    private static IEnumerable<RouteConfiguration> DrillRoute(Uri? url) =>
        url is null ? [] : [new RouteConfiguration { Channel = "drill", Currencies = Currencies, Schemes = [DrillHost] }];

    private static IEnumerable<string> InstitutionIds(SandboxOptions options) =>
        [Domestic, Overseas, .. Enumerable.Range(2, options.Institutions - 2).Select(static number => $"CN{number:D6}")];

    private static IReadOnlyList<ChannelSettings> Channels(GatewaySettings settings, SandboxOptions options) => !options.IsChannelInProcess
        ? settings.Channels
        : [.. settings.Channels.Select(channel => channel.Options.Id is not (SimulatorChannel or Iso8583Channel)
            ? channel
            : channel with { CreateAdapter = clock => new SimulatedClearingAdapter(options.ChannelLatency, clock) })];

    private static InstitutionConfiguration Institution(SandboxFolder folder, string instId, string region, SignType signType, Uri? receiver) => new()
    {
        InstId = instId,
        Region = region,
        SignType = SignTypes.Name(signType),
        NotifyUrl = receiver is null ? null : new Uri(receiver, "notify/" + instId).AbsoluteUri,
        Currencies = Currencies,
        Keys = [new InstitutionKeyConfiguration { KeyId = SandboxFolder.InstitutionKeyId, Path = folder.PublicKeyOf(instId) }],
    };
}

/// <summary>A sandbox that cannot start. The message is one line for people.</summary>
internal sealed class SandboxException(string message, Exception? inner = null) : Exception(message, inner);
