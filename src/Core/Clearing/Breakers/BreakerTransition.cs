using HotPath.Core.Model;

namespace HotPath.Core.Clearing.Breakers;

/// <summary>One change of a breaker's state.</summary>
/// <param name="AtMs">When, Unix milliseconds.</param>
/// <param name="From">The state before.</param>
/// <param name="To">The state after.</param>
/// <param name="Cause">Why.</param>
/// <param name="InState">How long the state before had lasted.</param>
/// <param name="OpenFor">How long no orders have gone to the channel; zero when it opens.</param>
/// <param name="Reason">An operator's words; empty otherwise.</param>
public readonly record struct BreakerTransition(
    long AtMs, BreakerState From, BreakerState To, BreakerCause Cause, TimeSpan InState, TimeSpan OpenFor, string Reason);
