using HotPath.Core.Clearing;
using HotPath.Core.Model;

namespace HotPath.Core.Pipeline;

/// <summary>What has no result, for the label of a list.</summary>
public enum PendingKind : byte
{
    Trade = 0,
    Refund,
    Cancel,
    Surplus,
}

/// <summary>One that is PENDING.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Kind">What it is.</param>
/// <param name="ChannelId">Which channel has it.</param>
/// <param name="InstId">Whose it is.</param>
/// <param name="Amount">Of it; of a cancel: its trade's.</param>
/// <param name="Currency">Of it.</param>
/// <param name="Original">Of a refund, a cancel or a surplus: the trade; unassigned of a trade.</param>
/// <param name="AcceptedAtMs">Unix milliseconds.</param>
/// <param name="LastAsked">How long ago its channel was asked; null since the start.</param>
/// <param name="NextTurn">Until then; zero: it is due, and waits for its channel or the budget. Null where it is not on the schedule yet.</param>
public sealed record PendingLine(
    TradeNo Number, PendingKind Kind, ShortText ChannelId, InstId InstId, Amount Amount, Currency Currency, TradeNo Original, long AcceptedAtMs, TimeSpan? LastAsked,
    TimeSpan? NextTurn);

/// <summary>What is PENDING, in the order of acceptance.</summary>
public sealed partial class PendingDesk
{
    /// <summary>Most of one page.</summary>
    public const int MostListed = 1_000;

    /// <summary>A page of what is PENDING, the oldest first.</summary>
    /// <param name="after">Only later ones: the last of the page before.</param>
    /// <param name="channelId">Only this channel's, also when it is not configured any more; null all.</param>
    /// <param name="olderThan">Only those accepted longer ago.</param>
    /// <param name="atMost">1 to <see cref="MostListed"/>.</param>
    /// <returns>Null: there is no such channel, and nothing that it has.</returns>
    public async Task<IReadOnlyList<PendingLine>?> ListAsync(TradeNo after, string? channelId, TimeSpan olderThan, int atMost)
    {
        Channel? channel = _router.Channels.FirstOrDefault(one => one.Options.Id == channelId);
        bool isGone = channelId is not null && channel is null;
        bool isFirstPage = !after.IsAssigned;
        var lines = new List<PendingLine>();
        // What ends while it is listed, or is another channel's that is gone, is left out, and the next ones are on the page.
        while (lines.Count < atMost &&
            _resolver.Schedule.List(after, channel, isGone, olderThan, isGone ? MostListed : atMost - lines.Count) is { Count: > 0 } found)
        {
            foreach (PendingState state in found)
            {
                if (lines.Count < atMost && await _resolver.FindAsync(state.Number) is ({ } kind, { } doubt) && (!isGone || doubt.ChannelId.ToString() == channelId))
                {
                    lines.Add(Line(state, kind, doubt));
                }
            }
            after = found[^1].Number;
        }
        return isGone && isFirstPage && lines.Count == 0 ? null : lines;
    }

    private static PendingLine Line(in PendingState state, IInDoubt kind, Doubt doubt)
    {
        PendingKind named = kind switch
        {
            RefundsInDoubt => PendingKind.Refund,
            CancelsInDoubt => PendingKind.Cancel,
            SurplusesInDoubt => PendingKind.Surplus,
            _ => PendingKind.Trade,
        };
        ClearingReference reference = doubt.Reference;
        TradeNo original = named == PendingKind.Cancel ? reference.TradeNo : reference.Original;
        return new PendingLine(
            state.Number, named, doubt.ChannelId, doubt.InstId, reference.Amount, reference.Currency, original, state.Number.UnixMs, state.LastAsked,
            state.Channel is null ? null : state.NextTurn > TimeSpan.Zero ? state.NextTurn : TimeSpan.Zero);
    }
}
