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

/// <summary>
/// <see cref="ILedger"/> as its documentation says it, in dictionaries and on one thread. What an operation answers and what can be found
/// afterwards are texts, so that they can be compared and read.
/// </summary>
internal sealed class LedgerModel
{
    private readonly Dictionary<(string Inst, string ReqId), Wish> _claims = [];
    private readonly Dictionary<(string Inst, string Order), Wish> _orders = [];
    private readonly Dictionary<string, Wish> _codes = [];
    private readonly Dictionary<Wish, (TradeStatus Status, int Hour)> _trades = [];
    private int _hour;

    internal List<string> Answers { get; } = [];

    internal void Claim(Wish wish) => Answers.Add($"claim {wish.Number}: {ClaimOf(wish)}");

    internal void Complete(Wish wish, TradeStatus status)
    {
        CompleteState state = !_trades.TryGetValue(wish, out (TradeStatus Status, int) known) ? CompleteState.NotFound
            : known.Status != TradeStatus.Pending ? CompleteState.AlreadyFinal
            : CompleteState.Recorded;
        if (state == CompleteState.Recorded)
        {
            _trades[wish] = (status, _hour);
        }
        Answers.Add($"complete {wish.Number} {status}: {state}");
    }

    internal void Recall(Wish wish)
    {
        string answer = !IsRemembered(wish, out Wish? by) ? $"{ReqIdState.Free}"
            : by.Content != wish.Content ? $"{ReqIdState.OtherContent}"
            : _trades[by].Status == TradeStatus.Pending ? $"{ReqIdState.InFlight} {by.Number}"
            : $"{ReqIdState.Replay} {by.Number}";
        Answers.Add($"recall {wish.Number}: {answer}");
    }

    internal void Find(Wish wish) =>
        Answers.Add($"find {wish.Number}: {(_trades.TryGetValue(wish, out (TradeStatus Status, int) known) ? known.Status : "none")}");

    internal void FindByOrder(Wish wish) => Answers.Add(
        $"order {wish.Number}: {(_orders.TryGetValue((wish.Inst, wish.Order), out Wish? trade) ? $"{trade.Number} {_trades[trade].Status}" : "none")}");

    internal void Pending() => Answers.Add(
        $"pending: {string.Join(' ', _trades.Where(trade => trade.Value.Status == TradeStatus.Pending).Select(trade => trade.Key.Number).Order())}");

    internal void Wait(int hours) => _hour += hours;

    private string ClaimOf(Wish wish)
    {
        if (IsRemembered(wish, out Wish? by))
        {
            ClaimState state = by.Content != wish.Content ? ClaimState.OtherContent
                : _trades[by].Status != TradeStatus.Pending ? ClaimState.Replay
                : by == wish ? ClaimState.Won
                : ClaimState.InFlight;
            return $"{state} {by.Number}";
        }
        if (_orders.TryGetValue((wish.Inst, wish.Order), out Wish? first))
        {
            return $"{ClaimState.OrderExists} {first.Number}";
        }
        if (wish.Code is { } code && _codes.TryGetValue(code, out Wish? user) && _trades[user].Status is TradeStatus.Pending or TradeStatus.Success)
        {
            return $"{ClaimState.CodeUsed} {user.Number}";
        }
        _claims[(wish.Inst, wish.ReqId)] = wish;
        _orders[(wish.Inst, wish.Order)] = wish;
        if (wish.Code is not null)
        {
            _codes[wish.Code] = wish;
        }
        _trades[wish] = (TradeStatus.Pending, 0);
        return $"{ClaimState.Won} {wish.Number}";
    }

    // A PENDING trade's for ever, a final one's for 24 hours.
    private bool IsRemembered(Wish wish, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Wish? by) =>
        _claims.TryGetValue((wish.Inst, wish.ReqId), out by) && (_trades[by].Status == TradeStatus.Pending || _hour - _trades[by].Hour <= 24);
}
