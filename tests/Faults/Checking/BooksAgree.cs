namespace HotPath.Faults.Checking;

/// <summary>I7: SUCCESS in the journal is money at the channel, the same amount, and nothing else is.</summary>
internal static class BooksAgree
{
    internal static IEnumerable<Broken> Find(Evidence evidence)
    {
        Dictionary<string, JournalTrade> journal = evidence.Journal.ToDictionary(trade => trade.TradeNo);
        // A trade sent before its claim was durable is at the channel and, after a crash, not in the journal: broken whenever it is seen.
        HashSet<string> numbers =
        [
            .. journal.Keys, .. evidence.Journal.SelectMany(trade => trade.Refunds).Select(refund => refund.RefundId),
            .. evidence.Journal.SelectMany(trade => trade.Surpluses).Select(surplus => surplus.RefundId),
        ];
        foreach (ChannelEntry entry in evidence.Channel.Where(entry => !numbers.Contains(entry.TradeNo) && entry.Deliveries > 0))
        {
            yield return new Broken("I7", long.MaxValue, "", "", $"the channel was sent trade {entry.TradeNo}, which the journal does not have");
        }
        Dictionary<string, ChannelEntry> channel = evidence.Books;
        foreach (JournalTrade trade in evidence.Journal)
        {
            foreach (string sentence in Compare("trade", trade.TradeNo, trade.AmountMinor, trade.Currency, trade.Status, channel)
                .Concat(trade.RefundsAtTheEnd.SelectMany(refund => Compare("refund", refund.RefundId, refund.AmountMinor, trade.Currency, refund.Status, channel))))
            {
                yield return new Broken("I7", long.MaxValue, trade.InstId, trade.OrderNo, sentence);
            }
        }
    }

    private static IEnumerable<string> Compare(
        string what, string number, long amountMinor, string currency, string status, Dictionary<string, ChannelEntry> channel)
    {
        channel.TryGetValue(number, out ChannelEntry? entry);
        bool isExecuted = entry is { IsExecuted: true };
        if (isExecuted && (entry!.AmountMinor != amountMinor || entry.Currency != currency))
        {
            yield return $"{what} {number} is {amountMinor} {currency}, and the channel moved {entry.AmountMinor} {entry.Currency}";
        }
        if (status == "SUCCESS" && !isExecuted)
        {
            yield return $"{what} {number} is SUCCESS, and no money moved";
        }
        if (status is "FAILED" or "CANCELLED" && isExecuted && !entry!.HasLied)
        {
            yield return $"{what} {number} is {status}, and money moved";
        }
    }
}
