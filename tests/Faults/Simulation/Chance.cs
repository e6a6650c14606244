namespace HotPath.Faults.Simulation;

/// <summary>
/// What happens by chance, decided by a seed alone. Written out (SplitMix64), because a seed must mean the same run on every version of .NET,
/// and a promise about Random's algorithm there is not.
/// </summary>
internal sealed class Chance(ulong seed)
{
    private ulong _state = seed;

    /// <summary>An independent stream of this seed: what one part of the run draws does not shift what another one does.</summary>
    internal Chance Branch(ulong name) => new(Mix(_state ^ Mix(name)));

    internal ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        return Mix(_state);
    }

    /// <summary>0 to <paramref name="end"/> - 1.</summary>
    internal int Below(int end) => (int)(Next() % (ulong)end);

    /// <summary>Both ends included.</summary>
    internal int Between(int least, int most) => least + Below(most - least + 1);

    /// <summary>0 included, 1 not.</summary>
    internal double Fraction() => (Next() >> 11) * (1.0 / (1UL << 53));

    internal bool Happens(double probability) => Fraction() < probability;

    internal T Pick<T>(params ReadOnlySpan<T> of) => of[Below(of.Length)];

    internal TimeSpan Between(TimeSpan least, TimeSpan most) => least + ((most - least) * Fraction());

    /// <summary>As latencies are: most a little under the median, a few far above.</summary>
    internal TimeSpan Lognormal(TimeSpan median, double spread)
    {
        double normal = Math.Sqrt(-2 * Math.Log(1 - Fraction())) * Math.Cos(2 * Math.PI * Fraction());
        return median * Math.Exp(spread * normal);
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
