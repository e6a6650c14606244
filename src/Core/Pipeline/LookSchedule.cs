using HotPath.Core.Clearing;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Routing;

namespace HotPath.Core.Pipeline;

/// <summary>A look at whether a channel keeps its word about a reversal that it confirmed.</summary>
/// <param name="Number">The trade or refund that was reversed.</param>
/// <param name="IsRefund">Which of the two.</param>
/// <param name="IsLast">There is no other after it.</param>
/// <param name="GiveUpAt">A look without an answer is repeated until then, in ticks of the clock.</param>
internal readonly record struct Look(TradeNo Number, bool IsRefund, bool IsLast, long GiveUpAt);

/// <summary>
/// When trades and refunds that were reversed are looked at again: a settle window after the reversal, when everything that was on its way has come, and once more
/// after eight of them. What a channel executes later than that shows in the reconciliation. A channel that is left alone is not asked for its looks.
/// </summary>
internal sealed class LookSchedule(Router router, TimeProvider clock)
{
    private const int LastAfterWindows = 8;

    // A restart would forget what goes on longer than the ledger finds them.
    private static readonly TimeSpan Longest = ISurplusBook.ReversedLife;

    // With settle windows of minutes: the second look still has time to be repeated.
    private static readonly TimeSpan LastAtLatest = Longest * 5 / 6;

    private readonly Lock _lock = new();
    private readonly Dictionary<Channel, Agenda> _agendas = [];

    /// <summary>The trade was reversed just now, or before a restart.</summary>
    internal void Begin(Trade trade) => Begin(trade.TradeNo, isRefund: false, trade.ChannelId);

    /// <summary>The refund was stopped just now.</summary>
    internal void Begin(Refund refund) => Begin(refund.RefundId, isRefund: true, refund.ChannelId);

    /// <summary>Of those that were reversed at the channel, so many have not been looked at once. A restart forgets the ones that were reversed too long ago.</summary>
    internal int Outstanding(Channel channel)
    {
        lock (_lock)
        {
            return _agendas.TryGetValue(channel, out Agenda? agenda) ? agenda.Outstanding : 0;
        }
    }

    /// <summary>The channel answered as it should.</summary>
    internal void Next(in Look look, Channel channel)
    {
        End(look, channel);
        if (!look.IsLast)
        {
            TimeSpan window = channel.Options.SettleWindow;
            TimeSpan last = window * LastAfterWindows;
            Add(channel, look with { IsLast = true }, (last < LastAtLatest ? last : LastAtLatest) - window);
        }
    }

    /// <summary>The channel did not answer, or does not know yet, or the book could not be read.</summary>
    internal void Again(in Look look, Channel channel)
    {
        if (clock.GetTimestamp() < look.GiveUpAt)
        {
            Add(channel, look, channel.Options.SettleWindow);
            return;
        }
        End(look, channel);
    }

    /// <summary>There is nothing more to look for.</summary>
    internal void End(in Look look, Channel channel)
    {
        lock (_lock)
        {
            AgendaOf(channel).Outstanding -= look.IsLast ? 0 : 1;
        }
    }

    internal bool HasDue(Channel channel)
    {
        lock (_lock)
        {
            return _agendas.TryGetValue(channel, out Agenda? agenda) && agenda.Due.TryPeek(out _, out long dueAt) && dueAt <= clock.GetTimestamp();
        }
    }

    internal bool TryTakeDue(Channel channel, out Look look)
    {
        look = default;
        lock (_lock)
        {
            long now = clock.GetTimestamp();
            if (!_agendas.TryGetValue(channel, out Agenda? agenda) || !agenda.Due.TryPeek(out look, out long dueAt) || dueAt > now)
            {
                return false;
            }
            agenda.Due.Dequeue();
            // However long the channel was left alone, or the budget went to others: there is time to repeat it.
            look = look with { GiveUpAt = Math.Max(look.GiveUpAt, now + Ticks(2 * channel.Options.SettleWindow)) };
            return true;
        }
    }

    private void Begin(TradeNo number, bool isRefund, in ShortText channelId)
    {
        if (router.Find(channelId.Span) is { } channel)
        {
            lock (_lock)
            {
                AgendaOf(channel).Outstanding++;
            }
            Add(channel, new Look(number, isRefund, IsLast: false, clock.GetTimestamp() + Ticks(Longest)), channel.Options.SettleWindow);
        }
    }

    private void Add(Channel channel, in Look look, TimeSpan after)
    {
        lock (_lock)
        {
            AgendaOf(channel).Due.Enqueue(look, clock.GetTimestamp() + Ticks(after));
        }
    }

    private Agenda AgendaOf(Channel channel)
    {
        if (!_agendas.TryGetValue(channel, out Agenda? agenda))
        {
            _agendas.Add(channel, agenda = new Agenda());
        }
        return agenda;
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * clock.TimestampFrequency);

    // What is to be looked at, at one channel.
    private sealed class Agenda
    {
        internal PriorityQueue<Look, long> Due { get; } = new();

        internal int Outstanding { get; set; }
    }
}
