namespace HotPath.Faults.Checking;

/// <summary>
/// I5: the refunds of a trade that are SUCCESS or PENDING never sum up to more than it, at any record of the journal; each was reserved once and
/// ended at most once; and what people were told of one is what the journal says.
/// </summary>
internal static class RefundsFit
{
    internal static IEnumerable<Broken> Find(Evidence evidence)
    {
        foreach (JournalTrade trade in evidence.Journal)
        {
            foreach (string sentence in FindIn(trade, evidence.IsSettled))
            {
                yield return new Broken("I5", long.MaxValue, trade.InstId, trade.OrderNo, sentence);
            }
        }
        Dictionary<string, JournalRefund> kept = evidence.Journal.SelectMany(trade => trade.RefundsAtTheEnd).ToDictionary(refund => refund.RefundId);
        foreach (Call told in evidence.Calls.Where(call => call.RefundId.Length > 0))
        {
            string status = kept.TryGetValue(told.RefundId, out JournalRefund? refund) ? refund.Status : "";
            if (status.Length == 0 || (told.SaysFinal && told.TradeStatus != status))
            {
                yield return new Broken(
                    "I5", told.EndedAtMs, told.InstId, told.OrderNo,
                    $"refund {told.RefundId} was told {told.TradeStatus}, and the journal {(status.Length == 0 ? "does not have it" : $"says {status}")}");
            }
        }
        foreach (Call call in evidence.Calls.Where(call => call.Answer?.ContainsKey("total_refunded_amount") == true))
        {
            string tradeNo = call.Answer!.GetValueOrDefault("orig_trade_no", call.TradeNo);
            if (evidence.Journal.FirstOrDefault(trade => trade.TradeNo == tradeNo) is { } trade && call.Minor("total_refunded_amount") is var told &&
                !trade.Refunds.Any(refund => refund.Succeeded == told) && told != 0)
            {
                yield return new Broken("I5", call.EndedAtMs, call.InstId, call.OrderNo, $"trade {tradeNo} is told to be refunded by {told}, which it never was");
            }
        }
    }

    private static IEnumerable<string> FindIn(JournalTrade trade, bool isSettled)
    {
        var refunds = new Dictionary<string, (long AmountMinor, string RefundNo, string Status)>();
        foreach (RefundEvent now in trade.Refunds)
        {
            bool isKnown = refunds.TryGetValue(now.RefundId, out (long AmountMinor, string RefundNo, string Status) before);
            if (now.Status == "PENDING" ? isKnown : before.Status != "PENDING")
            {
                yield return $"refund {now.RefundId} is {now.Status} in record {now.Sequence}, and was {(isKnown ? before.Status : "never reserved")}";
            }
            refunds[now.RefundId] = now.Status == "PENDING" ? (now.AmountMinor, now.RefundNo, now.Status) : before with { Status = now.Status };
            if (now.Status == "PENDING" && !(trade.Status == "SUCCESS" && trade.Results[0].Sequence < now.Sequence))
            {
                yield return $"refund {now.RefundId} is reserved in record {now.Sequence} of a trade that had not succeeded";
            }
            (long AmountMinor, string RefundNo, string Status)[] held = [.. refunds.Values.Where(refund => refund.Status != "FAILED")];
            long sum = held.Sum(refund => refund.AmountMinor);
            long succeeded = held.Where(refund => refund.Status == "SUCCESS").Sum(refund => refund.AmountMinor);
            if (sum > trade.AmountMinor)
            {
                yield return $"with record {now.Sequence} refunds of {sum} are held of a trade of {trade.AmountMinor}";
            }
            if ((now.Held, now.Succeeded, now.Count) != (sum, succeeded, held.Length))
            {
                yield return $"record {now.Sequence} says {now.Held} held, {now.Succeeded} refunded, {now.Count} refunds; they are {sum}, {succeeded}, {held.Length}";
            }
            if (held.Select(refund => refund.RefundNo).Distinct().Count() < held.Length)
            {
                yield return $"with record {now.Sequence} one refund number has two refunds";
            }
        }
        if (isSettled)
        {
            foreach (string refundId in refunds.Where(refund => refund.Value.Status == "PENDING").Select(refund => refund.Key))
            {
                yield return $"refund {refundId} is still PENDING";
            }
        }
    }
}
