namespace HotPath.Faults.Checking;

/// <summary>I3 and I4: what a req_id that comes again is answered.</summary>
internal static class RepeatedRequests
{
    /// <summary>I3: the same content, the same trade, and the final answer byte for byte.</summary>
    internal static IEnumerable<Broken> FindDifferingAnswers(Evidence evidence)
    {
        foreach (IGrouping<(string, string, string), Call> request in Payments(evidence).GroupBy(call => (call.InstId, call.ReqId, call.Content)))
        {
            Call? first = null;
            Call? final = null;
            foreach (Call call in request.Where(call => call.IsOwnAnswer).OrderBy(call => call.EndedAtMs))
            {
                // The req_id may be forgotten a day after the trade ended, and is judged only until then.
                if (final is not null && call.SentAtMs - final.EndedAtMs > evidence.ReqIdLifeMs)
                {
                    break;
                }
                first ??= call;
                if (call.TradeNo != first.TradeNo)
                {
                    yield return Of("I3", call, $"req_id {call.ReqId} was trade {first.TradeNo} and is {call.TradeNo}");
                }
                if (final is not null && call.SaysFinal && !call.Body.AsSpan().SequenceEqual(final.Body))
                {
                    yield return Of("I3", call, $"req_id {call.ReqId} was answered with other bytes than before");
                }
                final = call.SaysFinal ? final ?? call : final;
            }
        }
    }

    /// <summary>I4: of two contents under one req_id only the one that was claimed has an effect.</summary>
    internal static IEnumerable<Broken> FindReusedReqIds(Evidence evidence)
    {
        ILookup<(string, string), JournalTrade> claimed = evidence.Journal.ToLookup(trade => (trade.InstId, trade.ReqId));
        foreach (Call call in Payments(evidence).Where(call => call.IsOwnAnswer))
        {
            JournalTrade[] holders = [.. claimed[(call.InstId, call.ReqId)]];
            if (holders.Length > 0 && !holders.Any(trade => trade.Content == call.Content && trade.TradeNo == call.TradeNo))
            {
                yield return Of("I4", call, $"req_id {call.ReqId} was claimed for other content, and this one was answered {call.Code} with trade {call.TradeNo}");
            }
        }
    }

    private static IEnumerable<Call> Payments(Evidence evidence) => evidence.Calls.Where(call => call.Answer is not null && call.BizType != "TRADE_QUERY");

    private static Broken Of(string invariant, Call call, string sentence) => new(invariant, call.EndedAtMs, call.InstId, call.OrderNo, sentence);
}
