using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using HotPath.Host.Sandbox;
using Xunit;

namespace HotPath.Host.Tests;

#pragma warning disable CA1001 // xunit ends it through IAsyncLifetime.
/// <summary>A new certificate is shown to new handshakes, and connections that stand are not touched (F41).</summary>
public sealed class ServerCertificateTests : IAsyncLifetime
{
    private readonly SandboxFixture _sandbox = new();
    private readonly TemporaryFolder _other = new();

    public Task InitializeAsync() => _sandbox.InitializeAsync();

    public async Task DisposeAsync()
    {
        await _sandbox.DisposeAsync();
        _other.Dispose();
    }

    [Fact]
    public async Task Certificate_Swapped_IsShownToNewHandshakesOnly()
    {
        await using SslStream standing = await _sandbox.ConnectAsync();
        var folder = new SandboxFolder(_other.Path);
        folder.Furnish([], TimeProvider.System);
        using X509Certificate2 next = X509Certificate2.CreateFromPemFile(folder.Certificate, folder.CertificateKey);
        // The sandbox's clients trust the file on disk: now the other CA.
        File.Copy(folder.CaCertificate, _sandbox.Sandbox.Folder.CaCertificate, overwrite: true);
        _sandbox.Sandbox.Gateway.Certificate.Swap(next, []);
        await using SslStream fresh = await _sandbox.ConnectAsync();
        Assert.Equal(next.GetSerialNumberString(), fresh.RemoteCertificate!.GetSerialNumberString());
        foreach (SslStream connection in new[] { standing, fresh })
        {
            await connection.WriteAsync(TestInstitution.Post(_sandbox.Domestic.Sign(_sandbox.Domestic.ScanPay())));
            RawAnswer? answer = await SandboxFixture.ReadAnswerAsync(connection);
            Assert.Equal("0000", _sandbox.Domestic.Verified(answer!.Body)["resp_code"]);
        }
    }
}
