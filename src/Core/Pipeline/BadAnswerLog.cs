using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Core.Telemetry;
using Microsoft.Extensions.Logging;

namespace HotPath.Core.Pipeline;

/// <summary>Tells operators what a channel says that cannot be believed: one line in <see cref="Pause"/> and channel, with how many came since the last. The metric counts them all.</summary>
public sealed partial class BadAnswerLog(ILogger<BadAnswerLog> logger, TimeProvider clock)
{
    /// <summary>Between two lines about one channel.</summary>
    // A channel that answers nonsense does so to every call: what an operator needs is that it does, and one number to look at.
    internal static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    internal void Watch(Channel channel)
    {
        long nextAt = clock.GetTimestamp();
        long unsaid = 0;
        channel.BadAnswerHeard = (kind, about) =>
        {
            long now = clock.GetTimestamp();
            long due = Volatile.Read(ref nextAt);
            long pause = (long)(Pause.TotalSeconds * clock.TimestampFrequency);
            if (now < due || Interlocked.CompareExchange(ref nextAt, now + pause, due) != due)
            {
                Interlocked.Increment(ref unsaid);
                return;
            }
            LogBad(channel.Options.Id, kind, about.IsAssigned ? about.ToString() : "no call of ours", Interlocked.Exchange(ref unsaid, 0));
        };
    }

    [LoggerMessage(EventId = 231, Level = LogLevel.Warning, Message = "channel {Channel} answered what cannot be believed: {Kind}, to {About}; {Unsaid} more since the last line")]
    private partial void LogBad(string channel, BadAnswer kind, string about, long unsaid);
}
