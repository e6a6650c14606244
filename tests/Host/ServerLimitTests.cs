using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using HotPath.Host.Sandbox;
using HotPath.Host.Server;
using Xunit;

namespace HotPath.Host.Tests;

#pragma warning disable CA1001 // xunit ends it through IAsyncLifetime.
/// <summary>What slow and many connections get (F25 to F28), with limits short enough to wait for.</summary>
public sealed class ServerLimitTests : IAsyncLifetime
{
    private static readonly ServerLimits Short = new()
    {
        RequestHeadersTimeout = TimeSpan.FromSeconds(1),
        HandshakeTimeout = TimeSpan.FromSeconds(1),
        KeepAliveTimeout = TimeSpan.FromSeconds(1),
        SlowGrace = TimeSpan.FromSeconds(2),
        MaxConnections = 8,
    };

    // Kestrel looks once a second.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    private readonly TemporaryFolder _folder = new();
    private SandboxGateway _sandbox = null!;

    public async Task InitializeAsync() => _sandbox = await SandboxFixture.StartAsync(_folder.Path, Short);

    public async Task DisposeAsync()
    {
        await _sandbox.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Connection_ThatNeverShakesHands_IsClosed()
    {
        using Socket socket = await OpenAsync();
        await AssertClosedAsync(new NetworkStream(socket));
    }

    [Theory]
    [InlineData("")]
    [InlineData("POST /api HTTP/1.1\r\nHost: x\r\n")]
    [InlineData("POST /api HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")]
    public async Task Connection_ThatDawdles_IsClosed(string sent)
    {
        using Socket socket = await OpenAsync();
        await using SslStream tls = await ShakeHandsAsync(socket);
        await tls.WriteAsync(System.Text.Encoding.ASCII.GetBytes(sent));
        await AssertClosedAsync(tls);
    }

    [Fact]
    public async Task Connections_BeyondTheLimit_AreClosedAndTheAdminPortAnswers()
    {
        // The others have all the time for their handshake: what is closed is closed for the limit.
        using var folder = new TemporaryFolder();
        await using SandboxGateway sandbox = await SandboxFixture.StartAsync(folder.Path, Short with { HandshakeTimeout = TimeSpan.FromMinutes(10) });
        List<Socket> open = [];
        for (int i = 0; i < Short.MaxConnections; i++)
        {
            open.Add(await OpenAsync(sandbox));
        }
        using (Socket oneTooMany = await OpenAsync(sandbox))
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            Assert.Equal(0, await ReadAsync(new NetworkStream(oneTooMany), limit.Token));
        }
        Assert.All(open, socket => Assert.False(socket.Poll(TimeSpan.Zero, SelectMode.SelectRead)));
        using var http = new HttpClient();
        Assert.Equal("ready\n", await http.GetStringAsync(new Uri(sandbox.Gateway.AdminAddress, "/readyz")));
        open.ForEach(socket => socket.Dispose());
    }

    private Task<Socket> OpenAsync() => OpenAsync(_sandbox);

    private static async Task<Socket> OpenAsync(SandboxGateway sandbox)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(sandbox.Gateway.ApiAddress.Host, sandbox.Gateway.ApiAddress.Port);
        return socket;
    }

    private static async Task<SslStream> ShakeHandsAsync(Socket socket)
    {
#pragma warning disable CA5359 // What it shows is not this test's question.
        var tls = new SslStream(new NetworkStream(socket), false, (_, _, _, _) => true);
#pragma warning restore CA5359
        await tls.AuthenticateAsClientAsync("localhost");
        return tls;
    }

    private static async Task AssertClosedAsync(Stream stream)
    {
        var waited = Stopwatch.StartNew();
        using var limit = new CancellationTokenSource(Patience);
        while (await ReadAsync(stream, limit.Token) > 0)
        {
            // A 408 on the way out is fine.
        }
        Assert.True(waited.Elapsed < Patience);
    }

    private static async Task<int> ReadAsync(Stream stream, CancellationToken limit)
    {
        try
        {
            return await stream.ReadAsync(new byte[512], limit);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
