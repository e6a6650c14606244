namespace HotPath.Faults.Checking;

/// <summary>I6 (liveness): after the faults, and within the limit, every accepted trade is final, and final once.</summary>
internal static class Ends
{
    internal static IEnumerable<Broken> Find(Evidence evidence)
    {
        foreach (JournalTrade trade in evidence.Journal)
        {
            if (trade.Results.Count > 1)
            {
                yield return Of(trade, $"trade {trade.TradeNo} has {trade.Results.Count} results: {string.Join(", ", trade.Results.Select(result => result.Status))}");
            }
            if (evidence.IsSettled && trade.Results.Count == 0)
            {
                yield return Of(trade, $"trade {trade.TradeNo} is still PENDING");
            }
        }
    }

    private static Broken Of(JournalTrade trade, string sentence) => new("I6", long.MaxValue, trade.InstId, trade.OrderNo, sentence);
}
