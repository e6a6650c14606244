using HotPath.Core.Buffers;
using HotPath.Core.Runtime;

namespace HotPath.Bench.Baselines;

/// <summary>What <see cref="Core.Clearing.Channel"/> does with its calls, without the calls: a ring, drained by one posted work item at a time.</summary>
internal sealed class RingHop(int capacity, IScheduler scheduler) : IThreadPoolWorkItem
{
    private readonly MpscRing<HopItem> _ring = new(capacity);
    private int _isDraining;

    public bool TryPost(HopItem item)
    {
        if (!_ring.TryEnqueue(item))
        {
            return false;
        }
        if (Interlocked.Exchange(ref _isDraining, 1) == 0)
        {
            scheduler.Post(this);
        }
        return true;
    }

    void IThreadPoolWorkItem.Execute()
    {
        do
        {
            while (_ring.TryDequeue(out HopItem? item))
            {
                item.Arrive();
            }
            Interlocked.Exchange(ref _isDraining, 0);
        }
        while (_ring.Count > 0 && Interlocked.Exchange(ref _isDraining, 1) == 0);
    }
}
