namespace HotPath.Core.Clearing;

/// <summary>
/// Which payments the messages of a channel's protocol carry at all. Known without the channel, from its protocol alone: a route that leads to what cannot be
/// carried is refused with the table, not found out payment by payment.
/// </summary>
/// <param name="CarriesFaces">A payment by face. A route to one that does not takes payments by code only.</param>
/// <param name="MaxMinorUnits">Largest amount, in minor units. A route to it takes no more.</param>
public sealed record ChannelReach(bool CarriesFaces, long MaxMinorUnits)
{
    /// <summary>Every payment there is.</summary>
    public static ChannelReach Everything { get; } = new(CarriesFaces: true, long.MaxValue);
}
