using System.Net;
using HotPath.Core.Auth;
using HotPath.Core.Clearing;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Notify.Http;
using HotPath.Host.Server;
using HotPath.Signing;
using Route = HotPath.Core.Routing.Route;

namespace HotPath.Host.Configuration;

/// <summary>A checked configuration: everything read, loaded and in range. Only <see cref="ConfigurationCheck"/> makes one.</summary>
internal sealed record GatewaySettings
{
    public required IPEndPoint Listen { get; init; }

    public required ServerCertificate Certificate { get; init; }

    public required IPEndPoint Admin { get; init; }

    public required EmbeddedLedgerOptions Ledger { get; init; }

    public required SigningKey SigningKey { get; init; }

    /// <summary>Signs the answers to institutions of ES256; null where there are none.</summary>
    public SigningKey? Es256SigningKey { get; init; }

    public required IReadOnlyList<InstitutionSettings> Institutions { get; init; }

    public required IReadOnlyList<ChannelSettings> Channels { get; init; }

    public required RouteTableSettings RouteTable { get; init; }

    /// <summary>Where a newer table is read from; null where it was never a file.</summary>
    public RouteSource? RouteSource { get; init; }

    /// <summary>Channels tried for one payment.</summary>
    public required int MaxAttempts { get; init; }

    /// <summary>Where institutions reach this gateway, for addresses in answers; null: where each of them says it does.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>How notifications go out.</summary>
    public required HttpNotifyOptions Notify { get; init; }

    public ServerLimits Limits { get; init; } = new();
}

/// <summary>A registered institution with its keys loaded.</summary>
internal sealed record InstitutionSettings(
    string InstId, Region Region, Language Language, IReadOnlyList<Currency> Currencies, IReadOnlyList<BizType>? Interfaces, KeyRing Keys, int? MaxTps,
    NotifyTarget? NotifyTarget);

/// <summary>A channel and what makes its adapter.</summary>
internal sealed record ChannelSettings(ChannelOptions Options, Func<TimeProvider, IClearingAdapter> CreateAdapter);

/// <summary>A route table, its channels still by name.</summary>
internal sealed record RouteTableSettings(IReadOnlyList<RouteSettings> Routes, IReadOnlyDictionary<string, string> CodeHosts)
{
    /// <summary>The routes, each with its channel.</summary>
    internal Route[] Bind(IReadOnlyDictionary<string, Channel> channels) => [.. Routes.Select(route => route.Bind(channels[route.ChannelId]))];
}

/// <summary>A route, its channel still by name.</summary>
/// <param name="ChannelId">The channel's.</param>
/// <param name="Bind">The route to that channel.</param>
internal sealed record RouteSettings(string ChannelId, Func<Channel, Route> Bind);
