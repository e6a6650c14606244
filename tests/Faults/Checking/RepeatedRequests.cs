namespace HotPath.Faults.Checking;

/// <summary>I3 and I4: what a req_id that comes again is answered.</summary>
internal static class RepeatedRequests
{
    /// <summary>I3: the same content, the same trade or refund, and the final answer byte for byte.</summary>
    internal static IEnumerable<Broken> FindDifferingAnswers(Evidence evidence)
    {
        HashSet<(string ReqId, string Number)> own = [.. Claims(evidence).Where(claim => !claim.IsFree).Select(claim => (claim.ReqId, claim.Number))];
        // A refund number used again shows another request's refund, and one that was never sent frees its req_id: neither is this request's.
        IEnumerable<Call> judged = Changes(evidence).Where(call => call.IsOwnAnswer && (!call.IsOfRefund || own.Contains((call.ReqId, call.Number))));
        foreach (IGrouping<(string, string, string), Call> request in judged.GroupBy(call => (call.InstId, call.ReqId, call.Content)))
        {
            Call? first = null;
            Call? final = null;
            foreach (Call call in request.OrderBy(call => call.EndedAtMs))
            {
                // The req_id may be forgotten a day after the trade ended, and is judged only until then. A refund may have failed unseen, and then
                // the same request a day later is another attempt; of a payment the order number would not allow one.
                if ((final ?? (call.IsOfRefund ? first : null)) is { } known && call.SentAtMs - known.EndedAtMs > evidence.ReqIdLifeMs)
                {
                    break;
                }
                first ??= call;
                if (call.Number != first.Number)
                {
                    yield return Of("I3", call, $"req_id {call.ReqId} was trade {first.Number} and is {call.Number}");
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
        ILookup<(string, string), Claim> claimed = Claims(evidence).ToLookup(claim => (claim.InstId, claim.ReqId));
        foreach (Call call in Changes(evidence).Where(call => call.IsOwnAnswer))
        {
            Claim[] holders = [.. claimed[(call.InstId, call.ReqId)]];
            // A refund number used again may have shown another request's refund before this one could try.
            if (holders.Length > 0 && !holders.Any(claim => claim.Content == call.Content && (claim.Number == call.Number || call.IsOfRefund)))
            {
                yield return Of("I4", call, $"req_id {call.ReqId} was claimed for other content, and this one was answered {call.Code} with {call.Number}");
            }
        }
    }

    private static IEnumerable<Call> Changes(Evidence evidence) =>
        evidence.Calls.Where(call => call.Answer is not null && call.BizType is not ("TRADE_QUERY" or "REFUND_QUERY"));

    private static IEnumerable<Claim> Claims(Evidence evidence) =>
        evidence.Journal.Select(trade => new Claim(trade.InstId, trade.ReqId, trade.Content, trade.TradeNo, IsFree: false)).Concat(
            evidence.Journal.SelectMany(trade => trade.RefundsAtTheEnd)
                .Select(refund => new Claim(refund.Trade.InstId, refund.ReqId, refund.Content, refund.RefundId, refund.WasNeverSent))).Concat(
            evidence.Journal.SelectMany(trade => trade.Cancels.Where(cancel => cancel.Code != "A003")
                .Select(cancel => new Claim(trade.InstId, cancel.ReqId, cancel.Content, cancel.CancelNo, IsFree: false))));

    private static Broken Of(string invariant, Call call, string sentence) => new(invariant, call.EndedAtMs, call.InstId, call.OrderNo, sentence);

    /// <summary>Who holds a req_id by the journal.</summary>
    private sealed record Claim(string InstId, string ReqId, string Content, string Number, bool IsFree);
}
