using System.Text;
using System.Text.Json;
using HotPath.Host.Logging;
using Microsoft.Extensions.Logging;
using Xunit;

namespace HotPath.Host.Tests;

/// <summary>Log lines are JSON with the specification's level names (7.2).</summary>
public sealed class LoggingTests
{
    [Theory]
    [InlineData(LogLevel.Debug, "DEBUG")]
    [InlineData(LogLevel.Information, "INFO")]
    [InlineData(LogLevel.Warning, "WARN")]
    [InlineData(LogLevel.Error, "ERROR")]
    [InlineData(LogLevel.Critical, "FATAL")]
    public void Line_OfEachLevel_CarriesItsName(LogLevel level, string name)
    {
        JsonElement line = Assert.Single(Written(LogLevel.Debug, logger => logger.Log(level, "the {Thing} stopped", "ledger")));
        Assert.Equal(name, line.GetProperty("level").GetString());
        Assert.Equal("the ledger stopped", line.GetProperty("message").GetString());
        Assert.Equal("ledger", line.GetProperty("Thing").GetString());
    }

    [Fact]
    public void Line_BelowTheLevel_IsNotWritten() =>
        Assert.Empty(Written(LogLevel.Error, logger => logger.LogWarning("quiet")));

    [Fact]
    public void Line_WithLineBreaksInAValue_IsStillOneLine()
    {
        JsonElement line = Assert.Single(Written(LogLevel.Debug, logger => logger.LogError("value {Value}", "a\r\n{\"level\":\"FATAL\"}\u2028\0")));
        Assert.Equal("ERROR", line.GetProperty("level").GetString());
    }

    [Fact]
    public void Line_WithAnException_CarriesIt()
    {
        JsonElement line = Assert.Single(Written(LogLevel.Debug, logger => logger.LogCritical(new InvalidOperationException("broken"), "gone")));
        Assert.Equal("broken", line.GetProperty("exception").GetProperty("Message").GetString());
    }

    private static List<JsonElement> Written(LogLevel level, Action<ILogger> write)
    {
        var stream = new MemoryStream();
        using (ILoggerFactory logs = GatewayLogs.To(stream, level, TimeProvider.System))
        {
            write(logs.CreateLogger("test"));
        }
        return [.. Encoding.UTF8.GetString(stream.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }
}
