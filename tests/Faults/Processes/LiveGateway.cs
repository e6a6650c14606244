using System.Diagnostics;
using System.Text.Json;
using HotPath.Core.Ledger.Embedded;
using HotPath.Faults.Checking;
using HotPath.Host.Client;
using HotPath.Host.Configuration;

namespace HotPath.Faults.Processes;

/// <summary>A clearing channel as a process of its own, with books of its own.</summary>
/// <param name="Process">Its present start.</param>
/// <param name="Http">Where it answers docs/channel-contract.md.</param>
/// <param name="Iso8583">Where it answers ISO 8583; null: it does not.</param>
internal sealed record LiveChannel(Child Process, Uri Http, Uri? Iso8583);

/// <summary>
/// A gateway and its channels as processes, institutions that pay through its front door, and everything that anybody was told: when the story is over, the
/// journal, all channels' books and the answers are laid side by side.
/// </summary>
internal sealed class LiveGateway(IReadOnlyList<string> hotpath, Parties parties, string folder) : IAsyncDisposable
{
    private const string Iso8583Line = "hotpath simulator iso8583 ";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly long _epochMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
    private readonly Lock _gate = new();
    private readonly List<Call> _calls = [];
    private readonly List<Order> _orders = [];
    private readonly Dictionary<string, LiveChannel> _channels = [];
    private Child? _gateway;
    private Caller? _caller;
    private Uri? _admin;

    /// <summary>Milliseconds since the story began.</summary>
    internal double NowMs => _watch.Elapsed.TotalMilliseconds;

    internal HttpClient Http { get; } = new();

    internal LiveChannel this[string channel] => _channels[channel];

    /// <summary>Starts a channel, or starts one again with the books that it has.</summary>
    internal async Task StartChannelAsync(string id, params IEnumerable<string> arguments)
    {
        var process = Child.Start(
            [.. hotpath, "simulator", "--books", BooksOf(id), .. arguments], new Dictionary<string, string>(),
            line => line.StartsWith("hotpath simulator ready", StringComparison.Ordinal));
        string ready = await process.Ready.WaitAsync(StartLimit) ?? throw new InvalidOperationException("the simulator did not start: " + string.Join('\n', process.Lines));
        string? iso8583 = process.Lines.FirstOrDefault(line => line.StartsWith(Iso8583Line, StringComparison.Ordinal));
        _channels[id] = new LiveChannel(process, new Uri(ready.Split(' ')[3]), iso8583 is null ? null : new Uri(iso8583[Iso8583Line.Length..]));
    }

    internal async Task StartAsync(GatewaySetup setup, IReadOnlyList<ChannelConfiguration> channels, IReadOnlyList<RouteConfiguration> routes)
    {
        string configuration = Path.Combine(folder, "gateway.json");
        parties.WriteConfiguration(configuration, Path.Combine(folder, "data"), setup, channels, routes);
        _gateway = Child.Start([.. hotpath, "run", "--config", configuration], new Dictionary<string, string>(), line => line.Contains("\"Api\":", StringComparison.Ordinal));
        string ready = await _gateway.Ready.WaitAsync(StartLimit) ?? throw new InvalidOperationException("the gateway did not start: " + string.Join('\n', _gateway.Lines));
        using var line = JsonDocument.Parse(ready);
        _admin = new Uri(line.RootElement.GetProperty("Admin").GetString()!);
        _caller = new Caller(new Uri(line.RootElement.GetProperty("Api").GetString()!), parties.Ca, TimeSpan.FromSeconds(20), () => NowMs);
    }

    /// <summary>The lines of /metrics.</summary>
    internal async Task<IReadOnlyList<string>> MetricsAsync() => (await Http.GetStringAsync(new Uri(_admin!, "/metrics"))).Split('\n');

    /// <summary>A payment of the institution whose turn it is. It is known from here on, whether it is ever sent or not.</summary>
    internal Order NewOrder(int number, string amount)
    {
        Party party = parties.All[number % parties.All.Count];
        var order = new Order(party, Sign(party, Requests.ScanPay(party.InstId, amount, Parties.Currency, TimeProvider.System)));
        lock (_gate)
        {
            _orders.Add(order);
        }
        return order;
    }

    /// <summary>Sends the payment; may be called again.</summary>
    internal Task<Call> PayAsync(Order order) => CallAsync(order, order.Request);

    /// <summary>Every order that is not known to be final is asked for until it is, or there is no such trade, and then each once more.</summary>
    internal async Task SettleAsync(TimeSpan limit)
    {
        using var stop = new CancellationTokenSource(limit);
        await Parallel.ForEachAsync(_orders, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (order, _) =>
        {
            bool isKnown = true;
            while (isKnown && order.KnownFinalAtMs is null && !stop.IsCancellationRequested)
            {
                SignedMessage query = Requests.TradeQuery(order.Party.InstId, TimeProvider.System);
                query["out_trade_no"] = order.Request["out_trade_no"];
                isKnown = (await CallAsync(order, Sign(order.Party, query))).Code != "B006";
                await Task.Delay(order.KnownFinalAtMs is null && isKnown ? 500 : 0, CancellationToken.None);
            }
        });
    }

    /// <summary>Stops the gateway, and gives what everybody was told and has written.</summary>
    /// <param name="broken">A stop that was not clean is added to these.</param>
    internal async Task<Evidence> EndAsync(ICollection<string> broken)
    {
        _gateway!.Signal("TERM");
        int code = (await _gateway.Ended).Code;
        if (code != 0)
        {
            broken.Add($"a clean stop ended with {code}: {_gateway.LastLine}");
        }
        return new Evidence
        {
            Calls = [.. _calls.OrderBy(call => call.EndedAtMs)],
            Journal = JournalFold.Read(FileStorage.Instance, Path.Combine(folder, "data")),
            Channel = [.. _channels.Keys.SelectMany(id => ChannelBooks.Read(Path.Combine(BooksOf(id), "books.jsonl"), _epochMs).Select(entry => entry with { Channel = id }))],
            IsSettled = true,
        };
    }

    public ValueTask DisposeAsync()
    {
        _caller?.Dispose();
        Http.Dispose();
        _gateway?.Dispose();
        foreach (LiveChannel channel in _channels.Values)
        {
            channel.Process.Signal("CONT");
            channel.Process.Dispose();
        }
        return default;
    }

    private string BooksOf(string channel) => Path.Combine(folder, channel);

    private async Task<Call> CallAsync(Order order, SignedMessage request)
    {
        Call call = await _caller!.CallAsync(order.Party, request);
        lock (_gate)
        {
            _calls.Add(call);
        }
        order.Learn(call);
        return call;
    }

    private static SignedMessage Sign(Party party, SignedMessage message)
    {
        message["sign_type"] = Signing.SignTypes.Name(party.Key.SignType);
        message.SignWith(party.Key);
        return message;
    }
}
