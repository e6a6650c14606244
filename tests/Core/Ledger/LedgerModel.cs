using HotPath.Core.Ledger;
using HotPath.Core.Model;

namespace HotPath.Core.Tests.Ledger;

/// <summary>One of the trades that operations are drawn from: few req_ids, orders and codes, so that they meet.</summary>
internal sealed record Wish(int Number)
{
    internal const int Count = 24;

    internal string Inst => Number % 5 == 4 ? "HK000001" : "CN000001";

    internal string ReqId => $"R{Number % 6}";

    internal string Content => Number % 7 == 0 ? "other" : "";

    internal string Order => $"T{Number / 3 % 6}";

    internal string? Code => Number % 2 == 0 ? $"C{Number % 3}" : null;

    /// <summary>A number given once: to repeat a claim with the same trade_no is to wish the same again.</summary>
    internal TradeNo TradeNo => new((1_789_000_000_000UL << TradeNo.CounterBits) + (ulong)Number, 7);
}

/// <summary>One of the refunds that operations are drawn from: of few trades, with few numbers and req_ids, some of them payments'.</summary>
internal sealed record Return(int Number)
{
    internal const int Count = 24;

    /// <summary>The trades that they are of. Two of them want one req_id: when all are paid for at the beginning, one is never accepted.</summary>
    internal static readonly Wish[] Refundable = [new(0), new(3), new(6), new(4)];

    private static readonly int[] Of = [0, 3, 0, 6, 4];
    private static readonly long[] Amounts = [8_880, 4_000, 8_880, 4_880, 3_000, 1];

    // Each is asked for twice, under two req_ids.
    private int Kind => Number % (Count / 2);

    internal Wish Trade => new(Of[Kind % Of.Length]);

    internal string ReqId => Number % 8 == 7 ? $"R{Number % 6}" : $"Q{Number % 7}";

    internal string RefundNo => $"F{Kind / 2 % 5}";

    internal long Amount => Amounts[Kind % Amounts.Length];

    internal RefundType Type => Kind % Amounts.Length == 0 ? RefundType.Full : RefundType.Partial;

    internal string Content => $"{Trade.Number} {RefundNo} {Amount} {Type}";

    /// <summary>What a refund number stands for.</summary>
    internal string Thing => $"{Trade.Number} {Amount} {Type}";

    internal TradeNo RefundId => new((1_789_000_000_000UL << TradeNo.CounterBits) + 100 + (ulong)Number, 7);
}

/// <summary>
/// <see cref="ILedger"/> as its documentation says it, in dictionaries and on one thread. What an operation answers and what can be found
/// afterwards are texts, so that they can be compared and read.
/// </summary>
internal sealed partial class LedgerModel
{
    // Of which trade, refund or wish to cancel, and with what content.
    private readonly Dictionary<(string Inst, string ReqId), (int Number, string Content)> _claims = [];
    private readonly Dictionary<(string Inst, string Order), Wish> _orders = [];
    private readonly Dictionary<string, Wish> _codes = [];
    private readonly Dictionary<Wish, (TradeStatus Status, int Hour)> _trades = [];
    private readonly Dictionary<(string Inst, string RefundNo), Return> _refundNos = [];
    private readonly Dictionary<Return, (TradeStatus Status, int Hour)> _refunds = [];
    private int _hour;

    /// <summary>What the number of a refund is in an answer.</summary>
    internal static int NumberOf(Return refund) => 100 + refund.Number;

    internal List<string> Answers { get; } = [];

    /// <summary>A book in which what refunds are of is paid.</summary>
    internal static LedgerModel Paid()
    {
        var model = new LedgerModel();
        foreach (Wish wish in Return.Refundable)
        {
            model.Claim(wish);
            model.Complete(wish, TradeStatus.Success);
        }
        model.Answers.Clear();
        return model;
    }

    internal void Claim(Wish wish) => Answers.Add($"claim {wish.Number}: {ClaimOf(wish)}");

    internal void Complete(Wish wish, TradeStatus status, int redirects = 0)
    {
        CompleteState state = !_trades.TryGetValue(wish, out (TradeStatus Status, int) known) ? CompleteState.NotFound
            : known.Status != TradeStatus.Pending ? CompleteState.AlreadyFinal
            : RedirectsOf(wish) != redirects ? CompleteState.Redirected
            : status == TradeStatus.Cancelled && WishesOf(wish) == 0 ? CompleteState.WishChanged
            : CompleteState.Recorded;
        if (state == CompleteState.Recorded)
        {
            _trades[wish] = (status, _hour);
        }
        Answers.Add($"complete {wish.Number} {status} {redirects}: {state}");
    }

    internal void Recall(Wish wish) => Answers.Add($"recall {wish.Number}: {RecallOf(wish.Inst, wish.ReqId, wish.Content)}");

    internal void RecallRefund(Return refund) =>
        Answers.Add($"recall refund {refund.Number}: {RecallOf(refund.Trade.Inst, refund.ReqId, refund.Content)}");

    internal void Reserve(Return refund) => Answers.Add($"reserve {refund.Number}: {ReservationOf(refund)}");

    internal void Settle(Return refund, TradeStatus status)
    {
        CompleteState state = !_refunds.TryGetValue(refund, out (TradeStatus Status, int) known) ? CompleteState.NotFound
            : known.Status != TradeStatus.Pending ? CompleteState.AlreadyFinal
            : CompleteState.Recorded;
        if (state == CompleteState.Recorded)
        {
            _refunds[refund] = (status, _hour);
        }
        Answers.Add($"settle {refund.Number} {status}: {state}");
    }

    internal void FindRefund(Return refund) =>
        Answers.Add($"find refund {refund.Number}: {(_refunds.TryGetValue(refund, out (TradeStatus Status, int) known) ? known.Status : "none")}");

    internal void FindByRefundNo(Return refund) => Answers.Add(
        $"refund no {refund.Number}: {(_refundNos.TryGetValue((refund.Trade.Inst, refund.RefundNo), out Return? found) ? $"{NumberOf(found)} {_refunds[found].Status}" : "none")}");

    internal void Refunded(Wish wish) =>
        Answers.Add($"refunded {wish.Number}: {(_trades.TryGetValue(wish, out (TradeStatus Status, int) known) && known.Status == TradeStatus.Success ? TotalsOf(wish) : default)}");

    internal void PendingRefunds() => Answers.Add(
        $"pending refunds: {string.Join(' ', _refunds.Where(refund => refund.Value.Status == TradeStatus.Pending).Select(refund => NumberOf(refund.Key)).Order())}");

    internal void Find(Wish wish) =>
        Answers.Add($"find {wish.Number}: {(_trades.TryGetValue(wish, out (TradeStatus Status, int) known) ? $"{known.Status} {RedirectsOf(wish)}" : "none")}");

    internal void FindByOrder(Wish wish) => Answers.Add(
        $"order {wish.Number}: {(_orders.TryGetValue((wish.Inst, wish.Order), out Wish? trade) ? $"{trade.Number} {_trades[trade].Status}" : "none")}");

    internal void Pending() => Answers.Add(
        $"pending: {string.Join(' ', _trades.Where(trade => trade.Value.Status == TradeStatus.Pending).Select(trade => trade.Key.Number).Order())}");

    /// <summary>Or a crash. Of the reversals it finds those of the last minutes before it.</summary>
    internal void Restart() => _reversed.RemoveWhere(wish => _trades[wish].Hour != _hour);

    /// <summary>So many hours at most a ledger stays open while they pass; while it is closed, reversals grow no older.</summary>
    internal const int LongestOpen = 100;

    internal void Wait(int hours)
    {
        Restart();
        _hour += hours;
        if (hours <= LongestOpen)
        {
            _reversed.Clear();
        }
    }

    private string ClaimOf(Wish wish)
    {
        if (KnownAs(wish.Inst, wish.ReqId, wish.Content, wish.Number) is { } known)
        {
            return known;
        }
        if (_orders.TryGetValue((wish.Inst, wish.Order), out Wish? first))
        {
            return $"{ClaimState.OrderExists} {first.Number}";
        }
        if (wish.Code is { } code && _codes.TryGetValue(code, out Wish? user) && _trades[user].Status is TradeStatus.Pending or TradeStatus.Success)
        {
            return $"{ClaimState.CodeUsed} {user.Number}";
        }
        _claims[(wish.Inst, wish.ReqId)] = (wish.Number, wish.Content);
        _orders[(wish.Inst, wish.Order)] = wish;
        if (wish.Code is not null)
        {
            _codes[wish.Code] = wish;
        }
        _trades[wish] = (TradeStatus.Pending, 0);
        return $"{ClaimState.Won} {wish.Number}";
    }

    private string ReservationOf(Return refund)
    {
        if (KnownAs(refund.Trade.Inst, refund.ReqId, refund.Content, NumberOf(refund)) is { } known)
        {
            return known;
        }
        if (!_trades.TryGetValue(refund.Trade, out (TradeStatus Status, int Hour) trade))
        {
            return $"{ClaimState.NotRefundable} {RespCode.TradeNotFound}";
        }
        if (_refundNos.TryGetValue((refund.Trade.Inst, refund.RefundNo), out Return? before))
        {
            if (before.Thing != refund.Thing)
            {
                return $"{ClaimState.OtherContent} {NumberOf(before)}";
            }
            if (_refunds[before].Status != TradeStatus.Failed)
            {
                return $"{ClaimState.RefundExists} {NumberOf(before)}";
            }
        }
        RefundTotals totals = TotalsOf(refund.Trade);
        RespCode reason = trade.Status != TradeStatus.Success ? RespCode.TradeStateForbids
            : BeijingDay(_hour) - BeijingDay(trade.Hour) > 180 ? RespCode.RefundExpired
            : refund.Type == RefundType.Full && totals.Held > 0 ? RespCode.RefundAmountExceeded
            : totals.Held + refund.Amount > 8_880 ? RespCode.RefundAmountExceeded
            : RespCode.None;
        if (reason != RespCode.None)
        {
            return $"{ClaimState.NotRefundable} {reason}";
        }
        _claims[(refund.Trade.Inst, refund.ReqId)] = (NumberOf(refund), refund.Content);
        _refundNos[(refund.Trade.Inst, refund.RefundNo)] = refund;
        _refunds[refund] = (TradeStatus.Pending, 0);
        return $"{ClaimState.Won} {NumberOf(refund)}";
    }

    // The clock starts at 10:30 in Beijing.
    private static int BeijingDay(int hour) => (hour + 10) / 24;

    private RefundTotals TotalsOf(Wish trade)
    {
        KeyValuePair<Return, (TradeStatus Status, int)>[] held = [.. _refunds.Where(refund => refund.Key.Trade == trade && refund.Value.Status != TradeStatus.Failed)];
        return new RefundTotals(
            held.Sum(refund => refund.Key.Amount),
            held.Where(refund => refund.Value.Status == TradeStatus.Success).Sum(refund => refund.Key.Amount),
            held.Length);
    }

    private string? KnownAs(string inst, string reqId, string content, int own)
    {
        if (!IsRemembered(inst, reqId, out (int Number, string Content) by))
        {
            return null;
        }
        ClaimState state = by.Content != content ? ClaimState.OtherContent
            : !StateOf(by.Number).IsPending ? ClaimState.Replay
            : by.Number == own ? ClaimState.Won
            : ClaimState.InFlight;
        return $"{state} {by.Number}";
    }

    private string RecallOf(string inst, string reqId, string content) =>
        !IsRemembered(inst, reqId, out (int Number, string Content) by) ? $"{ReqIdState.Free}"
        : by.Content != content ? $"{ReqIdState.OtherContent}"
        : StateOf(by.Number).IsPending ? $"{ReqIdState.InFlight} {by.Number}"
        : $"{ReqIdState.Replay} {by.Number}";

    // A PENDING one's for ever, a final one's for 24 hours.
    private bool IsRemembered(string inst, string reqId, out (int Number, string Content) by) =>
        _claims.TryGetValue((inst, reqId), out by) &&
        StateOf(by.Number) is var state && (state.IsPending || (!state.IsFree && _hour - state.Hour <= 24));

    private (bool IsPending, int Hour, bool IsFree) StateOf(int number)
    {
        if (number >= 200)
        {
            (RespCode code, int hour) = _undone[new Undo(number - 200)];
            return (code == RespCode.None, hour, code == RespCode.NetworkError);
        }
        (TradeStatus status, int ended) = number < 100 ? _trades[new Wish(number)] : _refunds[new Return(number - 100)];
        return (status == TradeStatus.Pending, ended, false);
    }
}
