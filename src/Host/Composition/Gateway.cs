using HotPath.Core.Admission;
using HotPath.Core.Auth;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Http;
using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Operations;
using HotPath.Core.Pipeline;
using HotPath.Core.Routing;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using HotPath.Host.Admin;
using HotPath.Host.Configuration;
using HotPath.Host.Server;
using HotPath.Signing;

namespace HotPath.Host.Composition;

/// <summary>
/// A running gateway, put together from checked settings. It starts from the inside out (admin listener, ledger, resolver, warm-up,
/// institutions' listener, ready) and stops from the outside in (not ready, no new connection, requests under way, resolver, channels, ledger).
/// </summary>
internal sealed partial class Gateway : IAsyncDisposable
{
    // A request under way ends within PipelineOptions.PayBudget and one journal batch; a supervisor usually kills after 10 s or more.
    private static readonly TimeSpan DrainBudget = TimeSpan.FromSeconds(4);

    private readonly Readiness _readiness;
    private readonly WebApplication _admin;
    private readonly ILedger _ledger;
    private readonly Derived _derived;
    private readonly Corridor _corridor;
    private readonly WebApplication _institutions;
    private readonly ILogger<Gateway> _logger;
    private bool _isStopped;

    private Gateway(
        Readiness readiness, WebApplication admin, ILedger ledger, Derived derived, Corridor corridor, RouteReloader reloader, WebApplication institutions,
        ServerCertificate certificate, ILogger<Gateway> logger)
    {
        _readiness = readiness;
        _admin = admin;
        _ledger = ledger;
        _derived = derived;
        _corridor = corridor;
        Routes = reloader;
        _institutions = institutions;
        _logger = logger;
        Certificate = certificate;
        ApiAddress = new Uri(BareApplication.Address(institutions), PaymentEndpoint.Path);
        AdminAddress = BareApplication.Address(admin);
    }

    /// <summary>Where institutions post.</summary>
    internal Uri ApiAddress { get; }

    /// <summary>Root of the admin listener.</summary>
    internal Uri AdminAddress { get; }

    /// <summary>What new handshakes show.</summary>
    internal ServerCertificate Certificate { get; }

    /// <summary>Reads the route table again.</summary>
    internal RouteReloader Routes { get; }

    /// <summary>Completes with the reason when the ledger has stopped itself: the process must go, a restart recovers.</summary>
    internal Task<string> Failure => _ledger.Failure;

    /// <summary>Starts everything; returns when the first payment can come.</summary>
    /// <exception cref="LedgerLockedException">Another process has the data directory.</exception>
    /// <exception cref="JournalDamagedException">Something durable is not whole; says where.</exception>
    /// <exception cref="IOException">A port is taken.</exception>
    internal static async Task<Gateway> StartAsync(GatewaySettings settings, ILoggerFactory logs, TimeProvider clock)
    {
        var undo = new Stack<IAsyncDisposable>();
        try
        {
            var metrics = new GatewayMetrics(BuildInfo.Version);
            var readiness = new Readiness();
            var reconEndpoint = new ReconEndpoint();
            var notifications = new NotificationEndpoint();
            var channels = new ChannelEndpoint();
            var routes = new RouteTableEndpoint();
            var pending = new PendingEndpoint();
            WebApplication admin = await new AdminServer(readiness, metrics, reconEndpoint, notifications, channels, routes, pending).StartAsync(settings.Admin, logs);
            undo.Push(admin);

            ILedger ledger = OpenLedger(settings.Ledger, clock, metrics, logs);
            undo.Push(ledger);

            InstitutionDirectory registered = Register(settings, metrics, clock);
            var keys = new GatewayKeys(settings.SigningKey, settings.Es256SigningKey);
            var derived = new Derived(settings, ledger, registered, keys, clock, metrics, logs);
            undo.Push(derived);

            Corridor corridor = BuildCorridor(settings, ledger, registered, keys, derived, metrics, clock, logs);
            undo.Push(corridor);
            derived.Start(corridor.Feed!);
            reconEndpoint.Open(derived.Recon);
            await corridor.Resolver.StartAsync();
            await corridor.WarmUpAsync();

            var endpoint = new PaymentEndpoint(corridor.Pipeline, settings.Limits, metrics, clock, logs.CreateLogger<PaymentEndpoint>());
            var files = new FileEndpoint(derived.Recon, metrics);
            WebApplication institutions = await InstitutionServer.StartAsync(
                settings.Listen, settings.Certificate, settings.Limits, context => FileEndpoint.IsMeant(context) ? files.HandleAsync(context) : endpoint.HandleAsync(context), logs);
            undo.Push(institutions);

            var reloader = new RouteReloader(settings.RouteSource, corridor.Breakers.Channels, corridor.Tables, logs.CreateLogger<RouteReloader>());
            var gateway = new Gateway(
                readiness, admin, ledger, derived, corridor, reloader, institutions, settings.Certificate, logs.CreateLogger<Gateway>());
            notifications.Open(derived.Notifier);
            channels.Open(corridor.Breakers);
            routes.Open(corridor.Tables, reloader, ledger, registered, settings.RouteSource?.File, clock);
            pending.Open(corridor.Pending);
            readiness.Ready(ledger);
            gateway.LogReady(gateway.ApiAddress, gateway.AdminAddress);
            return gateway;
        }
        catch
        {
            while (undo.TryPop(out IAsyncDisposable? started))
            {
                await started.DisposeAsync();
            }
            throw;
        }
    }

    /// <summary>Stops in order. What was accepted is answered or recorded; what is PENDING is resolved after the next start.</summary>
    internal async Task StopAsync()
    {
        if (_isStopped)
        {
            return;
        }
        _isStopped = true;
        _readiness.Drain();
        LogDraining();
        using (var budget = new CancellationTokenSource(DrainBudget))
        {
            await _institutions.StopAsync(budget.Token);
        }
        await _institutions.DisposeAsync();
        await _corridor.DisposeAsync();
        await _derived.DisposeAsync();
        await _ledger.DisposeAsync();
        using (var atOnce = new CancellationTokenSource(TimeSpan.FromMilliseconds(200)))
        {
            await _admin.StopAsync(atOnce.Token);
        }
        await _admin.DisposeAsync();
        Routes.Dispose();
        LogStopped();
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private static EmbeddedLedger OpenLedger(EmbeddedLedgerOptions options, TimeProvider clock, GatewayMetrics metrics, ILoggerFactory logs)
    {
        var voice = new LedgerVoice(logs.CreateLogger<EmbeddedLedger>());
        return EmbeddedLedger.Open(options, ThreadScheduler.Instance, clock, metrics, voice.Tell);
    }

    private static Corridor BuildCorridor(
        GatewaySettings settings, ILedger ledger, InstitutionDirectory institutions, GatewayKeys keys, Derived derived, GatewayMetrics metrics,
        TimeProvider clock, ILoggerFactory logs)
    {
        Dictionary<string, Channel> channels = settings.Channels.ToDictionary(
            channel => channel.Options.Id,
            channel => new Channel(channel.Options, channel.CreateAdapter(clock), ThreadScheduler.Instance, clock, metrics));
        var router = new Router(settings.RouteTable.Bind(channels), settings.RouteTable.CodeHosts, [.. channels.Values]);
        return new Corridor(ledger, router, institutions, keys, new PipelineOptions { MaxAttempts = settings.MaxAttempts }, ThreadScheduler.Instance, clock, metrics, logs,
            derived.Consumers, derived.Recon, derived.Days);
    }

    private static InstitutionDirectory Register(GatewaySettings settings, GatewayMetrics metrics, TimeProvider clock)
    {
        var institutions = new InstitutionDirectory(settings.Institutions.Select(institution => new Institution(
            institution.InstId, institution.Region, institution.Language, institution.Currencies, institution.Keys,
            new Allowance(clock, institution.MaxTps), metrics.ForInstitution(institution.InstId))
        {
            Interfaces = institution.Interfaces,
            NotifyTarget = institution.NotifyTarget,
        }).ToArray());
        foreach (InstitutionSettings institution in settings.Institutions)
        {
            foreach (RegisteredKey key in institution.Keys.Keys.Where(key => key.NotAfterMs != long.MaxValue))
            {
                metrics.KeyExpires(institution.InstId, key.KeyId, key.NotAfterMs);
            }
        }
        return institutions;
    }

    [LoggerMessage(EventId = 300, Level = LogLevel.Information, Message = "ready at {Api}, admin at {Admin}")]
    private partial void LogReady(Uri api, Uri admin);

    [LoggerMessage(EventId = 301, Level = LogLevel.Information, Message = "draining: no new connections, requests under way go on")]
    private partial void LogDraining();

    [LoggerMessage(EventId = 302, Level = LogLevel.Information, Message = "stopped")]
    private partial void LogStopped();
}
