using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using HotPath.Core.Ledger.Embedded;
using HotPath.Faults.Checking;
using HotPath.Host.Client;
using HotPath.Host.Configuration;

namespace HotPath.Faults.Processes;

/// <summary>What happens to a channel.</summary>
internal enum ChannelTrouble
{
    /// <summary>kill -9, and started again with its books.</summary>
    Kill,

    /// <summary>SIGSTOP, then SIGCONT.</summary>
    Stop,

    /// <summary>It takes 11 s for each payment.</summary>
    Slow,

    /// <summary>HTTP 500 to 31 of 100.</summary>
    Errors,

    /// <summary>As <see cref="Slow"/>, over two probes: inquiries are answered, so each of them closes the breaker, and payments are not.</summary>
    Relapse,
}

/// <summary>What one scene showed.</summary>
/// <param name="Trouble">What happened to the channel.</param>
/// <param name="Opened">From the trouble to its open breaker; null: it did not open in time.</param>
/// <param name="Closed">From its return to its closed breaker; null: not in time.</param>
/// <param name="Payments">Each payment: when it was sent, how long it took, what it was told.</param>
/// <param name="States">The breakers' states over time, by channel.</param>
/// <param name="Marks">When what happened.</param>
/// <param name="Broken">Every promise that was broken.</param>
internal sealed record SceneReport(
    ChannelTrouble Trouble, TimeSpan? Opened, TimeSpan? Closed, IReadOnlyList<(double AtMs, double TookMs, string Code)> Payments,
    IReadOnlyList<(double AtMs, string Channel, string State)> States, IReadOnlyList<(double AtMs, string Text)> Marks, IReadOnlyList<string> Broken)
{
    /// <summary>Neither paid nor refused at once with A002.</summary>
    internal int Harmed => Payments.Count(IsHarmed);

    internal static bool IsHarmed((double AtMs, double TookMs, string Code) payment) => payment.Code != "0000" && !(payment.Code == "A002" && payment.TookMs < 500);
}

/// <summary>
/// One story on real processes: a gateway and two channels, each a simulator of its own with its own books, under a steady load through the front door. One
/// of the channels has a trouble and returns; its breaker opens and closes, and in the end every trade has ended, at one channel.
/// </summary>
internal sealed class ChannelScene(IReadOnlyList<string> hotpath, Parties parties, string folder, ChannelTrouble trouble, int paymentsPerSecond) : IAsyncDisposable
{
    private const string Sick = "sick";
    private const string Well = "well";

    // Over the 10 s after which a call is slow, so that both rules can be seen.
    private const string Deadline = "12s";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(3);

    // As many as it may have at once each time that it was called again.
    private const int FewPayments = 20;
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(90);

    // By amounts, so that each channel has half of the load and is the other's second choice.
    private static readonly (string Amount, int Digits)[] Amounts = [("88.80", 80), ("12.50", 50)];

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly long _epochMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
    private readonly Lock _gate = new();
    private readonly List<Call> _calls = [];
    private readonly List<Order> _orders = [];
    private readonly List<(double, double, string)> _payments = [];
    private readonly List<(double, string, string)> _states = [];
    private readonly List<(double, string)> _marks = [];
    private readonly Dictionary<string, (Child Process, Uri Address)> _channels = [];
    private readonly HttpClient _http = new();
    private Child? _gateway;
    private Caller? _caller;
    private Uri? _admin;

    /// <summary>How long the breaker may take: three times what its rules need here.</summary>
    private TimeSpan OpenLimit => TimeSpan.FromSeconds(trouble switch { ChannelTrouble.Kill => 20, ChannelTrouble.Errors => 300, _ => 35 });

    /// <summary>Two probes, 40 s apart, and 10 s until the breaker has opened after the second one.</summary>
    private TimeSpan StaysAway => TimeSpan.FromSeconds(trouble == ChannelTrouble.Relapse ? 83 : 4);

    /// <summary>A probe every 30 s, each with a deadline of 10 s; twice that.</summary>
    private static TimeSpan CloseLimit => TimeSpan.FromSeconds(80);

    internal async Task<SceneReport> PlayAsync()
    {
        Directory.CreateDirectory(folder);
        await StartChannelAsync(Sick, port: 0);
        await StartChannelAsync(Well, port: 0);
        await StartGatewayAsync();
        using var ends = new CancellationTokenSource();
        Task load = LoadAsync(ends.Token);
        Task watch = WatchAsync(ends.Token);
        await Task.Delay(Warm);
        double struck = Mark($"{Sick}: {trouble}");
        await StrikeAsync();
        TimeSpan? opened = await UntilAsync(static state => state != "closed", struck, OpenLimit);
        double leftAlone = Mark(opened is null ? "not left alone" : "left alone");
        await Task.Delay(StaysAway);
        double returned = Mark($"{Sick} returns");
        await ReturnAsync();
        TimeSpan? closed = await UntilAsync(static state => state == "closed", returned, CloseLimit);
        Mark(closed is null ? "not called again" : "called again");
        await Task.Delay(Warm);
        await ends.CancelAsync();
        await Task.WhenAll(load, watch);
        await SettleAsync();
        return new SceneReport(trouble, opened, closed, [.. _payments], [.. _states], [.. _marks], [.. Relapses(leftAlone, returned), .. await JudgeAsync(opened, closed)]);
    }

    public async ValueTask DisposeAsync()
    {
        _caller?.Dispose();
        _http.Dispose();
        _gateway?.Dispose();
        foreach ((Child process, Uri _) in _channels.Values)
        {
            process.Signal("CONT");
            process.Dispose();
        }
        await Task.CompletedTask;
    }

    private double NowMs => _watch.Elapsed.TotalMilliseconds;

    private string BooksOf(string channel) => Path.Combine(folder, channel);

    private double Mark(string text)
    {
        double now = NowMs;
        _marks.Add((now, text));
        return now;
    }

    private async Task StartChannelAsync(string id, int port)
    {
        Child process = Child.Start(
            [.. hotpath, "simulator", "--drill", "--books", BooksOf(id), "--port", port.ToString(CultureInfo.InvariantCulture), "--channel-latency", "20ms"],
            new Dictionary<string, string>(), line => line.StartsWith("hotpath simulator ready", StringComparison.Ordinal));
        string ready = await process.Ready.WaitAsync(StartLimit) ?? throw new InvalidOperationException("the simulator did not start: " + string.Join('\n', process.Lines));
        _channels[id] = (process, new Uri(ready.Split(' ')[3]));
    }

    private async Task StartGatewayAsync()
    {
        string configuration = Path.Combine(folder, "gateway.json");
        ChannelConfiguration Channel(string id) => new() { Id = id, Url = _channels[id].Address.AbsoluteUri, Deadline = Deadline, SettleWindow = Deadline };
        RouteConfiguration Route(string id, int? digits) => new() { Channel = id, Currencies = [Parties.Currency], OnlyAmountsEndingWith = digits };
        parties.WriteConfiguration(
            configuration, Path.Combine(folder, "data"), new GatewaySetup { SegmentKib = 1024, CheckpointEveryRecords = 2_000 }, [Channel(Sick), Channel(Well)],
            [Route(Sick, Amounts[0].Digits), Route(Well, Amounts[1].Digits), Route(Well, null), Route(Sick, null)]);
        _gateway = Child.Start([.. hotpath, "run", "--config", configuration], new Dictionary<string, string>(), line => line.Contains("\"Api\":", StringComparison.Ordinal));
        string ready = await _gateway.Ready.WaitAsync(StartLimit) ?? throw new InvalidOperationException("the gateway did not start: " + string.Join('\n', _gateway.Lines));
        using var line = JsonDocument.Parse(ready);
        _admin = new Uri(line.RootElement.GetProperty("Admin").GetString()!);
        _caller = new Caller(new Uri(line.RootElement.GetProperty("Api").GetString()!), parties.Ca, TimeSpan.FromSeconds(20), () => NowMs);
    }

    private async Task StrikeAsync()
    {
        (Child process, Uri _) = _channels[Sick];
        switch (trouble)
        {
            case ChannelTrouble.Kill:
                await process.KillAsync();
                break;
            case ChannelTrouble.Stop:
                process.Signal("STOP");
                break;
            case ChannelTrouble.Slow or ChannelTrouble.Relapse:
                await DrillAsync("?latency=11s");
                break;
            default:
                await DrillAsync("?errors=31");
                break;
        }
    }

    private async Task ReturnAsync()
    {
        (Child process, Uri address) = _channels[Sick];
        switch (trouble)
        {
            case ChannelTrouble.Kill:
                process.Dispose();
                await StartChannelAsync(Sick, address.Port);
                break;
            case ChannelTrouble.Stop:
                process.Signal("CONT");
                break;
            default:
                await DrillAsync("");
                break;
        }
    }

    private async Task DrillAsync(string query)
    {
        using HttpResponseMessage answer = await _http.PostAsync(new Uri(_channels[Sick].Address, "/drill" + query), content: null);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>So many payments a second, whatever becomes of those before.</summary>
    private async Task LoadAsync(CancellationToken ends)
    {
        var open = new List<Task>();
        double begin = NowMs;
        for (int number = 0; !ends.IsCancellationRequested; number++)
        {
            double due = begin + (number * 1000.0 / paymentsPerSecond);
            if (due > NowMs)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(due - NowMs), CancellationToken.None);
            }
            Party party = parties.All[number % parties.All.Count];
            var order = new Order(party, Sign(party, Requests.ScanPay(party.InstId, Amounts[number % Amounts.Length].Amount, Parties.Currency, TimeProvider.System)));
            _orders.Add(order);
            open.RemoveAll(task => task.IsCompleted);
            open.Add(Task.Run(() => PayAsync(order), CancellationToken.None));
        }
        await Task.WhenAll(open);
    }

    private async Task PayAsync(Order order)
    {
        Call call = await CallAsync(order, order.Request);
        lock (_gate)
        {
            _payments.Add((call.SentAtMs, call.EndedAtMs - call.SentAtMs, call.Status == 200 ? call.Code : $"HTTP {call.Status}"));
        }
    }

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

    private async Task WatchAsync(CancellationToken ends)
    {
        while (!ends.IsCancellationRequested)
        {
            string text = await _http.GetStringAsync(new Uri(_admin!, "/metrics"), CancellationToken.None);
            foreach (string line in text.Split('\n').Where(line => line.StartsWith("hotpath_breaker_state{", StringComparison.Ordinal) && line.EndsWith(" 1", StringComparison.Ordinal)))
            {
                string[] parts = line.Split('"');
                lock (_gate)
                {
                    _states.Add((NowMs, parts[1], parts[3]));
                }
            }
            await Task.Delay(100, CancellationToken.None);
        }
    }

    private async Task<TimeSpan?> UntilAsync(Func<string, bool> isIt, double sinceMs, TimeSpan limit)
    {
        while (NowMs - sinceMs < limit.TotalMilliseconds)
        {
            lock (_gate)
            {
                (double at, string _, string state) = _states.FindLast(state => state.Item2 == Sick);
                if (state is not null && at > sinceMs && isIt(state))
                {
                    return TimeSpan.FromMilliseconds(at - sinceMs);
                }
            }
            await Task.Delay(50);
        }
        return null;
    }

    /// <summary>Every order that is not known to be final is asked for until it is, and then each once more.</summary>
    private async Task SettleAsync()
    {
        using var stop = new CancellationTokenSource(SettleLimit);
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

    /// <summary>Each time that it was called again although nothing was better, it harmed a few payments and no more.</summary>
    private IEnumerable<string> Relapses(double leftAlone, double returned)
    {
        if (trouble != ChannelTrouble.Relapse)
        {
            yield break;
        }
        string[] states = [.. _states.Where(state => state.Item2 == Sick && state.Item1 > leftAlone && state.Item1 < returned).Select(state => state.Item3)];
        int rounds = states.Zip(states.Skip(1)).Count(pair => pair.First != "closed" && pair.Second == "closed");
        int harmed = _payments.Count(payment => payment.Item1 > leftAlone && payment.Item1 < returned && SceneReport.IsHarmed(payment));
        if (rounds != 2 || harmed is 0 or > 2 * FewPayments)
        {
            yield return $"it was called again {rounds} times, and {harmed} payments were harmed by that: 2 times and {2 * FewPayments} at most were to be seen";
        }
    }

    private async Task<IReadOnlyList<string>> JudgeAsync(TimeSpan? opened, TimeSpan? closed)
    {
        var broken = new List<string>();
        _gateway!.Signal("TERM");
        int code = (await _gateway.Ended).Code;
        if (code != 0)
        {
            broken.Add($"a clean stop ended with {code}");
        }
        if (opened is null)
        {
            broken.Add($"its breaker did not open in {OpenLimit.TotalSeconds} s");
        }
        if (closed is null)
        {
            broken.Add($"its breaker did not close in {CloseLimit.TotalSeconds} s after it returned");
        }
        var evidence = new Evidence
        {
            Calls = [.. _calls.OrderBy(call => call.EndedAtMs)],
            Journal = JournalFold.Read(FileStorage.Instance, Path.Combine(folder, "data")),
            Channel = [.. _channels.Keys.SelectMany(id => ChannelBooks.Read(Path.Combine(BooksOf(id), "books.jsonl"), _epochMs).Select(entry => entry with { Channel = id }))],
            IsSettled = true,
        };
        broken.AddRange(Checker.Check(evidence).Select(one => $"{one.Invariant}: {one.Sentence}"));
        return broken;
    }

    private static SignedMessage Sign(Party party, SignedMessage message)
    {
        message["sign_type"] = Signing.SignTypes.Name(party.Key.SignType);
        message.SignWith(party.Key);
        return message;
    }
}
