using HotPath.Core.Wire;
using Microsoft.Extensions.ObjectPool;

namespace HotPath.Host.Server;

/// <summary>
/// The slots of requests, in three sizes, each made when it is first needed: as many as it takes for bodies up to 16 KiB, most of which fit the
/// compact size, and a fixed number for larger ones, which may all be in use.
/// </summary>
internal sealed class SlotPool
{
    /// <summary>Large slots at once (protocol, section 1).</summary>
    // 3 MiB of addresses each, 192 MiB together; of an array this large only what was written to is memory: 64 FACE_PAYs of 64 KiB take 12 MiB.
    internal const int LargeSlots = 64;

    /// <summary>Bodies up to this take a compact slot.</summary>
    // A payment is 0.7 to 1.2 KB, with every optional member 2.1.
    internal const int CompactBytes = 2560;

    // 21 KiB each. A channel that hangs holds one for each of its calls (4,096 at most), for seconds: were they dropped afterwards, the collector would
    // move 200 MB of them for the next four thousand, while the other channels' payments wait.
    private const int RetainedCompact = 8192;

    // 62 KiB each. Slots beyond these are made and dropped again.
    private const int RetainedOrdinary = 256;

    private readonly ObjectPool<RequestSlot> _compact = Pool(CompactBytes, RetainedCompact);
    private readonly ObjectPool<RequestSlot> _ordinary = Pool(BodyLimits.Ordinary, RetainedOrdinary);
    private readonly ObjectPool<RequestSlot> _large = Pool(BodyLimits.Largest, LargeSlots);
    private int _largeInUse;

    /// <summary>A slot for a body of this length; null when it takes a large one and there is none.</summary>
    internal RequestSlot? Rent(int bodyLength)
    {
        if (IsLarge(bodyLength) && Interlocked.Increment(ref _largeInUse) > LargeSlots)
        {
            Interlocked.Decrement(ref _largeInUse);
            return null;
        }
        return Of(bodyLength).Get();
    }

    /// <summary>Takes it back; nothing of the body is left in it.</summary>
    internal void Return(RequestSlot slot)
    {
        int bodyLength = slot.BodyLength;
        Of(bodyLength).Return(slot);
        if (IsLarge(bodyLength))
        {
            Interlocked.Decrement(ref _largeInUse);
        }
    }

    /// <summary>A body of this length takes a large slot.</summary>
    internal static bool IsLarge(int bodyLength) => bodyLength > BodyLimits.Ordinary;

    private static DefaultObjectPool<RequestSlot> Pool(int maxBodyBytes, int retained) => new(new SlotPolicy(maxBodyBytes), retained);

    private ObjectPool<RequestSlot> Of(int bodyLength) => IsLarge(bodyLength) ? _large : bodyLength <= CompactBytes ? _compact : _ordinary;

    private sealed class SlotPolicy(int maxBodyBytes) : PooledObjectPolicy<RequestSlot>
    {
        public override RequestSlot Create() => new(maxBodyBytes);

        public override bool Return(RequestSlot slot)
        {
            slot.Clear();
            return true;
        }
    }
}
