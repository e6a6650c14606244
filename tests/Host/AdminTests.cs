using System.Net;
using HotPath.Host.Sandbox;
using Xunit;

namespace HotPath.Host.Tests;

/// <summary>The operators' listener.</summary>
[Collection(SandboxFixture.Name)]
public sealed class AdminTests(SandboxFixture sandbox)
{
    [Theory]
    [InlineData("/livez", 200, "ok\n")]
    [InlineData("/readyz", 200, "ready\n")]
    [InlineData("/", 404, "")]
    [InlineData("/api", 404, "")]
    public async Task Admin_Paths_AnswerAsDocumented(string path, int status, string text)
    {
        using var http = new HttpClient();
        using HttpResponseMessage answer = await http.GetAsync(new Uri(sandbox.Admin, path));
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(text, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Admin_OtherMethods_AreRefused()
    {
        using var http = new HttpClient();
        using HttpResponseMessage answer = await http.PostAsync(new Uri(sandbox.Admin, "/readyz"), null);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
    }

    [Fact]
    public async Task Metrics_AfterAPayment_CountIt()
    {
        await sandbox.Domestic.CallAsync(sandbox.Domestic.ScanPay());
        using var http = new HttpClient();
        using HttpResponseMessage answer = await http.GetAsync(new Uri(sandbox.Admin, "/metrics"));
        string text = await answer.Content.ReadAsStringAsync();
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        Assert.Matches("""hotpath_requests_total\{biz_type="SCAN_PAY",resp_code="0000"\} [1-9]""", text);
        Assert.Matches("hotpath_inflight_requests [0-9]", text);
        Assert.Contains("hotpath_build_info{version=", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gateway_ThatIsStopping_AnswersWhatItHasAndTakesNoMore()
    {
        using var folder = new TemporaryFolder();
        SandboxGateway other = await SandboxFixture.StartAsync(folder.Path);
        using var client = other.NewClient(SandboxGateway.Domestic);
        // Not executed and never answered: the payment is under way for the whole answer budget of 2.5 s.
        Task<Client.Exchange> underWay = client.CallAsync(Client.Requests.ScanPay(SandboxGateway.Domestic, "1.10", "CNY", TimeProvider.System));
        while (other.Simulator.PaysReceived == 0)
        {
            await Task.Delay(10);
        }
        Task stopping = other.Gateway.StopAsync();
        using var http = new HttpClient();
        using (HttpResponseMessage answer = await http.GetAsync(new Uri(other.Gateway.AdminAddress, "/readyz")))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.Equal("draining\n", await answer.Content.ReadAsStringAsync());
        }
        Client.Exchange exchange = await underWay;
        Assert.True(exchange.IsVerified, exchange.Problem);
        Assert.Equal("0001", exchange.RespCode);
        await stopping;
        await other.DisposeAsync();
    }
}
