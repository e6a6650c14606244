namespace HotPath.Core.Clearing.Adapters.Simulated;

/// <summary>Latencies as networks have them: lognormal, most a little under the mean, a few far above. Any thread, no locks.</summary>
/// <param name="mean">The mean. Zero: always zero.</param>
/// <param name="seed">The same seed gives the same sequence.</param>
public sealed class LognormalLatency(TimeSpan mean, ulong seed = 1)
{
    // Standard deviation of the logarithm: p99 is 2.1 times the mean, as seen between two data centres of one city.
    private const double Spread = 0.35;

    // SplitMix64's increment: the state is a counter, so that threads only add to it.
    private const ulong Step = 0x9E3779B97F4A7C15;

    private ulong _state = seed;

    public TimeSpan Next()
    {
        if (mean <= TimeSpan.Zero)
        {
            return TimeSpan.Zero;
        }
        // Box-Muller, one of its two values; the mean of exp(N(m, s)) is exp(m + s*s/2).
        double normal = Math.Sqrt(-2 * Math.Log(Uniform())) * Math.Cos(2 * Math.PI * Uniform());
        return mean * Math.Exp((Spread * normal) - (Spread * Spread / 2));
    }

    private double Uniform()
    {
        ulong z = Interlocked.Add(ref _state, Step);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        z ^= z >> 31;
        // 53 random bits, never 0: its logarithm is taken.
        return ((z >> 11) + 1) * (1.0 / (1UL << 53));
    }
}
