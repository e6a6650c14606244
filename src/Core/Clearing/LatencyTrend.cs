namespace HotPath.Core.Clearing;

/// <summary>Whether calls take clearly longer than they did at their best. What "long" is differs by channel: 5 ms here, 800 ms there.</summary>
internal sealed class LatencyTrend
{
    // Fewer answers are an accident, not an average.
    private const int Fewest = 10;

    // Twice the best, and 20 ms more, which no channel is measured by.
    private const double Factor = 2;
    private static readonly double Margin = TimeSpan.FromMilliseconds(20).Ticks;

    // The best is forgotten by half in about 3 min of windows of 0.5 s: a channel may become slower for good.
    private const double Forgetting = 1.002;

    private double _best = double.PositiveInfinity;

    /// <param name="ticks">What they took together, in ticks of 100 ns.</param>
    /// <param name="calls">How many ended in this window.</param>
    internal bool IsSlower(long ticks, long calls)
    {
        if (calls < Fewest)
        {
            return false;
        }
        double mean = (double)ticks / calls;
        _best = Math.Min(mean, _best * Forgetting);
        return mean > (_best * Factor) + Margin;
    }
}
