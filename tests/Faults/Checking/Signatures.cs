namespace HotPath.Faults.Checking;

/// <summary>I8: every answer verifies over its own bytes, and echoes the request it belongs to.</summary>
internal static class Signatures
{
    private static readonly string[] Echoed = ["req_id", "inst_id", "biz_type"];

    internal static IEnumerable<Broken> Find(Evidence evidence)
    {
        foreach (Call call in evidence.Calls.Where(call => call.Status == 200))
        {
            if (!call.IsVerified)
            {
                yield return Of(call, "an answer does not verify");
            }
            else if (Echoed.Any(name => call.Answer!.GetValueOrDefault(name, call.Request[name]) != call.Request[name]))
            {
                yield return Of(call, "an answer belongs to another request");
            }
        }
    }

    private static Broken Of(Call call, string sentence) => new("I8", call.EndedAtMs, call.InstId, call.OrderNo, $"{sentence}: {System.Text.Encoding.UTF8.GetString(call.Body)}");
}
