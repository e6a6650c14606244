namespace HotPath.Faults.Checking;

/// <summary>One notification that reached an institution.</summary>
/// <param name="AtMs">When it arrived; as in <see cref="Call"/>.</param>
/// <param name="InstId">At whose address.</param>
/// <param name="Members">What it says; empty when it cannot be read.</param>
/// <param name="IsVerified">Its signature is the gateway's, over its own bytes.</param>
/// <param name="IsAcknowledged">It was answered as an acknowledgement. Whether the gateway heard that is another matter.</param>
internal sealed record Telling(long AtMs, string InstId, IReadOnlyDictionary<string, string> Members, bool IsVerified, bool IsAcknowledged)
{
    internal string NotifyId => Member("notify_id");

    internal string Member(string name) => Members.GetValueOrDefault(name, "");
}

/// <summary>What institutions were told without asking.</summary>
/// <param name="Tellings">All that arrived, in order.</param>
/// <param name="InstIds">Who is to be told.</param>
/// <param name="Starts">How often the gateway was started: an acknowledgement that it forgot by a kill is sent for once more, not oftener.</param>
internal sealed record Notifications(IReadOnlyList<Telling> Tellings, IReadOnlySet<string> InstIds, int Starts)
{
    /// <summary>What is left was due within the time that was waited. Not where clocks stepped: times are kept by the wall clock, and one that steps back moves them away.</summary>
    internal bool AreAllDue { get; init; } = true;
}
