using CsCheck;
using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Ledger;

#pragma warning disable CA1001 // Ends takes a ledger and its folder away; CsCheck disposes of nothing.

/// <summary>The ledger against <see cref="LedgerModel"/>: any operations in a row, over restarts and crashes, and any at once (F08, F10, F11).</summary>
[Collection(nameof(WholeMachine))]
public sealed class LedgerModelTests
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

    private static readonly GenOperation<RealLedger, LedgerModel> Pending = Gen.Operation<RealLedger, LedgerModel>(real => real.Pending(), model => model.Pending());

    private static readonly GenOperation<RealLedger, LedgerModel> Restart = Gen.Operation<RealLedger, LedgerModel>(real => real.Restart(), _ => { });

    private static readonly GenOperation<RealLedger, LedgerModel> Crash = Gen.Operation<RealLedger, LedgerModel>(real => real.Crash(), _ => { });

    private static readonly GenOperation<RealLedger, LedgerModel> Wait = Gen.OneOf(1, 23, 24, 25)
        .Operation<RealLedger, LedgerModel>((real, hours) => real.Wait(hours), (model, hours) => model.Wait(hours));

    [Theory]
    [InlineData(false, 100)]
    [InlineData(true, 10)]
    public void AnyOperationsInARow_AnswerAsTheModel(bool isFaster, int sequences) => Initial(isFaster).SampleModelBased(
        [Claim, Claim, Claim, Claim, Claim, Complete, Complete, Complete, Complete, Recall, Recall, Find, Find, FindByOrder, Pending, Restart, Crash, Wait],
        equal: (real, model) => real.Ends(model),
        printActual: real => string.Join("; ", real.Answers),
        printModel: model => string.Join("; ", model.Answers),
        iter: sequences,
        threads: 2);

    [Theory]
    [InlineData(false, 60)]
    [InlineData(true, 12)]
    public void AnyOperationsAtOnce_AnswerAsInSomeOrder(bool isFaster, int sequences) => Initial(isFaster).SampleParallel(
        [Claim, Claim, Claim, Complete, Recall, Find, FindByOrder, Pending],
        equal: (real, model) => real.Ends(model),
        printActual: real => string.Join("; ", real.Answers),
        printModel: model => string.Join("; ", model.Answers),
        maxSequentialOperations: 6,
        maxParallelOperations: 5,
        iter: sequences,
        threads: 2,
        replay: 20);

    private static Gen<(RealLedger Real, LedgerModel Model)> Initial(bool isFaster) => Gen.Const(() => (new RealLedger(isFaster), new LedgerModel()));

    /// <summary>A ledger and what it answered, in the model's words.</summary>
    private sealed class RealLedger(bool isFaster)
    {
        private readonly Lock _answering = new();

        // CsCheck compares with the orders of a parallel run in parallel.
        private readonly Lock _ending = new();
        private LedgerBench _bench = new(isFaster);
        private EmbeddedLedger? _ledger;
        private bool _isClosed;

        internal List<string> Answers { get; } = [];

        // Opened at the first operation: more are generated than are run.
        private EmbeddedLedger Ledger
        {
            get
            {
                lock (_answering)
                {
                    return _ledger ??= _bench.Open();
                }
            }
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

        internal void Complete(Wish wish, TradeStatus status) =>
            Answer($"complete {wish.Number} {status}: {Now(Ledger.CompleteAsync(Trade(wish).Ended(Ledger, _bench.NowMs, status)))}");

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
            Answer($"find {wish.Number}: {(isFound ? found.Status : "none")}");
        }

        internal void FindByOrder(Wish wish)
        {
            var found = new Trade();
            bool isFound = Now(Ledger.FindByOrderAsync(InstId.From(wish.Inst), Trades.Bytes(wish.Order), found));
            Answer($"order {wish.Number}: {(isFound ? $"{NumberOf(found.TradeNo)} {found.Status}" : "none")}");
        }

        internal void Pending() => Answer($"pending: {string.Join(' ', Now(Ledger.PendingAsync()).Select(NumberOf))}");

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

        internal void Wait(int hours) => _bench.Clock.Advance(TimeSpan.FromHours(hours));

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
            }
            Pending();
        }

        private static void Look(LedgerModel model)
        {
            for (int number = 0; number < Wish.Count; number++)
            {
                model.Find(new Wish(number));
                model.FindByOrder(new Wish(number));
                model.Recall(new Wish(number));
            }
            model.Pending();
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

        private Trade Trade(Wish wish)
        {
            Trade trade = Trades.New(Ledger, wish.ReqId, wish.Order, InstId.From(wish.Inst), wish.Code, wish.Content);
            trade.TradeNo = wish.TradeNo;
            return trade;
        }

        private static int NumberOf(TradeNo tradeNo) => (int)(tradeNo.Stamp & ((1UL << TradeNo.CounterBits) - 1));

        private static T Now<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();
    }
}
