using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using HotPath.Core.Notify;
using HotPath.Core.Notify.Http;
using HotPath.Core.Tests.Clearing;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Notify;

/// <summary>The sender against a real listener that answers byte for byte what a test says.</summary>
public sealed class HttpNotifySenderTests : IDisposable
{
    // However busy the machine is: no answer that comes is late here.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 _certificate = NewCertificate();
    private readonly List<string> _resolved = [];
    private readonly TaskCompletionSource _hasAnswered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _connections;

    public HttpNotifySenderTests() => _listener.Start();

    public void Dispose()
    {
        _listener.Dispose();
        _certificate.Dispose();
    }

    [Theory]
    [InlineData("200 OK", "success", SendOutcome.Acknowledged)]
    [InlineData("200 OK", " success\r\n", SendOutcome.Acknowledged)]
    [InlineData("200 OK", "Success", SendOutcome.OtherBody)]
    [InlineData("200 OK", "\"success\"", SendOutcome.OtherBody)]
    [InlineData("200 OK", "successful", SendOutcome.OtherBody)]
    [InlineData("200 OK", "", SendOutcome.OtherBody)]
    [InlineData("201 Created", "success", SendOutcome.OtherStatus)]
    [InlineData("204 No Content", "", SendOutcome.OtherStatus)]
    [InlineData("500 Oops", "success", SendOutcome.OtherStatus)]
    public async Task OnlyHttp200WithSuccess_IsAnAcknowledgement(string status, string body, SendOutcome expected)
    {
        Assert.Equal(expected, await SendAsync(Answer(status, body)));
    }

    [Fact]
    public async Task ARedirect_IsNotFollowed()
    {
        string answer = $"HTTP/1.1 307 Go\r\nLocation: https://localhost:{Port}/other\r\nContent-Length: 0\r\n\r\n";
        Assert.Equal(SendOutcome.OtherStatus, await SendAsync(answer));
        Assert.Equal(1, _connections);
    }

    [Fact]
    public async Task AnAnswerWithoutEnd_IsNotReadToIt()
    {
        // success, blanks for ever: an end would make it an acknowledgement.
        string answer = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nsuccess" + new string(' ', 4096);
        Assert.Equal(SendOutcome.OtherBody, await SendAsync(answer));
    }

    [Fact]
    public async Task AnAnswerThatDoesNotCome_EndsWithTheDeadline()
    {
        _ = ServeAsync("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsucc");
        var clock = new FakeTimeProvider();
        using var sender = new HttpNotifySender(Options(_certificate), clock);
        Task<SendOutcome> sending = sender.SendAsync(new Uri($"https://localhost:{Port}/n"), "{}"u8.ToArray()).AsTask();
        await _hasAnswered.Task.WaitAsync(Patience);
        clock.Advance(Patience - TimeSpan.FromMilliseconds(1));
        Assert.False(sending.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(SendOutcome.TimedOut, await sending.WaitAsync(Patience));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("8.8.8.8,127.0.0.1")]
    public async Task ANameThatLeadsToAPrivateAddress_IsNotConnectedTo(string addresses)
    {
        var options = new HttpNotifyOptions { Resolve = (_, _) => Task.FromResult(addresses.Split(',').Select(IPAddress.Parse).ToArray()) };
        using var sender = new HttpNotifySender(options, TimeProvider.System);
        Assert.Equal(SendOutcome.AddressRefused, await sender.SendAsync(new Uri($"https://pay.example.com:{Port}/n"), "{}"u8.ToArray()));
        Assert.False(_listener.Pending());
    }

    [Theory]
    [InlineData("10.20.0.1", 443, null)]
    [InlineData("10.20.0.1", 8443, null)]
    [InlineData("10.21.0.1", 443, "private")]
    [InlineData("127.0.0.1", 443, "loopback")]
    [InlineData("169.254.169.254", 443, "link-local")]
    [InlineData("::ffff:10.20.0.1", 443, "mapped IPv4")]
    [InlineData("10.20.0.1,10.21.0.1", 443, "private")]
    [InlineData("8.8.8.8", 8443, "its port is 8443")]
    [InlineData("10.20.0.1,8.8.8.8", 8443, "its port is 8443")]
    public async Task ATrustedNetwork_IsConnectedTo_AtAnyPort_AndNothingBesideIt(string addresses, int port, string? refusal)
    {
        var options = new HttpNotifyOptions
        {
            TrustedNetworks = [IPNetwork.Parse("10.20.0.0/16")],
            Resolve = (_, _) => Task.FromResult(addresses.Split(',').Select(IPAddress.Parse).ToArray()),
        };
        // What is looked at comes before what is connected to: a cancelled connection has passed.
        string? said = null;
        try
        {
            await new GuardedConnector(options).ConnectAsync(new DnsEndPoint("pay.example.com", port), new CancellationToken(canceled: true));
        }
        catch (AddressRefusedException refused)
        {
            said = refused.Message;
        }
        catch (OperationCanceledException)
        {
        }
        Assert.Equal(refusal is null, said is null);
        Assert.Contains(refusal ?? "", said ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task ANameWithoutAddress_AndAPortWithoutListener_AreUnreachable()
    {
        var options = new HttpNotifyOptions { Resolve = (_, _) => Task.FromResult(Array.Empty<IPAddress>()) };
        using var nowhere = new HttpNotifySender(options, TimeProvider.System);
        Assert.Equal(SendOutcome.Unreachable, await nowhere.SendAsync(new Uri("https://pay.example.com/n"), "{}"u8.ToArray()));
        int port = Port;
        _listener.Stop();
        using HttpNotifySender sender = NewSender(_certificate);
        Assert.Equal(SendOutcome.Unreachable, await sender.SendAsync(new Uri($"https://localhost:{port}/n"), "{}"u8.ToArray()));
    }

    [Fact]
    public async Task ACertificateOfAnotherAuthorityOrName_IsNotBelieved()
    {
        _ = ServeAsync(Answer("200 OK", "success"));
        using X509Certificate2 other = NewCertificate();
        using (HttpNotifySender sender = NewSender(other))
        {
            Assert.Equal(SendOutcome.TlsFailed, await sender.SendAsync(new Uri($"https://localhost:{Port}/n"), "{}"u8.ToArray()));
        }
        using HttpNotifySender named = NewSender(_certificate);
        Assert.Equal(SendOutcome.TlsFailed, await named.SendAsync(new Uri($"https://other.example:{Port}/n"), "{}"u8.ToArray()));
    }

    [Fact]
    public async Task ACertificateThatNamesWhereItsIssuerIs_MakesNobodyCallThere()
    {
        using var issuers = new TcpListener(IPAddress.Loopback, 0);
        issuers.Start();
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DateTimeOffset from = DateTimeOffset.UtcNow.AddHours(-1), to = DateTimeOffset.UtcNow.AddDays(1);
        CertificateRequest Of(string name, ECDsa key, bool isAuthority)
        {
            var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
            return request;
        }
        using X509Certificate2 root = Of("CN=root", rootKey, isAuthority: true).CreateSelfSigned(from, to);
        using X509Certificate2 bareMiddle = Of("CN=middle", middleKey, isAuthority: true).Create(root, from, to, [1]);
        using X509Certificate2 middle = bareMiddle.CopyWithPrivateKey(middleKey);
        CertificateRequest leafRequest = Of("CN=localhost", leafKey, isAuthority: false);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        leafRequest.CertificateExtensions.Add(names.Build());
        leafRequest.CertificateExtensions.Add(
            new X509AuthorityInformationAccessExtension(null, [$"http://127.0.0.1:{((IPEndPoint)issuers.LocalEndpoint).Port}/middle.cer"]));
        using X509Certificate2 bareLeaf = leafRequest.Create(middle, from, to, [2]);
        using X509Certificate2 leaf = bareLeaf.CopyWithPrivateKey(leafKey);
        _ = ServeAsync(Answer("200 OK", "success"), leaf);
        using HttpNotifySender sender = NewSender(root);
        Assert.Equal(SendOutcome.TlsFailed, await sender.SendAsync(new Uri($"https://localhost:{Port}/n"), "{}"u8.ToArray()));
        Assert.False(issuers.Pending());
    }

    [Fact]
    public async Task AnAddressThatIsSilent_LeavesTimeForTheNextOne()
    {
        using var silent = new FullListener(IPAddress.Parse("127.0.0.2"), Port);
        _ = ServeAsync(Answer("200 OK", "success"));
        var options = Options(_certificate) with { Resolve = (_, _) => Task.FromResult(new[] { IPAddress.Parse("127.0.0.2"), IPAddress.Loopback }), ConnectTimeout = TimeSpan.FromSeconds(6) };
        using (var sender = new HttpNotifySender(options, TimeProvider.System))
        {
            Assert.Equal(SendOutcome.Acknowledged, await sender.SendAsync(new Uri($"https://localhost:{Port}/n"), "{}"u8.ToArray()));
        }
    }

    [Fact]
    public async Task TheNameIsAskedOnce_AndTheAnswerThatWasLookedAtIsConnectedTo()
    {
        Assert.Equal(SendOutcome.Acknowledged, await SendAsync(Answer("200 OK", "success")));
        Assert.Equal(["localhost"], _resolved);
    }

    private int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    private static string Answer(string status, string body) => $"HTTP/1.1 {status}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}";

    private async Task<SendOutcome> SendAsync(string answer)
    {
        _ = ServeAsync(answer);
        using HttpNotifySender sender = NewSender(_certificate);
        return await sender.SendAsync(new Uri($"https://localhost:{Port}/n"), "{}"u8.ToArray());
    }

    private HttpNotifySender NewSender(X509Certificate2 authority) => new(Options(authority), TimeProvider.System);

    private HttpNotifyOptions Options(X509Certificate2 authority) => new()
    {
        TrustedNetworks = [IPNetwork.Parse("127.0.0.0/8")],
        Authority = X509CertificateLoader.LoadCertificate(authority.RawData),
        Deadline = Patience,
        ConnectTimeout = Patience,
        Resolve = (name, _) =>
        {
            _resolved.Add(name);
            return Task.FromResult(new[] { IPAddress.Loopback });
        },
    };

    private async Task ServeAsync(string answer, X509Certificate2? certificate = null)
    {
        while (true)
        {
            using TcpClient client = await _listener.AcceptTcpClientAsync();
            _connections++;
            try
            {
                await using var tls = new SslStream(client.GetStream());
                // Offline: a server that builds its chain would call the issuer by itself.
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = SslStreamCertificateContext.Create(certificate ?? _certificate, null, offline: true),
                });
                var request = new StringBuilder();
                byte[] buffer = new byte[4096];
                while (!request.ToString().EndsWith("{}", StringComparison.Ordinal))
                {
                    int read = await tls.ReadAsync(buffer);
                    request.Append(Encoding.ASCII.GetString(buffer, 0, read > 0 ? read : throw new IOException("it went")));
                }
                await tls.WriteAsync(Encoding.ASCII.GetBytes(answer));
                _hasAnswered.TrySetResult();
                // Until the other side goes.
                while (await tls.ReadAsync(buffer) > 0)
                {
                }
            }
            catch (Exception failure) when (failure is IOException or AuthenticationException)
            {
                // The other side went.
            }
        }
    }

    private static X509Certificate2 NewCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
