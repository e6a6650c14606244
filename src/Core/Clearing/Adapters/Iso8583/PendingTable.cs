namespace HotPath.Core.Clearing.Adapters.Iso8583;

/// <summary>What became of looking for whom an answer is.</summary>
internal enum PendingMatch : byte
{
    /// <summary>Nobody asked, or it is forgotten: its place in the table was taken by another.</summary>
    Nobody = 0,

    /// <summary>Found, and taken out.</summary>
    Found,

    /// <summary>It was answered before.</summary>
    Twice,

    /// <summary>It was given up.</summary>
    Late,
}

/// <summary>
/// What waits for its answer on one connection, by STAN: 1 to 999,999, then 1 again. A STAN is given to one message at a time, and what identifies a message is more than that
/// (<see cref="MessageId"/>), so that an answer to the one before never finds the one after. Under its connection's lock.
/// </summary>
internal sealed class PendingTable
{
    internal const int MaxStan = 999_999;

    private readonly Slot[] _slots;
    private int _lastStan;
    private int _count;

    internal PendingTable(int most) => _slots = new Slot[most];

    /// <summary>How many wait. Read by others to find the connection with the fewest.</summary>
    internal int Count => Volatile.Read(ref _count);

    /// <summary>Gives the message the next STAN that nobody has; false when everything is taken.</summary>
    internal bool TryAdd(PendingAnswer pending, long sentAt, long retrievalReference)
    {
        if (_count == _slots.Length)
        {
            return false;
        }
        // Slots are taken in the order of the STANs: one that was left is remembered until as many messages have followed as there are slots.
        while (true)
        {
            _lastStan = _lastStan == MaxStan ? 1 : _lastStan + 1;
            ref Slot slot = ref SlotOf(_lastStan);
            if (slot.Pending is null)
            {
                pending.Id = new MessageId(_lastStan, sentAt, retrievalReference);
                slot = new Slot { Pending = pending, Id = pending.Id };
                Volatile.Write(ref _count, _count + 1);
                return true;
            }
        }
    }

    /// <summary>Takes out whom an answer is for.</summary>
    internal PendingMatch Take(MessageId id, out PendingAnswer? pending)
    {
        pending = null;
        if (id.Stan is < 1 or > MaxStan)
        {
            return PendingMatch.Nobody;
        }
        ref Slot slot = ref SlotOf(id.Stan);
        if (slot.Id != id)
        {
            return PendingMatch.Nobody;
        }
        if (slot.Pending is null)
        {
            return slot.WasAnswered ? PendingMatch.Twice : PendingMatch.Late;
        }
        pending = Leave(ref slot, wasAnswered: true);
        return PendingMatch.Found;
    }

    /// <summary>Whether somebody's time is over whose message was queued at this byte of the connection's, or behind it.</summary>
    internal bool HasExpired(long now, long sentFrom)
    {
        foreach (ref Slot slot in _slots.AsSpan())
        {
            if (slot.Pending is { } pending && now >= pending.DeadlineAt && pending.SentFrom >= sentFrom)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Takes out whoever's time is over.</summary>
    internal void TakeExpired(long now, List<PendingAnswer> into)
    {
        for (int i = 0; i < _slots.Length && _count > 0; i++)
        {
            if (_slots[i].Pending is { } pending && now >= pending.DeadlineAt)
            {
                into.Add(Leave(ref _slots[i], wasAnswered: false));
            }
        }
    }

    /// <summary>Takes out everybody and forgets whoever was there: the connection has ended.</summary>
    internal void TakeAll(List<PendingAnswer> into)
    {
        foreach (ref Slot slot in _slots.AsSpan())
        {
            if (slot.Pending is { } pending)
            {
                into.Add(pending);
            }
            slot = default;
        }
        Volatile.Write(ref _count, 0);
    }

    private ref Slot SlotOf(int stan) => ref _slots[stan % _slots.Length];

    private PendingAnswer Leave(ref Slot slot, bool wasAnswered)
    {
        PendingAnswer pending = slot.Pending!;
        slot.Pending = null;
        slot.WasAnswered = wasAnswered;
        Volatile.Write(ref _count, _count - 1);
        return pending;
    }

    private struct Slot
    {
        internal PendingAnswer? Pending;

        /// <summary>Of who is there, or was last.</summary>
        internal MessageId Id;
        internal bool WasAnswered;
    }
}
