using System.Diagnostics;
using System.Text.Json;
using HotPath.Core.Ledger.Embedded;
using HotPath.Faults.Checking;
using HotPath.Host.Client;

namespace HotPath.Faults.Processes;

/// <summary>
/// One data directory and everything around it: a channel that lives through all of it, a gateway that is started, struck and started
/// again, institutions that remember what they were told. The evidence grows from point to point.
/// </summary>
internal sealed partial class Rig : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly Suite _suite;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly long _epochMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
    private readonly List<Call> _calls = [];
    private readonly List<Order> _orders = [];
    private readonly List<RefundWish> _refunds = [];
    private readonly List<(long, string)> _marks = [];
    private readonly HashSet<string> _told = [];
    private int _callsLooked;
    private double _startedAtMs;
    private Child? _channel;
    private Uri? _channelAddress;

    internal Rig(Suite suite, string root, GatewaySetup setup)
    {
        _suite = suite;
        Root = root;
        Data = Path.Combine(root, "data");
        Setup = setup;
        Directory.CreateDirectory(root);
    }

    internal string Root { get; }

    /// <summary>The gateway's data directory.</summary>
    internal string Data { get; set; }

    internal GatewaySetup Setup { get; }

    /// <summary>How far the gateway's clock was set forward so far: so much sooner a req_id may be forgotten.</summary>
    internal TimeSpan SteppedForward { get; set; }

    /// <summary>What institutions' clocks show.</summary>
    internal TimeProvider Clock { get; set; } = TimeProvider.System;

    /// <summary>The gateway, once one was started; it may have ended.</summary>
    internal Child? Gateway { get; private set; }

    /// <summary>Calls the running gateway; null while none is ready.</summary>
    internal Caller? Caller { get; private set; }

    /// <summary>Where institutions post.</summary>
    internal Uri? Api { get; private set; }

    /// <summary>Root of the operators' listener.</summary>
    internal Uri? Admin { get; private set; }

    /// <summary>Longest time a call may take, whatever happens. Default 15 s: it finds what hangs, and not that the machine is busy with other batches.</summary>
    internal TimeSpan LongestCall { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>After this an institution gives up.</summary>
    internal TimeSpan CallLimit { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a lane of the load waits after a call that nobody answered. Default 5 ms: what is back is noticed at once.</summary>
    internal TimeSpan UnansweredPause { get; set; } = TimeSpan.FromMilliseconds(5);

    internal int Restarts { get; private set; }

    internal TimeSpan SlowestStart { get; private set; }

    internal TimeSpan SlowestEnd { get; private set; }

    internal string TraceFile => Path.Combine(Root, "trace");

    internal double NowMs => _watch.Elapsed.TotalMilliseconds;

    internal int Calls
    {
        get
        {
            lock (_calls)
            {
                return _calls.Count;
            }
        }
    }

    internal IReadOnlyList<Order> Orders
    {
        get
        {
            lock (_orders)
            {
                return [.. _orders];
            }
        }
    }

    internal void Mark(string text)
    {
        lock (_marks)
        {
            _marks.Add(((long)NowMs, text));
        }
    }

    internal async Task StartChannelAsync()
    {
        _channel = Child.Start(
            [.. _suite.Hotpath, "simulator", "--books", Path.Combine(Root, "channel"), "--port", "0", "--channel-latency", "5ms", "--settle-window", $"{Setup.SettleWindow.TotalMilliseconds:0}ms"],
            new Dictionary<string, string>(), line => line.StartsWith("hotpath simulator ready", StringComparison.Ordinal));
        string ready = await _channel.Ready.WaitAsync(StartLimit) ?? throw new InvalidOperationException("the simulator did not start: " + string.Join('\n', _channel.Lines));
        _channelAddress = new Uri(ready.Split(' ')[3]);
    }

    /// <summary>Starts the gateway, behind <paramref name="prefix"/> when something is to happen to it. False: it ended before it was ready.</summary>
    internal async Task<bool> StartAsync(IReadOnlyList<string>? prefix = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        CloseGateway();
        string configuration = Path.Combine(Root, "gateway.json");
        _suite.Parties.WriteConfiguration(configuration, Data, _channelAddress!, Setup);
        File.Delete(TraceFile);
        double begin = NowMs;
        _startedAtMs = begin;
        Restarts++;
        Mark("the gateway is started");
        Gateway = Child.Start(
            [.. prefix ?? [], .. _suite.Hotpath, "run", "--config", configuration], environment ?? new Dictionary<string, string>(),
            line => line.Contains("\"Api\":", StringComparison.Ordinal));
        string? ready = await Gateway.Ready.WaitAsync(StartLimit);
        if (ready is null)
        {
            Ended ended = await Gateway.Ended;
            Mark($"the gateway ends with {ended.Code} before it is ready");
            return false;
        }
        var took = TimeSpan.FromMilliseconds(NowMs - begin);
        SlowestStart = took > SlowestStart ? took : SlowestStart;
        using var line = JsonDocument.Parse(ready);
        Admin = new Uri(line.RootElement.GetProperty(nameof(Admin)).GetString()!);
        Api = new Uri(line.RootElement.GetProperty(nameof(Api)).GetString()!);
        Reconnect();
        return true;
    }

    /// <summary>Calls from here on use connections of their own.</summary>
    internal void Reconnect()
    {
        Caller?.Dispose();
        Caller = new Caller(Api!, _suite.Parties.Ca, CallLimit, () => NowMs);
    }

    /// <summary>Load until the gateway ends by itself, or for <paramref name="limit"/>. True: it ended.</summary>
    internal async Task<bool> LoadAsync(int seed, TimeSpan limit)
    {
        Task end = Task.WhenAny(Gateway!.Ended, Task.Delay(limit));
        await new Load(this, seed).RunAsync(Caller!, end);
        return Gateway.HasEnded;
    }

    /// <summary>Whether payments are taken: one of five, a second apart, is accepted.</summary>
    internal Task<bool> IsServingAsync(Random random) => IsOneOfFiveAsync(random, static code => code is "0000" or "0001");

    /// <summary>Whether payments are paid: one of five, a second apart, is a success at once.</summary>
    internal Task<bool> IsPayingAsync(Random random) => IsOneOfFiveAsync(random, static code => code == "0000");

    /// <summary>Whether this very process finds out how a payment ended whose answer never came: in twice the time that this takes at most.</summary>
    internal async Task<bool> IsInquiringAsync(Random random)
    {
        // Executed, and never answered: only an inquiry tells.
        Order order = NewOrder(random, "1.09");
        await CallAsync(Caller!, order, order.Request);
        TimeSpan limit = (Setup.SettleWindow + TimeSpan.FromSeconds(15)) * 2;
        for (double begin = NowMs; order.KnownFinalAtMs is null && NowMs - begin < limit.TotalMilliseconds && !Gateway!.HasEnded;)
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
            await CallAsync(Caller!, order, Query(order));
        }
        return order.KnownFinalAtMs is not null;
    }

    /// <summary>Whether a new payment is refused with A001 and what was paid is still told.</summary>
    internal async Task<bool> IsRefusingCleanlyAsync(Random random)
    {
        Order order = NewOrder(random, "88.80");
        bool isRefused = (await CallAsync(Caller!, order, order.Request)).Code == "A001";
        Order? paid = Orders.FirstOrDefault(known => known.Final is not null);
        return isRefused && (paid is null || (await CallAsync(Caller!, paid, Query(paid))).Code == "0000");
    }

    /// <summary>Every order that is not known to be final is asked for once more.</summary>
    internal async Task RepeatOpenAsync() => await Parallel.ForEachAsync(
        Orders.Where(order => order.KnownFinalAtMs is null),
        new ParallelOptions { MaxDegreeOfParallelism = 32 },
        async (order, _) => await CallAsync(Caller!, order, Again(order)));

    /// <summary>When the first call since <paramref name="sinceMs"/> ended without any answer; null: all were answered.</summary>
    internal long? FirstUnanswered(double sinceMs)
    {
        lock (_calls)
        {
            return _calls.Where(call => call.Status == 0 && call.EndedAtMs >= sinceMs).Min(call => (long?)call.EndedAtMs);
        }
    }

    /// <summary>When the gateway ended, in the harness's milliseconds; now, while it runs.</summary>
    internal double GatewayEndedAtMs => Gateway!.HasEnded ? (Gateway.Ended.Result.At.ToUnixTimeMilliseconds() - _epochMs) : NowMs;

    /// <summary>kill -9 if it still runs. Its exit code.</summary>
    internal async Task<Ended> KillAsync()
    {
        await Gateway!.KillAsync();
        Ended ended = await Gateway.Ended;
        Mark($"the gateway ended with {ended.Code}");
        return ended;
    }

    internal async Task<Call> CallAsync(Caller caller, Order order, SignedMessage request)
    {
        Call call = await caller.CallAsync(order.Party, request);
        lock (_calls)
        {
            _calls.Add(call);
        }
        order.Learn(call);
        return call;
    }

    internal Order NewOrder(Random random, string amount)
    {
        Party party = _suite.Parties.All[random.Next(_suite.Parties.All.Count)];
        // One in four by face: the same promises hold.
        SignedMessage payment = random.Next(4) == 0
            ? Requests.FacePay(party.InstId, amount, Parties.Currency, Convert.ToBase64String(Guid.NewGuid().ToByteArray()), Clock)
            : Requests.ScanPay(party.InstId, amount, Parties.Currency, Clock);
        var order = new Order(party, Sign(party, payment));
        lock (_orders)
        {
            _orders.Add(order);
        }
        return order;
    }

    /// <summary>A refund of part of a paid order, of the outcome that the simulator gives to this amount.</summary>
    internal RefundWish NewRefund(Order order, string amount)
    {
        var refund = new RefundWish(order, Sign(order.Party, Requests.Refund(order.Party.InstId, order.PaidTradeNo!, order.Request["out_trade_no"]!, amount, Clock)));
        lock (_refunds)
        {
            _refunds.Add(refund);
        }
        return refund;
    }

    internal RefundWish? AnyRefund(Random random)
    {
        lock (_refunds)
        {
            return _refunds.Count == 0 ? null : _refunds[random.Next(_refunds.Count)];
        }
    }

    internal SignedMessage Query(RefundWish refund)
    {
        SignedMessage query = Requests.RefundQuery(refund.Order.Party.InstId, Clock);
        query["refund_no"] = refund.Request["refund_no"];
        return Sign(refund.Order.Party, query);
    }

    internal SignedMessage Again(RefundWish refund) => Changed(refund.Order.Party, refund.Request, "version", refund.Request["version"]!);

    /// <summary>One of the orders so far, later ones more often; null when there is none.</summary>
    internal Order? AnyOrder(Random random)
    {
        lock (_orders)
        {
            return _orders.Count == 0 ? null : _orders[Math.Max(random.Next(_orders.Count), random.Next(_orders.Count))];
        }
    }

    internal SignedMessage Query(Order order)
    {
        SignedMessage query = Requests.TradeQuery(order.Party.InstId, Clock);
        query["out_trade_no"] = order.Request["out_trade_no"];
        return Sign(order.Party, query);
    }

    /// <summary>The order's request with one member changed, and sent now.</summary>
    internal SignedMessage Changed(Order order, string member, string value) => Changed(order.Party, order.Request, member, value);

    private SignedMessage Changed(Party party, SignedMessage request, string member, string value)
    {
        var changed = new SignedMessage(request.Members) { [member] = value };
        changed["req_time"] = Requests.TradeQuery(party.InstId, Clock)["req_time"];
        return Sign(party, changed);
    }

    /// <summary>The order's request as it is repeated now: the same but for its time.</summary>
    internal SignedMessage Again(Order order) => Changed(order, "version", order.Request["version"]!);

    /// <summary>
    /// Faults are over: every order that is not known to be final is repeated and queried until it is, then every order is repeated once
    /// more. The rest is the checker's.
    /// </summary>
    internal async Task SettleAsync(TimeSpan limit)
    {
        double begin = NowMs;
        using var stop = new CancellationTokenSource(limit);
        await Parallel.ForEachAsync(Orders.Where(order => order.KnownFinalAtMs is null), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (order, _) =>
        {
            await CallAsync(Caller!, order, Again(order));
            while (order.KnownFinalAtMs is null && !stop.IsCancellationRequested)
            {
                await CallAsync(Caller!, order, Query(order));
                await Task.Delay(TimeSpan.FromMilliseconds(500), CancellationToken.None);
                if (order.KnownFinalAtMs is null)
                {
                    await CallAsync(Caller!, order, Again(order));
                }
            }
        });
        RefundWish[] refunds;
        lock (_refunds)
        {
            refunds = [.. _refunds];
        }
        // Many are only taken now, and then have their whole time before them.
        using var stopRefunds = new CancellationTokenSource(limit);
        await Parallel.ForEachAsync(refunds, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (refund, _) =>
        {
            // Until it is final, or refused for good: then nothing of it is in the book.
            while (!((await CallAsync(Caller!, refund.Order, Again(refund))) is { } call && (call.SaysFinal || call.Code is "B006" or "B008" or "C004")) &&
                !stopRefunds.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500), CancellationToken.None);
            }
        });
        await SettleCancelsAsync(limit);
        long last = Orders.Max(order => order.KnownFinalAtMs) ?? 0;
        SlowestEnd = last > begin ? TimeSpan.FromMilliseconds(last - begin) : TimeSpan.Zero;
        await Parallel.ForEachAsync(Orders, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (order, _) =>
        {
            await CallAsync(Caller!, order, Query(order));
            await CallAsync(Caller!, order, Again(order));
        });
        await Parallel.ForEachAsync(refunds, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (refund, _) => await CallAsync(Caller!, refund.Order, Query(refund)));
        await AwaitSurplusesAsync();
    }

    /// <summary>What is broken that was not told yet. The gateway must not be running.</summary>
    internal IReadOnlyList<Broken> Check(bool isSettled)
    {
        var broken = new List<Broken>();
        try
        {
            if (Directory.Exists(Path.Combine(Data, "journal")) && JournalVerifier.Verify(Data) is { Damage: { } damage, Segments: > 0 })
            {
                broken.Add(new Broken("JOURNAL", (long)NowMs, "", "", $"{damage.File} at {damage.Offset}: {damage.Reason}"));
            }
            broken.AddRange(Checker.Check(Evidence(isSettled)));
        }
        catch (JournalDamagedException damage)
        {
            broken.Add(new Broken("JOURNAL", (long)NowMs, "", "", damage.Message));
        }
        lock (_calls)
        {
            broken.AddRange(_calls.Skip(_callsLooked).Where(call => call.EndedAtMs - call.SentAtMs > LongestCall.TotalMilliseconds)
                .Select(call => new Broken("ENDS", call.EndedAtMs, call.InstId, call.OrderNo, $"a {call.BizType} took {call.EndedAtMs - call.SentAtMs} ms and ended with {call.Status} {call.Code}")));
            _callsLooked = _calls.Count;
        }
        return [.. broken.Where(one => _told.Add(one.Sentence))];
    }

    internal Evidence Evidence(bool isSettled)
    {
        Call[] calls;
        lock (_calls)
        {
            calls = [.. _calls.OrderBy(call => call.EndedAtMs)];
        }
        return new Evidence
        {
            Calls = calls,
            Journal = JournalFold.Read(FileStorage.Instance, Data),
            Channel = ChannelBooks.Read(Path.Combine(Root, "channel", "books.jsonl"), _epochMs),
            Marks = [.. _marks],
            IsSettled = isSettled,
            IsClockSteady = SteppedForward == TimeSpan.Zero,
            ReqIdLifeMs = (long)Math.Max(0, (TimeSpan.FromHours(24) - SteppedForward).TotalMilliseconds),
        };
    }

    public ValueTask DisposeAsync()
    {
        CloseGateway();
        _channel?.Dispose();
        return default;
    }

    private async Task<bool> IsOneOfFiveAsync(Random random, Func<string?, bool> isWanted)
    {
        for (int attempt = 0; attempt < 5; attempt++)
        {
            Order order = NewOrder(random, "88.80");
            if (isWanted((await CallAsync(Caller!, order, order.Request)).Code))
            {
                return true;
            }
            await Task.Delay(TimeSpan.FromSeconds(1));
        }
        return false;
    }

    private void CloseGateway()
    {
        Caller?.Dispose();
        Caller = null;
        Admin = null;
        Gateway?.Dispose();
    }

    private static SignedMessage Sign(Party party, SignedMessage message)
    {
        message["sign_type"] = Signing.SignTypes.Name(party.Key.SignType);
        message.SignWith(party.Key);
        return message;
    }
}
