using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace HotPath.Host.Server;

/// <summary>The institutions' listener: Kestrel with HTTPS (TLS 1.2 and 1.3) and HTTP/1.1, nothing else.</summary>
internal static class InstitutionServer
{
    // Kestrel takes a bare LF for the end of a line otherwise; proxies in front may not, and that is how requests are smuggled (F60).
    private const string RefuseBareLineFeeds = "Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators";

    internal static async Task<WebApplication> StartAsync(
        IPEndPoint listenOn, ServerCertificate certificate, ServerLimits limits, RequestDelegate handler, ILoggerFactory logs)
    {
        AppContext.SetSwitch(RefuseBareLineFeeds, true);
        WebApplicationBuilder builder = BareApplication.Builder(logs);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(options =>
        {
            limits.ApplyTo(options);
            options.Listen(listenOn, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.UseHttps(certificate.Handshake(limits.HandshakeTimeout));
            });
        });
        return await BareApplication.StartAsync(builder, handler);
    }
}

/// <summary>A web application of nothing but Kestrel and one delegate.</summary>
internal static class BareApplication
{
    internal static WebApplicationBuilder Builder(ILoggerFactory logs)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { ApplicationName = "hotpath", ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddSingleton(logs);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        return builder;
    }

    internal static async Task<WebApplication> StartAsync(WebApplicationBuilder builder, RequestDelegate handler)
    {
        WebApplication application = builder.Build();
        try
        {
            application.Run(handler);
            await application.StartAsync();
            return application;
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }
    }

    /// <summary>Where it listens, with the port it really got.</summary>
    internal static Uri Address(WebApplication application) =>
        new(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    /// <summary>Signals are the program's: one place decides the order in which everything stops.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
