namespace HotPath.LoadTest.Running;

/// <summary>How arrivals are spread over time.</summary>
internal enum ArrivalPattern
{
    /// <summary>Independent customers: exponential gaps.</summary>
    Poisson,

    /// <summary>Equal gaps.</summary>
    Constant,

    /// <summary>Independent customers whose number changes evenly over the run: a Poisson process whose rate is a straight line.</summary>
    Ramp,
}

/// <summary>When payments arrive, whatever the gateway does. The same seed gives the same times.</summary>
/// <param name="perSecond">Arrivals a second; of a ramp, at its beginning.</param>
/// <param name="pattern">How they are spread.</param>
/// <param name="seed">Of the random gaps.</param>
/// <param name="endPerSecond">Of a ramp: arrivals a second at its end. Null: as at the beginning.</param>
internal sealed class ArrivalSchedule(double perSecond, ArrivalPattern pattern, int seed, double? endPerSecond = null)
{
    private double LastPerSecond => pattern == ArrivalPattern.Ramp ? endPerSecond ?? perSecond : perSecond;

    /// <summary>Arrival times from 0 to the end, ascending, in nanoseconds.</summary>
    /// <remarks>
    /// By inversion (Çinlar 1975): a unit-rate process gives the expected number of arrivals at which the next one comes; the time is where
    /// the integral of the rate, first·t + slope·t²/2, reaches it. Exact, with no arrival thrown away.
    /// </remarks>
    public IEnumerable<long> Until(TimeSpan end)
    {
#pragma warning disable CA5394 // Reproducible on purpose; nothing here is secret.
        var random = new Random(seed);
        double slope = (LastPerSecond - perSecond) / end.TotalSeconds;
        double expected = 0;
        while (true)
        {
            expected += pattern == ArrivalPattern.Constant ? 1 : -Math.Log(1 - random.NextDouble());
            // The root in the form that divides by no slope. Below zero: a falling ramp has no such arrival any more.
            double underRoot = (perSecond * perSecond) + (2 * slope * expected);
            double at = underRoot < 0 ? double.PositiveInfinity : 2 * expected / (perSecond + Math.Sqrt(underRoot));
            if (at >= end.TotalSeconds)
            {
                yield break;
            }
            yield return (long)(at * 1e9);
        }
#pragma warning restore CA5394
    }

    /// <summary>Arrivals to prepare for: six standard deviations above the mean.</summary>
    public int AtMost(TimeSpan end)
    {
        double mean = (perSecond + LastPerSecond) / 2 * end.TotalSeconds;
        return (int)Math.Ceiling(mean + (6 * Math.Sqrt(mean)) + 1);
    }
}
