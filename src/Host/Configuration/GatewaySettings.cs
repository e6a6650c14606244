using System.Net;
using HotPath.Core.Auth;
using HotPath.Core.Clearing;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Notify.Http;
using HotPath.Host.Server;
using HotPath.Signing;

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

    public required IReadOnlyList<RouteSettings> Routes { get; init; }

    /// <summary>Hosts of https codes, and their schemes.</summary>
    public required IReadOnlyDictionary<string, string> CodeHosts { get; init; }

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

/// <summary>A route, its channel still by name.</summary>
internal sealed record RouteSettings(
    string ChannelId, IReadOnlySet<Currency> Currencies, IReadOnlyCollection<string> Schemes, long MaxMinorUnits, bool IsEnabled, int? OnlyAmountsEndingWith);
