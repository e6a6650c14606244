using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace HotPath.Core.Tests.Pipeline;

/// <summary>Keeps every line that is logged.</summary>
internal sealed class HeardLogs : ILoggerFactory, ILogger
{
    internal ConcurrentQueue<(LogLevel Level, int Event, string Text)> Lines { get; } = [];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Enqueue((logLevel, eventId.Id, formatter(state, exception)));

    /// <summary>The lines of one event.</summary>
    internal string[] Of(LogLevel level, int number) => [.. Lines.Where(line => line.Level == level && line.Event == number).Select(line => line.Text)];

    public void Dispose()
    {
    }
}
