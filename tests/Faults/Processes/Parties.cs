using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using HotPath.Host.Configuration;
using HotPath.Host.Sandbox;
using HotPath.Signing;

namespace HotPath.Faults.Processes;

/// <summary>An institution and what it believes.</summary>
internal sealed record Party(string InstId, SigningKey Key, VerifyingKey GatewayKey);

/// <summary>How the gateway of a rig is set up, beyond what all have in common.</summary>
internal sealed record GatewaySetup
{
    /// <summary>Default 64: a segment is full after some 70 payments.</summary>
    internal int SegmentKib { get; init; } = 64;

    /// <summary>Default 100, the least: a checkpoint after some 30 payments.</summary>
    internal long CheckpointEveryRecords { get; init; } = 100;

    /// <summary>Default 100,000.</summary>
    internal long MaxTrades { get; init; } = 100_000;

    /// <summary>Longest call of the channel and its settle window; default as in production.</summary>
    internal TimeSpan SettleWindow { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Default 0: only what really fails counts, for that is what is tried.</summary>
    internal int DiskReserveMib { get; init; }
}

/// <summary>Who takes part in a run: three institutions, two of RSA2 and one of ES256, and the gateway. Made once, used by every rig.</summary>
internal sealed class Parties : IDisposable
{
    internal const string Currency = "HKD";

    private static readonly string[] OfRsa2 = ["CN000001", "HK000001"];
    private static readonly string[] OfEs256 = ["CN000002"];

    private readonly SandboxFolder _rsa;
    private readonly SandboxFolder _es256;

    internal Parties(string folder)
    {
        _rsa = new SandboxFolder(Path.Combine(folder, "rsa2"));
        _es256 = new SandboxFolder(Path.Combine(folder, "es256"));
        _rsa.Furnish(OfRsa2, TimeProvider.System);
        _es256.Furnish(OfEs256, TimeProvider.System, SignType.Es256);
        Ca = _rsa.LoadCa();
        All =
        [
            .. OfRsa2.Select(id => new Party(id, _rsa.LoadPrivateKeyOf(id), _rsa.LoadGatewayKey())),
            .. OfEs256.Select(id => new Party(id, _es256.LoadPrivateKeyOf(id), _es256.LoadGatewayKey())),
        ];
    }

    internal IReadOnlyList<Party> All { get; }

    /// <summary>What institutions trust.</summary>
    internal X509Certificate2 Ca { get; }

    /// <summary>Writes what <c>hotpath run --config</c> reads.</summary>
    internal void WriteConfiguration(string path, string dataDirectory, Uri channel, GatewaySetup setup)
    {
        string window = $"{(int)setup.SettleWindow.TotalMilliseconds}ms";
        // Every second amount of the load is one that the channel has trouble with: it would be left alone most of the time.
        WriteConfiguration(
            path, dataDirectory, setup, [new ChannelConfiguration { Id = "sim", Url = channel.AbsoluteUri, Deadline = window, SettleWindow = window, Breaker = "by_hand" }],
            [new RouteConfiguration { Channel = "sim", Currencies = [Currency] }]);
    }

    /// <inheritdoc cref="WriteConfiguration(string, string, Uri, GatewaySetup)"/>
    internal void WriteConfiguration(
        string path, string dataDirectory, GatewaySetup setup, IReadOnlyList<ChannelConfiguration> channels, IReadOnlyList<RouteConfiguration> routes)
    {
        var configuration = new GatewayConfiguration
        {
            Listen = new ListenConfiguration { Address = "127.0.0.1", Port = 0, Certificate = _rsa.Certificate, CertificateKey = _rsa.CertificateKey },
            Admin = new AdminConfiguration { Port = 0 },
            DataDirectory = dataDirectory,
            MaxTrades = setup.MaxTrades,
            IndexMemoryMib = 4,
            SegmentKib = setup.SegmentKib,
            DiskReserveMib = setup.DiskReserveMib,
            CheckpointEveryRecords = setup.CheckpointEveryRecords,
            SigningKey = new KeyFileConfiguration { KeyId = "gw-1", Path = _rsa.GatewayPrivateKey },
            Es256SigningKey = new KeyFileConfiguration { KeyId = "gw-es-1", Path = _es256.GatewayPrivateKey },
            Institutions = [.. All.Select(Institution)],
            Channels = channels,
            Routes = routes,
        };
        File.WriteAllText(path, JsonSerializer.Serialize(configuration, ConfigurationJson.Default.GatewayConfiguration));
    }

    public void Dispose() => Ca.Dispose();

    private InstitutionConfiguration Institution(Party party) => new()
    {
        InstId = party.InstId,
        Region = "domestic",
        SignType = SignTypes.Name(party.Key.SignType),
        Currencies = [Currency],
        Keys =
        [
            new InstitutionKeyConfiguration
            {
                KeyId = SandboxFolder.InstitutionKeyId,
                Path = (party.Key.SignType == SignType.Rsa2 ? _rsa : _es256).PublicKeyOf(party.InstId),
            },
        ],
    };
}
