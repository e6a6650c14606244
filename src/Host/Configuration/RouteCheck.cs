using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Core.Qr;
using HotPath.Core.Routing;
using Route = HotPath.Core.Routing.Route;

namespace HotPath.Host.Configuration;

/// <summary>Checks where payments go: the routes, the schemes they are for, and the hosts of https codes.</summary>
/// <param name="faults">Told what is wrong.</param>
/// <param name="channels">The channels there are, and what each can carry.</param>
internal sealed class RouteCheck(Faults faults, IReadOnlyDictionary<string, ChannelReach> channels)
{
    private const int MostPriority = 1000;
    private const int MostWeight = 1000;

    // Schemes and hosts are the same in either case, as in codes.
    private readonly HashSet<string> _schemes = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);

    /// <summary>A table by itself, as a reload reads it; null where it has faults.</summary>
    internal static (RouteTableSettings? Settings, IReadOnlyList<ConfigurationFault> Faults) Run(
        RoutesConfiguration configuration, IReadOnlyDictionary<string, ChannelReach> channels, string? file)
    {
        var faults = new Faults(configuration.Lines, file);
        RouteTableSettings settings = new RouteCheck(faults, channels).Check(configuration.Routes, configuration.CodeHosts);
        return faults.All.Count == 0 ? (settings, []) : (null, faults.All);
    }

    /// <summary>The table of a whole configuration, wherever it stands; half-made where there are faults.</summary>
    internal static RouteTableSettings Run(GatewayConfiguration configuration, IEnumerable<ChannelOptions> there, Faults faults)
    {
        // Two of one name have their fault already.
        Dictionary<string, ChannelReach> channels = there.DistinctBy(channel => channel.Id).ToDictionary(channel => channel.Id, channel => channel.Reach);
        if (configuration.RoutesFile is not { } file)
        {
            return new RouteCheck(faults, channels).Check(configuration.Routes, configuration.CodeHosts);
        }
        if (configuration.Routes.Count + configuration.CodeHosts.Count > 0)
        {
            faults.Add("routes_file", "holds routes and code_hosts: here they would be a second table");
        }
        (RoutesConfiguration? routes, ConfigurationFault? unreadable) = ConfigurationFile.ReadRoutes(file);
        (RouteTableSettings? settings, IReadOnlyList<ConfigurationFault> own) = routes is null ? (null, [unreadable!]) : Run(routes, channels, file);
        faults.AddAll(own);
        return settings ?? new RouteTableSettings([], new Dictionary<string, string>());
    }

    /// <summary>The table; half-made where there are faults.</summary>
    internal RouteTableSettings Check(IReadOnlyList<RouteConfiguration> routes, IReadOnlyList<CodeHostConfiguration> hosts) =>
        new(CheckRoutes(routes), CheckHosts(hosts));

    private List<RouteSettings> CheckRoutes(IReadOnlyList<RouteConfiguration> routes)
    {
        var settings = new List<RouteSettings>();
        bool haveOrder = routes.Any(route => route?.Priority is not null);
        foreach ((string path, RouteConfiguration route) in faults.Each("routes", routes))
        {
            settings.Add(CheckRoute(path, route, haveOrder));
        }
        if (routes.Count > RouteTable.MaxRoutes)
        {
            faults.Add("routes", $"are {routes.Count}; {RouteTable.MaxRoutes} at most");
        }
        if (_schemes.Count > SchemeTable.MaxSchemes)
        {
            faults.Add("routes", $"name {_schemes.Count} schemes; {SchemeTable.MaxSchemes} at most");
        }
        return settings;
    }

    private RouteSettings CheckRoute(string path, RouteConfiguration route, bool haveOrder)
    {
        string? id = route.Id is null ? null : faults.Token(path + ".id", route.Id, Route.MaxIdLength);
        faults.Unique(_ids, path + ".id", id);
        string? channelId = faults.Required(path + ".channel", route.Channel);
        ChannelReach reach = ChannelReach.Everything;
        if (channelId is not null && channels.TryGetValue(channelId, out ChannelReach? its))
        {
            reach = its;
        }
        else if (channelId is not null)
        {
            faults.Add(path + ".channel", $"no channel has the id {channelId}");
        }
        Direction? direction = route.Direction is null ? null
            : faults.Listed(path + ".direction", route.Direction, ("outbound", Direction.Outbound), ("inbound", Direction.Inbound));
        BizType? type = route.BizType is null ? null
            : faults.Listed(path + ".biz_type", route.BizType, ("SCAN_PAY", BizType.ScanPay), ("FACE_PAY", BizType.FacePay));
        faults.InRange(path + ".min_minor_units", route.MinMinorUnits, 1, long.MaxValue);
        faults.InRange(path + ".max_minor_units", route.MaxMinorUnits ?? long.MaxValue, 1, long.MaxValue);
        if (route.MinMinorUnits > route.MaxMinorUnits)
        {
            faults.Add(path + ".min_minor_units", $"{route.MinMinorUnits} is over max_minor_units: no amount is left");
        }
        if (type == BizType.FacePay && !reach.CarriesFaces)
        {
            faults.Add(path + ".biz_type", $"FACE_PAY cannot go to {channelId}: its messages carry no face");
        }
        if (route.MinMinorUnits > reach.MaxMinorUnits)
        {
            faults.Add(path + ".min_minor_units", $"{route.MinMinorUnits} is over {reach.MaxMinorUnits}, the largest amount that the messages of {channelId} carry");
        }
        if (route.MaxMinorUnits > reach.MaxMinorUnits)
        {
            faults.Add(path + ".max_minor_units", $"{route.MaxMinorUnits} is over {reach.MaxMinorUnits}, the largest amount that the messages of {channelId} carry");
        }
        faults.InRange(path + ".only_amounts_ending_with", route.OnlyAmountsEndingWith ?? 0, 0, 99);
        CheckOrder(path, route, haveOrder);
        var currencies = CurrencyList.Read(faults, path + ".currencies", route.Currencies).ToHashSet();
        string[] schemes = CheckSchemes(path + ".schemes", route.Schemes);
        List<MaintenanceWindow> maintenance = MaintenanceCheck.Check(faults, path + ".maintenance", route.Maintenance);
        return new RouteSettings(channelId ?? "", channel => new Route
        {
            Id = id,
            Channel = channel,
            Direction = direction,
            BizType = type ?? (reach.CarriesFaces ? null : BizType.ScanPay),
            Currencies = currencies,
            Schemes = schemes,
            MinMinorUnits = route.MinMinorUnits,
            MaxMinorUnits = route.MaxMinorUnits ?? reach.MaxMinorUnits,
            IsEnabled = route.Enabled,
            OnlyAmountsEndingWith = route.OnlyAmountsEndingWith,
            Maintenance = maintenance,
            Priority = route.Priority,
            Weight = route.Weight ?? 1,
        });
    }

    // A route without a priority among others that have one would be where nobody expects it.
    private void CheckOrder(string path, RouteConfiguration route, bool haveOrder)
    {
        faults.InRange(path + ".priority", route.Priority ?? 1, 1, MostPriority);
        faults.InRange(path + ".weight", route.Weight ?? 1, 1, MostWeight);
        if (haveOrder && route.Priority is null)
        {
            faults.Add(path + ".priority", "is missing: other routes have one");
        }
        if (!haveOrder && route.Weight is not null)
        {
            faults.Add(path + ".weight", "means nothing where routes have no priority: each has a place of its own");
        }
    }

    /// <summary>After the routes: a host's scheme that no route names would be a default route's, and the line of no use.</summary>
    private Dictionary<string, string> CheckHosts(IReadOnlyList<CodeHostConfiguration> codeHosts)
    {
        var hosts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < codeHosts.Count; i++)
        {
            string path = $"code_hosts[{i}]";
            if (codeHosts[i] is not { } host)
            {
                faults.Add(path, "is null");
                continue;
            }
            string? name = faults.Required(path + ".host", host.Host);
            if (name is not null && (Uri.CheckHostName(name) != UriHostNameType.Dns || !name.All(char.IsAscii) || name.EndsWith('.')))
            {
                faults.Add(path + ".host", $"{name} is not a host's name");
            }
            string? scheme = faults.Required(path + ".scheme", host.Scheme);
            if (scheme is not null && !_schemes.Contains(scheme))
            {
                faults.Add(path + ".scheme", $"no route is for the scheme {scheme}");
            }
            if (name is not null && scheme is not null && !hosts.TryAdd(name, scheme))
            {
                faults.Add(path + ".host", $"{name} is there twice");
            }
        }
        return hosts;
    }

    // Absent: a default route. There and empty: a mistake.
    private string[] CheckSchemes(string path, IReadOnlyList<string>? schemes)
    {
        if (schemes is null)
        {
            return [];
        }
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach ((string at, string scheme) in faults.Each(path, schemes))
        {
            if (scheme.Length is < 1 or > SchemeTable.MaxNameLength || !scheme.All(letter => letter is > ' ' and <= '~'))
            {
                faults.Add(at, $"must be 1 to {SchemeTable.MaxNameLength} printable ASCII characters without blanks");
            }
            faults.Unique(seen, at, scheme);
            _schemes.Add(scheme);
        }
        return [.. seen];
    }
}
