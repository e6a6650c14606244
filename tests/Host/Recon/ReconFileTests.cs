using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HotPath.Host.Client;
using HotPath.Host.Sandbox;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HotPath.Host.Tests.Recon;

/// <summary>
/// A day in a sandbox: payments and refunds of today, of which one ends a moment after midnight in Beijing; then it is ten o'clock of tomorrow, and the files are
/// fetched with an ordinary HTTP client.
/// </summary>
public sealed class ReconFileTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ShiftedClock _clock = new();
    private SandboxGateway _sandbox = null!;
    private InstitutionClient _client = null!;
    private HttpClient _http = null!;
    private Exchange _first = null!;
    private Exchange _yen = null!;
    private Exchange _afterMidnight = null!;

    public async Task InitializeAsync()
    {
        _clock.Set(0, TimeSpan.FromHours(23.99));
        _sandbox = await SandboxGateway.StartAsync(
            new SandboxOptions { Data = _folder.Path, Port = 0, AdminPort = 0, ChannelLatency = TimeSpan.Zero, MaxTrades = 100_000, IndexMemoryMib = 4 },
            NullLoggerFactory.Instance, _clock);
        _client = _sandbox.NewClient(SandboxGateway.Domestic);
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.Add(_sandbox.Folder.LoadCa());
        handler.SslOptions.CertificateChainPolicy = trust;
        _http = new HttpClient(handler);

        _first = await PayAsync("88.80", "CNY");
        _yen = await PayAsync("500", "JPY");
        Assert.Equal("B002", (await _client.CallAsync(Requests.ScanPay(SandboxGateway.Domestic, "1.02", "CNY", _clock))).RespCode);
        await CallAsync(Requests.Refund(SandboxGateway.Domestic, _first.Answer!["trade_no"]!, _first.Answer["out_trade_no"]!, "8.80", _clock));
        _clock.Set(1, TimeSpan.FromSeconds(1));
        _afterMidnight = await PayAsync("1.00", "CNY");
        _clock.Set(1, TimeSpan.FromHours(10));
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        _http.Dispose();
        await _sandbox.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task TheDaysFile_HasWhatSucceededOnIt_AndNothingElse()
    {
        SignedMessage told = await DownloadAsync(0, "01");
        byte[] bytes = await _http.GetByteArrayAsync(new Uri(told["download_url"]!));
        Assert.Equal(told["hash_value"], Convert.ToHexStringLower(SHA256.HashData(bytes)));
        string[][] lines = Lines(bytes);
        Assert.Equal([Number(_first), Number(_yen), "<END>"], lines[1..].Select(line => line[0]));
        Assert.Equal([_first.Answer!["out_trade_no"]!, SandboxGateway.Domestic, "simulator"], lines[1][1..4]);
        Assert.Equal(["SCAN", "02", "88.80", "CNY", _first.Answer["trade_time"]!, "SUCCESS"], lines[1][5..]);
        Assert.Equal(["<END>", "2", "CNY=88.80;JPY=500"], lines[^1]);
        Assert.Equal("""{"CNY":{"count":"1","amount":"88.80"},"JPY":{"count":"1","amount":"500"}}""", told["amount_summary"]);

        SignedMessage refunds = await DownloadAsync(0, "02");
        string[][] refunded = Lines(await _http.GetByteArrayAsync(new Uri(refunds["download_url"]!)));
        Assert.Equal([Number(_first), _first.Answer["out_trade_no"]!, "8.80", "CNY"], refunded[1][2..6]);
        Assert.Equal(["<END>", "1", "CNY=8.80"], refunded[^1]);

        _clock.Set(2, TimeSpan.FromHours(10));
        string[][] next = Lines(await _http.GetByteArrayAsync(new Uri((await DownloadAsync(1, "01"))["download_url"]!)));
        Assert.Equal([Number(_afterMidnight), "<END>"], next[1..].Select(line => line[0]));
    }

    [Fact]
    public async Task AFile_IsSentInParts_ToWhoAsksForThem()
    {
        SignedMessage told = await DownloadAsync(0, "01");
        var address = new Uri(told["download_url"]!);
        using HttpResponseMessage whole = await _http.GetAsync(address);
        byte[] bytes = await whole.Content.ReadAsByteArrayAsync();
        Assert.Equal($"\"{told["hash_value"]}\"", whole.Headers.ETag!.Tag);
        Assert.Equal("text/csv; charset=utf-8", whole.Content.Headers.ContentType!.ToString());
        Assert.Equal(told["file_name"], whole.Content.Headers.ContentDisposition!.FileName);
        Assert.True(whole.Headers.CacheControl is { Private: true, NoStore: true });

        (HttpStatusCode status, byte[] part) = await RangeAsync(address, "bytes=10-19");
        Assert.Equal(HttpStatusCode.PartialContent, status);
        Assert.Equal(bytes[10..20], part);
        (status, part) = await RangeAsync(address, "bytes=-5");
        Assert.Equal(bytes[^5..], part);
        (status, part) = await RangeAsync(address, $"bytes={bytes.Length - 3}-");
        Assert.Equal(bytes[^3..], part);
        (status, _) = await RangeAsync(address, $"bytes={bytes.Length}-");
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, status);
        // The part of another file would be no continuation.
        (status, part) = await RangeAsync(address, "bytes=10-19", "\"other\"");
        Assert.Equal((HttpStatusCode.OK, bytes.Length), (status, part.Length));
        (status, _) = await RangeAsync(address, "bytes=10-19", whole.Headers.ETag.Tag);
        Assert.Equal(HttpStatusCode.PartialContent, status);

        using var head = new HttpRequestMessage(HttpMethod.Head, address);
        using HttpResponseMessage only = await _http.SendAsync(head);
        Assert.Equal(bytes.Length, only.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task OtherPathsMethodsAndTimes_GetNothing()
    {
        var address = new Uri((await DownloadAsync(0, "01"))["download_url"]!);
        foreach (string path in (string[])["/files/", "/files", "/files/..%2f..%2fsandbox.lock", "/files/../sandbox.lock", address.AbsolutePath + "?x=1", address.AbsolutePath + "/x",
            address.AbsolutePath + "A", "/files/HP_CN000001_20260919_TRADE.csv"])
        {
            using HttpResponseMessage answer = await _http.GetAsync(new Uri(address, path));
            Assert.Equal((HttpStatusCode.NotFound, 0L), (answer.StatusCode, answer.Content.Headers.ContentLength));
        }
        foreach (HttpMethod method in (HttpMethod[])[HttpMethod.Post, HttpMethod.Put, HttpMethod.Delete, HttpMethod.Options])
        {
            using var request = new HttpRequestMessage(method, address);
            using HttpResponseMessage answer = await _http.SendAsync(request);
            Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        }
        _clock.Set(1, TimeSpan.FromHours(10.2));
        using HttpResponseMessage late = await _http.GetAsync(address);
        Assert.Equal(HttpStatusCode.NotFound, late.StatusCode);
    }

    [Fact]
    public async Task ARestart_KeepsTheFiles_AndEndsTheAddresses()
    {
        SignedMessage told = await DownloadAsync(0, "01");
        _client.Dispose();
        await _sandbox.DisposeAsync();
        _sandbox = await SandboxGateway.StartAsync(
            new SandboxOptions { Data = _folder.Path, Port = 0, AdminPort = 0, ChannelLatency = TimeSpan.Zero, MaxTrades = 100_000, IndexMemoryMib = 4 },
            NullLoggerFactory.Instance, _clock);
        _client = _sandbox.NewClient(SandboxGateway.Domestic);
        SignedMessage again = await DownloadAsync(0, "01");
        Assert.Equal(told["hash_value"], again["hash_value"]);
        var old = new Uri(new Uri(again["download_url"]!), new Uri(told["download_url"]!).AbsolutePath);
        using HttpResponseMessage answer = await _http.GetAsync(old);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    private async Task<Exchange> PayAsync(string amount, string currency) => await CallAsync(Requests.ScanPay(SandboxGateway.Domestic, amount, currency, _clock));

    private async Task<Exchange> CallAsync(SignedMessage request)
    {
        // On a machine that is busy with other tests the gateway may be too, and the day's file not made within a question's budget.
        Exchange exchange = await _client.CallAsync(request);
        for (int i = 0; exchange.RespCode is "A001" or "B012" && i < 300; i++)
        {
            await Task.Delay(100);
            request["req_id"] = Guid.NewGuid().ToString();
            exchange = await _client.CallAsync(request);
        }
        Assert.Equal((null, "0000"), (exchange.Problem, exchange.RespCode));
        return exchange;
    }

    private async Task<SignedMessage> DownloadAsync(int day, string type) =>
        (await CallAsync(Requests.ReconDownload(SandboxGateway.Domestic, _clock.Day(day), type, _clock))).Answer!;

    private async Task<(HttpStatusCode Status, byte[] Body)> RangeAsync(Uri address, string range, string? ifRange = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Range = RangeHeaderValue.Parse(range);
        if (ifRange is not null)
        {
            request.Headers.IfRange = new RangeConditionHeaderValue(ifRange);
        }
        using HttpResponseMessage answer = await _http.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsByteArrayAsync());
    }

    private static string Number(Exchange exchange) => exchange.Answer!["trade_no"]!;

    private static string[][] Lines(byte[] file) => [.. System.Text.Encoding.UTF8.GetString(file).TrimEnd('\n').Split('\n').Select(line => line.Split(','))];
}
