namespace HotPath.Faults.Checking;

/// <summary>I7: SUCCESS in the journal is money at the channel, the same amount, and nothing else is.</summary>
internal static class BooksAgree
{
    internal static IEnumerable<Broken> Find(Evidence evidence)
    {
        Dictionary<string, JournalTrade> journal = evidence.Journal.ToDictionary(trade => trade.TradeNo);
        // A trade sent before its claim was durable is at the channel and, after a crash, not in the journal: broken whenever it is seen.
        foreach (ChannelEntry entry in evidence.Channel.Where(entry => !entry.IsRefund && !journal.ContainsKey(entry.TradeNo) && entry.Deliveries > 0))
        {
            yield return new Broken("I7", long.MaxValue, "", "", $"the channel was sent trade {entry.TradeNo}, which the journal does not have");
        }
        Dictionary<string, ChannelEntry> channel = evidence.Channel.ToDictionary(entry => entry.TradeNo);
        foreach (JournalTrade trade in evidence.Journal)
        {
            channel.TryGetValue(trade.TradeNo, out ChannelEntry? entry);
            bool isExecuted = entry is { IsExecuted: true };
            if (isExecuted && (entry!.AmountMinor != trade.AmountMinor || entry.Currency != trade.Currency))
            {
                yield return Of(trade, $"trade {trade.TradeNo} is {trade.AmountMinor} {trade.Currency}, and the channel moved {entry.AmountMinor} {entry.Currency}");
            }
            if (trade.Status == "SUCCESS" && !isExecuted)
            {
                yield return Of(trade, $"trade {trade.TradeNo} is SUCCESS, and no money moved");
            }
            if (trade.Status is "FAILED" or "CANCELLED" && isExecuted && !entry!.HasLied)
            {
                yield return Of(trade, $"trade {trade.TradeNo} is {trade.Status}, and money moved");
            }
        }
    }

    private static Broken Of(JournalTrade trade, string sentence) => new("I7", long.MaxValue, trade.InstId, trade.OrderNo, sentence);
}
