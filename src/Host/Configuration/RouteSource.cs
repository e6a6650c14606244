using System.Text.Json;
using System.Text.Json.Nodes;
using HotPath.Core.Clearing;

namespace HotPath.Host.Configuration;

/// <summary>A route table that was read again.</summary>
/// <param name="Settings">It; null where it is faulty.</param>
/// <param name="Faults">All that is wrong with it.</param>
/// <param name="NeedRestart">Keys of the configuration file that say something else than at the start, and that only a restart takes over.</param>
internal sealed record RouteReading(RouteTableSettings? Settings, IReadOnlyList<ConfigurationFault> Faults, IReadOnlyList<string> NeedRestart);

/// <summary>
/// Where the route table is read again: the <c>routes_file</c> where the configuration that is running names one, else that configuration's file. Only the
/// table is taken over.
/// </summary>
internal sealed class RouteSource
{
    private static readonly string[] Taken = ["routes", "code_hosts"];

    private readonly string _path;
    private readonly string? _routesFile;
    private readonly JsonObject _started;

    /// <param name="path">The configuration file.</param>
    /// <param name="started">What it said when the gateway started.</param>
    internal RouteSource(string path, GatewayConfiguration started)
    {
        _path = path;
        _routesFile = started.RoutesFile;
        _started = Keys(started);
    }

    /// <summary>The file that holds the table.</summary>
    internal string File => _routesFile ?? _path;

    /// <summary>Reads it again and checks it whole.</summary>
    /// <param name="channels">The channels that run, and what each can carry: one that is only in the file does not yet.</param>
    internal RouteReading Read(IReadOnlyDictionary<string, ChannelReach> channels)
    {
        (GatewayConfiguration? configuration, ConfigurationFault? unreadable) = ConfigurationFile.Read(_path);
        string[] others = configuration is null ? [] : Differing(Keys(configuration));
        if (_routesFile is not null)
        {
            (RoutesConfiguration? routes, unreadable) = ConfigurationFile.ReadRoutes(_routesFile);
            return Check(routes, unreadable, channels, others);
        }
        return Check(
            configuration is null ? null : new RoutesConfiguration { Routes = configuration.Routes, CodeHosts = configuration.CodeHosts, Lines = configuration.Lines },
            unreadable is null ? null : unreadable with { File = _path }, channels, others);
    }

    private RouteReading Check(RoutesConfiguration? routes, ConfigurationFault? unreadable, IReadOnlyDictionary<string, ChannelReach> channels, string[] others)
    {
        if (routes is null)
        {
            return new RouteReading(null, [unreadable!], others);
        }
        (RouteTableSettings? settings, IReadOnlyList<ConfigurationFault> faults) = RouteCheck.Run(routes, channels, File);
        return new RouteReading(settings, faults, others);
    }

    private static JsonObject Keys(GatewayConfiguration configuration) =>
        JsonSerializer.SerializeToNode(configuration, ConfigurationJson.Default.GatewayConfiguration)!.AsObject();

    private string[] Differing(JsonObject now) =>
        [.. now.Select(one => one.Key).Where(key => !Taken.Contains(key) && !JsonNode.DeepEquals(now[key], _started[key]))];
}
