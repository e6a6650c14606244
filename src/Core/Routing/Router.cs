using HotPath.Core.Clearing;
using HotPath.Core.Model;

namespace HotPath.Core.Routing;

/// <summary>Step 6 of the corridor: which channel, and is there room in it. And where a trade's channel is found again, whatever the table says now.</summary>
public sealed class Router
{
    private readonly Random _dice;

    // Read once a choice, and replaced whole.
    private volatile RouteTable _table;

    /// <param name="routes">In the order of their places.</param>
    /// <param name="hosts">Hosts of https codes, each with a scheme that a route names. Default none.</param>
    /// <param name="channels">Every channel, those too that no route leads to: they finish their trades. Default: those of the routes.</param>
    /// <param name="dice">Draws among routes of one priority, on every thread at once. Default: the process's own; a simulation hands in one of a seed.</param>
    public Router(
        IReadOnlyCollection<Route> routes, IReadOnlyCollection<KeyValuePair<string, string>>? hosts = null, IReadOnlyList<Channel>? channels = null, Random? dice = null)
    {
        _table = new RouteTable(routes, hosts ?? []);
        _dice = dice ?? Random.Shared;
        Channels = channels ?? [.. routes.Select(route => route.Channel).Distinct()];
    }

    /// <summary>Every channel, for as long as the process lives.</summary>
    public IReadOnlyList<Channel> Channels { get; }

    /// <summary>The table that choices are made by now.</summary>
    public RouteTable Table => _table;

    /// <summary>Chooses by one table, whole. A chosen channel has one credit taken.</summary>
    /// <inheritdoc cref="RouteTable.Choose"/>
    public RouteChoice Choose(in RouteRequest request, in TriedChannels tried, ref RouteTrail trail)
    {
        RouteTable table = _table;
        return table.Choose(request, table.Schemes.Of(request.Code, request.QrContent), tried, _dice, ref trail);
    }

    /// <summary>From now on choices are made by this table.</summary>
    public void Swap(RouteTable table) => _table = table;

    /// <summary>The channel that a trade was sent to, by the name that is recorded with it; null when it is no longer configured.</summary>
    public Channel? Find(ReadOnlySpan<byte> channelId)
    {
        foreach (Channel channel in Channels)
        {
            if (channel.Id.Span.SequenceEqual(channelId))
            {
                return channel;
            }
        }
        return null;
    }
}
