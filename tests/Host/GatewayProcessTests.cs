using System.Text;
using HotPath.Host.Composition;
using HotPath.Host.Logging;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HotPath.Host.Tests;

/// <summary>What the process does when it is asked to stop, and when the ledger stops it.</summary>
public sealed class GatewayProcessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Process_WhoseLedgerFailed_EndsAtOnceWith70AndAFatalLine()
    {
        var stream = new MemoryStream();
        bool hasStoppedCleanly = false;
        using (ILoggerFactory logs = GatewayLogs.To(stream, LogLevel.Warning, TimeProvider.System))
        {
            using var process = new GatewayProcess(logs);
            int exitCode = await process.ServeAsync(
                Task.FromResult("write failed: EIO"),
                () =>
                {
                    hasStoppedCleanly = true;
                    return Task.CompletedTask;
                }).WaitAsync(Patience);
            Assert.Equal(70, exitCode);
        }
        Assert.False(hasStoppedCleanly);
        string line = Encoding.UTF8.GetString(stream.ToArray());
        Assert.Contains("\"level\":\"FATAL\"", line, StringComparison.Ordinal);
        Assert.Contains("write failed: EIO", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Process_WhoseLedgerFailsUnderTheStop_EndsWith70()
    {
        using var process = new GatewayProcess(NullLoggerFactory.Instance);
        var failure = new TaskCompletionSource<string>();
        process.Stop();
        int exitCode = await process.ServeAsync(
            failure.Task,
            () =>
            {
                failure.SetResult("write failed: EIO");
                return Task.CompletedTask;
            }).WaitAsync(Patience);
        Assert.Equal(70, exitCode);
    }

    [Fact]
    public async Task Process_ThatIsAskedToStop_StopsCleanlyWith0()
    {
        using var process = new GatewayProcess(NullLoggerFactory.Instance);
        bool hasStoppedCleanly = false;
        Task<int> serving = process.ServeAsync(
            new TaskCompletionSource<string>().Task,
            () =>
            {
                hasStoppedCleanly = true;
                return Task.CompletedTask;
            });
        Assert.False(serving.IsCompleted);
        process.Stop();
        Assert.Equal(0, await serving.WaitAsync(Patience));
        Assert.True(hasStoppedCleanly);
    }
}
