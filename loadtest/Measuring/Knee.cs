namespace HotPath.LoadTest.Measuring;

/// <summary>What a gateway did at one rate.</summary>
/// <param name="Rate">Payments a second that arrived.</param>
/// <param name="DoneShare">Share of them that were paid.</param>
/// <param name="AddedP99Ms">p99 from the intended start less the channel's own p99, ms.</param>
internal readonly record struct LoadPoint(double Rate, double DoneShare, double AddedP99Ms)
{
    /// <summary>Less than this is no longer the same service: one payment in a hundred is refused or lost.</summary>
    public const double LeastDoneShare = 0.99;

    /// <summary>True when the gateway kept up at this rate.</summary>
    public bool Holds(double maxAddedMs) => DoneShare >= LeastDoneShare && AddedP99Ms <= maxAddedMs;
}

/// <summary>Where a gateway stops keeping up.</summary>
internal static class Knee
{
    /// <summary>The largest rate that still holds; null when none does. A hiccup at a lower rate does not hide that a higher one held.</summary>
    public static LoadPoint? Of(IEnumerable<LoadPoint> points, double maxAddedMs)
    {
        LoadPoint[] holding = [.. points.Where(point => point.Holds(maxAddedMs))];
        return holding.Length == 0 ? null : holding.MaxBy(static point => point.Rate);
    }
}
