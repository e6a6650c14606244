using HotPath.Core.Recon;
using HotPath.Core.Telemetry;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace HotPath.Host.Server;

/// <summary>
/// <c>GET /files/&lt;token&gt;</c> on the institutions' listener: a finished reconciliation file, streamed, whole or in part (Range, If-Range, ETag = hash). The
/// token is the permission; what is not one, or has ended, is 404 like any other path.
/// </summary>
internal sealed class FileEndpoint(Reconciliation recon, GatewayMetrics metrics)
{
    internal const string Prefix = "/files/";

    internal static bool IsMeant(HttpContext context) =>
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.StartsWith(Prefix, StringComparison.Ordinal);

    internal async Task HandleAsync(HttpContext context)
    {
        try
        {
            await SendAsync(context);
        }
        catch (IOException) when (!context.Response.HasStarted)
        {
            // Removed since it was found, for it is 180 days old, or the disk does not give it: the log of the builder or the ledger says more.
            context.Response.Clear();
            await Refuse(context.Response, StatusCodes.Status503ServiceUnavailable);
        }
        metrics.Recon.Fetched(context.Response.StatusCode);
    }

    private Task SendAsync(HttpContext context)
    {
        HttpResponse response = context.Response;
        // Whoever has the address may have the file, for five minutes: no cache on the way is to keep either.
        response.Headers.CacheControl = "private, no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        if (context.Request.Protocol != HttpProtocol.Http11)
        {
            return Refuse(response, StatusCodes.Status505HttpVersionNotsupported);
        }
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            response.Headers.Allow = "GET, HEAD";
            return Refuse(response, StatusCodes.Status405MethodNotAllowed);
        }
        // As it was sent: a token has no escapes, no query and no dots.
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (recon.Fetch(target.AsSpan(Prefix.Length)) is not { } file)
        {
            return Refuse(response, StatusCodes.Status404NotFound);
        }
        PhysicalFileHttpResult result = TypedResults.PhysicalFile(
            file.Path, "text/csv; charset=utf-8", file.Name, lastModified: null, new EntityTagHeaderValue($"\"{file.Sha256}\""), enableRangeProcessing: true);
        return result.ExecuteAsync(context);
    }

    private static Task Refuse(HttpResponse response, int status)
    {
        response.StatusCode = status;
        response.ContentLength = 0;
        if (status == StatusCodes.Status405MethodNotAllowed)
        {
            // There may be a body that nobody will read: the connection ends instead of skipping it.
            response.Headers.Connection = "close";
        }
        return Task.CompletedTask;
    }
}
