using System.Text;
using HotPath.Core.DayFiles;
using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Telemetry;
using HotPath.Core.Tests.Ledger;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.DayFiles;

/// <summary>
/// What the feed shows, made up: changes in portions, and what the day files must hold of them, by the plainest of means. Shown to a store from any place on,
/// as the feed does after a start.
/// </summary>
internal sealed class Changes
{
    internal static readonly InstId[] Institutions = [Trades.Cn, Trades.Hk];

    // 2026-11-23 08:00:00 Beijing.
    internal const long Start = 1_795_392_000_000;

    private const long Hour = 3_600_000;

    private readonly List<Change> _all = [];
    private readonly Dictionary<(InstId, long, DayFileKind), List<string>> _expected = [];
    private readonly Dictionary<TradeNo, Trade> _trades = [];
    private readonly SortedSet<TradeNo> _open = [];
    private uint _counter;
    private long _comeTo;
    private long _claimedMs = long.MaxValue;

    /// <summary>The moment that is now; numbers are given and things end at it.</summary>
    internal long NowMs { get; set; } = Start;

    /// <summary>Changes of every kind over some days, for two institutions, by seed.</summary>
    internal static Changes Random(int seed, int count, long meanStepMs = 600_000)
    {
        var random = new Random(seed);
        var changes = new Changes();
        for (int i = 0; i < count; i++)
        {
            changes.NowMs += random.NextInt64(2 * meanStepMs);
            changes.Any(random);
        }
        return changes;
    }

    /// <summary>Likewise over three days, with a clock that leaps now and then, by up to <see cref="DayStore.KeptDays"/> days and more, and comes back within the hour.</summary>
    internal static Changes RandomWithLeaps(int seed, int count)
    {
        const long Day = 86_400_000;
        long[] leaps = [Day, -Day, 3 * Day, -2 * Day, 200 * Day];
        var random = new Random(seed);
        var changes = new Changes();
        for (int i = 0; i < count; i++)
        {
            long leap = random.Next(12) == 0 ? leaps[random.Next(leaps.Length)] : 0;
            changes.NowMs += leap;
            for (int left = random.Next(1, 8); left > 0; left--)
            {
                changes.NowMs += random.NextInt64(300_000);
                changes.Any(random);
            }
            changes.NowMs -= leap;
        }
        return changes;
    }

    /// <summary>One change, of a kind that is possible.</summary>
    internal void Any(Random random)
    {
        InstId inst = Institutions[random.Next(Institutions.Length)];
        switch (random.Next(5))
        {
            case 0 or 1:
                // A number is taken a moment before its claim is recorded, and another claim may come in between.
                Accept(inst, NowMs - random.Next(3));
                break;
            case 2 or 3 when _open.Count > 0:
                End(_open.ElementAt(random.Next(_open.Count)), (TradeStatus)random.Next(1, 4));
                break;
            default:
                GiveBack(inst, random.Next(3) == 0 ? TradeStatus.Failed : TradeStatus.Success);
                break;
        }
        if (random.Next(4) == 0)
        {
            EndPortion();
        }
    }

    internal TradeNo Accept(InstId inst, long numberMs)
    {
        var trade = new Trade
        {
            TradeNo = new TradeNo(((ulong)numberMs << TradeNo.CounterBits) | ++_counter, 7),
            InstId = inst,
            BizType = BizType.ScanPay,
            TradeType = TradeType.Native,
            QrType = QrType.Dynamic,
            Amount = new Amount(_counter),
            Currency = Currency.Parse("KWD"),
            AcceptedAtMs = NowMs,
        };
        trade.OrderNo.Set(Encoding.ASCII.GetBytes($"T{_counter}"));
        trade.ChannelId.Set("fps"u8);
        _trades.Add(trade.TradeNo, trade);
        _open.Add(trade.TradeNo);
        Expect(inst, BeijingTime.DayNumber(numberMs), DayFileKind.Accepted, trade.TradeNo.ToString());
        Add(trade.CopyOfClaim(), null);
        Claim();
        return trade.TradeNo;
    }

    internal void End(TradeNo number, TradeStatus status)
    {
        Trade trade = _trades[number];
        _open.Remove(number);
        Trade ended = trade.CopyOfClaim();
        ended.Status = status;
        ended.FinalAtMs = NowMs;
        ended.ChannelTradeNo.Set(Encoding.ASCII.GetBytes($"C{trade.Amount}"));
        DayFileKind kind = status switch { TradeStatus.Success => DayFileKind.Succeeded, TradeStatus.Failed => DayFileKind.Failed, _ => DayFileKind.Cancelled };
        Expect(trade.InstId, BeijingTime.DayNumber(number.UnixMs), kind, number.ToString());
        if (status == TradeStatus.Success)
        {
            Expect(trade.InstId, RowDay(), DayFileKind.Trades, Describe(ended));
        }
        Add(ended, null);
    }

    internal void GiveBack(InstId inst, TradeStatus status)
    {
        var refund = new Refund
        {
            RefundId = new TradeNo(((ulong)NowMs << TradeNo.CounterBits) | ++_counter, 7),
            TradeNo = new TradeNo(((ulong)Start << TradeNo.CounterBits) | _counter, 7),
            InstId = inst,
            RefundType = RefundType.Partial,
            Amount = new Amount(_counter),
            Currency = Currency.Parse("JPY"),
            AcceptedAtMs = NowMs - 5,
            Status = status,
            FinalAtMs = NowMs,
        };
        refund.RefundNo.Set(Encoding.ASCII.GetBytes($"F{_counter}"));
        refund.OrderNo.Set("T"u8);
        refund.ChannelId.Set("fps"u8);
        refund.ChannelRefundNo.Set("CR"u8);
        if (status == TradeStatus.Success)
        {
            Expect(inst, RowDay(), DayFileKind.Refunds, Describe(refund));
        }
        Add(null, refund);
    }

    /// <summary>What is shown up to here is a portion.</summary>
    internal void EndPortion()
    {
        if (_all.Count > 0)
        {
            _all[^1] = _all[^1] with { EndsPortion = true };
        }
    }

    /// <summary>Shows the store everything after the place that it has durably come to, as the feed does after a start.</summary>
    /// <param name="store">Sees it.</param>
    /// <param name="clock">Passes that much at the end of each portion.</param>
    /// <param name="step">How much.</param>
    /// <param name="whileBehind">What is to be true before the last change.</param>
    internal void ShowTo(DayStore store, FakeTimeProvider? clock = null, TimeSpan step = default, Action? whileBehind = null)
    {
        EndPortion();
        foreach (Change change in _all.Where(change => change.Sequence >= store.Position.NextSequence))
        {
            whileBehind?.Invoke();
            Show(change, store);
            if (change.EndsPortion)
            {
                clock?.Advance(step);
                store.Shown(PositionAfter(change));
            }
        }
    }

    /// <summary>Shows once more the portion that ends the feed, as after a failure.</summary>
    internal void ShowLastPortionAgain(DayStore store)
    {
        int from = _all.FindLastIndex(_all.Count - 2, change => change.EndsPortion) + 1;
        _all[from..].ForEach(change => Show(change, store));
        store.Shown(PositionAfter(_all[^1]));
    }

    /// <summary>Everything the store answers is what was shown.</summary>
    internal void AssertHeldBy(DayStore store)
    {
        foreach ((InstId inst, long day, DayFileKind kind) in _expected.Keys)
        {
            List<string> expected = _expected[(inst, day, kind)];
            if (kind is DayFileKind.Trades or DayFileKind.Refunds)
            {
                Assert.Equal(expected, Rows(store, inst, day, kind));
                continue;
            }
            TradeStatus? status = kind switch
            {
                DayFileKind.Succeeded => TradeStatus.Success,
                DayFileKind.Failed => TradeStatus.Failed,
                DayFileKind.Cancelled => TradeStatus.Cancelled,
                _ => null,
            };
            Assert.Equal(expected.Order(StringComparer.Ordinal), Numbers(store, new TradeWindow(inst, BeijingTime.StartOf(day), BeijingTime.StartOf(day + 1), status)));
        }
        foreach (InstId inst in Institutions)
        {
            IEnumerable<string> open = _open.Where(number => _trades[number].InstId == inst).Select(number => number.ToString());
            Assert.Equal(open, Numbers(store, new TradeWindow(inst, 0, long.MaxValue, TradeStatus.Pending)));
        }
    }

    internal List<string> Expected(InstId inst, long day, DayFileKind kind) => _expected.GetValueOrDefault((inst, day, kind)) ?? [];

    internal static List<string> Numbers(DayStore store, in TradeWindow window)
    {
        WindowSnapshot snapshot = store.Snapshot(window);
        var numbers = new List<string>();
        var page = new TradeNo[7];
        WindowPage read;
        do
        {
            read = store.Select(window, snapshot, numbers.Count, page);
            numbers.AddRange(page.Take(read.Count).Select(number => number.ToString()));
        }
        while (read.Count == page.Length);
        Assert.Equal(read.TotalCount, numbers.Count);
        return numbers;
    }

    internal static List<string> Rows(DayStore store, InstId inst, long day, DayFileKind kind)
    {
        var trade = new Trade();
        var refund = new Refund();
        var seen = new List<string>();
        FinalRows rows = kind == DayFileKind.Trades ? store.TradesOf(inst, day) : store.RefundsOf(inst, day);
        while (rows.Read())
        {
            if (kind == DayFileKind.Trades)
            {
                rows.Fill(trade);
                Assert.Equal(trade.TradeNo, rows.Number);
                seen.Add(Describe(trade));
            }
            else
            {
                rows.Fill(refund);
                Assert.Equal(refund.RefundId, rows.Number);
                seen.Add(Describe(refund));
            }
        }
        return seen;
    }

    internal static DayStore Open(IJournalStorage disk, TimeProvider? clock = null) =>
        DayStore.Open("/data", clock ?? new FakeTimeProvider(), new GatewayMetrics("test"), NullLogger<DayStore>.Instance, disk);

    private static void Show(in Change change, DayStore store)
    {
        if (change.Refund is not null)
        {
            store.Ended(change.Refund, change.Sequence);
        }
        else if (change.Trade!.IsFinal)
        {
            store.Ended(change.Trade, change.Sequence);
        }
        else
        {
            store.Accepted(change.Trade, change.Sequence);
        }
    }

    // Between two changes there are records that nobody is shown.
    private void Add(Trade? trade, Refund? refund) => _all.Add(new Change(trade, refund, 10 + (3 * _all.Count), false));

    private static FeedPosition PositionAfter(in Change change) => new(100 * change.Sequence, change.Sequence + 2, 5);

    private void Expect(InstId inst, long day, DayFileKind kind, string what)
    {
        if (!_expected.TryGetValue((inst, day, kind), out List<string>? all))
        {
            _expected.Add((inst, day, kind), all = []);
        }
        all.Add(what);
    }

    // A moment counts once a claim of an hour later has been seen, with none from before it in between: what a clock says that leaps and comes back never does.
    private void Claim()
    {
        if (NowMs >= _claimedMs && NowMs < _claimedMs + Hour)
        {
            return;
        }
        _comeTo = NowMs < _claimedMs ? _comeTo : Math.Max(_comeTo, _claimedMs);
        _claimedMs = NowMs;
    }

    // Said again in other words than the store's: late for a day is what comes after 09:00 of the next.
    private long RowDay()
    {
        long own = BeijingTime.DayNumber(NowMs);
        return BeijingTime.DayNumber(_comeTo - (9 * Hour)) > own ? BeijingTime.DayNumber(_comeTo) : own;
    }

    private static string Describe(Trade trade) =>
        $"{trade.TradeNo} {trade.InstId} {trade.OrderNo} {trade.BizType} {trade.TradeType} {trade.QrType} {trade.Amount} {trade.Currency} {trade.ChannelId} " +
        $"{trade.ChannelTradeNo} {trade.AcceptedAtMs} {trade.FinalAtMs} {trade.Status}";

    private static string Describe(Refund refund) =>
        $"{refund.RefundId} {refund.TradeNo} {refund.InstId} {refund.RefundNo} {refund.OrderNo} {refund.RefundType} {refund.Amount} {refund.Currency} " +
        $"{refund.ChannelId} {refund.ChannelRefundNo} {refund.AcceptedAtMs} {refund.FinalAtMs} {refund.Status}";

    private readonly record struct Change(Trade? Trade, Refund? Refund, long Sequence, bool EndsPortion);
}
