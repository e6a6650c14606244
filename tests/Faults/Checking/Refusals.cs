namespace HotPath.Faults.Checking;

/// <summary>I4: A001, A002 and D004 say that nothing was recorded, and nothing was.</summary>
internal static class Refusals
{
    internal static IEnumerable<Broken> Find(Evidence evidence)
    {
        HashSet<(string InstId, string ReqId, string Content)> claimed =
        [
            .. evidence.Journal.Select(trade => (trade.InstId, trade.ReqId, trade.Content)),
            .. evidence.Journal.SelectMany(trade => trade.Cancels.Select(cancel => (trade.InstId, cancel.ReqId, cancel.Content))),
            .. evidence.Journal.SelectMany(trade => trade.RefundsAtTheEnd).Select(refund => (refund.Trade.InstId, refund.ReqId, refund.Content)),
        ];
        // One that was not answered may have been recorded, and any other answer may say so.
        foreach (IGrouping<(string InstId, string ReqId, string Content), Call> request in evidence.Calls.GroupBy(call => (call.InstId, call.ReqId, call.Content)))
        {
            if (request.All(call => call.Code is "A001" or "A002" or "D004") && claimed.Contains(request.Key))
            {
                Call last = request.Last();
                yield return new Broken("I4", last.EndedAtMs, last.InstId, last.OrderNo, $"req_id {last.ReqId} was only ever answered {last.Code}, and is recorded");
            }
        }
    }
}
