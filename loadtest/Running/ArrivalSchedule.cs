namespace HotPath.LoadTest.Running;

/// <summary>How arrivals are spread over time.</summary>
internal enum ArrivalPattern
{
    /// <summary>Independent customers: exponential gaps.</summary>
    Poisson,

    /// <summary>Equal gaps.</summary>
    Constant,
}

/// <summary>When payments arrive, whatever the gateway does. The same seed gives the same times.</summary>
internal sealed class ArrivalSchedule(double perSecond, ArrivalPattern pattern, int seed)
{
    /// <summary>Arrival times from 0 to the end, ascending, in nanoseconds.</summary>
    public IEnumerable<long> Until(TimeSpan end)
    {
#pragma warning disable CA5394 // Reproducible on purpose; nothing here is secret.
        var random = new Random(seed);
        double meanGap = 1e9 / perSecond;
        double endNs = end.TotalNanoseconds;
        double at = 0;
        while (true)
        {
            at += pattern == ArrivalPattern.Constant ? meanGap : -Math.Log(1 - random.NextDouble()) * meanGap;
            if (at >= endNs)
            {
                yield break;
            }
            yield return (long)at;
        }
#pragma warning restore CA5394
    }

    /// <summary>Arrivals to prepare for: six standard deviations above the mean.</summary>
    public int AtMost(TimeSpan end)
    {
        double mean = perSecond * end.TotalSeconds;
        return (int)Math.Ceiling(mean + (6 * Math.Sqrt(mean)) + 1);
    }
}
