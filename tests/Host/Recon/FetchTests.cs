using System.Net;
using System.Net.Sockets;
using System.Text;
using HotPath.Host.Client;
using HotPath.Host.Sandbox;
using Xunit;

namespace HotPath.Host.Tests.Recon;

/// <summary>A day's file that does not come: <c>hotpath recon download</c> says so in a line, and shows nobody a stack trace.</summary>
[Collection(SandboxFixture.Name)]
public sealed class FetchTests(SandboxFixture fixture)
{
    [Theory]
    [InlineData("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "the file: HTTP 404")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", "the file: ")]
    [InlineData("", "the file: ")]
    [InlineData("no HTTP\r\n\r\n", "the file: ")]
    public async Task FileThatDoesNotCome_IsAProblemInWords(string answer, string begins)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task serving = ServeAsync(listener, answer);
        using InstitutionClient client = fixture.Sandbox.NewClient(SandboxGateway.Domestic);

        string? problem = await client.FetchAsync(new Uri($"http://{listener.LocalEndpoint}/files/x"), Stream.Null, CancellationToken.None);

        Assert.StartsWith(begins, problem, StringComparison.Ordinal);
        Assert.True(problem!.Length > "the file: ".Length);
        await serving;
    }

    // Whoever asks hears these bytes, and the connection ends.
    private static async Task ServeAsync(TcpListener listener, string answer)
    {
        using TcpClient caller = await listener.AcceptTcpClientAsync();
        NetworkStream stream = caller.GetStream();
        _ = await stream.ReadAsync(new byte[4096]);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(answer));
        caller.Client.Shutdown(SocketShutdown.Send);
        // Until it has hung up too: an end is no reset.
        _ = await stream.ReadAsync(new byte[1]);
    }
}
