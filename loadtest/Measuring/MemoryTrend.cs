namespace HotPath.LoadTest.Measuring;

/// <summary>Does memory grow with payments? The slope of resident memory over payments, least squares, after the first fifth (warm-up).</summary>
internal sealed class MemoryTrend
{
    // A collection or a page of the index more or less moves the line through a handful of points anywhere.
    private const int FewestSamples = 20;

    private readonly List<(double Payments, double Bytes)> _samples = [];

    public double FirstMiB => _samples.Count == 0 ? 0 : _samples[0].Bytes / 1048576;

    public double LastMiB => _samples.Count == 0 ? 0 : _samples[^1].Bytes / 1048576;

    public void Add(long payments, long bytes) => _samples.Add((payments, bytes));

    /// <summary>Null when there are too few samples to say.</summary>
    public double? BytesPerPayment()
    {
        double from = _samples.Count == 0 ? 0 : _samples[^1].Payments / 5;
        (double Payments, double Bytes)[] counted = [.. _samples.Where(sample => sample.Payments >= from)];
        if (counted.Length < FewestSamples)
        {
            return null;
        }
        double meanX = counted.Average(static sample => sample.Payments);
        double meanY = counted.Average(static sample => sample.Bytes);
        double spread = counted.Sum(sample => (sample.Payments - meanX) * (sample.Payments - meanX));
        return spread == 0 ? null : counted.Sum(sample => (sample.Payments - meanX) * (sample.Bytes - meanY)) / spread;
    }
}
