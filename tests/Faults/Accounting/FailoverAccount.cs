using System.Globalization;
using HotPath.Faults.Checking;
using HotPath.Faults.Processes;
using HotPath.Host.Configuration;

namespace HotPath.Faults.Accounting;

/// <summary>What a run is made of.</summary>
/// <param name="Payments">How many.</param>
/// <param name="Callers">Payments under way at once.</param>
/// <param name="Seed">When which door is shut.</param>
internal sealed record AccountPlan(int Payments, int Callers, int Seed);

/// <summary>What came of a run.</summary>
/// <param name="Answers">How often each code was told first, of the payments that were taken.</param>
/// <param name="Refused">Calls that were refused without a trace; their payments were sent again.</param>
/// <param name="Attempts">Trades by the number of channels they went to.</param>
/// <param name="Sums">Of each channel: payments it executed and their sum, in minor units.</param>
/// <param name="Doors">Of each channel: how often its door was shut, and the connections that were cut by that.</param>
/// <param name="Journal">Payments that are SUCCESS in the journal, and their sum.</param>
/// <param name="Broken">Every promise that was broken.</param>
/// <param name="Took">All of it.</param>
internal sealed record AccountReport(
    IReadOnlyDictionary<string, int> Answers, int Refused, IReadOnlyDictionary<int, int> Attempts, IReadOnlyDictionary<string, (int Count, long Sum)> Sums,
    IReadOnlyDictionary<string, (int Spells, int Cut)> Doors, (int Count, long Sum) Journal, IReadOnlyList<string> Broken, TimeSpan Took);

/// <summary>
/// Failover, accounted for: payments through the front door of a real gateway to three channels, two of HTTP and one of ISO 8583, each behind a door that is shut
/// at random; afterwards the journal, the channels' books and what callers were told are laid side by side, to the minor unit.
/// </summary>
internal sealed class FailoverAccount(IReadOnlyList<string> hotpath, Parties parties, string folder, AccountPlan plan) : IAsyncDisposable
{
    private const string Iso8583 = "iso8583";
    private static readonly string[] Channels = ["http1", "http2", Iso8583];
    private static readonly TimeSpan SettleLimit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan RefusedPause = TimeSpan.FromMilliseconds(5);

    // A call that is not answered is in doubt for the whole window.
    private const string SettleWindow = "4s";

    private readonly LiveGateway _live = new(hotpath, parties, folder);
    private readonly Dictionary<string, RefusingDoor> _doors = [];
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _answers = [];
    private int _refused;

    internal async Task<AccountReport> RunAsync()
    {
        Directory.CreateDirectory(folder);
        foreach (string id in Channels)
        {
            await _live.StartChannelAsync(id, "--iso8583-port", "0", "--channel-latency", "10ms", "--settle-window", SettleWindow);
            _doors[id] = new RefusingDoor(id == Iso8583 ? _live[id].Iso8583! : _live[id].Http, plan.Seed + _doors.Count);
        }
        await _live.StartAsync(
            new GatewaySetup { SegmentKib = 16 * 1024, CheckpointEveryRecords = 20_000, MaxTrades = Math.Max(100_000, 2 * plan.Payments) },
            [.. Channels.Select(Channel)], [.. Channels.Select(id => new RouteConfiguration { Channel = id, Currencies = [Parties.Currency], Priority = 1 })]);
        int next = 0;
        await Task.WhenAll(Enumerable.Range(0, plan.Callers).Select(_ => Task.Run(async () =>
        {
            for (int number = Interlocked.Increment(ref next); number <= plan.Payments; number = Interlocked.Increment(ref next))
            {
                await PayAsync(_live.NewOrder(number, AmountOf(number)));
            }
        })));
        await Task.WhenAll(_doors.Values.Select(door => door.StayOpenAsync()));
        await _live.SettleAsync(SettleLimit);
        var broken = new List<string>();
        return Account(await _live.EndAsync(broken), broken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (RefusingDoor door in _doors.Values)
        {
            await door.DisposeAsync();
        }
        await _live.DisposeAsync();
    }

    private ChannelConfiguration Channel(string id) => new()
    {
        Id = id,
        Protocol = id == Iso8583 ? Iso8583 : "http",
        Url = $"{(id == Iso8583 ? "tcp" : "http")}://127.0.0.1:{_doors[id].Port}",
        Deadline = SettleWindow,
        SettleWindow = SettleWindow,
        // With this many refusals every channel would be left alone, and that is another story.
        Breaker = "by_hand",
    };

    /// <summary>One order, asked for until it is not refused for want of room.</summary>
    private async Task PayAsync(Order order)
    {
        Call call = await _live.PayAsync(order);
        while (call.Status == 200 ? call.Code is "A001" or "A002" : call.Status == 429)
        {
            Interlocked.Increment(ref _refused);
            await Task.Delay(RefusedPause);
            call = await _live.PayAsync(order);
        }
        lock (_gate)
        {
            string told = call.Status == 200 ? call.Code : $"HTTP {call.Status}";
            _answers[told] = _answers.GetValueOrDefault(told) + 1;
        }
    }

    private AccountReport Account(Evidence evidence, List<string> broken)
    {
        broken.AddRange(Checker.Check(evidence).Select(one => $"{one.Invariant} {one.OrderNo}: {one.Sentence}"));
        JournalTrade[] paid = [.. evidence.Journal.Where(trade => trade.Status == "SUCCESS")];
        Dictionary<string, (int Count, long Sum)> sums = evidence.Channel.Where(entry => entry.IsExecuted).GroupBy(entry => entry.Channel)
            .ToDictionary(entries => entries.Key, entries => (entries.Count(), entries.Sum(entry => entry.AmountMinor)));
        (int Count, long Sum) total = (paid.Length, paid.Sum(trade => trade.AmountMinor));
        if (sums.Values.Sum(sum => sum.Count) != total.Count || sums.Values.Sum(sum => sum.Sum) != total.Sum)
        {
            broken.Add($"{total.Count} payments of {total.Sum} are SUCCESS in the journal, and {sums.Values.Sum(sum => sum.Count)} of {sums.Values.Sum(sum => sum.Sum)} were executed");
        }
        if (evidence.Journal.Count != plan.Payments)
        {
            broken.Add($"{plan.Payments} orders, and {evidence.Journal.Count} trades in the journal");
        }
        Dictionary<int, int> attempts = evidence.Journal.CountBy(trade => trade.Channels.Count).ToDictionary();
        if (attempts.Count != Channels.Length || sums.Count != Channels.Length)
        {
            broken.Add("not every channel was refused and paid through at some time: this run shows nothing");
        }
        return new AccountReport(
            _answers, _refused, attempts, sums, _doors.ToDictionary(door => door.Key, door => (door.Value.Spells, door.Value.Cut)), total, broken, TimeSpan.FromMilliseconds(_live.NowMs));
    }

    // Different enough that a sum of wrong ones would show. Of what the simulator has trouble with a fifth is left, and nothing that lies about its reversal.
    private static string AmountOf(int number)
    {
        long minor = 100 + (number * 7919L % 1_000_003);
        if (minor % 100 is >= 2 and <= 12 && (number % 5 != 0 || minor % 100 == 12))
        {
            minor += 50;
        }
        return string.Create(CultureInfo.InvariantCulture, $"{minor / 100}.{minor % 100:D2}");
    }
}
