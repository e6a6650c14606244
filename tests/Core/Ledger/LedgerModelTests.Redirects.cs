using CsCheck;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Ledger;

#pragma warning disable CA1001 // As in the other part.

/// <summary>Trades that go to further channels, against the model: in a row with results and cancels, over restarts and crashes, and at once.</summary>
public sealed partial class LedgerModelTests
{
    private static readonly GenOperation<RealLedger, LedgerModel> Redirect = Gen
        .Select(FewWishes, Gen.OneOf(1, 1, 2, 3))
        .Operation<RealLedger, LedgerModel>((real, one) => real.Redirect(one.Item1, one.Item2), (model, one) => model.Redirect(one.Item1, one.Item2));

    // The word of the first channel, or of a further one.
    private static readonly GenOperation<RealLedger, LedgerModel> CompleteAt = Gen
        .Select(FewWishes, Gen.OneOf(TradeStatus.Success, TradeStatus.Failed), Gen.OneOf(0, 1, 1, 2))
        .Operation<RealLedger, LedgerModel>(
            (real, one) => real.Complete(one.Item1, one.Item2, one.Item3), (model, one) => model.Complete(one.Item1, one.Item2, one.Item3));

    private static readonly GenOperation<RealLedger, LedgerModel> FindOneOfFew = FewWishes.Operation<RealLedger, LedgerModel>((real, wish) => real.Find(wish), (model, wish) => model.Find(wish));

    [Theory]
    [InlineData(false, 60)]
    [InlineData(true, 10)]
    public void AnyRedirectsInARow_AnswerAsTheModel(bool isFaster, int sequences) => InARow(
        isFaster, sequences,
        [Accept, Accept, Accept, Redirect, Redirect, Redirect, Redirect, CompleteAt, CompleteAt, Cancel, EndCancel, Reverse, FindOneOfFew, FindOneOfFew, Recall, Pending, Restart, Crash, Wait]);

    [Theory]
    [InlineData(false, 150)]
    [InlineData(true, 30)]
    public void AnyRedirectsAtOnce_AnswerAsInSomeOrder(bool isFaster, int sequences) => AtOnce(
        () => (Real: new RealLedger(isFaster) { IsAccepted = true }, Model: LedgerModel.Accepted()), sequences,
        [Redirect, Redirect, Redirect, CompleteAt, CompleteAt, Cancel, EndCancel, Reverse, FindOneOfFew],
        maxSequentialOperations: 8,
        isFaster
            ? [$" 1: {CompleteState.Recorded}"]
            : [$" 2: {CompleteState.Recorded}", $" 1: {CompleteState.WishChanged}", $" 1: {CompleteState.AlreadyFinal}", $" 0: {CompleteState.Redirected}", $"{TradeStatus.Success} 1: {CompleteState.Recorded}"]);

    private sealed partial class RealLedger
    {
        internal void Redirect(Wish wish, int redirects)
        {
            CompleteState state = Now(Ledger.RedirectAsync(At(wish, redirects)));
            Answer($"redirect {wish.Number} {redirects}: {state}");
        }

        private Trade At(Wish wish, int redirects)
        {
            Trade trade = Trade(wish);
            for (int i = 1; i <= redirects; i++)
            {
                trade.At($"channel {i}");
            }
            return trade;
        }
    }
}
