using System.Text.Json;
using ZLogger;
using ZLogger.Formatters;

namespace HotPath.Host.Logging;

/// <summary>Log lines: one JSON object a line, levels named as the specification names them (7.2).</summary>
internal static class GatewayLogs
{
    /// <summary>The names of levels in log lines and in <c>--log-level</c>.</summary>
    internal static readonly IReadOnlyDictionary<string, LogLevel> Levels = new Dictionary<string, LogLevel>(StringComparer.OrdinalIgnoreCase)
    {
        ["DEBUG"] = LogLevel.Debug,
        ["INFO"] = LogLevel.Information,
        ["WARN"] = LogLevel.Warning,
        ["ERROR"] = LogLevel.Error,
        ["FATAL"] = LogLevel.Critical,
    };

    private static readonly JsonPropertyNames Names = JsonPropertyNames.Default with
    {
        Timestamp = JsonEncodedText.Encode("time"),
        LogLevel = JsonEncodedText.Encode("level"),
        Category = JsonEncodedText.Encode("category"),
        Message = JsonEncodedText.Encode("message"),
        Exception = JsonEncodedText.Encode("exception"),
        LogLevelTrace = JsonEncodedText.Encode("DEBUG"),
        LogLevelDebug = JsonEncodedText.Encode("DEBUG"),
        LogLevelInformation = JsonEncodedText.Encode("INFO"),
        LogLevelWarning = JsonEncodedText.Encode("WARN"),
        LogLevelError = JsonEncodedText.Encode("ERROR"),
        LogLevelCritical = JsonEncodedText.Encode("FATAL"),
    };

    /// <summary>Writes lines of <paramref name="level"/> and above into <paramref name="output"/>. Disposing it writes what is still waiting.</summary>
    internal static ILoggerFactory To(Stream output, LogLevel level, TimeProvider clock) => LoggerFactory.Create(logging => logging
        .SetMinimumLevel(level)
        // Kestrel speaks of every broken connection at INFO and below; what it says from WARN on is ours to know.
        .AddFilter("Microsoft", level > LogLevel.Warning ? level : LogLevel.Warning)
        // As long as this category listens to anything, each request gets an Activity and a logging scope: 850 bytes, and nobody reads them.
        // What a handler throws is told by Kestrel.
        .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)
        // A start that failed is thrown as well, and told by whoever started it.
        .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
        .AddZLoggerStream(output, options =>
        {
            options.TimeProvider = clock;
            // A line that cannot be formatted must not vanish silently: the last resort is the raw stream.
            options.InternalErrorLogger = failure => Console.Error.WriteLine($"{{\"level\":\"ERROR\",\"message\":\"log line lost: {failure.GetType().Name}\"}}");
            options.UseJsonFormatter(json =>
            {
                json.JsonPropertyNames = Names;
                json.UseUtcTimestamp = true;
            });
        }));
}
