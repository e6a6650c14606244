using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Breakers;
using Microsoft.Extensions.Logging;

namespace HotPath.Core.Pipeline;

/// <summary>Tells operators when a channel is left alone, and when it is called again: one line for each transition.</summary>
public sealed partial class BreakerLog(ILogger<BreakerLog> logger)
{
    internal void Tell(Channel channel, BreakerTransition transition) => LogTransition(
        channel.Options.Id, transition.From.ToString(), transition.To.ToString(), transition.Cause.ToString(), transition.InState.TotalSeconds, transition.OpenFor.TotalSeconds, transition.Reason);

    [LoggerMessage(EventId = 230, Level = LogLevel.Warning,
        Message = "breaker of channel {Channel}: {From} to {To}, {Cause}, after {InState} s in it, open for {OpenFor} s {Reason}")]
    private partial void LogTransition(string channel, string from, string to, string cause, double inState, double openFor, string reason);
}
