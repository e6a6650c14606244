namespace HotPath.Faults.Checking;

/// <summary>I2 for refunds: one that was told is never unknown again, and one that was told final stays so.</summary>
internal static class RefundsStay
{
    internal static IEnumerable<Broken> Find(Evidence evidence)
    {
        Call[] calls = [.. evidence.Calls.Where(call => call.IsOfRefund && call.Answer is not null).OrderBy(call => call.EndedAtMs)];
        foreach (IGrouping<string, Call> refund in calls.Where(call => call.RefundId.Length > 0).GroupBy(call => call.RefundId))
        {
            Call? final = null;
            foreach (Call call in refund)
            {
                if (final is not null && !call.SaysFinal && final.EndedAtMs <= call.SentAtMs)
                {
                    yield return Of(call, $"refund {call.RefundId} was {final.TradeStatus} and is PENDING again");
                }
                final = call.SaysFinal ? final ?? call : final;
            }
        }
        Dictionary<(string, string), Call> known = [];
        foreach (Call call in calls)
        {
            if (call.RefundId.Length > 0)
            {
                known.TryAdd((call.InstId, call.Told("refund_no")), call);
                known.TryAdd((call.InstId, call.RefundId), call);
            }
            string asked = call.Request.GetValueOrDefault("refund_no") ?? call.Request.GetValueOrDefault("refund_id", "");
            if (call is { BizType: "REFUND_QUERY", Code: "B006" } && known.TryGetValue((call.InstId, asked), out Call? before) && before.EndedAtMs <= call.SentAtMs)
            {
                yield return Of(call, $"refund {before.RefundId} was acknowledged and is not found any more");
            }
        }
    }

    private static Broken Of(Call call, string sentence) => new("I2", call.EndedAtMs, call.InstId, call.OrderNo, sentence);
}
