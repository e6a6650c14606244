namespace HotPath.Faults.Checking;

/// <summary>I2: an acknowledged final state never changes and survives; an acknowledged trade is never unknown again.</summary>
internal static class FinalStays
{
    internal static IEnumerable<Broken> Find(Evidence evidence)
    {
        Dictionary<string, JournalTrade> journal = evidence.Journal.ToDictionary(trade => trade.TradeNo);
        foreach (IGrouping<(string InstId, string OrderNo), Call> order in evidence.Calls
            .Where(call => call.Answer is not null && call.OrderNo.Length > 0).GroupBy(call => (call.InstId, call.OrderNo)))
        {
            foreach (Broken broken in FindIn(order.Key.InstId, order.Key.OrderNo, [.. order.OrderBy(call => call.EndedAtMs)], journal))
            {
                yield return broken;
            }
        }
    }

    private static IEnumerable<Broken> FindIn(string instId, string orderNo, Call[] calls, Dictionary<string, JournalTrade> journal)
    {
        Call? known = null;
        Call? final = null;
        foreach (Call call in calls)
        {
            bool isAbsent = call.Code == "B006";
            if (isAbsent && known is not null && known.EndedAtMs <= call.SentAtMs)
            {
                yield return Of(call, $"trade {known.TradeNo} was acknowledged and is not found any more");
            }
            // B005 may show the trade of another order: the one that holds the single-use code.
            if (call.TradeNo.Length == 0 || call.Answer!.GetValueOrDefault("out_trade_no", orderNo) != orderNo)
            {
                continue;
            }
            known ??= call;
            if (call.TradeNo != known.TradeNo)
            {
                yield return Of(call, $"the order's trade was {known.TradeNo} and is {call.TradeNo}");
            }
            if (final is not null && call.SaysFinal && call.TradeStatus != final.TradeStatus)
            {
                yield return Of(call, $"trade {call.TradeNo} was {final.TradeStatus} and is {call.TradeStatus}");
            }
            if (final is not null && !call.SaysFinal && final.EndedAtMs <= call.SentAtMs)
            {
                yield return Of(call, $"trade {call.TradeNo} was {final.TradeStatus} and is PENDING again");
            }
            if (call.SaysFinal)
            {
                final ??= call;
            }
        }
        if (known is not null && !journal.ContainsKey(known.TradeNo))
        {
            yield return Of(known, $"trade {known.TradeNo} was acknowledged, and the journal does not have it");
        }
        if (final is not null && journal.TryGetValue(final.TradeNo, out JournalTrade? kept) && kept.Status != final.TradeStatus)
        {
            yield return Of(final, $"trade {final.TradeNo} was acknowledged as {final.TradeStatus}, and the journal says {kept.Status}");
        }

        Broken Of(Call call, string sentence) => new("I2", call.EndedAtMs, instId, orderNo, sentence);
    }
}
