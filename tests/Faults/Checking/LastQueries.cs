namespace HotPath.Faults.Checking;

/// <summary>
/// I2, in the end: whoever asks for an order or a refund is told what the journal says of it, whether anybody was ever told of it before or not.
/// </summary>
internal static class LastQueries
{
    internal static IEnumerable<Broken> Find(Evidence evidence)
    {
        if (!evidence.IsSettled)
        {
            yield break;
        }
        ILookup<(string, string), Call> trades = Queries(evidence, "TRADE_QUERY", "out_trade_no");
        ILookup<(string, string), Call> refunds = Queries(evidence, "REFUND_QUERY", "refund_no");
        foreach (JournalTrade trade in evidence.Journal)
        {
            if (trades[(trade.InstId, trade.OrderNo)].LastOrDefault() is { } asked && Compare(asked, trade) is { } sentence)
            {
                yield return new Broken("I2", asked.EndedAtMs, trade.InstId, trade.OrderNo, sentence);
            }
            // A refund that failed may have been tried again under its number: the newest attempt is shown.
            foreach (JournalRefund refund in trade.RefundsAtTheEnd.GroupBy(refund => refund.RefundNo).Select(attempts => attempts.Last()))
            {
                if (refunds[(trade.InstId, refund.RefundNo)].LastOrDefault() is { } told && Compare(told, refund) is { } other)
                {
                    yield return new Broken("I2", told.EndedAtMs, trade.InstId, trade.OrderNo, other);
                }
            }
        }
    }

    private static ILookup<(string InstId, string Number), Call> Queries(Evidence evidence, string bizType, string by) => evidence.Calls
        .Where(call => call.BizType == bizType && call.Code is "0000" or "B006" && call.Request.ContainsKey(by))
        .OrderBy(call => call.EndedAtMs)
        .ToLookup(call => (call.InstId, call.Request[by]));

    private static string? Compare(Call asked, JournalTrade trade)
    {
        if (asked.Code != "0000")
        {
            return $"trade {trade.TradeNo} is in the journal, and is not found";
        }
        long succeeded = trade.Refunds.Count == 0 ? 0 : trade.Refunds[^1].Succeeded;
        string refundStatus = succeeded == 0 ? "NONE" : succeeded == trade.AmountMinor ? "FULL" : "PARTIAL";
        string journal = $"{trade.TradeNo} {trade.Status} {trade.AmountMinor} {trade.Currency} {refundStatus} {succeeded}";
        string told = $"{asked.TradeNo} {asked.TradeStatus} {asked.Minor("total_amount")} {asked.Told("currency")} {asked.Told("refund_status")} {asked.Minor("total_refunded_amount")}";
        return told == journal ? null : $"in the end a query says {told}, and the journal {journal}";
    }

    private static string? Compare(Call asked, JournalRefund refund)
    {
        if (asked.Code != "0000")
        {
            return $"refund {refund.RefundId} is in the journal, and is not found";
        }
        string journal = $"{refund.RefundId} {refund.Trade.TradeNo} {refund.Status} {refund.AmountMinor} {refund.Trade.Currency}";
        string told = $"{asked.RefundId} {asked.Told("orig_trade_no")} {asked.TradeStatus} {asked.Minor("refund_amount")} {asked.Told("currency")}";
        return told == journal ? null : $"in the end a query says {told}, and the journal {journal}";
    }
}
