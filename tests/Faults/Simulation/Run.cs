using HotPath.Core.Ledger.Embedded;
using HotPath.Faults.Checking;

namespace HotPath.Faults.Simulation;

/// <summary>What one run showed.</summary>
internal sealed record Outcome(Plan Plan, IReadOnlyList<Broken> Broken, Evidence Evidence, Tally Tally, ulong Hash, TimeSpan VirtualTime);

/// <summary>
/// One seed's story. Safety phase: payments and faults, as drawn, and the one promise held against the disk at each moment it speaks of.
/// Liveness phase: faults over, time passes by the limit within which every trade must end. Then everything is asked for, compared, judged.
/// </summary>
internal sealed class Run : IDisposable
{
    /// <summary>The resolver's longest pause between two inquiries, the settle window, and what a start takes.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(12);

    private readonly List<Call> _calls = [];
    private readonly List<(long AtMs, string Text)> _marks = [];
    private readonly List<Broken> _broken = [];

    // Of what was broken in the middle of things: whose trade or refund, to be looked up in the end.
    private readonly Dictionary<Broken, string> _numbers = [];
    private readonly List<Order> _orders = [];
    private readonly VirtualClient _clients;
    private Damage? _damage;

    private Run(Plan plan, Bugs bugs)
    {
        Plan = plan;
        Bugs = bugs;
        var seed = new Chance(plan.Seed);
        Loop = new EventLoop(seed.Branch(2));
        Chance = seed.Branch(3);
        Gateway = new VirtualGateway(this);
        Durable = new DurableRecords(Gateway.Disk);
        Troubles = new Troubles(plan, seed.Branch(4), Tally, DieInDiskCall);
        Channels = [.. Enumerable.Range(0, plan.Channels).Select(number => new VirtualChannel($"virtual{number + 1}", plan, Loop.World, seed.Branch(5 + (10 * (ulong)number)), Tally))];
        _clients = new VirtualClient(this, seed.Branch(6));
        Receivers = new VirtualReceivers(this, seed.Branch(7));
    }

    internal Plan Plan { get; }

    internal Bugs Bugs { get; }

    internal EventLoop Loop { get; }

    internal Chance Chance { get; }

    internal Tally Tally { get; } = new();

    internal VirtualGateway Gateway { get; }

    internal DurableRecords Durable { get; }

    internal Troubles Troubles { get; }

    internal IReadOnlyList<VirtualChannel> Channels { get; }

    internal VirtualReceivers Receivers { get; }

    internal static Outcome Of(Plan plan, Bugs? bugs = null)
    {
        using var run = new Run(plan, bugs ?? Bugs.None);
        return run.Play();
    }

    public void Dispose() => Loop.Dispose();

    internal void Mark(string what) => _marks.Add((Loop.NowMs, what));

    internal void Told(Call call)
    {
        _calls.Add(call);
        Loop.Note(System.IO.Hashing.XxHash3.HashToUInt64(call.Body, call.EndedAtMs));
        if (call.IsCancel)
        {
            Tally.Count($"cancels answered {call.Code} {call.TradeStatus}".TrimEnd());
        }
        if (call.BizType == "REFUND")
        {
            Tally.Count($"refunds answered {call.Code}");
        }
        Tally.Count($"answered {(call.Code.Length > 0 ? call.Code : $"HTTP {call.Status}")}");
    }

    /// <summary>The gateway sends a payment or a refund to a channel: the claim is durable, and that it is this channel's.</summary>
    internal void BeforeSend(string tradeNo, string channel)
    {
        Tally.Count("payments sent");
        if (!Plan.IsBlindToTheDisk && !Durable.HasAccepted(tradeNo))
        {
            Break("P1", $"trade {tradeNo} goes to the channel, and a power loss now would leave nothing of its claim", tradeNo);
        }
        else if (!Plan.IsBlindToTheDisk && Durable.ChannelOf(tradeNo) is { } known && known != channel)
        {
            Break("P1", $"trade {tradeNo} goes to {channel}, and a power loss now would leave it at {known}", tradeNo);
        }
    }

    /// <summary>The gateway tells a final: the result is durable.</summary>
    internal void BeforeAnswer(Dictionary<string, string> answer)
    {
        if (answer.GetValueOrDefault("trade_status", "") is { Length: > 0 } status)
        {
            BeforeTold(answer.GetValueOrDefault("trade_no", ""), status);
        }
        if (answer.GetValueOrDefault("refund_id", "") is { Length: > 0 } refundId)
        {
            BeforeTold(refundId, answer["refund_status"]);
        }
        long refunded = MinorUnits(answer.GetValueOrDefault("total_refunded_amount", "0"));
        string refundedTrade = answer.GetValueOrDefault("trade_no") ?? answer.GetValueOrDefault("orig_trade_no", "");
        if (refunded > 0 && !Plan.IsBlindToTheDisk && !Durable.HasRefunded(refundedTrade, refunded))
        {
            Break("P2", $"of trade {refundedTrade} {refunded} is told to be refunded, and a power loss now would leave no record that says so", refundedTrade);
        }
    }

    // The amount without its point is in minor units, for every currency has its digits shown.
    private static long MinorUnits(string amount) =>
        long.Parse(amount.Replace(".", "", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Somebody is told of a trade or refund: what he is told is durable.</summary>
    private void BeforeTold(string number, string status)
    {
        bool isFinal = status != "PENDING";
        if (Plan.IsBlindToTheDisk)
        {
            return;
        }
        if (isFinal && !Durable.HasResult(number))
        {
            Break("P2", $"{number} is told {status}, and a power loss now would leave nothing of its result", number);
        }
        if (!isFinal && !Durable.HasAccepted(number))
        {
            Break("P1", $"{number} is told {status}, and a power loss now would leave nothing of its claim", number);
        }
    }

    /// <summary>The gateway will not start: what was durable is not whole.</summary>
    internal void Refused(JournalDamagedException damage)
    {
        Mark($"refuses to start: {damage.Message}");
        if (_damage is not null)
        {
            _damage.IsRefused = true;
            return;
        }
        Break("P3", $"nothing was damaged, and the gateway refuses to start: {damage.Message}");
    }

    private void Break(string invariant, string sentence, string number = "")
    {
        Mark($"BROKEN {invariant}: {sentence}");
        var broken = new Broken(invariant, Loop.NowMs, "", "", sentence);
        _broken.Add(broken);
        _numbers[broken] = number;
    }

    /// <summary>Says whose order it was, so that its history can be told.</summary>
    private Broken Place(Broken broken, Evidence evidence)
    {
        string number = _numbers.GetValueOrDefault(broken, "");
        Call? call = number.Length == 0 ? null : evidence.Calls.FirstOrDefault(call => call.OrderNo.Length > 0 && (call.TradeNo == number || call.RefundId == number));
        JournalTrade? trade = number.Length == 0 ? null
            : evidence.Journal.FirstOrDefault(trade => trade.TradeNo == number || trade.Refunds.Exists(refund => refund.RefundId == number));
        return broken with { InstId = trade?.InstId ?? call?.InstId ?? "", OrderNo = trade?.OrderNo ?? call?.OrderNo ?? "" };
    }

    private void DieInDiskCall(Life life) => Gateway.Crash(life, LosesPower(), "killed in a disk call");

    private bool LosesPower() => Plan.Has(FaultKinds.PowerLoss) && Chance.Happens(Plan.PowerLossShare);

    private Outcome Play()
    {
        try
        {
            Loop.Run(LiveAsync);
        }
        catch (InvalidOperationException failure)
        {
            _broken.Add(new Broken("P4", Loop.NowMs, "", "", $"the run could not go on: {failure}"));
        }
        Evidence evidence = Gather();
        foreach (JournalSurplus surplus in evidence.Journal.SelectMany(trade => trade.Surpluses))
        {
            Tally.Count($"surpluses {surplus.Status}");
        }
        Tally.Count("further attempts", evidence.Journal.Sum(trade => trade.Channels.Count - 1));
        Broken[] broken = [.. _broken.Select(one => Place(one, evidence)).Concat(_broken.Exists(one => one.Invariant == "P4") ? [] : Judge(evidence)).OrderBy(one => one.AtMs)];
        return new Outcome(Plan, broken, evidence, Tally, Loop.Hash, TimeSpan.FromTicks(Loop.Now));
    }

    // Money is not looked at after damage: the run ends in the middle of everything.
    private IEnumerable<Broken> Judge(Evidence evidence) => Checker.Check(evidence).Where(broken => _damage is null || broken.Invariant is "I2" or "I3" or "I8");

    private async Task LiveAsync()
    {
        Life world = Loop.World;
        Gateway.Start();
        Task faults = FaultsAsync();
        Task payments = PaymentsAsync();
        await Task.WhenAny(payments, world.Delay(Plan.SafetyEnds));
        Mark("faults are over");
        Troubles.IsCalm = true;
        foreach (VirtualChannel channel in Channels)
        {
            channel.IsCalm = true;
        }
        Gateway.Disk.Capacity = long.MaxValue;
        await Task.WhenAll(payments, faults);
        if (Plan.Has(FaultKinds.Damage))
        {
            await DamageAsync();
            return;
        }
        await world.Delay(Limit + (Plan.HasLateResults ? Behaviour.LongestWork : TimeSpan.Zero));
        foreach (Order order in _orders)
        {
            await AskAsync($"order {order.OrderNo} of {order.InstId}", () => _clients.QueryAsync(order));
        }
        foreach ((string instId, string refundNo) in _clients.Refunds)
        {
            await AskAsync($"refund {refundNo} of {instId}", () => _clients.QueryRefundAsync(instId, refundNo));
        }
        Gateway.Halt();
    }

    /// <summary>
    /// The disk itself goes bad while nobody runs. There is no liveness then: the gateway refuses to start, or what was named as durable is there
    /// and every answer about it is what it was.
    /// </summary>
    private async Task DamageAsync()
    {
        Gateway.Halt();
        _damage = new Damage(Gateway.Disk, Reader(Loop), Chance);
        Mark(_damage.Do());
        Gateway.Start();
        for (int look = 0; look < 600 && !_damage.IsRefused && !Gateway.IsReady; look++)
        {
            await Loop.World.Delay(TimeSpan.FromMilliseconds(100));
        }
        for (int order = 0; order < _orders.Count && !_damage.IsRefused; order++)
        {
            await _clients.QueryAsync(_orders[order]);
        }
        Gateway.Halt();
        Tally.Count(_damage.IsRefused ? "damage refused" : "damage got over");
        if (!_damage.IsRefused && _damage.WhatIsLost(Reader(Loop)) is { } lost)
        {
            Break("P6", lost);
        }
    }

    private VirtualStorage Reader(EventLoop loop) => new(Gateway.Disk, new Life(loop, "reader"), Troubles, Durable);

    private async Task AskAsync(string what, Func<Task<Call>> ask)
    {
        for (int attempt = 0; attempt < 10; attempt++)
        {
            if ((await ask()).Code is "0000" or "B006")
            {
                return;
            }
            await Loop.World.Delay(TimeSpan.FromSeconds(1));
        }
        Break("P5", $"{what} is asked for ten times after the faults, and not answered");
    }

    private async Task PaymentsAsync()
    {
        var under = new List<Task>();
        for (int number = 1; number <= Plan.Payments && !Troubles.IsCalm; number++)
        {
            Order order = Order.Draw(Plan, Chance, number, _orders);
            _orders.Add(order);
            under.Add(_clients.PayAsync(order));
            await Loop.World.Delay(Plan.PaymentEvery * -Math.Log(1 - Chance.Fraction()));
        }
        await Task.WhenAll(under);
    }

    private async Task FaultsAsync() =>
        await Task.WhenAll(
            RepeatAsync(Plan.Has(FaultKinds.Crash) ? Plan.CrashEvery : TimeSpan.Zero, CrashOrStop),
            RepeatAsync(Plan.Has(FaultKinds.ClockSteps) ? Plan.ClockStepEvery : TimeSpan.Zero, StepClock),
            RepeatAsync(Plan.Has(FaultKinds.FullDisk) && Plan.IsDiskFullAtTimes ? TimeSpan.FromSeconds(2) : TimeSpan.Zero, FillOrFree));

    private async Task RepeatAsync(TimeSpan every, Action fault)
    {
        while (every > TimeSpan.Zero && !Troubles.IsCalm)
        {
            await Loop.World.Delay(every * -Math.Log(1 - Chance.Fraction()));
            if (!Troubles.IsCalm)
            {
                fault();
            }
        }
    }

    private void CrashOrStop()
    {
        if (Plan.Has(FaultKinds.Stop) && Chance.Happens(Plan.StopShare))
        {
            Gateway.Stop();
        }
        else
        {
            Gateway.Crash(LosesPower(), "killed");
        }
    }

    private void StepClock()
    {
        TimeSpan by = Plan.LargestClockStep * ((2 * Chance.Fraction()) - 1);
        Gateway.Wall.Step(by);
        Tally.Count("clock stepped");
        Mark($"the clock steps by {by}");
    }

    private void FillOrFree()
    {
        bool isFull = Gateway.Disk.Capacity == long.MaxValue;
        Gateway.Disk.Capacity = isFull ? Gateway.Disk.UsedBytes + Chance.Below(Plan.SegmentBytes * 2) : long.MaxValue;
        Mark(isFull ? "the disk is full, or nearly" : "the disk has room again");
    }

    private Evidence Gather()
    {
        IReadOnlyList<JournalTrade> journal = [];
        try
        {
            Troubles.IsCalm = true;
            journal = _damage?.After ?? JournalFold.Read(Reader(new EventLoop(new Chance(0))), VirtualGateway.DataDirectory);
        }
        catch (JournalDamagedException damage)
        {
            Break("P3", $"the journal cannot be read: {damage.Message}");
        }
        TimeSpan life = TimeSpan.FromHours(24) - Gateway.Wall.SteppedForward;
        return new Evidence
        {
            // Of what the journal did not name as durable yet, damage may have taken the last: nothing can be said of those.
            Calls = _damage is null ? _calls : [.. _calls.Where(call => _damage.Keeps(call.InstId, call.OrderNo))],
            Channel = _damage is null ? [.. Channels.SelectMany(channel => channel.Books)] : [],
            Journal = _damage is null ? journal : [.. journal.Where(trade => _damage.Keeps(trade.InstId, trade.OrderNo))],
            Marks = _marks,
            Notifications = Plan.NotifyFaultRate is null || _damage is not null ? null : Receivers.Told(Gateway.Starts) with { AreAllDue = !Gateway.Wall.HasStepped },
            IsSettled = _damage is null,
            IsClockSteady = Gateway.Wall.SteppedForward == TimeSpan.Zero,
            ReqIdLifeMs = (long)Math.Max(0, life.TotalMilliseconds),
        };
    }
}
