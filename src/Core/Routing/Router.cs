using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Core.Qr;

namespace HotPath.Core.Routing;

/// <summary>A way to a channel and what it takes. Routes are tried in the table's order.</summary>
public sealed record Route
{
    public required Channel Channel { get; init; }

    /// <summary>Currencies the channel clears.</summary>
    public required IReadOnlySet<Currency> Currencies { get; init; }

    /// <summary>
    /// Schemes of codes that this way is for, by their GUIDs. Default none: a default route, for codes whose scheme is unknown or that no
    /// route names.
    /// </summary>
    public IReadOnlyCollection<string> Schemes { get; init; } = [];

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
public sealed class Router
{
    private readonly (Route Route, SchemeSet Schemes)[] _routes;

    /// <param name="routes">In the order they are tried.</param>
    /// <param name="hosts">Hosts of https codes, each with a scheme that a route names. Default none.</param>
    public Router(IReadOnlyCollection<Route> routes, IEnumerable<KeyValuePair<string, string>>? hosts = null)
    {
        Schemes = new SchemeTable(routes.SelectMany(route => route.Schemes), hosts ?? []);
        _routes = [.. routes.Select(route => (route, route.Schemes.Aggregate(default(SchemeSet), (set, name) => set | Schemes.Of(name))))];
        Channels = [.. routes.Select(route => route.Channel).Distinct()];
    }

    /// <summary>Every channel that a route leads to.</summary>
    public IReadOnlyList<Channel> Channels { get; }

    /// <summary>The schemes that routes name.</summary>
    public SchemeTable Schemes { get; }

    /// <summary>
    /// The first route that takes this payment. Otherwise the most hopeful reason: a route was only full (A001), else only disabled or its channel
    /// left alone (A002), else the amount was over every limit (B003), else nobody clears this currency, or nothing with this code, or by face (C003) (protocol, section 2).
    /// </summary>
    /// <param name="currency">The payment's.</param>
    /// <param name="amount">The payment's.</param>
    /// <param name="schemes">The code's, as far as routes name them: one of theirs is taken then, and only where there are none a default route.</param>
    /// <param name="unserved">The member to name where no route is for such a payment in any currency.</param>
    public RouteChoice Choose(Currency currency, Amount amount, SchemeSet schemes, Member unserved = Member.QrContent)
    {
        bool isServed = false, isFull = false, isDisabled = false, isOverLimit = false;
        foreach ((Route route, SchemeSet own) in _routes)
        {
            if (schemes.IsEmpty ? !own.IsEmpty : !own.Overlaps(schemes))
            {
                continue;
            }
            isServed = true;
            bool isForAmount = route.OnlyAmountsEndingWith is null || route.OnlyAmountsEndingWith == amount.MinorUnits % 100;
            if (!route.Currencies.Contains(currency) || !isForAmount)
            {
                continue;
            }
            if (amount.MinorUnits > route.MaxMinorUnits)
            {
                isOverLimit = true;
            }
            else if (!route.IsEnabled || !route.Channel.Breaker.IsClosed)
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
            : RouteChoice.Refused(RespCode.MemberIllegal, isServed ? Member.Currency : unserved);
    }

    /// <summary>The channel that a trade was sent to, by the name that is recorded with it; null when it is no longer configured.</summary>
    public Channel? Find(ReadOnlySpan<byte> channelId)
    {
        foreach ((Route route, _) in _routes)
        {
            if (route.Channel.Id.Span.SequenceEqual(channelId))
            {
                return route.Channel;
            }
        }
        return null;
    }
}
