using System.Net;
using System.Text;
using HotPath.Core.Telemetry;
using HotPath.Host.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace HotPath.Host.Admin;

/// <summary>
/// The operators' listener, on loopback only (F57): <c>/livez</c> (the process runs), <c>/readyz</c> (traffic is wanted, or 503 with the
/// reason), <c>/metrics</c> (Prometheus text format), <c>/recon/build</c> (<see cref="ReconEndpoint"/>), <c>/notifications</c>
/// (<see cref="NotificationEndpoint"/>), <c>/channels</c> (<see cref="ChannelEndpoint"/>), <c>/routes</c> (<see cref="RouteTableEndpoint"/>), <c>/pending</c>
/// (<see cref="PendingEndpoint"/>).
/// </summary>
internal sealed class AdminServer(
    Readiness readiness, GatewayMetrics metrics, ReconEndpoint recon, NotificationEndpoint notifications, ChannelEndpoint channels, RouteTableEndpoint routes, PendingEndpoint pending)
{
    // Scrapers and people; beyond that it is a leak.
    private const int MaxConnections = 64;

    internal async Task<WebApplication> StartAsync(IPEndPoint listenOn, ILoggerFactory logs)
    {
        WebApplicationBuilder builder = BareApplication.Builder(logs);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxConcurrentConnections = MaxConnections;
            options.Limits.MaxRequestBodySize = 0;
            options.Listen(listenOn, listen => listen.Protocols = HttpProtocols.Http1);
        });
        return await BareApplication.StartAsync(builder, HandleAsync);
    }

    private Task HandleAsync(HttpContext context)
    {
        if (context.Request.Path == ReconEndpoint.Root)
        {
            return recon.HandleAsync(context);
        }
        if (context.Request.Path.StartsWithSegments(NotificationEndpoint.Root))
        {
            return notifications.HandleAsync(context);
        }
        if (context.Request.Path.StartsWithSegments(ChannelEndpoint.Root))
        {
            return channels.HandleAsync(context);
        }
        if (context.Request.Path.StartsWithSegments(RouteTableEndpoint.Root))
        {
            return routes.HandleAsync(context);
        }
        if (context.Request.Path.StartsWithSegments(PendingEndpoint.Root))
        {
            return pending.HandleAsync(context);
        }
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            return SayAsync(context, StatusCodes.Status405MethodNotAllowed, "");
        }
        return context.Request.Path.Value switch
        {
            "/livez" => SayAsync(context, StatusCodes.Status200OK, "ok\n"),
            "/readyz" => readiness.Reason is { } reason
                ? SayAsync(context, StatusCodes.Status503ServiceUnavailable, reason + "\n")
                : SayAsync(context, StatusCodes.Status200OK, "ready\n"),
            "/metrics" => ExportAsync(context),
            _ => SayAsync(context, StatusCodes.Status404NotFound, ""),
        };
    }

    private Task ExportAsync(HttpContext context)
    {
        context.Response.ContentType = GatewayMetrics.TextFormat;
        return metrics.WriteTextAsync(context.Response.Body, context.RequestAborted);
    }

    private static async Task SayAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.ContentLength = text.Length;
        await context.Response.BodyWriter.WriteAsync(Encoding.ASCII.GetBytes(text));
    }
}
