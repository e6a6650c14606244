namespace HotPath.Faults.Checking;

/// <summary>Everything one run left behind: what clients were told, what the channel did, what the journal holds. The checker reads nothing else.</summary>
internal sealed record Evidence
{
    /// <summary>Every call, the query of every trade at the end included, in the order in which they ended.</summary>
    internal required IReadOnlyList<Call> Calls { get; init; }

    /// <summary>What all channels' books say. A reference may stand in several of them: blocked in one that was never sent it.</summary>
    internal required IReadOnlyList<ChannelEntry> Channel { get; init; }

    /// <summary>Of each reference the entry that counts: where money moved, else where it was sent to, else any.</summary>
    internal Dictionary<string, ChannelEntry> Books =>
        Channel.GroupBy(entry => entry.TradeNo).ToDictionary(entries => entries.Key, entries => entries.MaxBy(entry => (entry.IsExecuted, entry.Deliveries > 0))!);

    internal required IReadOnlyList<JournalTrade> Journal { get; init; }

    /// <summary>What institutions were notified of; null where nobody is.</summary>
    internal Notifications? Notifications { get; init; }

    /// <summary>Crashes, faults, restarts: for the history only.</summary>
    internal IReadOnlyList<(long AtMs, string Text)> Marks { get; init; } = [];

    /// <summary>
    /// Faults are over and the limit within which every trade must end has passed (the liveness phase): from here on PENDING is a broken
    /// promise (I6), and books can be compared (I7).
    /// </summary>
    internal required bool IsSettled { get; init; }

    /// <summary>No clock stepped ahead: what was reversed is looked at again in time, whatever restarts there were.</summary>
    internal bool IsClockSteady { get; init; } = true;

    /// <summary>How long a final trade's req_id is remembered at least, in milliseconds: 24 h, or less where a clock stepped ahead.</summary>
    internal long ReqIdLifeMs { get; init; } = 24 * 3600 * 1000L;
}

/// <summary>A promise that was broken.</summary>
/// <param name="Invariant">I1 to I10, as the failure model numbers them.</param>
/// <param name="AtMs">When it could first be seen; <see cref="long.MaxValue"/>: only at the end, from the books.</param>
/// <param name="InstId">Whose trade.</param>
/// <param name="OrderNo">Which order; empty when it is no order's.</param>
/// <param name="Sentence">What is wrong.</param>
internal sealed record Broken(string Invariant, long AtMs, string InstId, string OrderNo, string Sentence);
