using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Core.Routing;

namespace HotPath.Core.Pipeline;

/// <summary>A look at whether a channel keeps its word about a reversal that it confirmed.</summary>
/// <param name="TradeNo">The trade that was reversed.</param>
/// <param name="IsLast">There is no other after it.</param>
/// <param name="GiveUpAt">A look without an answer is repeated until then, in ticks of the clock.</param>
internal readonly record struct Look(TradeNo TradeNo, bool IsLast, long GiveUpAt);

/// <summary>
/// When trades that were reversed are looked at again: a settle window after the reversal, when everything that was on its way has come, and once more
/// after eight of them. What a channel executes later than that shows in the reconciliation.
/// </summary>
internal sealed class LookSchedule(Router router, TimeProvider clock)
{
    private const int LastAfterWindows = 8;

    // The ledger finds them so long after a restart (Book.ReversedLifeMs); beyond it a restart would forget what goes on here.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan RoomPause = TimeSpan.FromSeconds(1);

    private readonly PriorityQueue<Look, long> _due = new();

    /// <summary>The trade was reversed just now, or before a restart.</summary>
    internal void Begin(Trade trade)
    {
        if (router.Find(trade.ChannelId.Span) is { } channel)
        {
            Add(new Look(trade.TradeNo, IsLast: false, clock.GetTimestamp() + Ticks(Longest)), channel.Options.SettleWindow);
        }
    }

    /// <summary>The channel answered as it should.</summary>
    internal void Next(in Look look, Channel channel)
    {
        if (!look.IsLast)
        {
            Add(look with { IsLast = true }, channel.Options.SettleWindow * (LastAfterWindows - 1));
        }
    }

    /// <summary>The channel did not answer, or does not know yet.</summary>
    internal void Again(in Look look, Channel channel)
    {
        if (clock.GetTimestamp() < look.GiveUpAt)
        {
            Add(look, channel.Options.SettleWindow);
        }
    }

    /// <summary>There was no room to ask just now, or the book could not be read.</summary>
    internal void Postpone(in Look look)
    {
        if (clock.GetTimestamp() < look.GiveUpAt)
        {
            Add(look, RoomPause);
        }
    }

    /// <summary>The channel is left alone just now. However long that is: then is when it is to be asked.</summary>
    internal void Wait(in Look look) => Add(look with { GiveUpAt = Math.Max(look.GiveUpAt, clock.GetTimestamp() + Ticks(2 * RoomPause)) }, RoomPause);

    internal bool TryTakeDue(out Look look)
    {
        lock (_due)
        {
            if (_due.TryPeek(out look, out long dueAt) && dueAt <= clock.GetTimestamp())
            {
                _due.Dequeue();
                return true;
            }
            return false;
        }
    }

    private void Add(in Look look, TimeSpan after)
    {
        lock (_due)
        {
            _due.Enqueue(look, clock.GetTimestamp() + Ticks(after));
        }
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * clock.TimestampFrequency);
}
