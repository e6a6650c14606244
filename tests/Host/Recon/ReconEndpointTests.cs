using HotPath.Core.DayFiles;
using HotPath.Core.Model;
using HotPath.Core.Recon;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using HotPath.Host.Admin;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HotPath.Host.Tests.Recon;

/// <summary>What operators may ask of reconciliation files at once.</summary>
public sealed class ReconEndpointTests : IDisposable
{
    private const int Files = 2;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task OneWishTooMany_IsRefusedAndNotDone_AndThereIsRoomAgainWhenTheOthersAreOver()
    {
        var metrics = new GatewayMetrics("test");
        using DayStore days = DayStore.Open(_folder.Path, TimeProvider.System, metrics, NullLogger<DayStore>.Instance);
        using Reconciliation recon = Reconciliation.Open(
            _folder.Path, days, [InstId.From("CN000001")], publicUrl: null, diskReserveBytes: 0, ThreadScheduler.Instance, TimeProvider.System, metrics,
            NullLogger<Reconciliation>.Instance);
        var endpoint = new ReconEndpoint();
        endpoint.Open(recon);
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(StatusCodes.Status202Accepted, await AskAsync(endpoint));
        }
        Assert.Equal(StatusCodes.Status429TooManyRequests, await AskAsync(endpoint));

        recon.Start(_ => default);
        int status;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        while ((status = await AskAsync(endpoint)) == StatusCodes.Status429TooManyRequests)
        {
            await Task.Delay(10, limit.Token);
        }
        Assert.Equal(StatusCodes.Status202Accepted, status);
        // Yesterday's, which a start takes up, all of the hundred, and of the one after them, and nothing of what was refused.
        while (await BuiltAsync(metrics) < 102 * Files)
        {
            await Task.Delay(10, limit.Token);
        }
        await Task.Delay(50, limit.Token);
        Assert.Equal(102 * Files, await BuiltAsync(metrics));
    }

    private static async Task<int> AskAsync(ReconEndpoint endpoint)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = "POST";
        context.Request.Host = new HostString("127.0.0.1", 9464);
        context.Request.Headers[OperatorRequest.Header] = "test";
        context.Request.QueryString = new QueryString("?date=" + DateTime.UtcNow.AddDays(-9).ToString("yyyyMMdd", System.Globalization.CultureInfo.InvariantCulture));
        await endpoint.HandleAsync(context);
        return context.Response.StatusCode;
    }

    private static async Task<int> BuiltAsync(GatewayMetrics metrics)
    {
        using var text = new MemoryStream();
        await metrics.WriteTextAsync(text, CancellationToken.None);
        return System.Text.Encoding.UTF8.GetString(text.ToArray()).Split('\n')
            .Where(line => line.StartsWith("hotpath_recon_files_total{", StringComparison.Ordinal)).Sum(line => int.Parse(line.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture));
    }
}
