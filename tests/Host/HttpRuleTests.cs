using System.Net.Security;
using System.Security.Authentication;
using System.Text;
using Xunit;

namespace HotPath.Host.Tests;

/// <summary>What of HTTP and TLS the institutions' port takes (protocol, section 1; F58 to F60).</summary>
[Collection(SandboxFixture.Name)]
public sealed class HttpRuleTests(SandboxFixture sandbox)
{
    [Theory]
    [InlineData("POST", "/", 404)]
    [InlineData("POST", "/api/", 404)]
    [InlineData("POST", "/API", 404)]
    [InlineData("POST", "/metrics", 404)]
    [InlineData("POST", "/api?x=1", 404)]
    [InlineData("POST", "/%61pi", 404)]
    [InlineData("POST", "/x/../api", 404)]
    [InlineData("GET", "/readyz", 404)]
    [InlineData("GET", "/api", 405)]
    [InlineData("HEAD", "/api", 405)]
    [InlineData("PUT", "/api", 405)]
    [InlineData("post", "/api", 405)]
    [InlineData("DELETE", "/api", 405)]
    [InlineData("OPTIONS", "/api", 405)]
    public async Task Request_OfAnotherPathOrMethod_IsRefused(string method, string path, int status)
    {
        RawAnswer? answer = await SendAsync($"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n");
        Assert.Equal(status, answer!.Status);
        Assert.Equal(status == 405, answer.Headers.TryGetValue("Allow", out string? allow) && allow == "POST");
        Assert.Empty(answer.Body);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/json;charset=UTF-8")]
    [InlineData("Application/JSON; Charset=\"Utf-8\"")]
    public async Task Request_WithAnySpellingOfJson_IsServed(string contentType)
    {
        RawAnswer? answer = await sandbox.Domestic.PostAsync(sandbox.Domestic.Sign(sandbox.Domestic.ScanPay()), contentType);
        Assert.Equal("0000", sandbox.Domestic.Verified(answer!.Body)["resp_code"]);
        Assert.Equal("application/json", answer.Headers["Content-Type"]);
        Assert.DoesNotContain("Server", answer.Headers.Keys);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/jsonp")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=gbk")]
    [InlineData("application/json; charset=utf-8; version=1")]
    [InlineData("application/json; boundary=x")]
    [InlineData("application/json, text/plain")]
    public async Task Request_OfAnotherContentType_Is415(string contentType)
    {
        RawAnswer? answer = await sandbox.Domestic.PostAsync("{}"u8.ToArray(), contentType);
        Assert.Equal(415, answer!.Status);
    }

    [Fact]
    public async Task Request_WithoutContentType_Is415() =>
        Assert.Equal(415, (await SendAsync("POST /api HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"))!.Status);

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("identity")]
    public async Task Request_WithContentEncoding_Is415(string encoding)
    {
        RawAnswer? answer = await sandbox.Domestic.PostAsync("{}"u8.ToArray(), extraHeaders: $"Content-Encoding: {encoding}\r\n");
        Assert.Equal(415, answer!.Status);
    }

    [Fact]
    public async Task Request_InChunks_Is411AndTheConnectionEnds()
    {
        RawAnswer? answer = await SendAsync(
            "POST /api HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n");
        Assert.Equal(411, answer!.Status);
        Assert.Equal("close", answer.Headers["Connection"]);
    }

    [Fact]
    public async Task Request_WithoutLength_Is411() =>
        Assert.Equal(411, (await SendAsync("POST /api HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\r\n"))!.Status);

    [Theory]
    [InlineData("", 16 * 1024, 200)]
    [InlineData("", (16 * 1024) + 1, 413)]
    [InlineData("{\"biz_type\":\"FACE_PAY\"}", 64 * 1024, 200)]
    [InlineData("{\"biz_type\":\"FACE_PAY\"}", (64 * 1024) + 1, 413)]
    [InlineData("{\"biz_type\":\"SCAN_PAY\"}", 64 * 1024, 413)]
    [InlineData("{\"biz_type\":\"RECON_UPLOAD\"}", 1024 * 1024, 200)]
    [InlineData("{\"biz_type\":\"FACE_PAY\"}", 1024 * 1024, 413)]
    public async Task Request_AtItsLargest_IsReadAndNotAByteMore(string json, int length, int status)
    {
        Assert.Equal(status, (await sandbox.Domestic.PostAsync(Encoding.ASCII.GetBytes(json.PadRight(length))))!.Status);
        Assert.Equal("0000", (await sandbox.Domestic.CallAsync(sandbox.Domestic.FacePay("face")))["resp_code"]);
    }

    [Fact]
    public async Task Request_ThatAnnouncesTooMuch_IsRefusedBeforeItsBodyComes()
    {
        RawAnswer? answer = await SendAsync(
            "POST /api HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2000000000\r\n\r\n");
        Assert.Equal(413, answer!.Status);
        Assert.Equal("close", answer.Headers["Connection"]);
    }

    [Theory]
    [InlineData("POST /api HTTP/1.1\nHost: x\nContent-Type: application/json\nContent-Length: 2\n\n{}")]
    [InlineData("POST /api HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("POST /api HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: +2\r\n\r\n{}")]
    [InlineData("POST /api HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: -2\r\n\r\n{}")]
    [InlineData("POST /api HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 0x2\r\n\r\n{}")]
    [InlineData("POST /api HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2,2\r\n\r\n{}")]
    [InlineData("POST /api HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999999999999999\r\n\r\n{}")]
    [InlineData("POST /api HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}")]
    [InlineData("POST /api HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("POST /api HTTP/1.1\r\nHost : x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")]
    public async Task Request_ThatIsNotQuiteHttp_Is400OrCut(string request)
    {
        RawAnswer? answer = await SendAsync(request);
        Assert.True(answer is null or { Status: 400 }, $"HTTP {answer?.Status}");
    }

    [Fact]
    public async Task Request_OfHttp10_IsRefused() => Assert.Equal(
        505, (await SendAsync("POST /api HTTP/1.0\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"))!.Status);

    [Fact]
    public async Task Request_WithBothLengths_IsNotServed()
    {
        RawAnswer? answer = await SendAsync(
            "POST /api HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
        Assert.True(answer is null or { Status: 400 or 411 }, $"HTTP {answer?.Status}");
    }

    [Fact]
    public async Task Connection_IsReused()
    {
        await using SslStream tls = await sandbox.ConnectAsync();
        for (int i = 0; i < 3; i++)
        {
            await tls.WriteAsync(TestInstitution.Post(sandbox.Domestic.Sign(sandbox.Domestic.ScanPay())));
            RawAnswer? answer = await SandboxFixture.ReadAnswerAsync(tls);
            Assert.Equal("0000", sandbox.Domestic.Verified(answer!.Body)["resp_code"]);
        }
    }

    [Fact]
    public async Task Body_InPiecesOfSevenBytes_IsOneRequest()
    {
        byte[] request = TestInstitution.Post(sandbox.Domestic.Sign(sandbox.Domestic.ScanPay()));
        await using SslStream tls = await sandbox.ConnectAsync();
        foreach (byte[] piece in request.Chunk(7))
        {
            await tls.WriteAsync(piece);
            await tls.FlushAsync();
        }
        RawAnswer? answer = await SandboxFixture.ReadAnswerAsync(tls);
        Assert.Equal("0000", sandbox.Domestic.Verified(answer!.Body)["resp_code"]);
    }

    [Fact]
    public async Task Alpn_OfBothVersions_IsHttp11()
    {
        await using SslStream tls = await sandbox.ConnectAsync(SslProtocols.None, SslApplicationProtocol.Http2, SslApplicationProtocol.Http11);
        Assert.Equal(SslApplicationProtocol.Http11, tls.NegotiatedApplicationProtocol);
    }

    [Fact]
    public async Task Alpn_OfHttp2Only_IsNotAgreedTo()
    {
        try
        {
            await using SslStream tls = await sandbox.ConnectAsync(SslProtocols.None, SslApplicationProtocol.Http2);
            Assert.NotEqual(SslApplicationProtocol.Http2, tls.NegotiatedApplicationProtocol);
        }
        catch (Exception refused) when (refused is AuthenticationException or IOException)
        {
            // The better answer: an alert.
        }
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Tls_OfOurTime_IsServed(SslProtocols version)
    {
        await using SslStream tls = await sandbox.ConnectAsync(version);
        Assert.Equal(version, tls.SslProtocol);
    }

    [Fact]
    public async Task Preface_OfHttp2_IsNotServed()
    {
        RawAnswer? answer = await SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        Assert.True(answer is null or { Status: 400 or 505 }, $"HTTP {answer?.Status}");
    }

    private Task<RawAnswer?> SendAsync(string request) => sandbox.SendRawAsync(Encoding.UTF8.GetBytes(request));
}
