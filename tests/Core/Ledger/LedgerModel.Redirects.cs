using HotPath.Core.Ledger;
using HotPath.Core.Model;

namespace HotPath.Core.Tests.Ledger;

/// <summary>Which channel a trade is at, as the number of those before.</summary>
internal sealed partial class LedgerModel
{
    private readonly Dictionary<Wish, int> _redirects = [];

    internal void Redirect(Wish wish, int redirects)
    {
        CompleteState state = !_trades.TryGetValue(wish, out (TradeStatus Status, int) known) ? CompleteState.NotFound
            : known.Status != TradeStatus.Pending ? CompleteState.AlreadyFinal
            : RedirectsOf(wish) + 1 != redirects ? CompleteState.Redirected
            : WishesOf(wish) > 0 ? CompleteState.WishChanged
            : CompleteState.Recorded;
        if (state == CompleteState.Recorded)
        {
            _redirects[wish] = redirects;
        }
        Answers.Add($"redirect {wish.Number} {redirects}: {state}");
    }

    private int RedirectsOf(Wish wish) => _redirects.GetValueOrDefault(wish);
}
