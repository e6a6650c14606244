using CsCheck;
using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Ledger;

#pragma warning disable CA1001 // As in the other part.

/// <summary>Cancels, reversals and surpluses against the model: in a row, over restarts and crashes, and at once.</summary>
public sealed partial class LedgerModelTests
{
    private static readonly Gen<Undo> AnyUndo = Gen.Int[0, Undo.Count - 1].Select(number => new Undo(number));

    // Those that may be cancelled.
    private static readonly Gen<Wish> FewWishes = Gen.OneOf(0, 3, 6, 4).Select(number => new Wish(number));

    private static readonly GenOperation<RealLedger, LedgerModel> Cancel = AnyUndo.Operation<RealLedger, LedgerModel>((real, undo) => real.Cancel(undo), (model, undo) => model.Cancel(undo));

    private static readonly GenOperation<RealLedger, LedgerModel> EndCancel = Gen
        .Select(AnyUndo, Gen.OneOf(RespCode.Success, RespCode.TradeSucceeded, RespCode.NetworkError))
        .Operation<RealLedger, LedgerModel>((real, one) => real.EndCancel(one.Item1, one.Item2), (model, one) => model.EndCancel(one.Item1, one.Item2));

    private static readonly GenOperation<RealLedger, LedgerModel> RecallCancel = AnyUndo.Operation<RealLedger, LedgerModel>((real, undo) => real.RecallCancel(undo), (model, undo) => model.RecallCancel(undo));

    private static readonly GenOperation<RealLedger, LedgerModel> FindCancel = AnyUndo.Operation<RealLedger, LedgerModel>((real, undo) => real.FindCancel(undo), (model, undo) => model.FindCancel(undo));

    private static readonly GenOperation<RealLedger, LedgerModel> PendingCancels = Gen.Operation<RealLedger, LedgerModel>(real => real.PendingCancels(), model => model.PendingCancels());

    private static readonly GenOperation<RealLedger, LedgerModel> Accept = FewWishes.Operation<RealLedger, LedgerModel>((real, wish) => real.Claim(wish), (model, wish) => model.Claim(wish));

    private static readonly GenOperation<RealLedger, LedgerModel> Reverse = FewWishes.Operation<RealLedger, LedgerModel>((real, wish) => real.Reverse(wish), (model, wish) => model.Reverse(wish));

    private static readonly GenOperation<RealLedger, LedgerModel> Succeed = FewWishes.Operation<RealLedger, LedgerModel>(
        (real, wish) => real.Complete(wish, TradeStatus.Success), (model, wish) => model.Complete(wish, TradeStatus.Success));

    private static readonly GenOperation<RealLedger, LedgerModel> Surplus = FewWishes.Operation<RealLedger, LedgerModel>((real, wish) => real.Surplus(wish), (model, wish) => model.Surplus(wish));

    private static readonly GenOperation<RealLedger, LedgerModel> EndSurplus = Gen
        .Select(FewWishes, Gen.OneOf(TradeStatus.Success, TradeStatus.Failed))
        .Operation<RealLedger, LedgerModel>((real, one) => real.EndSurplus(one.Item1, one.Item2), (model, one) => model.EndSurplus(one.Item1, one.Item2));

    private static readonly GenOperation<RealLedger, LedgerModel> Reversed = Gen.Operation<RealLedger, LedgerModel>(real => real.Reversed(), model => model.Reversed());

    [Theory]
    [InlineData(false, 40)]
    [InlineData(true, 10)]
    public void AnyCancelsInARow_AnswerAsTheModel(bool isFaster, int sequences) => InARow(
        isFaster, sequences,
        [Accept, Accept, Accept, Cancel, Cancel, Cancel, Cancel, EndCancel, EndCancel, Reverse, Reverse, Succeed, Complete, RecallCancel, Recall, FindCancel, Find,
            PendingCancels, Surplus, EndSurplus, Reversed, Restart, Crash, Wait]);

    [Theory]
    [InlineData(false, 150)]
    [InlineData(true, 30)]
    public void AnyCancelsAtOnce_AnswerAsInSomeOrder(bool isFaster, int sequences) => AtOnce(
        () => (Real: new RealLedger(isFaster) { IsAccepted = true }, Model: LedgerModel.Accepted()), sequences,
        [Cancel, Cancel, Cancel, EndCancel, EndCancel, Reverse, Reverse, Succeed, RecallCancel, FindCancel, PendingCancels, Surplus, EndSurplus],
        maxSequentialOperations: 8,
        isFaster
            ? [$"{ClaimState.Won} 2"]
            : [$"{CompleteState.Recorded} {TradeStatus.Cancelled}", $"{CompleteState.Recorded} {TradeStatus.Failed}", $"{ClaimState.NotCancellable} {RespCode.TradeSucceeded}", $"{ClaimState.InFlight} 2"]);

    private sealed partial class RealLedger
    {
        internal void Cancel(Undo undo)
        {
            Claim claim;
            do
            {
                claim = Now(Ledger.Cancels.ClaimAsync(Cancellation(undo)));
            }
            while (claim.State == ClaimState.DiskSlow);
            Answer($"cancel {undo.Number}: {claim.State} {(claim.State == ClaimState.NotCancellable ? claim.Reason : NumberOf(claim.TradeNo))}");
        }

        internal void EndCancel(Undo undo, RespCode code) =>
            Answer($"end cancel {undo.Number} {code}: {Now(Ledger.Cancels.SettleAsync(Cancellation(undo).Ended(Ledger, _bench.NowMs, code)))}");

        internal void Reverse(Wish wish)
        {
            Trade trade = Trade(wish).Ended(Ledger, _bench.NowMs, TradeStatus.Failed);
            (trade.FailCode, trade.WasReversed) = (RespCode.TradeTimeout, true);
            CompleteState state;
            while ((state = Now(Ledger.CompleteAsync(trade))) == CompleteState.WishChanged)
            {
                trade.TurnByWish();
            }
            Answer($"reverse {wish.Number}: {state}{(state == CompleteState.Recorded ? $" {trade.Status}" : "")}");
        }

        internal void RecallCancel(Undo undo)
        {
            Cancellation asked = Cancellation(undo);
            var found = new Cancellation();
            ReqIdState state = Now(Ledger.Cancels.RecallAsync(asked.InstId, Trades.Bytes(undo.ReqId), asked.Fingerprint, found));
            Answer($"recall cancel {undo.Number}: {state}{(state is ReqIdState.InFlight or ReqIdState.Replay ? $" {NumberOf(found.CancelNo)}" : "")}");
        }

        internal void FindCancel(Undo undo)
        {
            var found = new Cancellation();
            bool isFound = Now(Ledger.Cancels.FindAsync(undo.CancelNo, found));
            Assert.True(!isFound || (found.ReqId.ToString() == undo.ReqId && found.TradeNo == undo.Trade.TradeNo));
            Answer($"find cancel {undo.Number}: {(isFound ? found.Code : "none")}");
        }

        internal void PendingCancels() => Answer($"pending cancels: {string.Join(' ', Now(Ledger.Cancels.PendingAsync()).Select(NumberOf))}");

        internal void Surplus(Wish wish)
        {
            Claim claim = Now(Ledger.Surpluses.RecordAsync(SurplusOf(wish)));
            Answer($"surplus {wish.Number}: {claim.State} {NumberOf(claim.TradeNo)}");
        }

        internal void EndSurplus(Wish wish, TradeStatus status)
        {
            Surplus surplus = SurplusOf(wish);
            (surplus.Status, surplus.FinalAtMs) = (status, _bench.NowMs);
            Answer($"end surplus {wish.Number} {status}: {Now(Ledger.Surpluses.SettleAsync(surplus))}");
        }

        internal void FindSurplus(Wish wish)
        {
            var found = new Surplus();
            bool isFound = Now(Ledger.Surpluses.FindAsync(SurplusOf(wish).RefundId, found));
            Assert.True(!isFound || found.TradeNo == wish.TradeNo);
            Answer($"find surplus {wish.Number}: {(isFound ? found.Status : "none")}");
        }

        internal void PendingSurpluses() => Answer($"pending surpluses: {string.Join(' ', Now(Ledger.Surpluses.PendingAsync()).Select(NumberOf))}");

        internal void Reversed() => Answer($"reversed: {string.Join(' ', Now(Ledger.Surpluses.ReversedAsync()).Select(NumberOf).Order())}");

        private void LookAtCancels()
        {
            for (int number = 0; number < Undo.Count; number++)
            {
                FindCancel(new Undo(number));
                RecallCancel(new Undo(number));
            }
            foreach (int number in (int[])[0, 3, 6, 4])
            {
                FindSurplus(new Wish(number));
            }
            PendingCancels();
            PendingSurpluses();
            Reversed();
        }

        private static void LookAtCancels(LedgerModel model)
        {
            for (int number = 0; number < Undo.Count; number++)
            {
                model.FindCancel(new Undo(number));
                model.RecallCancel(new Undo(number));
            }
            foreach (int number in (int[])[0, 3, 6, 4])
            {
                model.FindSurplus(new Wish(number));
            }
            model.PendingCancels();
            model.PendingSurpluses();
            model.Reversed();
        }

        private Cancellation Cancellation(Undo undo)
        {
            Cancellation cancel = Cancels.New(Ledger, Trade(undo.Trade), undo.ReqId, undo.Content);
            cancel.CancelNo = undo.CancelNo;
            return cancel;
        }

        private Surplus SurplusOf(Wish wish)
        {
            Surplus surplus = Cancels.SurplusOf(Ledger, Trade(wish));
            surplus.RefundId = new TradeNo(wish.TradeNo.Stamp + 300, 7);
            return surplus;
        }
    }
}
