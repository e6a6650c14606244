using HotPath.Host.Client;
using HotPath.Host.Sandbox;
using HotPath.Host.Simulator;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HotPath.Host.Tests;

/// <summary>A sandbox whose clearing simulator is somebody else's.</summary>
public sealed class ChannelUrlTests : IDisposable
{
    private readonly TemporaryFolder _books = new();
    private readonly TemporaryFolder _data = new();

    public void Dispose()
    {
        _books.Dispose();
        _data.Dispose();
    }

    [Fact]
    public async Task Payment_IsClearedOverTheNamedSimulatorOnce_AndTheSandboxKeepsNoBooks()
    {
        await using ClearingSimulator simulator = await ClearingSimulator.StartAsync(
            new SimulatorOptions { BooksDirectory = _books.Path, ChannelLatency = TimeSpan.Zero }, TimeProvider.System);
        await using SandboxGateway sandbox = await StartAsync(simulator.BaseAddress);
        using InstitutionClient client = sandbox.NewClient(SandboxGateway.Domestic);

        Exchange paid = await client.CallAsync(Requests.ScanPay(SandboxGateway.Domestic, "1.00", "CNY", TimeProvider.System));

        Assert.Equal("0000", paid.RespCode);
        Assert.Equal(1, simulator.PaysReceived);
        Assert.False(Directory.Exists(sandbox.Folder.SimulatorBooks));
    }

    [Fact]
    public async Task Simulator_ThatIsNotThere_PaymentFailsForCertainAndTheSandboxLives()
    {
        Uri nobody;
        await using (ClearingSimulator simulator = await ClearingSimulator.StartAsync(new SimulatorOptions { BooksDirectory = _books.Path }, TimeProvider.System))
        {
            nobody = simulator.BaseAddress;
        }
        await using SandboxGateway sandbox = await StartAsync(nobody);
        using InstitutionClient client = sandbox.NewClient(SandboxGateway.Domestic);

        Exchange refused = await client.CallAsync(Requests.ScanPay(SandboxGateway.Domestic, "1.00", "CNY", TimeProvider.System));

        Assert.Equal("B001", refused.RespCode);
    }

    private Task<SandboxGateway> StartAsync(Uri channel) => SandboxGateway.StartAsync(
        new SandboxOptions { Data = _data.Path, Port = 0, AdminPort = 0, ChannelUrl = channel, MaxTrades = 100_000, IndexMemoryMib = 4 },
        NullLoggerFactory.Instance,
        TimeProvider.System);
}
