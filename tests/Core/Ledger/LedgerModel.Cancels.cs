using HotPath.Core.Ledger;
using HotPath.Core.Model;

namespace HotPath.Core.Tests.Ledger;

/// <summary>One of the wishes to cancel that operations are drawn from: of few trades, under few req_ids, some of them payments'.</summary>
internal sealed record Undo(int Number)
{
    internal const int Count = 12;

    private static readonly int[] Of = [0, 3, 6, 4];

    internal Wish Trade => new(Of[Number % Of.Length]);

    internal string ReqId => Number % 6 == 5 ? $"R{Number % 4}" : $"U{Number % 5}";

    internal string Content => $"cancel {Trade.Number}";

    internal TradeNo CancelNo => new((1_789_000_000_000UL << TradeNo.CounterBits) + 200 + (ulong)Number, 7);
}

/// <summary>Wishes to cancel, what they make of a reversal, and money too much.</summary>
internal sealed partial class LedgerModel
{
    private readonly Dictionary<Undo, (RespCode Code, int Hour)> _undone = [];
    private readonly Dictionary<Wish, int> _wishes = [];
    private readonly Dictionary<Wish, TradeStatus> _surpluses = [];
    private readonly HashSet<Wish> _reversed = [];

    /// <summary>A book in which what wishes are of is PENDING.</summary>
    internal static LedgerModel Accepted()
    {
        var model = new LedgerModel();
        foreach (Wish wish in Return.Refundable)
        {
            model.Claim(wish);
        }
        model.Answers.Clear();
        return model;
    }

    internal static int NumberOf(Undo undo) => 200 + undo.Number;

    internal void Cancel(Undo undo) => Answers.Add($"cancel {undo.Number}: {WishOf(undo)}");

    internal void EndCancel(Undo undo, RespCode code)
    {
        CompleteState state = !_undone.TryGetValue(undo, out (RespCode Code, int) known) ? CompleteState.NotFound
            : known.Code != RespCode.None ? CompleteState.AlreadyFinal
            : code == RespCode.NetworkError && _trades[undo.Trade].Status != TradeStatus.Pending ? CompleteState.TradeEnded
            : CompleteState.Recorded;
        if (state == CompleteState.Recorded)
        {
            _undone[undo] = (code, _hour);
            _wishes[undo.Trade] -= code == RespCode.NetworkError ? 1 : 0;
        }
        Answers.Add($"end cancel {undo.Number} {code}: {state}");
    }

    /// <summary>A channel confirmed a reversal: what that is called follows from whether anybody wished it.</summary>
    internal void Reverse(Wish wish)
    {
        TradeStatus status = WishesOf(wish) > 0 ? TradeStatus.Cancelled : TradeStatus.Failed;
        CompleteState state = !_trades.TryGetValue(wish, out (TradeStatus Status, int) known) ? CompleteState.NotFound
            : known.Status != TradeStatus.Pending ? CompleteState.AlreadyFinal
            : RedirectsOf(wish) != 0 ? CompleteState.Redirected
            : CompleteState.Recorded;
        if (state == CompleteState.Recorded)
        {
            _trades[wish] = (status, _hour);
            _reversed.Add(wish);
        }
        Answers.Add($"reverse {wish.Number}: {state}{(state == CompleteState.Recorded ? $" {status}" : "")}");
    }

    internal void RecallCancel(Undo undo) => Answers.Add($"recall cancel {undo.Number}: {RecallOf(undo.Trade.Inst, undo.ReqId, undo.Content)}");

    internal void FindCancel(Undo undo) =>
        Answers.Add($"find cancel {undo.Number}: {(_undone.TryGetValue(undo, out (RespCode Code, int) known) ? known.Code : "none")}");

    internal void PendingCancels() =>
        Answers.Add($"pending cancels: {string.Join(' ', _undone.Where(undo => undo.Value.Code == RespCode.None).Select(undo => NumberOf(undo.Key)).Order())}");

    /// <summary>One that ended by a reversal was executed all the same.</summary>
    internal void Surplus(Wish wish) => Answers.Add($"surplus {wish.Number}: {(_surpluses.TryAdd(wish, TradeStatus.Pending) ? ClaimState.Won : ClaimState.Replay)} {300 + wish.Number}");

    internal void EndSurplus(Wish wish, TradeStatus status)
    {
        CompleteState state = !_surpluses.TryGetValue(wish, out TradeStatus known) ? CompleteState.NotFound
            : known != TradeStatus.Pending ? CompleteState.AlreadyFinal
            : CompleteState.Recorded;
        if (state == CompleteState.Recorded)
        {
            _surpluses[wish] = status;
        }
        Answers.Add($"end surplus {wish.Number} {status}: {state}");
    }

    internal void FindSurplus(Wish wish) => Answers.Add($"find surplus {wish.Number}: {(_surpluses.TryGetValue(wish, out TradeStatus known) ? known : "none")}");

    internal void PendingSurpluses() => Answers.Add(
        $"pending surpluses: {string.Join(' ', _surpluses.Where(surplus => surplus.Value == TradeStatus.Pending).Select(surplus => 300 + surplus.Key.Number).Order())}");

    internal void Reversed() => Answers.Add($"reversed: {string.Join(' ', _reversed.Select(wish => wish.Number).Order())}");

    private int WishesOf(Wish wish) => _wishes.GetValueOrDefault(wish);

    private string WishOf(Undo undo)
    {
        if (KnownAs(undo.Trade.Inst, undo.ReqId, undo.Content, NumberOf(undo)) is { } known)
        {
            return known;
        }
        if (!_trades.TryGetValue(undo.Trade, out (TradeStatus Status, int) trade))
        {
            return $"{ClaimState.NotCancellable} {RespCode.TradeNotFound}";
        }
        if (trade.Status == TradeStatus.Success)
        {
            return $"{ClaimState.NotCancellable} {RespCode.TradeSucceeded}";
        }
        _claims[(undo.Trade.Inst, undo.ReqId)] = (NumberOf(undo), undo.Content);
        _wishes[undo.Trade] = WishesOf(undo.Trade) + 1;
        _undone[undo] = (RespCode.None, 0);
        return $"{ClaimState.Won} {NumberOf(undo)}";
    }
}
