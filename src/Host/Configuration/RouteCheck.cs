using HotPath.Core.Qr;

namespace HotPath.Host.Configuration;

/// <summary>Checks where payments go: the routes, the schemes they are for, and the hosts of https codes.</summary>
internal sealed class RouteCheck(Faults faults)
{
    // Schemes and hosts are the same in either case, as in codes.
    private readonly HashSet<string> _schemes = new(StringComparer.OrdinalIgnoreCase);

    internal List<RouteSettings> CheckRoutes(GatewayConfiguration configuration)
    {
        // OfType leaves out a null, which has its fault already.
        HashSet<string?> channels = [.. configuration.Channels.OfType<ChannelConfiguration>().Select(channel => channel.Id)];
        var settings = new List<RouteSettings>();
        foreach ((string path, RouteConfiguration route) in faults.Each("routes", configuration.Routes))
        {
            if (faults.Required(path + ".channel", route.Channel) is { } channel && !channels.Contains(channel))
            {
                faults.Add(path + ".channel", $"no channel has the id {channel}");
            }
            faults.InRange(path + ".max_minor_units", route.MaxMinorUnits ?? long.MaxValue, 1, long.MaxValue);
            faults.InRange(path + ".only_amounts_ending_with", route.OnlyAmountsEndingWith ?? 0, 0, 99);
            settings.Add(new RouteSettings(
                route.Channel ?? "", CurrencyList.Read(faults, path + ".currencies", route.Currencies).ToHashSet(), CheckSchemes(path + ".schemes", route.Schemes),
                route.MaxMinorUnits ?? long.MaxValue, route.Enabled, route.OnlyAmountsEndingWith));
        }
        if (_schemes.Count > SchemeTable.MaxSchemes)
        {
            faults.Add("routes", $"name {_schemes.Count} schemes; {SchemeTable.MaxSchemes} at most");
        }
        return settings;
    }

    /// <summary>After the routes: a host's scheme that no route names would be a default route's, and the line of no use.</summary>
    internal Dictionary<string, string> CheckHosts(GatewayConfiguration configuration)
    {
        var hosts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < configuration.CodeHosts.Count; i++)
        {
            string path = $"code_hosts[{i}]";
            if (configuration.CodeHosts[i] is not { } host)
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
