using System.Globalization;
using HotPath.Faults.Checking;
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

/// <summary>One payment of a scene.</summary>
/// <param name="AtMs">When it was sent.</param>
/// <param name="TookMs">Until its answer.</param>
/// <param name="Code">What it was told.</param>
internal readonly record struct ScenePayment(double AtMs, double TookMs, string Code)
{
    /// <summary>Neither paid nor refused at once with A002.</summary>
    internal bool IsHarmed => Code != "0000" && !(Code == "A002" && TookMs < 500);
}

/// <summary>What one scene showed.</summary>
/// <param name="Trouble">What happened to the channel.</param>
/// <param name="Opened">From the trouble to its open breaker; null: it did not open in time.</param>
/// <param name="Closed">From its return to its closed breaker; null: not in time.</param>
/// <param name="Payments">All, in the order in which they ended.</param>
/// <param name="States">The breakers' states over time, by channel.</param>
/// <param name="Marks">When what happened.</param>
/// <param name="Broken">Every promise that was broken.</param>
internal sealed record SceneReport(
    ChannelTrouble Trouble, TimeSpan? Opened, TimeSpan? Closed, IReadOnlyList<ScenePayment> Payments,
    IReadOnlyList<(double AtMs, string Channel, string State)> States, IReadOnlyList<(double AtMs, string Text)> Marks, IReadOnlyList<string> Broken)
{
    internal int Harmed => Payments.Count(payment => payment.IsHarmed);

    /// <summary>99 of 100 were answered within it.</summary>
    internal TimeSpan AnsweredWithin => TimeSpan.FromMilliseconds(Payments.Select(payment => payment.TookMs).Order().ElementAt(Payments.Count * 99 / 100));
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

    // As many as it may have at once each time that it was called again.
    private const int FewPayments = 20;
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(90);

    // The answer budget of 2.5 s, and what a busy machine adds: whatever a channel does, 99 of 100 wait no longer.
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(3);

    // By amounts, so that each channel has half of the load and is the other's second choice.
    private static readonly (string Amount, int Digits)[] Amounts = [("88.80", 80), ("12.50", 50)];

    private readonly LiveGateway _live = new(hotpath, parties, folder);
    private readonly Lock _gate = new();
    private readonly List<ScenePayment> _payments = [];
    private readonly List<(double AtMs, string Channel, string State)> _states = [];
    private readonly List<(double AtMs, string Text)> _marks = [];

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
        await _live.SettleAsync(SettleLimit);
        var broken = new List<string>();
        if (opened is null)
        {
            broken.Add($"its breaker did not open in {OpenLimit.TotalSeconds} s");
        }
        else
        {
            broken.AddRange(trouble == ChannelTrouble.Relapse ? Relapses(leftAlone, returned) : HarmedWhileOpen(leftAlone, returned));
        }
        if (closed is null)
        {
            broken.Add($"its breaker did not close in {CloseLimit.TotalSeconds} s after it returned");
        }
        Evidence evidence = await _live.EndAsync(broken);
        broken.AddRange(Checker.Check(evidence).Select(one => $"{one.Invariant}: {one.Sentence}"));
        var report = new SceneReport(trouble, opened, closed, _payments, _states, _marks, broken);
        if (report.AnsweredWithin > AnswerLimit)
        {
            broken.Add(string.Create(CultureInfo.InvariantCulture, $"99 of 100 answers came within {report.AnsweredWithin.TotalSeconds:F2} s, and not {AnswerLimit.TotalSeconds}"));
        }
        return report;
    }

    public ValueTask DisposeAsync() => _live.DisposeAsync();

    private double Mark(string text)
    {
        double now = _live.NowMs;
        _marks.Add((now, text));
        return now;
    }

    private Task StartChannelAsync(string id, int port) =>
        _live.StartChannelAsync(id, "--drill", "--port", port.ToString(CultureInfo.InvariantCulture), "--channel-latency", "20ms");

    private Task StartGatewayAsync()
    {
        ChannelConfiguration Channel(string id) => new() { Id = id, Url = _live[id].Http.AbsoluteUri, Deadline = Deadline, SettleWindow = Deadline };
        RouteConfiguration Route(string id, int? digits) => new() { Channel = id, Currencies = [Parties.Currency], OnlyAmountsEndingWith = digits };
        return _live.StartAsync(
            new GatewaySetup { SegmentKib = 1024, CheckpointEveryRecords = 2_000 }, [Channel(Sick), Channel(Well)],
            [Route(Sick, Amounts[0].Digits), Route(Well, Amounts[1].Digits), Route(Well, null), Route(Sick, null)]);
    }

    private async Task StrikeAsync()
    {
        switch (trouble)
        {
            case ChannelTrouble.Kill:
                await _live[Sick].Process.KillAsync();
                break;
            case ChannelTrouble.Stop:
                _live[Sick].Process.Signal("STOP");
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
        switch (trouble)
        {
            case ChannelTrouble.Kill:
                _live[Sick].Process.Dispose();
                await StartChannelAsync(Sick, _live[Sick].Http.Port);
                break;
            case ChannelTrouble.Stop:
                _live[Sick].Process.Signal("CONT");
                break;
            default:
                await DrillAsync("");
                break;
        }
    }

    private async Task DrillAsync(string query)
    {
        using HttpResponseMessage answer = await _live.Http.PostAsync(new Uri(_live[Sick].Http, "/drill" + query), content: null);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>So many payments a second, whatever becomes of those before.</summary>
    private async Task LoadAsync(CancellationToken ends)
    {
        var open = new List<Task>();
        double begin = _live.NowMs;
        for (int number = 0; !ends.IsCancellationRequested; number++)
        {
            double due = begin + (number * 1000.0 / paymentsPerSecond);
            if (due > _live.NowMs)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(due - _live.NowMs), CancellationToken.None);
            }
            Order order = _live.NewOrder(number, Amounts[number % Amounts.Length].Amount);
            open.RemoveAll(task => task.IsCompleted);
            open.Add(Task.Run(() => PayAsync(order), CancellationToken.None));
        }
        await Task.WhenAll(open);
    }

    private async Task PayAsync(Order order)
    {
        Call call = await _live.PayAsync(order);
        lock (_gate)
        {
            _payments.Add(new ScenePayment(call.SentAtMs, call.EndedAtMs - call.SentAtMs, call.Status == 200 ? call.Code : $"HTTP {call.Status}"));
        }
    }

    private async Task WatchAsync(CancellationToken ends)
    {
        while (!ends.IsCancellationRequested)
        {
            IReadOnlyList<string> metrics = await _live.MetricsAsync();
            foreach (string line in metrics.Where(line => line.StartsWith("hotpath_breaker_state{", StringComparison.Ordinal) && line.EndsWith(" 1", StringComparison.Ordinal)))
            {
                string[] parts = line.Split('"');
                lock (_gate)
                {
                    _states.Add((_live.NowMs, parts[1], parts[3]));
                }
            }
            await Task.Delay(100, CancellationToken.None);
        }
    }

    private async Task<TimeSpan?> UntilAsync(Func<string, bool> isIt, double sinceMs, TimeSpan limit)
    {
        while (_live.NowMs - sinceMs < limit.TotalMilliseconds)
        {
            lock (_gate)
            {
                (double at, string _, string state) = _states.FindLast(state => state.Channel == Sick);
                if (state is not null && at > sinceMs && isIt(state))
                {
                    return TimeSpan.FromMilliseconds(at - sinceMs);
                }
            }
            await Task.Delay(50);
        }
        return null;
    }

    /// <summary>While it is left alone everybody is paid, through the other one; A001 is a slow disk, and nothing about channels.</summary>
    private IEnumerable<string> HarmedWhileOpen(double leftAlone, double returned)
    {
        ScenePayment[] harmed = [.. _payments.Where(payment => payment.AtMs > leftAlone && payment.AtMs < returned && payment.Code is not ("0000" or "A001"))];
        if (harmed.Length > 0)
        {
            yield return $"{harmed.Length} payments were not paid while it was left alone, the first was told {harmed[0].Code}";
        }
    }

    /// <summary>Each time that it was called again although nothing was better, it harmed a few payments and no more.</summary>
    private IEnumerable<string> Relapses(double leftAlone, double returned)
    {
        string[] states = [.. _states.Where(state => state.Channel == Sick && state.AtMs > leftAlone && state.AtMs < returned).Select(state => state.State)];
        int rounds = states.Zip(states.Skip(1)).Count(pair => pair.First != "closed" && pair.Second == "closed");
        int harmed = _payments.Count(payment => payment.AtMs > leftAlone && payment.AtMs < returned && payment.IsHarmed);
        if (rounds != 2 || harmed is 0 or > 2 * FewPayments)
        {
            yield return $"it was called again {rounds} times, and {harmed} payments were harmed by that: 2 times and {2 * FewPayments} at most were to be seen";
        }
    }
}
