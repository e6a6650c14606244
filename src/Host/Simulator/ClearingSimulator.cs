using System.Net;
using HotPath.Core.Clearing.Adapters.Simulated;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace HotPath.Host.Simulator;

/// <summary>
/// A clearing channel as docs/channel-contract.md wants it, as an HTTP server of its own on 127.0.0.1, with books that survive a kill and
/// outcomes chosen by the last two digits of the amount (<see cref="Script"/>).
/// </summary>
internal sealed class ClearingSimulator : IAsyncDisposable
{
    private readonly KestrelServer _server;
    private readonly KestrelServer? _iso8583;
    private readonly Books _books;
    private readonly CancellationTokenSource _stopping;

    private ClearingSimulator(KestrelServer server, KestrelServer? iso8583, Books books, CancellationTokenSource stopping)
    {
        _server = server;
        _iso8583 = iso8583;
        _books = books;
        _stopping = stopping;
        BaseAddress = AddressOf(server);
        Iso8583Address = iso8583 is null ? null : new UriBuilder(AddressOf(iso8583)) { Scheme = "tcp" }.Uri;
    }

    /// <summary>Where it listens, with the port it really got.</summary>
    internal Uri BaseAddress { get; }

    /// <summary>Where it listens for ISO 8583, <c>tcp://127.0.0.1:port</c>; null where it does not.</summary>
    internal Uri? Iso8583Address { get; }

    /// <summary>Payment requests since it started, repeated ones included.</summary>
    internal long PaysReceived => _books.PaysReceived;

    /// <summary>Opens the books and listens.</summary>
    /// <exception cref="IOException">The port or the books are taken.</exception>
    internal static async Task<ClearingSimulator> StartAsync(
        SimulatorOptions options, TimeProvider clock, CancellationToken cancellationToken = default)
    {
        options.Validate();
        var books = new Books(options.BooksDirectory, options.SettleWindow, clock);
        var stopping = new CancellationTokenSource();
        Drill? drill = options.HasDrill ? new Drill() : null;
        var desk = new ClearingDesk(books, new LognormalLatency(options.ChannelLatency), drill, clock);
        KestrelServer server = NewServer(HttpOptions(options.Port));
        KestrelServer? iso8583 = null;
        try
        {
            var application = new SimulatorApplication(books, desk, drill, options.SilenceCap, clock, stopping.Token);
            await server.StartAsync(application, cancellationToken);
            if (options.Iso8583Port is { } port)
            {
                iso8583 = NewServer(Iso8583Options(port, new Iso8583Application(books, desk, options.Iso8583Mac, stopping.Token)));
                // Kestrel wants one; no connection ever comes to it.
                await iso8583.StartAsync(application, cancellationToken);
            }
            return new ClearingSimulator(server, iso8583, books, stopping);
        }
        catch
        {
            iso8583?.Dispose();
            server.Dispose();
            stopping.Dispose();
            await books.DisposeAsync();
            throw;
        }
    }

    /// <summary>Cuts what is still open: a channel that goes away says nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        using (var atOnce = new CancellationTokenSource())
        {
            await atOnce.CancelAsync();
            await _server.StopAsync(atOnce.Token);
            if (_iso8583 is not null)
            {
                await _iso8583.StopAsync(atOnce.Token);
            }
        }
        _server.Dispose();
        _iso8583?.Dispose();
        await _books.DisposeAsync();
        _stopping.Dispose();
    }

    // The server by itself: a second generic host in the sandbox would take part in its signals, configuration and logging.
    private static KestrelServer NewServer(KestrelServerOptions options) =>
        new(Options.Create(options), new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance), NullLoggerFactory.Instance);

    private static Uri AddressOf(KestrelServer server) => new(server.Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    private static KestrelServerOptions HttpOptions(int port)
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.MaxRequestBodySize = SimulatorApplication.MaxBodyBytes;
        options.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1);
        return options;
    }

    // The connection is the application's from its first byte on.
    private static KestrelServerOptions Iso8583Options(int port, Iso8583Application application)
    {
        var options = new KestrelServerOptions();
        options.Listen(IPAddress.Loopback, port, listen => listen.Run(application.ServeAsync));
        return options;
    }
}
