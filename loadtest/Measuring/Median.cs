namespace HotPath.LoadTest.Measuring;

/// <summary>What repeated measurements are told by: one slow minute of the machine does not move it.</summary>
internal static class Median
{
    /// <summary>The middle one, or the mean of the two in the middle.</summary>
    /// <exception cref="InvalidOperationException">There are none.</exception>
    public static double Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length > 0
            ? (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2
            : throw new InvalidOperationException("a median of nothing");
    }
}
