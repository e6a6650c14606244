using HotPath.Core.Clearing;
using HotPath.Core.Model;

namespace HotPath.Core.Routing;

/// <summary>A way to a channel and what it takes. Routes are tried in the table's order.</summary>
public sealed record Route
{
    public required Channel Channel { get; init; }

    /// <summary>Currencies the channel clears.</summary>
    public required IReadOnlySet<Currency> Currencies { get; init; }

    /// <summary>Largest amount, in minor units. Default none.</summary>
    public long MaxMinorUnits { get; init; } = long.MaxValue;

    public bool IsEnabled { get; init; } = true;

    /// <summary>For drills: the route takes only amounts whose last two digits of minor units are these. Default none: all amounts.</summary>
    public int? OnlyAmountsEndingWith { get; init; }
}

/// <summary>The chosen channel with one of its credits taken, or why there is none.</summary>
public readonly record struct RouteChoice(Channel? Channel, Rejection Rejection)
{
    public static RouteChoice Refused(RespCode code, Member member = Member.None) => new(null, new Rejection(code, member));
}

/// <summary>Step 6 of the corridor: which channel, and is there room in it.</summary>
public sealed class Router(IEnumerable<Route> routes)
{
    private readonly Route[] _routes = [.. routes];

    /// <summary>Every channel that a route leads to.</summary>
    public IReadOnlyList<Channel> Channels { get; } = [.. routes.Select(route => route.Channel).Distinct()];

    /// <summary>
    /// The first route that takes this payment. Otherwise the most hopeful reason: a route was only full (A001), else only disabled (A002),
    /// else the amount was over every limit (B003), else nobody clears this currency (C003) (protocol, section 2).
    /// </summary>
    public RouteChoice Choose(Currency currency, Amount amount)
    {
        bool isFull = false, isDisabled = false, isOverLimit = false;
        foreach (Route route in _routes)
        {
            bool isForAmount = route.OnlyAmountsEndingWith is null || route.OnlyAmountsEndingWith == amount.MinorUnits % 100;
            if (!route.Currencies.Contains(currency) || !isForAmount)
            {
                continue;
            }
            if (amount.MinorUnits > route.MaxMinorUnits)
            {
                isOverLimit = true;
            }
            else if (!route.IsEnabled)
            {
                isDisabled = true;
            }
            else if (!route.Channel.TryTakeCredit())
            {
                isFull = true;
            }
            else
            {
                return new RouteChoice(route.Channel, default);
            }
        }
        return isFull ? RouteChoice.Refused(RespCode.SystemBusy)
            : isDisabled ? RouteChoice.Refused(RespCode.ServiceUnavailable)
            : isOverLimit ? RouteChoice.Refused(RespCode.LimitExceeded)
            : RouteChoice.Refused(RespCode.MemberIllegal, Member.Currency);
    }

    /// <summary>The channel that a trade was sent to, by the name that is recorded with it; null when it is no longer configured.</summary>
    public Channel? Find(ReadOnlySpan<byte> channelId)
    {
        foreach (Route route in _routes)
        {
            if (route.Channel.Id.Span.SequenceEqual(channelId))
            {
                return route.Channel;
            }
        }
        return null;
    }
}
