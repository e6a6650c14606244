using System.Net;
using System.Text;
using HotPath.Core.Auth;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Routing;
using HotPath.Host.Server;
using HotPath.Signing;

namespace HotPath.Host.Configuration;

/// <summary>
/// Looks at a whole configuration before anything starts: missing files, keys too short, private keys that others can read, addresses that
/// send payments in the clear, names that are there twice or not at all. Everything that is wrong is told at once.
/// </summary>
internal sealed class ConfigurationCheck
{
    private const int MaxPort = 65_535;
    private const long MaxMib = 64 * 1024;
    private const long MaxReserveMib = 1024 * 1024;

    private readonly Faults _faults;
    private readonly KeyFiles _keys;

    private readonly NotifyCheck _notify;

    private ConfigurationCheck(LineMap? lines, TimeProvider clock, bool isSandbox)
    {
        _faults = new Faults(lines);
        _keys = new KeyFiles(_faults, clock);
        _notify = new NotifyCheck(_faults, isSandbox);
    }

    /// <summary>The settings, or why there are none.</summary>
    /// <param name="configuration">As it was read.</param>
    /// <param name="clock">Certificates that have expired are refused.</param>
    /// <param name="isSandbox">Notifications may go to this machine and all its neighbours.</param>
    internal static (GatewaySettings? Settings, IReadOnlyList<ConfigurationFault> Faults) Run(
        GatewayConfiguration configuration, TimeProvider clock, bool isSandbox = false)
    {
        var check = new ConfigurationCheck(configuration.Lines, clock, isSandbox);
        GatewaySettings settings = check.Check(configuration);
        return check._faults.All.Count == 0 ? (settings, []) : (null, check._faults.All);
    }

    // Half-made where there are faults, and then nobody gets it.
    private GatewaySettings Check(GatewayConfiguration configuration)
    {
        ListenConfiguration listen = configuration.Listen ?? new ListenConfiguration();
        if (configuration.Listen is null)
        {
            _faults.Add("listen", "is missing");
        }
        _faults.InRange("failover.max_attempts", configuration.Failover.MaxAttempts, 1, TriedChannels.Most);
        ServerCertificate? certificate = configuration.Listen is null ? null : _keys.ReadCertificate("listen", listen);
        List<ChannelSettings> channels;
        return new GatewaySettings
        {
            Listen = CheckEndPoint("listen", listen.Address, listen.Port, mustBeLoopback: false),
            Certificate = certificate!,
            PublicUrl = CheckPublicUrl(configuration.PublicUrl),
            Admin = CheckEndPoint("admin", configuration.Admin.Address, configuration.Admin.Port, mustBeLoopback: true),
            Ledger = CheckLedger(configuration),
            Notify = _notify.CheckNotify(configuration),
            SigningKey = CheckSigningKey(configuration)!,
            Es256SigningKey = CheckEs256SigningKey(configuration),
            Institutions = CheckInstitutions(configuration),
            Channels = channels = new ChannelCheck(_faults, _keys).CheckChannels(configuration.Channels),
            RouteTable = RouteCheck.Run(configuration, channels.Select(channel => channel.Options), _faults),
            MaxAttempts = configuration.Failover.MaxAttempts,
        };
    }

    private IPEndPoint CheckEndPoint(string path, string address, int port, bool mustBeLoopback)
    {
        _faults.InRange(path + ".port", port, 0, MaxPort);
        if (!IPAddress.TryParse(address, out IPAddress? ip))
        {
            _faults.Add(path + ".address", $"{address} is not an IP address");
            ip = IPAddress.Loopback;
        }
        else if (mustBeLoopback && !IPAddress.IsLoopback(ip))
        {
            _faults.Add(path + ".address", $"{address} is not loopback: the admin listener has no authentication");
        }
        return new IPEndPoint(ip, Math.Clamp(port, 0, MaxPort));
    }

    // An authority and nothing else: what follows it in an answer is ours.
    private Uri? CheckPublicUrl(string? url)
    {
        if (url is null)
        {
            return null;
        }
        if (Uri.TryCreate(url, UriKind.Absolute, out Uri? address) && address is { Scheme: "https", PathAndQuery: "/", Fragment: "", UserInfo: "" })
        {
            return address;
        }
        _faults.Add("public_url", $"{url} is not https://host or https://host:port");
        return null;
    }

    private EmbeddedLedgerOptions CheckLedger(GatewayConfiguration configuration)
    {
        _faults.InRange("node_id", configuration.NodeId, 0, 999);
        _faults.InRange("max_trades", configuration.MaxTrades, 1_000, 500_000_000);
        _faults.InRange("index_memory_mib", configuration.IndexMemoryMib, 4, MaxMib);
        _faults.InRange("scrub_mib_per_second", configuration.ScrubMibPerSecond, 0, 1024);
        _faults.InRange("disk_reserve_mib", configuration.DiskReserveMib, 0, MaxReserveMib);
        _faults.InRange("segment_kib", configuration.SegmentKib, 16, 1 << 20);
        if (configuration.SegmentKib % 4 != 0)
        {
            _faults.Add("segment_kib", $"{configuration.SegmentKib} is not a multiple of 4");
        }
        _faults.InRange("checkpoint_every_records", configuration.CheckpointEveryRecords, 100, 100_000_000);
        string? directory = _faults.Required("data_directory", configuration.DataDirectory);
        if (directory is not null && File.Exists(directory))
        {
            _faults.Add("data_directory", $"{directory} is a file");
        }
        return new EmbeddedLedgerOptions
        {
            DataDirectory = directory ?? "",
            NodeId = configuration.NodeId,
            MaxTrades = configuration.MaxTrades,
            IndexMemoryBytes = (long)configuration.IndexMemoryMib << 20,
            ScrubBytesPerSecond = (long)configuration.ScrubMibPerSecond << 20,
            DiskReserveBytes = Math.Clamp(configuration.DiskReserveMib, 0, MaxReserveMib) << 20,
            SegmentBytes = (int)Math.Min((long)configuration.SegmentKib << 10, 1 << 30),
            CheckpointEveryRecords = configuration.CheckpointEveryRecords,
        };
    }

    private SigningKey? CheckSigningKey(GatewayConfiguration configuration)
    {
        if (configuration.SigningKey is { } key)
        {
            return _keys.ReadSigningKey("signing_key", key, SignType.Rsa2);
        }
        _faults.Add("signing_key", "is missing");
        return null;
    }

    private SigningKey? CheckEs256SigningKey(GatewayConfiguration configuration)
    {
        const string path = "es256_signing_key";
        if (configuration.Es256SigningKey is not { } key)
        {
            return null;
        }
        if (key.KeyId is not null && key.KeyId == configuration.SigningKey?.KeyId)
        {
            _faults.Add(path + ".key_id", $"{key.KeyId} is signing_key's too: an answer's key_id would not say which key signed");
        }
        return _keys.ReadSigningKey(path, key, SignType.Es256);
    }

    private List<InstitutionSettings> CheckInstitutions(GatewayConfiguration configuration)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var settings = new List<InstitutionSettings>();
        foreach ((string path, InstitutionConfiguration institution) in _faults.Each("institutions", configuration.Institutions))
        {
            string instId = _faults.Required(path + ".inst_id", institution.InstId) ?? "";
            if (instId.Length > InstId.MaxLength || !instId.All(char.IsAsciiLetterOrDigit))
            {
                _faults.Add(path + ".inst_id", $"must be 1 to {InstId.MaxLength} of A-Z a-z 0-9");
                instId = "";
            }
            _faults.Unique(seen, path + ".inst_id", instId);
            Region region = _faults.Listed(path + ".region", institution.Region, ("domestic", Region.Domestic), ("overseas", Region.Overseas));
            Language language = _faults.Listed(path + ".language", institution.Language, ("zh", Language.Chinese), ("en", Language.English));
            SignType signType = _faults.Listed(path + ".sign_type", institution.SignType, [.. SignTypes.All.Select(type => (SignTypes.Name(type), type))]);
            if (signType == SignType.Es256 && configuration.Es256SigningKey is null)
            {
                _faults.Add(path + ".sign_type", "ES256 needs es256_signing_key: its answers are signed with that");
            }
            KeyRing keys = CheckKeys(path + ".keys", institution, signType);
            _faults.InRange(path + ".max_tps", institution.MaxTps ?? 1, 1, 1_000_000);
            settings.Add(new InstitutionSettings(
                instId, region, language, CurrencyList.Read(_faults, path + ".currencies", institution.Currencies),
                CheckInterfaces(path + ".interfaces", institution.Interfaces), keys, institution.MaxTps, _notify.CheckTarget(path, institution)));
        }
        return settings;
    }

    private List<BizType>? CheckInterfaces(string path, IReadOnlyList<string>? names)
    {
        if (names is null)
        {
            return null;
        }
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var interfaces = new List<BizType>();
        foreach ((string at, string name) in _faults.Each(path, names))
        {
            _faults.Unique(seen, at, name);
            interfaces.Add(_faults.Listed(at, name, [.. BizTypes.All.Select(type => (Encoding.ASCII.GetString(BizTypes.Name(type)), type))]));
        }
        return interfaces;
    }

    private KeyRing CheckKeys(string path, InstitutionConfiguration institution, SignType signType)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var keys = new List<RegisteredKey>();
        foreach ((string at, InstitutionKeyConfiguration key) in _faults.Each(path, institution.Keys))
        {
            string? keyId = _faults.Token(at + ".key_id", key.KeyId, 64);
            _faults.Unique(seen, at + ".key_id", keyId);
            if (key.NotAfter <= key.NotBefore)
            {
                _faults.Add(at + ".not_after", "is not after not_before: the key would never count");
            }
            if (_keys.ReadInstitutionKey(at + ".path", key.Path, "institution " + institution.InstId, signType) is { } publicKey && keyId is not null)
            {
                keys.Add(new RegisteredKey(
                    keyId, publicKey, key.NotBefore?.ToUnixTimeMilliseconds() ?? 0, key.NotAfter?.ToUnixTimeMilliseconds() ?? long.MaxValue));
            }
        }
        return new KeyRing(keys);
    }
}
