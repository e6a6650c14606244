using System.Net.Sockets;
using HotPath.Host.Client;
using HotPath.Host.Sandbox;
using HotPath.Host.Tests.Crash;
using Xunit;

namespace HotPath.Host.Tests;

/// <summary>What a process has to open after it said that it is ready, it may find no descriptor for (F64).</summary>
public sealed class ColdStartTests
{
    [Fact]
    public async Task ReadyProcess_WhateverIsAskedOfIt_LoadsNoFurtherCode()
    {
        using var folder = new TemporaryFolder();
        using SandboxProcess gateway = await SandboxProcess.StartAsync(folder.Path);
        HashSet<string> atReady = Code(gateway.Id);

        var sandbox = new SandboxFolder(folder.Path);
        using var client = new InstitutionClient(gateway.Api, sandbox.LoadPrivateKeyOf(SandboxGateway.Domestic), sandbox.LoadGatewayKey(), sandbox.LoadCa());
        // Paid, declined, an answer that is none, and a channel that refuses the connection.
        Assert.Equal("0000", await PayAsync(client, "88.80"));
        Assert.Equal("B003", await PayAsync(client, "1.03"));
        Assert.Equal("0001", await PayAsync(client, "1.08"));
        Assert.Equal("B001", await PayAsync(client, "1.11"));
        await AskAsStrangerAsync(gateway.Api);
        using var http = new HttpClient();
        foreach (string path in new[] { "livez", "readyz", "metrics", "nothing" })
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri(gateway.Admin, path));
        }

        Assert.Contains(atReady, name => name.EndsWith("/hotpath.dll", StringComparison.Ordinal));
        Assert.Empty(Code(gateway.Id).Except(atReady));
        Assert.Equal(0, await gateway.TerminateAsync());
    }

    private static async Task<string?> PayAsync(InstitutionClient client, string amount) =>
        (await client.CallAsync(Requests.ScanPay(SandboxGateway.Domestic, amount, "HKD", TimeProvider.System))).RespCode;

    /// <summary>No TLS, no known certificate, no path that exists, nothing signed.</summary>
    private static async Task AskAsStrangerAsync(Uri api)
    {
        using (var plain = new TcpClient(api.Host, api.Port))
        {
            await plain.GetStream().WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
            Assert.Equal(0, await plain.GetStream().ReadAsync(new byte[1]));
        }
        using var trusting = new HttpClientHandler { ServerCertificateCustomValidationCallback = static (_, _, _, _) => true };
        using var http = new HttpClient(trusting);
        using HttpResponseMessage nothing = await http.GetAsync(new Uri(api, "/"));
        using var unsigned = new StringContent("{}", System.Text.Encoding.UTF8, "application/json");
        using HttpResponseMessage refused = await http.PostAsync(api, unsigned);
        using var fromNobody = new HttpClient();
        await Assert.ThrowsAsync<HttpRequestException>(() => fromNobody.GetAsync(api));
    }

    /// <summary>Files of managed and native code in a process's memory.</summary>
    private static HashSet<string> Code(int processId) =>
    [
        .. File.ReadLines($"/proc/{processId}/maps").Select(line => line.Split(' ')[^1])
            .Where(file => file.EndsWith(".dll", StringComparison.Ordinal) || file.Contains(".so", StringComparison.Ordinal)),
    ];
}
