using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Core.Qr;

namespace HotPath.Core.Routing;

/// <summary>
/// Every route, in the order they are tried: by priority, then by place. Never changes: a reload is another table, and whoever has this one in hand chooses
/// by it to the end. What the choice is: docs/decisions/0025-routing.md.
/// </summary>
public sealed class RouteTable
{
    /// <summary>Most routes: each payment looks at all of them.</summary>
    // Nobody reads a longer table; what that many cost a payment, RouteBenchmarks measures.
    public const int MaxRoutes = 256;

    private readonly Entry[] _entries;

    /// <param name="routes">In the order of their places.</param>
    /// <param name="hosts">Hosts of https codes, each with a scheme that a route names.</param>
    /// <exception cref="ArgumentException">More than <see cref="MaxRoutes"/>: a caller's bug, since configurations are checked.</exception>
    public RouteTable(IReadOnlyCollection<Route> routes, IReadOnlyCollection<KeyValuePair<string, string>> hosts)
    {
        if (routes.Count > MaxRoutes)
        {
            throw new ArgumentException($"{routes.Count} routes; {MaxRoutes} at most", nameof(routes));
        }
        Schemes = new SchemeTable(routes.SelectMany(route => route.Schemes), hosts);
        _entries = [.. routes.Select((route, at) => new Entry(route, at + 1, Schemes)).OrderBy(entry => entry.Priority)];
        Routes = [.. _entries.Select(entry => entry.Route)];
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(Describe(hosts)));
        Hash = Convert.ToHexStringLower(hash.AsSpan(0, 4));
        ShortHash = (ushort)((hash[0] << 8) | hash[1]);
    }

    /// <summary>Eight hexadecimal digits that are the same for tables that say the same, however they are written.</summary>
    public string Hash { get; }

    /// <summary>The schemes that routes name.</summary>
    public SchemeTable Schemes { get; }

    /// <summary>In the order they are tried, each with its name and priority.</summary>
    public IReadOnlyList<Route> Routes { get; }

    /// <summary>The first four digits of <see cref="Hash"/>, as trails have them.</summary>
    internal ushort ShortHash { get; }

    /// <summary>
    /// A route that takes this payment, with a credit of its channel: of the lowest priority there is one, and among several of that by chance,
    /// weighted. Otherwise the most hopeful reason: a route was only full (A001), else only out of use or its channel left alone, or not trusted with more yet (A002), else the amount was
    /// outside every limit (B003), else nobody clears this currency, or nothing with this code, or by face (C003) (protocol, section 2).
    /// </summary>
    /// <param name="request">The payment.</param>
    /// <param name="schemes">Its code's, as far as this table's routes name them: one of theirs is taken then, and only where there are none a default route.</param>
    /// <param name="tried">Channels that certainly did not get it.</param>
    /// <param name="dice">Draws among equals; asked only where there are several.</param>
    /// <param name="trail">How it was chosen is added; nothing where nothing was.</param>
    public RouteChoice Choose(in RouteRequest request, SchemeSet schemes, in TriedChannels tried, Random dice, ref RouteTrail trail)
    {
        Span<RouteReason> reasons = stackalloc RouteReason[_entries.Length];
        Span<double> chances = stackalloc double[_entries.Length];
        Judge(request, schemes, tried, reasons);
        int at;
        while ((at = Draw(reasons, chances, dice)) >= 0)
        {
            Channel channel = _entries[at].Route.Channel;
            if (channel.TryTakeCredit())
            {
                Tell(reasons, chances, at, ref trail);
                return new RouteChoice(channel, default);
            }
            reasons[at] = WhyFull(channel);
        }
        return Refuse(reasons, request.Unserved);
    }

    /// <summary>What <see cref="Choose"/> would do now: what is against each route, and the chance of each that it could take. Takes no credit.</summary>
    /// <param name="request">The payment.</param>
    /// <param name="rejection">Why there is no choice; nothing where there is one.</param>
    public IReadOnlyList<RouteVerdict> Explain(in RouteRequest request, out Rejection rejection)
    {
        var reasons = new RouteReason[_entries.Length];
        var chances = new double[_entries.Length];
        Judge(request, Schemes.Of(request.Code, request.QrContent), default, reasons);
        for (int i = 0; i < reasons.Length; i++)
        {
            Channel channel = _entries[i].Route.Channel;
            reasons[i] = reasons[i] == RouteReason.None && channel.CallsUnderWay >= channel.MostCalls ? WhyFull(channel) : reasons[i];
        }
        rejection = Weigh(reasons, chances) < 0 ? Refuse(reasons, request.Unserved).Rejection : default;
        return [.. _entries.Select((entry, i) => new RouteVerdict(
            entry.Route, reasons[i] == RouteReason.None && chances[i] <= 0 ? RouteReason.Later : reasons[i], chances[i]))];
    }

    /// <summary>Fills in, route by route, what is against it. Credits are not looked at.</summary>
    private void Judge(in RouteRequest request, SchemeSet schemes, in TriedChannels tried, Span<RouteReason> reasons)
    {
        for (int i = 0; i < _entries.Length; i++)
        {
            reasons[i] = _entries[i].Judge(request, schemes, tried);
        }
    }

    // Routes are in the order of priority: the first that may be taken begins its group, and the next priority ends it.
    private int Draw(ReadOnlySpan<RouteReason> reasons, Span<double> chances, Random dice)
    {
        int first = Weigh(reasons, chances);
        if (first < 0 || chances[first] >= 1)
        {
            return first;
        }
        double drawn = dice.NextDouble();
        int at = first;
        for (int i = first; i < _entries.Length && _entries[i].Priority == _entries[first].Priority && drawn >= 0; i++)
        {
            // The last one takes what rounding leaves over.
            at = chances[i] > 0 ? i : at;
            drawn -= chances[i];
        }
        return at;
    }

    /// <summary>The chances of the group that is drawn from, 1 in all; its first member that may be taken, or -1.</summary>
    private int Weigh(ReadOnlySpan<RouteReason> reasons, Span<double> chances)
    {
        int first = reasons.IndexOf(RouteReason.None);
        if (first < 0)
        {
            return -1;
        }
        double sum = 0;
        int end = first;
        for (; end < _entries.Length && _entries[end].Priority == _entries[first].Priority; end++)
        {
            Route route = _entries[end].Route;
            chances[end] = reasons[end] == RouteReason.None ? route.Weight * route.Channel.Health.Value : 0;
            sum += chances[end];
        }
        for (int i = first; i < end; i++)
        {
            chances[i] /= sum;
        }
        return first;
    }

    // What was nearest comes first: the trail's end may have no room.
    private void Tell(ReadOnlySpan<RouteReason> reasons, ReadOnlySpan<double> chances, int chosen, ref RouteTrail trail)
    {
        Entry one = _entries[chosen];
        trail.Choose(one.Id, one.Route.Channel.Id.Span, ShortHash, PerCent(chances[chosen]));
        for (int rank = 0; rank < Ranks; rank++)
        {
            for (int i = 0; i < reasons.Length; i++)
            {
                RouteReason reason = i == chosen ? RouteReason.None
                    : reasons[i] != RouteReason.None ? reasons[i]
                    : _entries[i].Priority == one.Priority ? RouteReason.NotDrawn : RouteReason.Later;
                if (i != chosen && Rank(reason) == rank)
                {
                    trail.Reject(_entries[i].Id, reason, reason == RouteReason.NotDrawn ? PerCent(chances[i]) : 0);
                }
            }
        }
        trail.End();
    }

    // That it may not have more yet is no want of room: to an institution it is as good as left alone.
    private static RouteReason WhyFull(Channel channel) => channel.Breaker.IsRecovering ? RouteReason.Recovering : RouteReason.Full;

    private const int Ranks = 3;

    /// <summary>How much of interest: what failed, what was as good, what would never have been; -1: no candidate at all.</summary>
    private static int Rank(RouteReason reason) => reason switch
    {
        RouteReason.Scheme or RouteReason.Direction or RouteReason.BizType => -1,
        RouteReason.Currency or RouteReason.Drill => 2,
        RouteReason.NotDrawn or RouteReason.Later => 1,
        _ => 0,
    };

    private static int PerCent(double share) => share is <= 0 or >= 1 ? 0 : Math.Clamp((int)Math.Round(100 * share), 1, 99);

    private static RouteChoice Refuse(ReadOnlySpan<RouteReason> reasons, Member unserved) =>
        reasons.Contains(RouteReason.Full) ? RouteChoice.Refused(RespCode.SystemBusy)
        : reasons.ContainsAny([RouteReason.Disabled, RouteReason.Maintenance, RouteReason.Breaker, RouteReason.Operator, RouteReason.Recovering, RouteReason.Tried])
            ? RouteChoice.Refused(RespCode.ServiceUnavailable)
        : reasons.ContainsAny(RouteReason.AboveLimit, RouteReason.BelowLimit) ? RouteChoice.Refused(RespCode.LimitExceeded)
        : RouteChoice.Refused(RespCode.MemberIllegal, reasons.ContainsAny(RouteReason.Currency, RouteReason.Drill) ? Member.Currency : unserved);

    // One line a route and host, everything that matters in it.
    private string Describe(IEnumerable<KeyValuePair<string, string>> hosts)
    {
        var text = new StringBuilder();
        foreach (Route route in Routes)
        {
            text.Append(CultureInfo.InvariantCulture, $"{route.Id} {route.Channel.Options.Id} {route.Direction} {route.BizType} {route.MinMinorUnits} {route.MaxMinorUnits} ");
            text.Append(CultureInfo.InvariantCulture, $"{route.IsEnabled} {route.OnlyAmountsEndingWith} {route.Priority} {route.Weight} ");
            text.AppendJoin(',', route.Currencies.Select(one => one.ToString()).Order(StringComparer.Ordinal)).Append(' ');
            text.AppendJoin(',', route.Schemes.Select(one => one.ToUpperInvariant()).Order(StringComparer.Ordinal)).Append(' ');
            text.AppendJoin(',', route.Maintenance.Select(one => one.Text)).Append('\n');
        }
        foreach ((string host, string scheme) in hosts.OrderBy(host => host.Key, StringComparer.OrdinalIgnoreCase))
        {
            text.Append(CultureInfo.InvariantCulture, $"{host.ToUpperInvariant()} {scheme.ToUpperInvariant()}\n");
        }
        return text.ToString();
    }

    /// <summary>A route, ready to be asked.</summary>
    private sealed class Entry
    {
        private readonly SchemeSet _schemes;

        internal Entry(Route route, int place, SchemeTable schemes)
        {
            Priority = route.Priority ?? place;
            Route = route with { Id = route.Id ?? string.Create(CultureInfo.InvariantCulture, $"{route.Channel.Options.Id}.{place}"), Priority = Priority };
            Id = Encoding.ASCII.GetBytes(Route.Id);
            _schemes = route.Schemes.Aggregate(default(SchemeSet), (set, name) => set | schemes.Of(name));
        }

        internal Route Route { get; }

        internal byte[] Id { get; }

        internal int Priority { get; }

        internal RouteReason Judge(in RouteRequest request, SchemeSet schemes, in TriedChannels tried)
        {
            Route route = Route;
            long amount = request.Amount.MinorUnits;
            return (schemes.IsEmpty ? !_schemes.IsEmpty : !_schemes.Overlaps(schemes)) ? RouteReason.Scheme
                : route.Direction is { } direction && direction != request.Direction ? RouteReason.Direction
                : route.BizType is { } type && type != request.BizType ? RouteReason.BizType
                : !route.Currencies.Contains(request.Currency) ? RouteReason.Currency
                : route.OnlyAmountsEndingWith is { } digits && digits != amount % 100 ? RouteReason.Drill
                : amount > route.MaxMinorUnits ? RouteReason.AboveLimit
                : amount < route.MinMinorUnits ? RouteReason.BelowLimit
                : !route.IsEnabled ? RouteReason.Disabled
                : IsInMaintenance(request.NowMs) ? RouteReason.Maintenance
                : tried.Contains(route.Channel) ? RouteReason.Tried
                : route.Channel.Breaker.IsClosed ? RouteReason.None
                : route.Channel.Breaker.IsOpenByHand ? RouteReason.Operator : RouteReason.Breaker;
        }

        private bool IsInMaintenance(long nowMs)
        {
            for (int i = 0; i < Route.Maintenance.Count; i++)
            {
                if (Route.Maintenance[i].IsOn(nowMs))
                {
                    return true;
                }
            }
            return false;
        }
    }
}
