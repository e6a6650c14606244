using HotPath.Core.Clearing.Breakers;

namespace HotPath.Core.Clearing;

/// <summary>What a channel is configured with.</summary>
public sealed record ChannelOptions
{
    /// <summary>The channel's name in routes, journal and metrics: 1 to 32 of <c>A-Za-z0-9_-</c>.</summary>
    public required string Id { get; init; }

    /// <summary>What metrics call whatever has no channel, in place of an id: no channel may be called so.</summary>
    public const string NoId = "none";

    /// <summary>Calls under way at once. Default 4,096. Range 1 to 65,536.</summary>
    // 10,000 payments/s at a channel that takes 400 ms; more than that is a queue, and a queue is answered A001. At a channel of HTTP, which carries one call a connection, what is above its
    // connections is a queue too, inside the library and up to the deadline: a slow one that is busy needs as many connections as credits, or as few credits.
    public int MaxInFlight { get; init; } = 4096;

    /// <summary>How long after it was handed to the adapter the channel may still come to know a payment. Default 15 s. Not shorter than the adapter's deadline.</summary>
    public TimeSpan SettleWindow { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Inquiries and reversals a second, at most, of what is in doubt. Default 500. Range 1 to 10,000. How many less is felt out (<see cref="InquiryBudget"/>).
    /// </summary>
    // A million in doubt that the channel knows are through in 35 min, and in 89 when it knows none, for then each takes a reversal too, beside the looks.
    // A channel that takes thousands of payments a second does not feel it.
    public int InquiriesPerSecond { get; init; } = 500;

    /// <summary>What its protocol's messages carry. Default everything.</summary>
    public ChannelReach Reach { get; init; } = ChannelReach.Everything;

    /// <summary>When the channel is left alone.</summary>
    public BreakerOptions Breaker { get; init; } = new();
}
