namespace HotPath.Faults.Simulation;

/// <summary>Tries a broken seed with fewer kinds of fault, fewer payments and an earlier end, for as long as the same promise breaks.</summary>
internal static class Shrinker
{
    internal static Outcome Shrink(Outcome broken, Bugs? bugs = null)
    {
        string invariant = broken.Broken[0].Invariant;
        Outcome smallest = broken;
        foreach (FaultKinds kind in Enum.GetValues<FaultKinds>().Where(kind => kind is not (FaultKinds.None or FaultKinds.All)))
        {
            Try(smallest.Plan with { Faults = smallest.Plan.Faults & ~kind });
        }
        for (int payments = smallest.Plan.Payments / 2; payments >= 1 && Try(smallest.Plan with { Payments = payments }); payments /= 2)
        {
        }
        long ends = (long)Math.Min(smallest.VirtualTime.TotalMilliseconds, smallest.Plan.SafetyEnds.TotalMilliseconds);
        for (ends /= 2; ends >= 1 && Try(smallest.Plan with { SafetyEnds = TimeSpan.FromMilliseconds(ends) }); ends /= 2)
        {
        }
        return smallest;

        bool Try(Plan plan)
        {
            Outcome outcome = Run.Of(plan, bugs);
            bool isSame = outcome.Broken.Any(found => found.Invariant == invariant);
            smallest = isSame ? outcome : smallest;
            return isSame;
        }
    }
}
