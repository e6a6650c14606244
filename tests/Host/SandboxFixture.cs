using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using HotPath.Host.Client;
using HotPath.Host.Sandbox;
using HotPath.Host.Server;
using HotPath.Signing;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HotPath.Host.Tests;

#pragma warning disable CA1001 // xunit ends it through IAsyncLifetime.
/// <summary>
/// A gateway and its simulator on free ports, with keys in a folder of its own, started once for everybody who asks for it with
/// <c>[Collection(SandboxFixture.Name)]</c> or <c>IClassFixture&lt;SandboxFixture&gt;</c>.
/// </summary>
public class SandboxFixture : IAsyncLifetime
{
    public const string Name = "sandbox";

    private static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(20);

    private readonly TemporaryFolder _folder = new();

    internal SandboxGateway Sandbox { get; private set; } = null!;

    /// <summary>What its institutions are registered with.</summary>
    protected virtual SignType SignType => SignType.Rsa2;

    /// <summary>Registered in the mainland.</summary>
    public TestInstitution Domestic { get; private set; } = null!;

    /// <summary>Registered in Hong Kong.</summary>
    public TestInstitution Overseas { get; private set; } = null!;

    public Uri Api => Sandbox.Gateway.ApiAddress;

    public Uri Admin => Sandbox.Gateway.AdminAddress;

    public string Folder => _folder.Path;

    public async Task InitializeAsync()
    {
        Sandbox = await StartAsync(_folder.Path, signType: SignType);
        Domestic = new TestInstitution(this, SandboxGateway.Domestic);
        Overseas = new TestInstitution(this, SandboxGateway.Overseas);
    }

    public async Task DisposeAsync()
    {
        await Sandbox.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>A small sandbox: little memory, an instant channel, limits short enough to wait for.</summary>
    internal static Task<SandboxGateway> StartAsync(string folder, ServerLimits? limits = null, SignType signType = SignType.Rsa2) => SandboxGateway.StartAsync(
        new SandboxOptions { Data = folder, Port = 0, AdminPort = 0, ChannelLatency = TimeSpan.Zero, MaxTrades = 100_000, IndexMemoryMib = 4, SignType = signType },
        NullLoggerFactory.Instance,
        TimeProvider.System,
        limits);

    /// <summary>A verified TLS connection to the institutions' port. Without arguments as an ordinary client makes it.</summary>
    public async Task<SslStream> ConnectAsync(SslProtocols protocols = SslProtocols.None, params SslApplicationProtocol[] alpn)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(Api.Host, Api.Port);
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.Add(Sandbox.Folder.LoadCa());
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = Api.Host,
                EnabledSslProtocols = protocols,
                CertificateChainPolicy = trust,
                ApplicationProtocols = [.. alpn],
            });
            return tls;
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends bytes as they are over a new connection and reads one answer; null when the connection ends without one.</summary>
    public async Task<RawAnswer?> SendRawAsync(ReadOnlyMemory<byte> request)
    {
        await using SslStream tls = await ConnectAsync();
        await tls.WriteAsync(request);
        await tls.FlushAsync();
        return await ReadAnswerAsync(tls);
    }

    /// <summary>Reads one answer; null when the connection ends without one.</summary>
    public static async Task<RawAnswer?> ReadAnswerAsync(Stream stream)
    {
        using var limit = new CancellationTokenSource(ReadLimit);
        try
        {
            return await RawAnswer.ReadAsync(stream, limit.Token);
        }
        catch (IOException)
        {
            return null;
        }
    }
}

/// <summary>The same with institutions of ES256.</summary>
public sealed class Es256SandboxFixture : SandboxFixture
{
    protected override SignType SignType => SignType.Es256;
}

[CollectionDefinition(SandboxFixture.Name)]
public sealed class SandboxCollectionDefinition : ICollectionFixture<SandboxFixture>;
