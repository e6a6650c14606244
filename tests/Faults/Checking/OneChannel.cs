namespace HotPath.Faults.Checking;

/// <summary>
/// I1 over all channels' books: a trade goes to a further channel only when those before certainly did not get it, and its journal names the one that has it.
/// </summary>
internal static class OneChannel
{
    internal static IEnumerable<Broken> Find(Evidence evidence)
    {
        ILookup<string, ChannelEntry> channels = evidence.Channel.Where(entry => entry.Deliveries > 0 || entry.IsExecuted).ToLookup(entry => entry.TradeNo);
        foreach (JournalTrade trade in evidence.Journal)
        {
            ChannelEntry[] had = [.. channels[trade.TradeNo]];
            if (had.Length > 1)
            {
                yield return Of(trade, $"trade {trade.TradeNo} was sent to {string.Join(" and ", had.Select(entry => entry.Channel).Order(StringComparer.Ordinal))}");
            }
            string last = trade.Channels[^1].Channel;
            foreach (ChannelEntry entry in had.Where(entry => entry.Channel.Length > 0 && entry.Channel != last))
            {
                yield return Of(trade, $"trade {trade.TradeNo} is at {last}, as the journal has it, and {entry.Channel} was sent it");
            }
        }
    }

    private static Broken Of(JournalTrade trade, string sentence) => new("I1", long.MaxValue, trade.InstId, trade.OrderNo, sentence);
}
