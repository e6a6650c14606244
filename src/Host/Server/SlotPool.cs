using HotPath.Core.Wire;
using Microsoft.Extensions.ObjectPool;

namespace HotPath.Host.Server;

/// <summary>
/// The slots of requests: as many as it takes for bodies up to 16 KiB, and a fixed number for larger ones, which may all be in use. Each is made
/// when it is first needed.
/// </summary>
internal sealed class SlotPool
{
    /// <summary>Large slots at once (protocol, section 1).</summary>
    // 3 MiB of addresses each, 192 MiB together; of an array this large only what was written to is memory: 64 FACE_PAYs of 64 KiB take 12 MiB.
    internal const int LargeSlots = 64;

    // 56 KiB each. Slots beyond these are made and dropped again; 512 is 10,000 payments/s at 50 ms.
    private const int RetainedSlots = 512;

    private readonly ObjectPool<RequestSlot> _ordinary = new DefaultObjectPool<RequestSlot>(new SlotPolicy(BodyLimits.Ordinary), RetainedSlots);
    private readonly ObjectPool<RequestSlot> _large = new DefaultObjectPool<RequestSlot>(new SlotPolicy(BodyLimits.Largest), LargeSlots);
    private int _largeInUse;

    /// <summary>A slot for a body of this length; null when it takes a large one and there is none.</summary>
    internal RequestSlot? Rent(int bodyLength)
    {
        if (!IsLarge(bodyLength))
        {
            return _ordinary.Get();
        }
        if (Interlocked.Increment(ref _largeInUse) <= LargeSlots)
        {
            return _large.Get();
        }
        Interlocked.Decrement(ref _largeInUse);
        return null;
    }

    /// <summary>Takes it back; nothing of the body is left in it.</summary>
    internal void Return(RequestSlot slot)
    {
        bool isLarge = IsLarge(slot.BodyLength);
        (isLarge ? _large : _ordinary).Return(slot);
        if (isLarge)
        {
            Interlocked.Decrement(ref _largeInUse);
        }
    }

    /// <summary>A body of this length takes a large slot.</summary>
    internal static bool IsLarge(int bodyLength) => bodyLength > BodyLimits.Ordinary;

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
