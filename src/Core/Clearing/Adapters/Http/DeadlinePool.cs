using System.Collections.Concurrent;

namespace HotPath.Core.Clearing.Adapters.Http;

/// <summary>Cancellation sources that fire a fixed time after they were rented. One that did not fire is used again.</summary>
internal sealed class DeadlinePool(TimeSpan deadline, TimeProvider clock)
{
    // As many as calls ever were under way at once: the channel's in-flight credits bound that.
    private readonly ConcurrentQueue<CancellationTokenSource> _idle = new();

    internal CancellationTokenSource Rent()
    {
        if (!_idle.TryDequeue(out CancellationTokenSource? source))
        {
            return new CancellationTokenSource(deadline, clock);
        }
        source.CancelAfter(deadline);
        return source;
    }

    internal void Return(CancellationTokenSource source)
    {
        // False when it fired, or was about to, or its timer is not the system's: then it may not meet the next call.
        if (source.TryReset())
        {
            _idle.Enqueue(source);
            return;
        }
        source.Dispose();
    }
}
