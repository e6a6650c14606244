using System.Net;
using HotPath.Core.Clearing.Adapters.Simulated;
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
    private readonly Books _books;
    private readonly CancellationTokenSource _stopping;

    private ClearingSimulator(KestrelServer server, Books books, CancellationTokenSource stopping)
    {
        _server = server;
        _books = books;
        _stopping = stopping;
        BaseAddress = new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    /// <summary>Where it listens, with the port it really got.</summary>
    internal Uri BaseAddress { get; }

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
        var latency = new LognormalLatency(options.ChannelLatency);
        // The server by itself: a second generic host in the sandbox would take part in its signals, configuration and logging.
        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        var server = new KestrelServer(Options.Create(ServerOptions(options.Port)), transport, NullLoggerFactory.Instance);
        try
        {
            await server.StartAsync(new SimulatorApplication(books, latency, options.HasDrill ? new Drill() : null, options.SilenceCap, clock, stopping.Token), cancellationToken);
            return new ClearingSimulator(server, books, stopping);
        }
        catch
        {
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
        }
        _server.Dispose();
        await _books.DisposeAsync();
        _stopping.Dispose();
    }

    private static KestrelServerOptions ServerOptions(int port)
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.MaxRequestBodySize = SimulatorApplication.MaxBodyBytes;
        options.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1);
        return options;
    }
}
