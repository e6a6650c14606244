using System.Collections.Concurrent;
using CsCheck;
using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Ledger;

#pragma warning disable CA1001 // Ends takes a ledger and its folder away; CsCheck disposes of nothing.

/// <summary>
/// The ledger against <see cref="LedgerModel"/>: any operations in a row, over restarts and crashes, and any at once (F08, F10, F11). Fewer sequences than
/// each case says, unless <c>./dev fuzz</c> asks for all.
/// </summary>
[Trait("Category", "Fuzz")]
[Collection(nameof(WholeMachine))]
public sealed partial class LedgerModelTests
{
    private static readonly Gen<Wish> AnyWish = Gen.Int[0, Wish.Count - 1].Select(number => new Wish(number));

    // Claims of the same few trades, mostly: what is rare is a conflict.
    private static readonly GenOperation<RealLedger, LedgerModel> Claim = AnyWish.Operation<RealLedger, LedgerModel>((real, wish) => real.Claim(wish), (model, wish) => model.Claim(wish));

    private static readonly GenOperation<RealLedger, LedgerModel> Complete = Gen
        .Select(AnyWish, Gen.OneOf(TradeStatus.Success, TradeStatus.Success, TradeStatus.Failed, TradeStatus.Cancelled))
        .Operation<RealLedger, LedgerModel>((real, one) => real.Complete(one.Item1, one.Item2), (model, one) => model.Complete(one.Item1, one.Item2));

    private static readonly GenOperation<RealLedger, LedgerModel> Recall = AnyWish.Operation<RealLedger, LedgerModel>((real, wish) => real.Recall(wish), (model, wish) => model.Recall(wish));

    private static readonly GenOperation<RealLedger, LedgerModel> Find = AnyWish.Operation<RealLedger, LedgerModel>((real, wish) => real.Find(wish), (model, wish) => model.Find(wish));

    private static readonly GenOperation<RealLedger, LedgerModel> FindByOrder = AnyWish.Operation<RealLedger, LedgerModel>((real, wish) => real.FindByOrder(wish), (model, wish) => model.FindByOrder(wish));

    private static readonly Gen<Return> AnyReturn = Gen.Int[0, Return.Count - 1].Select(number => new Return(number));

    // A trade that can be refunded, most of the time: paid in one step.
    private static readonly GenOperation<RealLedger, LedgerModel> Pay = Gen.OneOf(0, 3, 6, 4).Select(number => new Wish(number)).Operation<RealLedger, LedgerModel>(
        (real, wish) =>
        {
            real.Claim(wish);
            real.Complete(wish, TradeStatus.Success);
        },
        (model, wish) =>
        {
            model.Claim(wish);
            model.Complete(wish, TradeStatus.Success);
        });

    // Few, so that those who ask at once meet.
    private static readonly Gen<Return> FewReturns = Gen.OneOf(0, 1, 2, 5, 12, 13, 14, 17).Select(number => new Return(number));

    private static readonly GenOperation<RealLedger, LedgerModel> ReserveOneOfFew = FewReturns.Operation<RealLedger, LedgerModel>((real, refund) => real.Reserve(refund), (model, refund) => model.Reserve(refund));

    private static readonly GenOperation<RealLedger, LedgerModel> SettleOneOfFew = Gen
        .Select(FewReturns, Gen.OneOf(TradeStatus.Success, TradeStatus.Failed))
        .Operation<RealLedger, LedgerModel>((real, one) => real.Settle(one.Item1, one.Item2), (model, one) => model.Settle(one.Item1, one.Item2));

    private static readonly GenOperation<RealLedger, LedgerModel> Reserve = AnyReturn.Operation<RealLedger, LedgerModel>((real, refund) => real.Reserve(refund), (model, refund) => model.Reserve(refund));

    private static readonly GenOperation<RealLedger, LedgerModel> Settle = Gen
        .Select(AnyReturn, Gen.OneOf(TradeStatus.Success, TradeStatus.Failed))
        .Operation<RealLedger, LedgerModel>((real, one) => real.Settle(one.Item1, one.Item2), (model, one) => model.Settle(one.Item1, one.Item2));

    private static readonly GenOperation<RealLedger, LedgerModel> RecallRefund = AnyReturn.Operation<RealLedger, LedgerModel>((real, refund) => real.RecallRefund(refund), (model, refund) => model.RecallRefund(refund));

    private static readonly GenOperation<RealLedger, LedgerModel> FindRefund = AnyReturn.Operation<RealLedger, LedgerModel>((real, refund) => real.FindRefund(refund), (model, refund) => model.FindRefund(refund));

    private static readonly GenOperation<RealLedger, LedgerModel> FindByRefundNo = AnyReturn.Operation<RealLedger, LedgerModel>((real, refund) => real.FindByRefundNo(refund), (model, refund) => model.FindByRefundNo(refund));

    private static readonly GenOperation<RealLedger, LedgerModel> Refunded = AnyWish.Operation<RealLedger, LedgerModel>((real, wish) => real.Refunded(wish), (model, wish) => model.Refunded(wish));

    private static readonly GenOperation<RealLedger, LedgerModel> PendingRefunds = Gen.Operation<RealLedger, LedgerModel>(real => real.PendingRefunds(), model => model.PendingRefunds());

    private static readonly GenOperation<RealLedger, LedgerModel> Pending = Gen.Operation<RealLedger, LedgerModel>(real => real.Pending(), model => model.Pending());

    private static readonly GenOperation<RealLedger, LedgerModel> Restart = Gen.Operation<RealLedger, LedgerModel>(real => real.Restart(), model => model.Restart());

    private static readonly GenOperation<RealLedger, LedgerModel> Crash = Gen.Operation<RealLedger, LedgerModel>(real => real.Crash(), model => model.Restart());

    private static readonly GenOperation<RealLedger, LedgerModel> Wait = Gen.OneOf(1, 23, 24, 25, 13, 4_320)
        .Operation<RealLedger, LedgerModel>((real, hours) => real.Wait(hours), (model, hours) => model.Wait(hours));

    // One answer in three hundred sequences is the rarest that is asked for: twenty times half of them have it but once in a million runs.
    private const int MostRounds = 20;

    [Theory]
    [InlineData(false, 100)]
    [InlineData(true, 10)]
    public void AnyOperationsInARow_AnswerAsTheModel(bool isFaster, int sequences) => InARow(
        isFaster, sequences,
        [Claim, Claim, Claim, Claim, Claim, Complete, Complete, Complete, Complete, Recall, Recall, Find, Find, FindByOrder, Pending, Restart, Crash, Wait]);

    [Theory]
    [InlineData(false, 60)]
    [InlineData(true, 12)]
    public void AnyOperationsAtOnce_AnswerAsInSomeOrder(bool isFaster, int sequences) => AtOnce(
        () => (new RealLedger(isFaster), new LedgerModel()), sequences,
        [Claim, Claim, Claim, Complete, Recall, Find, FindByOrder, Pending],
        maxSequentialOperations: 6);

    [Theory]
    [InlineData(false, 100)]
    [InlineData(true, 10)]
    public void AnyRefundsInARow_AnswerAsTheModel(bool isFaster, int sequences) => InARow(
        isFaster, sequences,
        [Pay, Pay, Pay, Claim, Complete, Reserve, Reserve, Reserve, Reserve, Reserve, Settle, Settle, Settle, RecallRefund, Recall, FindRefund, FindByRefundNo, Refunded, PendingRefunds, Restart, Crash, Wait]);

    [Theory]
    [InlineData(false, 400)]
    [InlineData(true, 30)]
    public void AnyRefundsAtOnce_AnswerAsInSomeOrder(bool isFaster, int sequences) => AtOnce(
        () => (Real: new RealLedger(isFaster) { IsPaid = true }, Model: LedgerModel.Paid()), sequences,
        [ReserveOneOfFew, ReserveOneOfFew, ReserveOneOfFew, SettleOneOfFew, SettleOneOfFew, RecallRefund, FindRefund, FindByRefundNo, Refunded, PendingRefunds],
        maxSequentialOperations: 8,
        isFaster
            ? [$"{ClaimState.Won}"]
            : [$"{ClaimState.Won}", $"{ClaimState.NotRefundable} {RespCode.RefundAmountExceeded}", $"{ClaimState.RefundExists}", $"{TradeStatus.Failed}: {CompleteState.Recorded}"]);

    /// <summary>From nothing, one operation after the other.</summary>
    private static void InARow(bool isFaster, int sequences, GenOperation<RealLedger, LedgerModel>[] operations) =>
        Gen.Const(() => (new RealLedger(isFaster), new LedgerModel())).SampleModelBased(
            operations,
            equal: (real, model) => real.Ends(model),
            printActual: real => string.Join("; ", real.Answers),
            printModel: model => string.Join("; ", model.Answers),
            iter: FuzzCases.Of(sequences, oneIn: 4),
            threads: 2);

    /// <summary>Some operations in a row, then some at once, which must end as in some order of them.</summary>
    /// <param name="seen">
    /// What must have been answered somewhere, for a comparison of nothing but refusals says little. Which sequences come is left to chance: while one of these is
    /// missing there are more of them, so that chance alone fails no run.
    /// </param>
    private static void AtOnce(
        Func<(RealLedger Real, LedgerModel Model)> initial, int sequences, GenOperation<RealLedger, LedgerModel>[] operations, int maxSequentialOperations, params string[] seen)
    {
        var answers = new ConcurrentBag<string>();
        string[] missing;
        int rounds = 0;
        do
        {
            Gen.Const(initial).SampleParallel(
                operations,
                equal: (real, model) =>
                {
                    bool isEqual = real.Ends(model);
                    answers.Add(string.Join(';', real.Answers));
                    return isEqual;
                },
                printActual: real => string.Join("; ", real.Answers),
                printModel: model => string.Join("; ", model.Answers),
                maxSequentialOperations: maxSequentialOperations,
                maxParallelOperations: 5,
                iter: FuzzCases.Of(sequences, oneIn: 2),
                threads: 2,
                replay: 20);
            missing = [.. seen.Where(expected => !answers.Any(answer => answer.Contains(expected, StringComparison.Ordinal)))];
        }
        while (missing.Length > 0 && ++rounds < MostRounds);
        Assert.Empty(missing);
    }

    /// <summary>A ledger and what it answered, in the model's words.</summary>
    private sealed partial class RealLedger(bool isFaster)
    {
        private readonly Lock _answering = new();

        // CsCheck compares with the orders of a parallel run in parallel.
        private readonly Lock _ending = new();
        private LedgerBench _bench = new(isFaster);
        private EmbeddedLedger? _ledger;
        private bool _isClosed;

        internal List<string> Answers { get; } = [];

        /// <summary>Some trades are in it, as in <see cref="LedgerModel.Paid"/>.</summary>
        internal bool IsPaid { get; init; }

        /// <summary>They are PENDING, as in <see cref="LedgerModel.Accepted"/>.</summary>
        internal bool IsAccepted { get; init; }

        // Opened at the first operation: more are generated than are run.
        private EmbeddedLedger Ledger
        {
            get
            {
                lock (_answering)
                {
                    return _ledger ??= Open();
                }
            }
        }

        private EmbeddedLedger Open()
        {
            EmbeddedLedger ledger = _bench.Open();
            foreach (Wish wish in IsPaid || IsAccepted ? Return.Refundable : [])
            {
                Trade trade = Trade(ledger, wish);
                Now(ledger.ClaimAsync(trade));
                if (IsPaid)
                {
                    Now(ledger.CompleteAsync(trade.Ended(ledger, _bench.NowMs)));
                }
            }
            return ledger;
        }

        internal void Claim(Wish wish)
        {
            Claim claim;
            do
            {
                claim = Now(Ledger.ClaimAsync(Trade(wish)));
            }
            // A day that passes while a commit is under way is a slow disk to the ledger; nothing happened then.
            while (claim.State == ClaimState.DiskSlow);
            Answer($"claim {wish.Number}: {claim.State} {NumberOf(claim.TradeNo)}");
        }

        internal void Complete(Wish wish, TradeStatus status, int redirects = 0) =>
            Answer($"complete {wish.Number} {status} {redirects}: {Now(Ledger.CompleteAsync(At(wish, redirects).Ended(Ledger, _bench.NowMs, status)))}");

        internal void Recall(Wish wish)
        {
            var found = new Trade();
            Trade asked = Trade(wish);
            ReqIdState state = Now(Ledger.RecallAsync(asked.InstId, Trades.Bytes(wish.ReqId), asked.Fingerprint, found));
            Answer($"recall {wish.Number}: {state}{(state is ReqIdState.InFlight or ReqIdState.Replay ? $" {NumberOf(found.TradeNo)}" : "")}");
        }

        internal void Find(Wish wish)
        {
            var found = new Trade();
            bool isFound = Now(Ledger.FindAsync(wish.TradeNo, found));
            Assert.True(!isFound || found.ReqId.ToString() == wish.ReqId);
            Assert.True(!isFound || found.ChannelId.ToString() == (found.Redirects == 0 ? "fps" : $"channel {found.Redirects}"));
            Answer($"find {wish.Number}: {(isFound ? $"{found.Status} {found.Redirects}" : "none")}");
        }

        internal void FindByOrder(Wish wish)
        {
            var found = new Trade();
            bool isFound = Now(Ledger.FindByOrderAsync(InstId.From(wish.Inst), Trades.Bytes(wish.Order), found));
            Answer($"order {wish.Number}: {(isFound ? $"{NumberOf(found.TradeNo)} {found.Status}" : "none")}");
        }

        internal void Pending() => Answer($"pending: {string.Join(' ', Now(Ledger.PendingAsync()).Select(NumberOf))}");

        internal void Reserve(Return one)
        {
            Claim claim;
            do
            {
                Trade trade = Found(one.Trade);
                claim = Now(Ledger.ReserveRefundAsync(Refund(one, trade), trade));
            }
            while (claim.State == ClaimState.DiskSlow);
            Answer($"reserve {one.Number}: {claim.State} {(claim.State == ClaimState.NotRefundable ? claim.Reason : NumberOf(claim.TradeNo))}");
        }

        /// <summary>As somebody would who has to say the total in the answer that he signs.</summary>
        internal void Settle(Return one, TradeStatus status)
        {
            CompleteState state;
            do
            {
                Trade trade = Found(one.Trade);
                state = Now(Ledger.SettleRefundAsync(Refund(one, trade).Ended(Ledger, _bench.NowMs, trade.Refunded.Succeeded, status)));
            }
            while (state == CompleteState.TotalsChanged);
            Answer($"settle {one.Number} {status}: {state}");
        }

        internal void RecallRefund(Return one)
        {
            var found = new Refund();
            Refund asked = Refund(one, Trade(one.Trade));
            ReqIdState state = Now(Ledger.RecallRefundAsync(asked.InstId, Trades.Bytes(one.ReqId), asked.Fingerprint, found));
            Answer($"recall refund {one.Number}: {state}{(state is ReqIdState.InFlight or ReqIdState.Replay ? $" {NumberOf(found.RefundId)}" : "")}");
        }

        internal void FindRefund(Return one)
        {
            var found = new Refund();
            bool isFound = Now(Ledger.FindRefundAsync(one.RefundId, found));
            Assert.True(!isFound || found.RefundNo.ToString() == one.RefundNo);
            Answer($"find refund {one.Number}: {(isFound ? found.Status : "none")}");
        }

        internal void FindByRefundNo(Return one)
        {
            var found = new Refund();
            bool isFound = Now(Ledger.FindRefundByNoAsync(InstId.From(one.Trade.Inst), Trades.Bytes(one.RefundNo), found));
            Answer($"refund no {one.Number}: {(isFound ? $"{NumberOf(found.RefundId)} {found.Status}" : "none")}");
        }

        internal void Refunded(Wish wish) => Answer($"refunded {wish.Number}: {Found(wish).Refunded}");

        internal void PendingRefunds() => Answer($"pending refunds: {string.Join(' ', Now(Ledger.PendingRefundsAsync()).Select(NumberOf))}");

        internal void Restart()
        {
            Close();
            _ledger = _bench.Open();
        }

        /// <summary>Goes on with what the disk held at this moment: everything answered must be there.</summary>
        internal void Crash()
        {
            _ = Ledger;
            LedgerBench crashed = _bench.Crash();
            Close();
            _bench.DisposeAsync().AsTask().GetAwaiter().GetResult();
            _bench = crashed;
            _ledger = _bench.Open();
        }

        internal void Wait(int hours)
        {
            if (hours <= LedgerModel.LongestOpen)
            {
                _ = Ledger;
                _bench.Clock.Advance(TimeSpan.FromHours(hours));
                // Its thread has seen that time pass, and journaled a number ceiling: a crash now is one after these hours.
                Now(Ledger.PendingAsync());
                return;
            }
            // A ledger that is open would look after its disk in each of these seconds.
            Close();
            _bench.Clock.Advance(TimeSpan.FromHours(hours));
            _ledger = _bench.Open();
        }

        /// <summary>Whether it answered as the model did, in whatever order, and holds what the model holds. Ends it at the first call.</summary>
        internal bool Ends(LedgerModel model)
        {
            lock (_ending)
            {
                if (!_isClosed)
                {
                    Look();
                    Close();
                    _bench.DisposeAsync().AsTask().GetAwaiter().GetResult();
                    _isClosed = true;
                }
            }
            Look(model);
            return Answers.Order(StringComparer.Ordinal).SequenceEqual(model.Answers.Order(StringComparer.Ordinal));
        }

        private void Look()
        {
            for (int number = 0; number < Wish.Count; number++)
            {
                Find(new Wish(number));
                FindByOrder(new Wish(number));
                Recall(new Wish(number));
                Refunded(new Wish(number));
            }
            for (int number = 0; number < Return.Count; number++)
            {
                FindRefund(new Return(number));
                FindByRefundNo(new Return(number));
                RecallRefund(new Return(number));
            }
            Pending();
            PendingRefunds();
            LookAtCancels();
        }

        private static void Look(LedgerModel model)
        {
            for (int number = 0; number < Wish.Count; number++)
            {
                model.Find(new Wish(number));
                model.FindByOrder(new Wish(number));
                model.Recall(new Wish(number));
                model.Refunded(new Wish(number));
            }
            for (int number = 0; number < Return.Count; number++)
            {
                model.FindRefund(new Return(number));
                model.FindByRefundNo(new Return(number));
                model.RecallRefund(new Return(number));
            }
            model.Pending();
            model.PendingRefunds();
            LookAtCancels(model);
        }

        private void Close()
        {
            _ledger?.DisposeAsync().AsTask().GetAwaiter().GetResult();
            _ledger = null;
        }

        private void Answer(string answer)
        {
            lock (_answering)
            {
                Answers.Add(answer);
            }
        }

        private Trade Trade(Wish wish) => Trade(Ledger, wish);

        private static Trade Trade(EmbeddedLedger ledger, Wish wish)
        {
            Trade trade = Trades.New(ledger, wish.ReqId, wish.Order, InstId.From(wish.Inst), wish.Code, wish.Content);
            trade.TradeNo = wish.TradeNo;
            return trade;
        }

        /// <summary>The trade as it is, or as it was never accepted.</summary>
        private Trade Found(Wish wish)
        {
            var found = new Trade();
            return Now(Ledger.FindAsync(wish.TradeNo, found)) ? found : Trade(wish);
        }

        private Refund Refund(Return one, Trade trade)
        {
            Refund refund = Refunds.New(Ledger, trade, one.RefundNo, one.Amount, one.Type, one.ReqId, one.Content);
            refund.RefundId = one.RefundId;
            return refund;
        }

        private static int NumberOf(TradeNo tradeNo) => (int)(tradeNo.Stamp & ((1UL << TradeNo.CounterBits) - 1));

        private static T Now<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();
    }
}
