namespace HotPath.Faults.Checking;

/// <summary>
/// I10: who asked for it is told every final state of his trades and refunds at least once, whatever happened in between; what he is told is signed and is what
/// the journal holds, to the minor unit; and what he acknowledged is not told for ever.
/// </summary>
internal static class NotificationsAgree
{
    internal static IEnumerable<Broken> Find(Evidence evidence)
    {
        if (evidence.Notifications is not { } told)
        {
            yield break;
        }
        Dictionary<string, Final> finals = evidence.Journal.SelectMany(FinalsOf).ToDictionary(final => final.NotifyId);
        foreach (Telling telling in told.Tellings)
        {
            if (Judge(telling, finals.GetValueOrDefault(telling.NotifyId), told.InstIds) is { } sentence)
            {
                yield return new Broken("I10", telling.AtMs, telling.InstId, telling.Member("out_trade_no"), sentence);
            }
        }
        ILookup<string, Telling> acknowledged = told.Tellings.Where(telling => telling.IsAcknowledged).ToLookup(telling => telling.NotifyId);
        foreach (Final final in finals.Values.Where(final => told.InstIds.Contains(final.Trade.InstId)))
        {
            int times = acknowledged[final.NotifyId].Count();
            if (evidence.IsSettled && told.AreAllDue && times == 0)
            {
                yield return new Broken("I10", long.MaxValue, final.Trade.InstId, final.Trade.OrderNo, $"{final.NotifyId} became {final.Status}, and nobody was told");
            }
            if (times > 1 + told.Starts)
            {
                yield return new Broken(
                    "I10", long.MaxValue, final.Trade.InstId, final.Trade.OrderNo, $"{final.NotifyId} was told and acknowledged {times} times, with {told.Starts} starts");
            }
        }
    }

    private static string? Judge(Telling telling, Final? final, IReadOnlySet<string> instIds)
    {
        if (!telling.IsVerified)
        {
            return $"a notification to {telling.InstId} is not the gateway's";
        }
        if (final is null || final.Trade.InstId != telling.InstId || !instIds.Contains(telling.InstId))
        {
            return $"{telling.InstId} is told {telling.NotifyId}, which is no final trade or refund of it";
        }
        bool isRefund = telling.NotifyId[0] == 'R';
        string status = telling.Member(isRefund ? "refund_status" : "trade_status");
        string currency = telling.Member("currency");
        string amount = telling.Member(isRefund ? "refund_amount" : "total_amount");
        string said = $"{status} {Money.Minor(amount, currency)} {currency} of {telling.Member("out_trade_no")}";
        string kept = $"{final.Status} {final.AmountMinor} {final.Trade.Currency} of {final.Trade.OrderNo}";
        return said == kept ? null : $"{telling.NotifyId} is told as {said}, and the journal has {kept}";
    }

    private static IEnumerable<Final> FinalsOf(JournalTrade trade) =>
    [
        .. trade.Results.Count == 0 ? Array.Empty<Final>() : [new Final("T" + trade.TradeNo, trade, trade.AmountMinor, trade.Status)],
        .. trade.RefundsAtTheEnd.Where(refund => refund.Status != "PENDING").Select(refund => new Final("R" + refund.RefundId, trade, refund.AmountMinor, refund.Status)),
    ];

    private sealed record Final(string NotifyId, JournalTrade Trade, long AmountMinor, string Status);
}
