namespace HotPath.Faults.Checking;

/// <summary>I5 over the channel's books: the executed refunds of a payment, together, are at most what the payment moved.</summary>
internal static class RefundsWithinPayment
{
    internal static IEnumerable<Broken> Find(Evidence evidence)
    {
        Dictionary<string, ChannelEntry> payments = evidence.Books;
        Dictionary<string, JournalTrade> journal = evidence.Journal.ToDictionary(trade => trade.TradeNo);
        foreach (IGrouping<string, ChannelEntry> refunds in evidence.Channel.Where(entry => entry.IsRefund).GroupBy(entry => entry.OriginalTradeNo))
        {
            journal.TryGetValue(refunds.Key, out JournalTrade? trade);
            foreach (string sentence in FindIn(refunds.Key, payments.GetValueOrDefault(refunds.Key), [.. refunds]))
            {
                yield return new Broken("I5", long.MaxValue, trade?.InstId ?? "", trade?.OrderNo ?? "", sentence);
            }
        }
    }

    private static IEnumerable<string> FindIn(string payment, ChannelEntry? entry, ChannelEntry[] refunds)
    {
        foreach (ChannelEntry refund in refunds.Where(refund => refund.Deliveries > 1))
        {
            yield return $"refund {refund.TradeNo} was sent to the channel {refund.Deliveries} times";
        }
        ChannelEntry[] executed = [.. refunds.Where(refund => refund.IsExecuted)];
        if (executed.FirstOrDefault(refund => entry is not null && refund.Currency != entry.Currency) is { } other)
        {
            yield return $"trade {payment} is in {entry!.Currency}, and its refund {other.TradeNo} moved {other.Currency}";
        }
        // Books that are wrong may add up to more than Int64 holds.
        Int128 back = executed.Aggregate((Int128)0, (sum, refund) => sum + refund.AmountMinor);
        long paid = entry is { IsExecuted: true } ? entry.AmountMinor : 0;
        if (back > paid)
        {
            yield return $"of trade {payment} {paid} was paid and {back} given back, by {string.Join(", ", executed.Select(refund => refund.TradeNo))}";
        }
    }
}
