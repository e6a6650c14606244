using System.Collections.Concurrent;
using System.Diagnostics.Tracing;

namespace HotPath.Bench.Gate;

/// <summary>Which types are allocated: the runtime names one for about each 100 KiB. Enough to find the one that grows with payments.</summary>
internal sealed class AllocationSampler : EventListener
{
    private const EventKeywords Gc = (EventKeywords)1;

    private readonly ConcurrentDictionary<string, int> _ticks = new();

    public IEnumerable<(string Type, int Ticks)> Types() =>
        _ticks.OrderByDescending(static pair => pair.Value).Take(8).Select(static pair => (pair.Key, pair.Value));

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Microsoft-Windows-DotNETRuntime")
        {
            EnableEvents(eventSource, EventLevel.Verbose, Gc);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName?.StartsWith("AllocationTick", StringComparison.Ordinal) == true && eventData.PayloadNames is { } names)
        {
            int at = names.IndexOf("TypeName");
            string type = at < 0 ? "" : eventData.Payload?[at] as string ?? "";
            _ticks.AddOrUpdate(type, 1, static (_, ticks) => ticks + 1);
        }
    }
}
