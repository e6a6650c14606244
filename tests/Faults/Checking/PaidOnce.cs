namespace HotPath.Faults.Checking;

/// <summary>I1: one net debit per order. Stricter than that: a trade is sent to its channel once, ever.</summary>
internal static class PaidOnce
{
    internal static IEnumerable<Broken> Find(Evidence evidence)
    {
        ILookup<string, ChannelEntry> channels = evidence.Channel.ToLookup(entry => entry.TradeNo);
        foreach (IGrouping<(string InstId, string OrderNo), JournalTrade> order in evidence.Journal.GroupBy(trade => (trade.InstId, trade.OrderNo)))
        {
            (string instId, string orderNo) = order.Key;
            if (order.Count() > 1)
            {
                yield return Of(instId, orderNo, $"the order was accepted {order.Count()} times: {string.Join(", ", order.Select(trade => trade.TradeNo))}");
            }
            ChannelEntry[] entries = [.. order.SelectMany(trade => channels[trade.TradeNo])];
            if (entries.Count(entry => entry.IsExecuted) > 1)
            {
                yield return Of(instId, orderNo, $"the order was paid {entries.Count(entry => entry.IsExecuted)} times");
            }
            foreach (ChannelEntry entry in entries.Where(entry => entry.Deliveries > 1))
            {
                yield return Of(instId, orderNo, $"trade {entry.TradeNo} was sent to the channel {entry.Deliveries} times");
            }
        }
    }

    private static Broken Of(string instId, string orderNo, string sentence) => new("I1", long.MaxValue, instId, orderNo, sentence);
}
