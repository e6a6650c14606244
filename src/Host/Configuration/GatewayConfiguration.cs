using System.Text.Json.Serialization;
using HotPath.Core.Notify;

namespace HotPath.Host.Configuration;

/// <summary>
/// What a gateway is configured with, as <c>hotpath run --config</c> reads it and the sandbox writes it. Nothing is believed here:
/// <see cref="ConfigurationCheck"/> turns it into <see cref="GatewaySettings"/>. Units, defaults and ranges are in docs/configuration.md.
/// </summary>
/// <remarks>Settable, not init-only: generated deserializers give an init-only property that is absent its type's default, not ours.</remarks>
internal sealed record GatewayConfiguration
{
    public ListenConfiguration? Listen { get; set; }

    /// <summary>
    /// https address under which institutions reach this gateway, for the addresses of files in answers. Default: the host that each caller names.
    /// </summary>
    public string? PublicUrl { get; set; }

    public AdminConfiguration Admin { get; set; } = new();

    /// <summary>Folder of the journal and its index. One process at a time.</summary>
    public string? DataDirectory { get; set; }

    /// <summary>This node's number in every trade_no. Default 0. Range 0 to 999.</summary>
    public int NodeId { get; set; }

    /// <summary>Trades this node keeps at most. Default 10,000,000. Range 1,000 to 500,000,000.</summary>
    public long MaxTrades { get; set; } = 10_000_000;

    /// <summary>Memory for the newest part of the index, in MiB. Default 64. Range 4 to 65,536.</summary>
    public int IndexMemoryMib { get; set; } = 64;

    /// <summary>How fast the journal is read again and checked in the background, in MiB/s. Default 4. Range 0 (never) to 1,024.</summary>
    public int ScrubMibPerSecond { get; set; } = 4;

    /// <summary>Free space of the disk below which new payments are refused, in MiB. Default 256. Range 0 to 1,048,576.</summary>
    public long DiskReserveMib { get; set; } = 256;

    /// <summary>
    /// Size of a journal segment, in KiB; a directory keeps the one it was made with. Default 65,536 (64 MiB). Range 16 to 1,048,576, a multiple of 4.
    /// </summary>
    public int SegmentKib { get; set; } = 65_536;

    /// <summary>Records between two checkpoints of the index. Default 500,000. Range 100 to 100,000,000.</summary>
    public long CheckpointEveryRecords { get; set; } = 500_000;

    /// <summary>Signs answers with RSA2.</summary>
    public KeyFileConfiguration? SigningKey { get; set; }

    /// <summary>Signs answers with ES256. Needed where an institution is registered with it.</summary>
    public KeyFileConfiguration? Es256SigningKey { get; set; }

    public IReadOnlyList<InstitutionConfiguration> Institutions { get; set; } = [];

    public NotifyConfiguration Notify { get; set; } = new();

    public IReadOnlyList<ChannelConfiguration> Channels { get; set; } = [];

    /// <summary>File that holds <c>routes</c> and <c>code_hosts</c> instead of this one. Default none: they are here.</summary>
    public string? RoutesFile { get; set; }

    /// <summary>Tried in this order, unless they have priorities.</summary>
    public IReadOnlyList<RouteConfiguration> Routes { get; set; } = [];

    public FailoverConfiguration Failover { get; set; } = new();

    /// <summary>Whose codes the https addresses of these hosts are. Default none: they take a default route.</summary>
    public IReadOnlyList<CodeHostConfiguration> CodeHosts { get; set; } = [];

    /// <summary>Where its keys stand; null for one that was never a file.</summary>
    [JsonIgnore]
    public LineMap? Lines { get; set; }
}

/// <summary>The route table by itself: what a <c>routes_file</c> holds, and what a reload takes over.</summary>
internal sealed record RoutesConfiguration
{
    public IReadOnlyList<RouteConfiguration> Routes { get; set; } = [];

    public IReadOnlyList<CodeHostConfiguration> CodeHosts { get; set; } = [];

    /// <inheritdoc cref="GatewayConfiguration.Lines"/>
    [JsonIgnore]
    public LineMap? Lines { get; set; }
}

/// <summary>Where institutions call.</summary>
internal sealed record ListenConfiguration
{
    /// <summary>IP address. Default 0.0.0.0: every interface.</summary>
    public string Address { get; set; } = "0.0.0.0";

    /// <summary>Default 8443. 0: a free one.</summary>
    public int Port { get; set; } = 8443;

    /// <summary>PEM file: the certificate, then its intermediates.</summary>
    public string? Certificate { get; set; }

    /// <summary>PEM file of the certificate's private key, readable by its owner only.</summary>
    public string? CertificateKey { get; set; }
}

/// <summary>Where operators and scrapers look.</summary>
internal sealed record AdminConfiguration
{
    /// <summary>IP address, loopback only. Default 127.0.0.1.</summary>
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>Default 9464. 0: a free one.</summary>
    public int Port { get; set; } = 9464;
}

/// <summary>When a payment that a channel certainly did not get goes to another one.</summary>
internal sealed record FailoverConfiguration
{
    /// <summary>Channels tried for one payment. Default 3. Range 1 (never another one) to 8.</summary>
    public int MaxAttempts { get; set; } = 3;
}

/// <summary>A key file and the name its signatures go by.</summary>
internal sealed record KeyFileConfiguration
{
    public string? KeyId { get; set; }

    /// <summary>PEM file.</summary>
    public string? Path { get; set; }
}

/// <summary>A registered institution.</summary>
internal sealed record InstitutionConfiguration
{
    public string? InstId { get; set; }

    /// <summary><c>domestic</c> or <c>overseas</c>.</summary>
    public string? Region { get; set; }

    /// <summary>How it signs and is answered, and what all its keys are of: <c>RSA2</c> or <c>ES256</c>. Default RSA2.</summary>
    public string SignType { get; set; } = "RSA2";

    /// <summary>Of resp_msg: <c>zh</c> or <c>en</c>. Default zh.</summary>
    public string Language { get; set; } = "zh";

    public IReadOnlyList<string> Currencies { get; set; } = [];

    /// <summary>Names of the interfaces (biz_type) it may call; anything else is told D003. Default: every one.</summary>
    public IReadOnlyList<string>? Interfaces { get; set; }

    /// <summary>Where it is notified of results: https, port 443, a public address, or one of a trusted network. Default: nowhere.</summary>
    public string? NotifyUrl { get; set; }

    /// <summary>Notifications under way to it at once. Default 32. Range 1 to 256.</summary>
    public int NotifyConcurrency { get; set; } = NotifyOptions.MaxConcurrent;

    /// <summary>Calls a second above which it is told D004. Default none. Range 1 to 1,000,000.</summary>
    public int? MaxTps { get; set; }

    /// <summary>Its public keys, newest first.</summary>
    public IReadOnlyList<InstitutionKeyConfiguration> Keys { get; set; } = [];
}

/// <summary>Where notifications may go beside the public internet.</summary>
internal sealed record NotifyConfiguration
{
    /// <summary>Networks behind leased lines (1.5.2), parts of the private ones: a notify_url may lead there, at any port. Default none.</summary>
    public IReadOnlyList<string> TrustedNetworks { get; set; } = [];
}

/// <summary>A public key of an institution and the time it counts.</summary>
internal sealed record InstitutionKeyConfiguration
{
    public string? KeyId { get; set; }

    /// <summary>PEM file.</summary>
    public string? Path { get; set; }

    /// <summary>First valid moment. Default: always was.</summary>
    public DateTimeOffset? NotBefore { get; set; }

    /// <summary>First moment it is no longer valid. Default: never.</summary>
    public DateTimeOffset? NotAfter { get; set; }
}

/// <summary>A way to a channel and what it takes.</summary>
internal sealed record RouteConfiguration
{
    /// <summary>Its name in trails and explanations. Default: the channel's, a point, and its place in the list from 1.</summary>
    public string? Id { get; set; }

    public string? Channel { get; set; }

    /// <summary><c>outbound</c> (主扫), payments of domestic institutions, or <c>inbound</c> (被扫), those of overseas ones. Default both.</summary>
    public string? Direction { get; set; }

    /// <summary><c>SCAN_PAY</c> or <c>FACE_PAY</c>. Default both.</summary>
    public string? BizType { get; set; }

    public IReadOnlyList<string> Currencies { get; set; } = [];

    /// <summary>GUIDs of the schemes whose codes it takes. Default none: a default route, for codes of schemes that no route names, and for opaque ones.</summary>
    public IReadOnlyList<string>? Schemes { get; set; }

    /// <summary>Smallest amount in minor units. Default 1.</summary>
    public long MinMinorUnits { get; set; } = 1;

    /// <summary>Largest amount in minor units. Default none.</summary>
    public long? MaxMinorUnits { get; set; }

    /// <summary>Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>The lowest goes first. Default: its place in the list from 1. All routes have one or none has. Range 1 to 1,000.</summary>
    public int? Priority { get; set; }

    /// <summary>Its part among routes of the same priority. Default 1. Range 1 to 1,000.</summary>
    public int? Weight { get; set; }

    /// <summary>When no new payment takes it. Default never.</summary>
    public IReadOnlyList<MaintenanceConfiguration>? Maintenance { get; set; }

    /// <summary>For drills: only amounts whose last two digits of minor units are these. Default none.</summary>
    public int? OnlyAmountsEndingWith { get; set; }
}

/// <summary>A time in which a route takes no new payments: every day, or once.</summary>
internal sealed record MaintenanceConfiguration
{
    /// <summary>Every day, by the zone's wall clock: <c>23:30-00:30</c>.</summary>
    public string? Daily { get; set; }

    /// <summary>Of <see cref="Daily"/>: a name like <c>Asia/Hong_Kong</c>, or an offset like <c>+08:00</c>. Default +08:00, Beijing.</summary>
    public string? Zone { get; set; }

    /// <summary>Once: the first instant, with its offset.</summary>
    public string? From { get; set; }

    /// <summary>Once: the first instant after it, with its offset.</summary>
    public string? Until { get; set; }
}

/// <summary>A host of https codes.</summary>
internal sealed record CodeHostConfiguration
{
    /// <summary>As it stands in the code; subdomains are other hosts.</summary>
    public string? Host { get; set; }

    /// <summary>A scheme that a route is for.</summary>
    public string? Scheme { get; set; }
}
