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
        foreach (Call call in evidence.Calls.Where(call => call.InstId == instId && call.OrderNo == orderNo))
        {
            yield return Line(call.SentAtMs, "client  ", $"sends {call.BizType} req_id {call.ReqId} content {call.Content[..8]}");
            yield return Line(call.EndedAtMs, "client  ", Outcome(call));
        }
        JournalTrade[] trades = [.. evidence.Journal.Where(trade => trade.InstId == instId && trade.OrderNo == orderNo)];
        foreach ((long atMs, string text) in evidence.Channel.Where(entry => trades.Any(trade => trade.TradeNo == entry.TradeNo)).SelectMany(entry => entry.Story))
        {
            yield return Line(atMs, "channel ", text);
        }
        foreach (JournalTrade trade in trades)
        {
            string results = trade.Results.Count == 0 ? "no RESULT" : string.Join(", ", trade.Results.Select(result => $"RESULT {result.Status} in record {result.Sequence}"));
            yield return (long.MaxValue, $"        at the end  journal  ACCEPTED {trade.TradeNo} in record {trade.AcceptedSequence}, {results}");
        }
    }

    private static string Outcome(Call call) => call.Answer is null
        ? $"has no answer to req_id {call.ReqId} (status {call.Status})"
        : $"is told {call.Code} {call.TradeStatus} trade_no {call.TradeNo} for req_id {call.ReqId}{(call.IsVerified ? "" : ", NOT VERIFIED")}";

    private static (long, string) Line(long atMs, string who, string what) =>
        (atMs, string.Create(CultureInfo.InvariantCulture, $"{atMs / 1000.0,14:F3} s  {who} {what}"));
}
