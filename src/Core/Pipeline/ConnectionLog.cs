using HotPath.Core.Clearing;
using Microsoft.Extensions.Logging;

namespace HotPath.Core.Pipeline;

/// <summary>Tells operators why a connection to a channel is not there, and when it is again: one line for each change, and no more than one loss of a connection in <see cref="Pause"/>.</summary>
public sealed partial class ConnectionLog(ILogger<ConnectionLog> logger, TimeProvider clock)
{
    /// <summary>Between two losses of one connection that are told.</summary>
    // A channel that takes connections and drops them would write thousands of lines; a loss that lasts is told at the next attempt all the same.
    internal static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    internal void Watch(Channel channel)
    {
        // Each is written by its own connection's loop only.
        var lines = new (bool IsMissed, long DueAt)[channel.Adapter.Connections.Wanted];
        channel.Adapter.TellConnections(word =>
        {
            ref (bool IsMissed, long DueAt) line = ref lines[word.Number];
            if (word.IsUp && line.IsMissed)
            {
                line.IsMissed = false;
                LogBack(channel.Options.Id, word.Number + 1, lines.Length, channel.Adapter.Connections.Up);
            }
            else if (!word.IsUp && !line.IsMissed && clock.GetTimestamp() >= line.DueAt)
            {
                line = (true, clock.GetTimestamp() + (long)(Pause.TotalSeconds * clock.TimestampFrequency));
                LogLost(channel.Options.Id, word.Number + 1, lines.Length, channel.Adapter.Connections.Up, word.Reason);
            }
        });
    }

    [LoggerMessage(EventId = 232, Level = LogLevel.Warning, Message = "channel {Channel}: connection {Number} of {Wanted} is not there, {Up} are: {Reason}")]
    private partial void LogLost(string channel, int number, int wanted, int up, string reason);

    [LoggerMessage(EventId = 233, Level = LogLevel.Information, Message = "channel {Channel}: connection {Number} of {Wanted} is there again, {Up} are")]
    private partial void LogBack(string channel, int number, int wanted, int up);
}
