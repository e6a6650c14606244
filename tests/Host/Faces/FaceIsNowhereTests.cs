using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using HotPath.Host.Client;
using HotPath.Host.Sandbox;
using HotPath.Host.Tests.Crash;
using Xunit;
using Xunit.Abstractions;

namespace HotPath.Host.Tests.Faces;

public sealed class FaceIsNowhereTests(ITestOutputHelper output)
{
    private const int CellBytes = 64;

    [Fact]
    public async Task Face_ThatWasPaidRefusedOrPended_IsNowhere()
    {
        using var folder = new TemporaryFolder();
        using SandboxProcess gateway = await SandboxProcess.StartAsync(folder.Path, "--log-level", "debug");
        var sandbox = new SandboxFolder(folder.Path);
        using (var client = new InstitutionClient(gateway.Api, sandbox.LoadPrivateKeyOf(SandboxGateway.Domestic), sandbox.LoadGatewayKey(), sandbox.LoadCa()))
        {
            for (int i = 0; i < 3; i++)
            {
                SignedMessage big = Requests.FacePay(SandboxGateway.Domestic, "88.80", "CNY", Face(600), TimeProvider.System);
                Exchange ex = await client.CallAsync(big);
                Assert.True(ex.RespCode == "0000", ex.Problem + gateway.Log);
                SignedMessage small = Requests.FacePay(SandboxGateway.Domestic, "88.80", "CNY", Face(8), TimeProvider.System);
                Assert.Equal("0000", (await client.CallAsync(small)).RespCode);
            }
        }
        await Task.Delay(500);
        byte[] marker = Encoding.ASCII.GetBytes("FaCeMaRkEr");
        foreach ((string region, byte[] bytes) in ProcessMemory.Read(gateway.Id, 0))
        {
            int at = -1;
            int run = 0;
            int begin = 0;
            void End()
            {
                if (run > 0)
                {
                    output.WriteLine($"{region} at {begin:x}: {run} cells, before: {Encoding.Latin1.GetString(bytes[Math.Max(0, begin - 40)..begin]).Replace('\0', '.')}");
                }
            }
            while (true)
            {
                int next = bytes.AsSpan(at + 1).IndexOf(marker);
                if (next < 0)
                {
                    break;
                }
                next += at + 1;
                if (next == at + CellBytes)
                {
                    run++;
                }
                else
                {
                    End();
                    begin = next;
                    run = 1;
                }
                at = next;
            }
            End();
        }
    }

    private static string Face(int cells) => string.Concat(Enumerable.Range(0, cells).Select(i => $"FaCeMaRkEr-{i:D6}-".PadRight(CellBytes, 'x')));
}
