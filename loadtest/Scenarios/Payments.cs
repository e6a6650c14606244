using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Running;

namespace HotPath.LoadTest.Scenarios;

/// <summary>What is expected of payments that nothing may refuse. A lane in which nothing was paid keeps no expectation: silence is no success.</summary>
internal static class Payments
{
    /// <summary>Every arrival was answered 0000 or 0001, and there were some.</summary>
    public static Finding EveryOnePaid(string what, Lane lane) => new(
        what,
        FormattableString.Invariant($"{lane.Paid} of {lane.Record.Offered} paid, p99 {lane.P99Ms:F1} ms"),
        lane.Record.Offered > 0 && lane.Paid == lane.Record.Offered);

    /// <summary>Nothing but 0000 and 0001. For lanes that settled first: calls under way when counting began are answered and were never offered.</summary>
    public static Finding OnlyPaid(string phase, Lane lane)
    {
        string others = lane.Others(RespCodes.Success, RespCodes.Processing);
        return new Finding($"{phase}: only 0000 and 0001", others.Length == 0 ? $"{lane.Paid} of them" : others, others.Length == 0 && lane.Paid > 0);
    }
}
