using System.Globalization;

namespace HotPath.Faults.Checking;

/// <summary>The story of one order, from everybody who has a part in it, in the order of time: what a person reads who is to find the fault.</summary>
internal static class History
{
    internal static void Print(Evidence evidence, string instId, string orderNo, TextWriter output)
    {
        foreach ((long _, string line) in Lines(evidence, instId, orderNo).OrderBy(line => line.AtMs))
        {
            output.WriteLine(line);
        }
    }

    private static IEnumerable<(long AtMs, string Line)> Lines(Evidence evidence, string instId, string orderNo)
    {
        foreach ((long atMs, string text) in evidence.Marks)
        {
            yield return Line(atMs, "        ", text);
        }
        JournalTrade[] trades = [.. evidence.Journal.Where(trade => trade.InstId == instId && trade.OrderNo == orderNo)];
        HashSet<string> refunds = [.. trades.SelectMany(trade => trade.Refunds).SelectMany(refund => new[] { refund.RefundId, refund.RefundNo })];
        foreach (Call call in evidence.Calls.Where(call => call.InstId == instId && (call.OrderNo == orderNo ||
            (call.BizType == "REFUND_QUERY" && (refunds.Contains(call.RefundId) || refunds.Contains(call.Request.GetValueOrDefault("refund_no", "-")))))))
        {
            yield return Line(call.SentAtMs, "client  ", $"sends {call.BizType} req_id {call.ReqId} content {call.Content[..8]}");
            yield return Line(call.EndedAtMs, "client  ", Outcome(call));
        }
        foreach (ChannelEntry entry in evidence.Channel.Where(entry => trades.Any(trade => trade.TradeNo == entry.TradeNo || trade.TradeNo == entry.OriginalTradeNo)))
        {
            foreach ((long atMs, string text) in entry.Story)
            {
                yield return Line(atMs, entry.Channel.Length > 0 ? entry.Channel.PadRight(8) : "channel ", entry.IsRefund ? $"{text} (refund {entry.TradeNo})" : text);
            }
        }
        foreach (JournalTrade trade in trades)
        {
            string results = trade.Results.Count == 0 ? "no RESULT" : string.Join(", ", trade.Results.Select(result => $"RESULT {result.Status} in record {result.Sequence}"));
            yield return (long.MaxValue, $"        at the end  journal  ACCEPTED {trade.TradeNo} in record {trade.AcceptedSequence}, {results}");
            foreach ((long sequence, string channel) in trade.Channels.Skip(1))
            {
                yield return (long.MaxValue, $"        at the end  journal  goes to {channel} in record {sequence}");
            }
            foreach (JournalCancel cancel in trade.Cancels)
            {
                yield return (long.MaxValue, $"        at the end  journal  cancel {cancel.CancelNo} in record {cancel.Sequence}: {cancel.Code} {cancel.TradeStatus} in record {cancel.EndSequence}");
            }
            foreach (JournalSurplus surplus in trade.Surpluses)
            {
                yield return (long.MaxValue, $"        at the end  journal  surplus in record {surplus.Sequence}, refund {surplus.RefundId} {surplus.Status}");
            }
            foreach (RefundEvent refund in trade.Refunds)
            {
                yield return (long.MaxValue, $"        at the end  journal  refund {refund.RefundId} {refund.Status} in record {refund.Sequence}: {refund.Held} held, {refund.Succeeded} refunded, {refund.Count}");
            }
        }
    }

    private static string Outcome(Call call) => call.Answer is null
        ? $"has no answer to req_id {call.ReqId} (status {call.Status})"
        : $"is told {call.Code} {call.TradeStatus} {(call.IsOfRefund ? "refund_id" : "trade_no")} {call.Number} for req_id {call.ReqId}{(call.IsVerified ? "" : ", NOT VERIFIED")}";

    private static (long, string) Line(long atMs, string who, string what) =>
        (atMs, string.Create(CultureInfo.InvariantCulture, $"{atMs / 1000.0,14:F3} s  {who} {what}"));
}
