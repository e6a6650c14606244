using System.Globalization;
using HdrHistogram;
using HotPath.LoadTest.Running;

namespace HotPath.LoadTest.Measuring;

/// <summary>One limit and what was measured against it. <c>IsKept</c> null: this run says nothing about it.</summary>
internal sealed record SloVerdict(string What, string Limit, string Measured, bool? IsKept)
{
    public override string ToString() =>
        $"{IsKept switch { true => "kept  ", false => "BREACH", null => "  --  " }} {What}: {Measured}, limit {Limit}";
}

/// <summary>What a run measured of the things an SLO limits.</summary>
/// <param name="Latencies">Microseconds by interface; an interface that nobody called is missing.</param>
/// <param name="Codes">Answers by code.</param>
/// <param name="Offered">Arrivals.</param>
/// <param name="Seconds">Length of the run.</param>
internal sealed record SloMeasured(
    IReadOnlyDictionary<string, LongHistogram> Latencies, IReadOnlyDictionary<string, long> Codes, long Offered, double Seconds);

/// <summary>
/// Holds a run against an <see cref="Slo"/>. A value that equals its limit keeps it; the histograms know values to 0.1 %, and what may be
/// within a limit is.
/// </summary>
internal static class SloCheck
{
    // No arrival keeps no limit and breaks none; such a run is no success (Verdicts).
    private const string NoArrival = "no arrival in this run";

    public static IReadOnlyList<SloVerdict> Of(Slo slo, SloMeasured measured)
    {
        var verdicts = new List<SloVerdict>();
        foreach ((string name, LatencyLimits limits) in slo.Interfaces)
        {
            LongHistogram? latencies = measured.Latencies.GetValueOrDefault(name);
            bool isMeasured = latencies is { TotalCount: > 0 };
            void Check(string what, double? limitMs, Func<LongHistogram, double> microseconds)
            {
                if (limitMs is { } limit)
                {
                    verdicts.Add(isMeasured
                        ? AtMost($"{name} {what}", microseconds(latencies!) / 1000, limit, "ms")
                        : new SloVerdict($"{name} {what}", Number(limit, "ms"), "not called in this run", null));
                }
            }
            Check("average", limits.AverageMs, static latencies => latencies.GetMean());
            Check("max", limits.MaxMs, static latencies => At(latencies, 100));
            foreach ((string text, double limit) in limits.PercentilesMs)
            {
                // Read once already: Slo.Fault refuses what is no percentile.
                LatencyLimits.TryPercentile(text, out double percentile);
                Check($"p{text}", limit, latencies => At(latencies, percentile));
            }
        }
        AddShares(verdicts, slo, measured);
        return verdicts;
    }

    private static double At(LongHistogram latencies, double percentile) =>
        latencies.LowestEquivalentValue(latencies.GetValueAtPercentile(percentile));

    private static void AddShares(List<SloVerdict> verdicts, Slo slo, SloMeasured measured)
    {
        bool hasArrivals = measured.Offered > 0;
        if (slo.AllowedCodes is { } allowed)
        {
            string[] others = [.. measured.Codes.Keys.Except(allowed).Order(StringComparer.Ordinal)];
            verdicts.Add(new SloVerdict("codes", string.Join(" ", allowed), !hasArrivals ? NoArrival : others.Length == 0 ? "no other" : "also " + string.Join(" ", others), hasArrivals ? others.Length == 0 : null));
        }
        long outcomes = measured.Codes.Where(static pair => RespCodes.IsOutcome(pair.Key)).Sum(static pair => pair.Value);
        if (slo.LeastPerSecond is { } least)
        {
            double rate = outcomes / measured.Seconds;
            verdicts.Add(new SloVerdict("throughput", "at least " + Number(least, "/s"), hasArrivals ? Number(rate, "/s") : NoArrival, hasArrivals ? rate >= least : null));
        }
        if (slo.LargestErrorShare is { } most)
        {
            verdicts.Add(hasArrivals
                ? AtMost("error share", 1 - ((double)outcomes / measured.Offered), most, "")
                : new SloVerdict("error share", Number(most, ""), NoArrival, null));
        }
    }

    private static SloVerdict AtMost(string what, double value, double limit, string unit) => new(what, Number(limit, unit), Number(value, unit), value <= limit);

    private static string Number(double value, string unit) => string.Create(CultureInfo.InvariantCulture, $"{value:0.####} {unit}").TrimEnd();
}
