namespace HotPath.Faults.Checking;

/// <summary>
/// I7: where a channel executed what it had confirmed as reversed, the gateway learns of it, records it once and gives the money back under one number; and
/// nothing is given back otherwise.
/// </summary>
internal static class SurplusesReturn
{
    internal static IEnumerable<Broken> Find(Evidence evidence)
    {
        Dictionary<string, ChannelEntry> channel = evidence.Books;
        foreach (JournalTrade trade in evidence.Journal)
        {
            foreach (string sentence in FindIn(trade, channel, evidence))
            {
                yield return new Broken("I7", long.MaxValue, trade.InstId, trade.OrderNo, sentence);
            }
        }
    }

    private static IEnumerable<string> FindIn(JournalTrade trade, Dictionary<string, ChannelEntry> channel, Evidence evidence)
    {
        bool isExecuted = channel.TryGetValue(trade.TradeNo, out ChannelEntry? payment) && payment.IsExecuted;
        if (trade.Surpluses.Count > 1)
        {
            yield return $"trade {trade.TradeNo} has {trade.Surpluses.Count} surpluses";
        }
        // What was given up in the middle of everything, or while clocks stepped, may wait for the reconciliation.
        if (evidence is { IsSettled: true, IsClockSteady: true } && isExecuted && (trade.Status is "CANCELLED" or "FAILED") && trade.Surpluses.Count == 0)
        {
            yield return $"trade {trade.TradeNo} is {trade.Status}, the channel executed it, and nobody noticed";
        }
        foreach (JournalSurplus surplus in trade.Surpluses)
        {
            bool isBack = channel.TryGetValue(surplus.RefundId, out ChannelEntry? refund) && refund.IsExecuted;
            if (trade.Status is not ("CANCELLED" or "FAILED") || surplus.AmountMinor != trade.AmountMinor || (evidence.IsSettled && !isExecuted))
            {
                yield return $"trade {trade.TradeNo} is {trade.Status} of {trade.AmountMinor}, and has a surplus of {surplus.AmountMinor}";
            }
            if (evidence.IsSettled && (surplus.Status == "PENDING" || isBack != (surplus.Status == "SUCCESS") || (isBack && refund!.AmountMinor != trade.AmountMinor)))
            {
                yield return $"the surplus of trade {trade.TradeNo} is {surplus.Status}, and its refund {surplus.RefundId} {(isBack ? "moved the money" : "moved nothing")}";
            }
        }
    }
}
