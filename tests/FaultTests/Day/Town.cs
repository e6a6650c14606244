using System.Globalization;
using System.Text.Json;
using HotPath.Core.Ledger.Embedded;
using HotPath.Faults.Checking;
using HotPath.Faults.Processes;
using HotPath.Host.Client;
using HotPath.Host.Configuration;
using HotPath.Host.Sandbox;

namespace HotPath.Faults.Tests.Day;

/// <summary>
/// Everybody a day needs, each a process of its own: the gateway, three clearing houses, two institutions with their mailboxes and one with little leave.
/// Its calendar can be turned between two starts of the gateway.
/// </summary>
internal sealed class Town : IAsyncDisposable
{
    internal const string Domestic = "CN000001";
    internal const string Overseas = "HK000001";

    /// <summary>May pay and nothing else, and not often.</summary>
    internal const string Small = "CN000009";

    /// <summary>The house of most payments, the one of SGD that takes one call at a time, the one of KRW that is gone at noon.</summary>
    internal static readonly string[] Houses = ["main", "narrow", "away"];

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(20);
    private static readonly string[] Currencies = ["CNY", "JPY", "KWD", "KRW", "SGD", "THB"];

    private readonly string _root = Directory.CreateTempSubdirectory("hotpath-day-").FullName;
    private readonly long _epochMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
    private readonly SandboxFolder _folder;
    private readonly Dictionary<string, Child> _houses = [];
    private readonly Dictionary<string, Uri> _addresses = [];
    private readonly Calendar _calendar = new();
    private readonly List<Call> _calls = [];
    private Mailboxes _mailboxes = null!;
    private int _starts;
    private Child? _gateway;
    private Caller? _caller;

    private Town() => _folder = new SandboxFolder(Path.Combine(_root, "papers"));

    internal IReadOnlyDictionary<string, Party> Parties { get; private set; } = null!;

    internal TimeProvider Clock => _calendar;

    /// <summary>Where institutions post, of the gateway that runs.</summary>
    internal Uri Api { get; private set; } = null!;

    internal Uri Admin { get; private set; } = null!;

    internal string Data => Path.Combine(_root, "data");

    internal SandboxFolder Papers => _folder;

    /// <summary>Where both institutions are told results.</summary>
    internal Mailboxes Mailboxes => _mailboxes;

    /// <summary>The business day that the town's clocks show: yyyyMMdd, Beijing.</summary>
    internal string Today => _calendar.GetUtcNow().ToOffset(Calendar.Beijing).ToString("yyyyMMdd", CultureInfo.InvariantCulture);

    /// <summary>Keys, certificates and clearing houses, on the morning of a day; no gateway yet.</summary>
    internal static async Task<Town> FoundAsync()
    {
        var town = new Town();
        // Tomorrow, so that no clock is ever turned back.
        town._calendar.TurnTo(days: 1, hour: 9);
        town._folder.Furnish([Domestic, Overseas, Small], town.Clock);
        town.Parties = new[] { Domestic, Overseas, Small }.ToDictionary(
            id => id, id => new Party(id, town._folder.LoadPrivateKeyOf(id), town._folder.LoadGatewayKey()));
        foreach (string house in Houses)
        {
            await town.OpenHouseAsync(house);
        }
        town._mailboxes = await Mailboxes.OpenAsync(town._folder, Hotpath, Path.Combine(town._root, "mail"));
        return town;
    }

    internal Task CloseHouseAsync(string house) => _houses[house].KillAsync();

    /// <summary>Starts the gateway; <paramref name="change"/> sets it up otherwise than usual.</summary>
    internal async Task StartGatewayAsync(Func<GatewayConfiguration, GatewayConfiguration>? change = null)
    {
        string path = Path.Combine(_root, "gateway.json");
        GatewayConfiguration configuration = Configuration();
        await File.WriteAllTextAsync(path, JsonSerializer.Serialize(change is null ? configuration : change(configuration), ConfigurationJson.Default.GatewayConfiguration));
        _starts++;
        _gateway = Child.Start(
            [.. Hotpath, "run", "--config", path], Environment(), line => line.Contains("\"Api\":", StringComparison.Ordinal));
        string ready = await _gateway.Ready.WaitAsync(StartLimit) ?? throw new InvalidOperationException("the gateway did not start: " + string.Join('\n', _gateway.Lines));
        using var line = JsonDocument.Parse(ready);
        Api = new Uri(line.RootElement.GetProperty(nameof(Api)).GetString()!);
        Admin = new Uri(line.RootElement.GetProperty(nameof(Admin)).GetString()!);
        _caller = new Caller(Api, _folder.LoadCa(), CallLimit, NowMs);
    }

    /// <summary>kill -9.</summary>
    internal async Task KillGatewayAsync()
    {
        await _gateway!.KillAsync();
        _caller!.Dispose();
    }

    /// <summary>Turns every clock to an hour of a later day, while no gateway runs.</summary>
    internal void TurnTo(int days, int hour) => _calendar.TurnTo(days, hour);

    /// <summary>As an institution does it: what is answered A001, by a gateway that had no room just then, is asked again.</summary>
    internal async Task<Call> CallAsync(string instId, SignedMessage request)
    {
        Call call = await CallOnceAsync(instId, request);
        for (int i = 0; call.Code == "A001" && i < 20; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200));
            call = await CallOnceAsync(instId, request);
        }
        return call;
    }

    /// <summary>Signs and posts; an answer that there is must be the gateway's.</summary>
    internal async Task<Call> CallOnceAsync(string instId, SignedMessage request)
    {
        Party party = Parties[instId];
        request.SignWith(party.Key);
        Call call = await _caller!.CallAsync(party, request);
        lock (_calls)
        {
            _calls.Add(call);
        }
        return call;
    }

    /// <summary>Sends a signed request as it is, changed after its signature or signed by somebody else.</summary>
    internal Task<Call> SendAsync(string instId, SignedMessage request) => _caller!.CallAsync(Parties[instId], request);

    /// <summary>Signs and posts what the promises say nothing of.</summary>
    internal Task<Call> SignAndSendAsync(string instId, SignedMessage request)
    {
        request.SignWith(Parties[instId].Key);
        return SendAsync(instId, request);
    }

    internal Task<byte[]> GetAsync(Uri address) => _caller!.GetAsync(address);

    /// <summary>Everything that is known of the day, once every trade has come to its end.</summary>
    internal Evidence Evidence()
    {
        lock (_calls)
        {
            return new Evidence
            {
                Calls = [.. _calls.OrderBy(call => call.EndedAtMs)],
                Journal = JournalFold.Read(FileStorage.Instance, Data),
                Channel = [.. Houses.SelectMany(house => ChannelBooks.Read(Path.Combine(_root, house, "books.jsonl"), _epochMs))],
                Notifications = new Notifications(_mailboxes.Read(_epochMs), new HashSet<string> { Domestic, Overseas }, _starts),
                IsSettled = true,
                // Whole days pass within minutes: no request's number is known for sure from one call to the next.
                ReqIdLifeMs = 0,
            };
        }
    }

    public async ValueTask DisposeAsync()
    {
        _caller?.Dispose();
        _gateway?.Dispose();
        if (_mailboxes is not null)
        {
            await _mailboxes.DisposeAsync();
        }
        foreach (Child house in _houses.Values)
        {
            house.Dispose();
        }
        await Task.Run(() => Directory.Delete(_root, recursive: true));
    }

    private static string[] Hotpath => ["dotnet", "exec", Path.Combine(AppContext.BaseDirectory, "hotpath.dll")];

    // The authority of the town is one that its machine believes, as with the private one of an institution behind a leased line.
    private Dictionary<string, string> Environment() => new(_calendar.Environment(_root)) { ["SSL_CERT_FILE"] = _folder.CaCertificate };

    private double NowMs() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - _epochMs;

    private async Task OpenHouseAsync(string name)
    {
        Child house = Child.Start(
            [.. Hotpath, "simulator", "--books", Path.Combine(_root, name), "--port", "0", "--channel-latency", "5ms"],
            new Dictionary<string, string>(), line => line.StartsWith("hotpath simulator ready", StringComparison.Ordinal));
        _houses[name] = house;
        string ready = await house.Ready.WaitAsync(StartLimit) ?? throw new InvalidOperationException("the simulator did not start: " + string.Join('\n', house.Lines));
        _addresses[name] = new Uri(ready.Split(' ')[3]);
    }

    private GatewayConfiguration Configuration() => new()
    {
        Listen = new ListenConfiguration { Address = "127.0.0.1", Port = 0, Certificate = _folder.Certificate, CertificateKey = _folder.CertificateKey },
        Admin = new AdminConfiguration { Port = 0 },
        DataDirectory = Data,
        MaxTrades = 100_000,
        IndexMemoryMib = 4,
        SegmentKib = 64,
        DiskReserveMib = 0,
        CheckpointEveryRecords = 100,
        SigningKey = new KeyFileConfiguration { KeyId = "gw-1", Path = _folder.GatewayPrivateKey },
        // What cannot be delivered is to be told B001 once this day, and not to be paid by another house.
        Failover = new FailoverConfiguration { MaxAttempts = 1 },
        Notify = new NotifyConfiguration { TrustedNetworks = ["127.0.0.0/8"] },
        Institutions =
        [
            Institution(Domestic, "domestic") with { NotifyUrl = _mailboxes.AddressOf(Domestic) },
            Institution(Overseas, "overseas") with { NotifyUrl = _mailboxes.AddressOf(Overseas) },
            Institution(Small, "domestic") with { Interfaces = ["SCAN_PAY"], MaxTps = 2 },
        ],
        Channels =
        [
            House("main"), House("narrow") with { MaxInFlight = 1 }, House("away"),
            new ChannelConfiguration { Id = "closed", Url = "http://127.0.0.1:9/", Deadline = "3s", SettleWindow = "3s" },
        ],
        Routes =
        [
            new RouteConfiguration { Channel = "closed", Currencies = ["CNY"], OnlyAmountsEndingWith = 11 },
            new RouteConfiguration { Channel = "main", Currencies = ["CNY", "JPY", "KWD"], MaxMinorUnits = 10_000_000 },
            new RouteConfiguration { Channel = "narrow", Currencies = ["SGD"] },
            new RouteConfiguration { Channel = "away", Currencies = ["KRW"] },
            new RouteConfiguration { Channel = "main", Currencies = ["THB"], Enabled = false },
        ],
    };

    // Short, so that what is in doubt comes to its end while somebody watches.
    private ChannelConfiguration House(string name) => new() { Id = name, Url = _addresses[name].AbsoluteUri, Deadline = "3s", SettleWindow = "3s" };

    private InstitutionConfiguration Institution(string instId, string region) => new()
    {
        InstId = instId,
        Region = region,
        Currencies = Currencies,
        Keys = [new InstitutionKeyConfiguration { KeyId = SandboxFolder.InstitutionKeyId, Path = _folder.PublicKeyOf(instId) }],
    };
}
