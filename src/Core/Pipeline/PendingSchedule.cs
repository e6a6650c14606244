using HotPath.Core.Clearing;
using HotPath.Core.Model;

namespace HotPath.Core.Pipeline;

/// <summary>A turn of one that is in doubt.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Age">How long ago it was accepted.</param>
/// <param name="IsUnknownThere">The turn before this one was told, after the settle window, that the channel does not know it.</param>
/// <param name="WasDueAt">What it waited for, in ticks of the clock.</param>
internal readonly record struct Turn(TradeNo Number, TimeSpan Age, bool IsUnknownThere, long WasDueAt);

/// <summary>
/// When each of those in doubt is asked about next, channel by channel (<see cref="Docket"/>). A channel that is left alone is simply not asked for its next
/// turn: what waits for it costs nothing, however much it is. All steps take one lock for about a microsecond, with a million entries too.
/// </summary>
internal sealed partial class PendingSchedule(TimeProvider clock)
{
    /// <summary>So long after acceptance it is for the young; later it is for the old.</summary>
    // The turns at 3, 6, 12, 24 and 48 s.
    internal static readonly TimeSpan YoungFor = TimeSpan.FromMinutes(1);

    // Protocol, section 6: at 3, 6, 12, 24 s … after acceptance, capped at 10 min between two.
    private static readonly TimeSpan First = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);
    private const int MostDoublings = 8;

    // Protocol, section 5: a query starts an inquiry at most once in 3 s.
    private static readonly TimeSpan Spacing = TimeSpan.FromSeconds(3);

    // In one go, under the lock.
    private const int MostAged = 256;

    private readonly Lock _lock = new();
    private readonly PendingSlots _slots = new();
    private readonly List<Docket> _dockets = [];
    private readonly Dictionary<Channel, Docket> _docketOf = [];

    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _slots.Count;
            }
        }
    }

    /// <summary>Nothing is in doubt, or will be known to have been in a moment: read without the lock.</summary>
    internal bool IsEmpty => _slots.IsEmpty;

    /// <summary>In doubt since just now: the first turn is 3 s after acceptance.</summary>
    internal void Add(TradeNo number, long acceptedAtMs, Channel channel)
    {
        // Most of the first three seconds are over when the answer budget is.
        TimeSpan age = WallAge(acceptedAtMs);
        Add(number, age, age < First ? First - age : TimeSpan.Zero, channel);
    }

    /// <summary>The first turn is now.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="acceptedAtMs">When it was accepted, Unix milliseconds.</param>
    /// <param name="channel">Null when that is to be looked up first (<see cref="TryTakeUnplaced"/>).</param>
    /// <param name="isCancel">A wish to cancel.</param>
    internal void AddDueNow(TradeNo number, long acceptedAtMs, Channel? channel, bool isCancel = false) =>
        Add(number, WallAge(acceptedAtMs), TimeSpan.Zero, channel, isCancel);

    /// <summary>An institution asks for it: its turn is soon, once in 3 s. True: it is here only since now.</summary>
    internal bool Hasten(TradeNo number, long acceptedAtMs, Channel channel)
    {
        lock (_lock)
        {
            bool isNew = !_slots.TryFind(number, out int slot);
            if (isNew)
            {
                slot = Insert(number, WallAge(acceptedAtMs), First, channel, isCancel: false);
            }
            PendingEntry entry = _slots[slot];
            Docket docket = entry.Docket == 0 ? DocketOf(channel) : _dockets[entry.Docket];
            long soonest = entry.AskedAt == PendingEntry.Never ? clock.GetTimestamp() : entry.AskedAt + Ticks(Spacing);
            if (soonest < entry.DueAt || entry.Lane == Lane.Old)
            {
                entry.Lane = entry.Lane == Lane.Cancel ? Lane.Cancel : Lane.Asked;
                entry.DueAt = soonest;
                Put(slot, entry, docket);
            }
            return isNew;
        }
    }

    /// <summary>Whose turn it is at this channel. He is put to his next time at once: nothing can drop him but <see cref="Remove"/>.</summary>
    /// <param name="channel">Which channel.</param>
    /// <param name="isForCancels">Only of those who have room kept for them.</param>
    /// <param name="turn">The turn.</param>
    internal bool TryTakeDue(Channel channel, bool isForCancels, out Turn turn)
    {
        turn = default;
        lock (_lock)
        {
            long now = clock.GetTimestamp();
            Docket docket = DocketOf(channel);
            docket.MoveAged(now - Ticks(YoungFor), MostAged);
            int slot = docket.Choose(now, isForCancels);
            if (slot < 0)
            {
                return false;
            }
            PendingEntry entry = _slots[slot];
            turn = new Turn(entry.Number, clock.GetElapsedTime(entry.BornAt, now), entry.IsUnknownThere, entry.DueAt);
            Put(slot, Next(entry, now), docket);
            return true;
        }
    }

    /// <summary>Somebody's turn has come, or will have within <paramref name="within"/>.</summary>
    internal bool HasDue(Channel channel, bool isForCancels, TimeSpan within = default)
    {
        lock (_lock)
        {
            return DocketOf(channel).NextDueAt(isForCancels) <= clock.GetTimestamp() + Ticks(within);
        }
    }

    /// <summary>The oldest whose channel has to be looked up.</summary>
    internal bool TryTakeUnplaced(out TradeNo number)
    {
        number = default;
        lock (_lock)
        {
            Docket docket = Unplaced;
            int slot = docket.Choose(clock.GetTimestamp(), isForCancels: false);
            if (slot < 0)
            {
                return false;
            }
            PendingEntry entry = _slots[slot];
            number = entry.Number;
            // Where there is no such channel, it is looked for again.
            entry.DueAt = clock.GetTimestamp() + Ticks(Longest);
            Put(slot, entry, docket);
            return true;
        }
    }

    /// <summary>Says at which channel it is.</summary>
    internal void Place(TradeNo number, Channel channel, bool isCancel)
    {
        lock (_lock)
        {
            if (_slots.TryFind(number, out int slot) && _slots[slot].Docket != DocketOf(channel).Number)
            {
                PendingEntry entry = _slots[slot];
                entry.IsCancel = isCancel;
                // Its turn came when it was taken to be looked up.
                entry.DueAt = Math.Min(entry.DueAt, clock.GetTimestamp());
                entry.Lane = LaneOf(entry, clock.GetTimestamp());
                Put(slot, entry, DocketOf(channel));
            }
        }
    }

    /// <summary>After its settle window the channel does not know it: what follows from that is its next turn, in the place of this one.</summary>
    internal void GoOn(in Turn turn)
    {
        lock (_lock)
        {
            if (_slots.TryFind(turn.Number, out int slot))
            {
                PendingEntry entry = _slots[slot];
                entry.IsUnknownThere = true;
                entry.DueAt = turn.WasDueAt;
                Put(slot, entry, _dockets[entry.Docket]);
            }
        }
    }

    /// <summary>Something new was sent for it just now: from here on it is asked about as if it had been accepted now.</summary>
    internal void BeginAgain(TradeNo number)
    {
        lock (_lock)
        {
            if (_slots.TryFind(number, out int slot))
            {
                PendingEntry entry = _slots[slot];
                entry.Turns = 0;
                entry.RegularAt = entry.DueAt = clock.GetTimestamp() + Ticks(First);
                Put(slot, entry, _dockets[entry.Docket]);
            }
        }
    }

    internal void Remove(TradeNo number)
    {
        lock (_lock)
        {
            if (_slots.TryFind(number, out int slot))
            {
                _dockets[_slots[slot].Docket].Remove(slot);
                _slots.Remove(slot);
            }
        }
    }

    private Docket Unplaced => _dockets.Count > 0 ? _dockets[0] : AddDocket(null);

    private Docket DocketOf(Channel? channel)
    {
        Docket unplaced = Unplaced;
        return channel is null ? unplaced : _docketOf.TryGetValue(channel, out Docket? docket) ? docket : AddDocket(channel);
    }

    private Docket AddDocket(Channel? channel)
    {
        var docket = new Docket(channel, (ushort)_dockets.Count, _slots);
        _dockets.Add(docket);
        if (channel is not null)
        {
            _docketOf.Add(channel, docket);
        }
        return docket;
    }

    private void Add(TradeNo number, TimeSpan age, TimeSpan delay, Channel? channel, bool isCancel = false)
    {
        lock (_lock)
        {
            if (!_slots.TryFind(number, out int slot))
            {
                Insert(number, age, delay, channel, isCancel);
            }
            else if (channel is not null)
            {
                // Hastened while it was under way, perhaps at another channel.
                Put(slot, _slots[slot], DocketOf(channel));
            }
        }
    }

    private int Insert(TradeNo number, TimeSpan age, TimeSpan delay, Channel? channel, bool isCancel)
    {
        Docket docket = DocketOf(channel);
        long now = clock.GetTimestamp();
        var entry = new PendingEntry
        {
            Number = number,
            BornAt = now - Ticks(age),
            DueAt = now + Ticks(delay),
            RegularAt = now + Ticks(delay),
            AskedAt = PendingEntry.Never,
            Docket = docket.Number,
            IsCancel = isCancel,
        };
        entry.Lane = LaneOf(entry, now);
        int slot = _slots.Add(entry);
        docket.Add(slot);
        return slot;
    }

    // A regular turn doubles the interval; one that was hastened leaves the regular one where it was.
    private PendingEntry Next(PendingEntry entry, long now)
    {
        entry.AskedAt = now;
        entry.IsUnknownThere = false;
        if (now >= entry.RegularAt)
        {
            TimeSpan interval = First * (1 << entry.Turns);
            entry.RegularAt = now + Ticks(interval < Longest ? interval : Longest);
            entry.Turns = (byte)Math.Min(entry.Turns + 1, MostDoublings);
        }
        entry.DueAt = entry.RegularAt;
        entry.Lane = LaneOf(entry, now);
        return entry;
    }

    private Lane LaneOf(in PendingEntry entry, long now) =>
        now - entry.BornAt > Ticks(YoungFor) ? Lane.Old : entry.IsCancel ? Lane.Cancel : Lane.Young;

    private void Put(int slot, in PendingEntry entry, Docket docket)
    {
        _dockets[_slots[slot].Docket].Remove(slot);
        _slots[slot] = entry;
        _slots[slot].Docket = docket.Number;
        docket.Add(slot);
    }

    private TimeSpan WallAge(long acceptedAtMs) => TimeSpan.FromMilliseconds(Math.Max(0, clock.GetUtcNow().ToUnixTimeMilliseconds() - acceptedAtMs));

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * clock.TimestampFrequency);
}
