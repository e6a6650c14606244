namespace HotPath.Faults.Checking;

/// <summary>A cancel is answered as its trade ended; a trade was cancelled because somebody wished it, or it was not.</summary>
internal static class CancelsAgree
{
    /// <summary>I3: 0000 with what did not move money, B007 with what did; and the same bytes again.</summary>
    internal static IEnumerable<Broken> FindAnswers(Evidence evidence)
    {
        HashSet<(string, string, string)> recorded =
            [.. evidence.Journal.SelectMany(trade => trade.Cancels.Where(cancel => cancel.Code != "A003").Select(cancel => (trade.InstId, cancel.ReqId, cancel.Content)))];
        foreach (IGrouping<(string InstId, string ReqId, string Content), Call> request in evidence.Calls
            .Where(call => call.IsCancel && call.SaysFinal).GroupBy(call => (call.InstId, call.ReqId, call.Content)))
        {
            Call first = request.First();
            foreach (Call call in request.Where(call => call.Code != (call.TradeStatus == "SUCCESS" ? "B007" : "0000")))
            {
                yield return Of("I3", call, $"a cancel of trade {call.TradeNo} was answered {call.Code} with {call.TradeStatus}");
            }
            foreach (Call call in request.Where(call => recorded.Contains(request.Key) && call.SentAtMs - first.EndedAtMs <= evidence.ReqIdLifeMs &&
                !call.Body.AsSpan().SequenceEqual(first.Body)))
            {
                yield return Of("I3", call, $"the cancel with req_id {call.ReqId} was answered with other bytes than before");
            }
        }
    }

    /// <summary>I2: CANCELLED stands in the journal behind a wish that stood, the wish was told what the trade is, and every wish ends.</summary>
    internal static IEnumerable<Broken> FindTrades(Evidence evidence)
    {
        foreach (JournalTrade trade in evidence.Journal)
        {
            if (trade.Status == "CANCELLED" && !trade.Cancels.Exists(cancel => cancel.Code != "A003" && cancel.Sequence < trade.Results[0].Sequence))
            {
                yield return Of(trade, $"trade {trade.TradeNo} is CANCELLED, and nobody wished it");
            }
            foreach (JournalCancel cancel in trade.Cancels)
            {
                if (cancel.Code == "A003" && trade.Results.Count > 0 && cancel.EndSequence > trade.Results[0].Sequence)
                {
                    yield return Of(trade, $"a cancel of trade {trade.TradeNo} was told in record {cancel.EndSequence} that nothing changed, when it was {trade.Status}");
                }
                if (cancel.Code is "0000" or "B007" && (cancel.TradeStatus != trade.Status || cancel.EndSequence < trade.Results[0].Sequence))
                {
                    yield return Of(trade, $"the cancel of trade {trade.TradeNo} was recorded as {cancel.TradeStatus} in record {cancel.EndSequence}, and the trade is {trade.Status}");
                }
                if (evidence.IsSettled && cancel.Code.Length == 0)
                {
                    yield return Of(trade, $"a cancel of trade {trade.TradeNo} has no end");
                }
            }
        }
    }

    private static Broken Of(string invariant, Call call, string sentence) => new(invariant, call.EndedAtMs, call.InstId, call.OrderNo, sentence);

    private static Broken Of(JournalTrade trade, string sentence) => new("I2", long.MaxValue, trade.InstId, trade.OrderNo, sentence);
}
