using HotPath.Core.Clearing;
using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Notify;
using HotPath.Core.Runtime;
using HotPath.Faults.Checking;
using HotPath.Faults.Simulation;
using Xunit;

namespace HotPath.Faults.Tests.Simulation;

/// <summary>
/// A simulation that finds nothing is to be doubted. Here the gateway has one fault, put around its parts, and the simulation must find it
/// by the checks that docs/decisions/0008 names: at the moment it happens (P1, P2), and by what is left in the end (I1 to I7).
/// </summary>
public sealed class PlantedBugTests
{
    private const int Seeds = 40;
    private const int Payments = 60;

    [Fact]
    public void SkippedSync_IsFound_AtTheNextSend_AndByWhatAPowerLossLeaves()
    {
        AssertFinds(new SkippedSync(), "P1", "P2");
        AssertFinds(new SkippedSync(), isBlindToTheDisk: true, "I2", "I7", "P3");
    }

    [Fact]
    public void AnswerBeforeItsResultIsDurable_IsFound_AsItLeaves_AndAfterACrash()
    {
        AssertFinds(new EarlyAnswer(), "P2");
        AssertFinds(new EarlyAnswer(), isBlindToTheDisk: true, "I2", "I3");
    }

    [Fact]
    public void PaymentInDoubtThatIsSentAgain_IsFound_ByTheChannelsBooks() => AssertFinds(new SendsAgain(), "I1");

    [Fact]
    public void ShortWriteThatIsIgnored_IsFound_AtTheNextSend_AndByWhatACrashLeaves()
    {
        AssertFinds(new ShortWrite(), "P1", "P2");
        AssertFinds(new ShortWrite(), isBlindToTheDisk: true, "I2", "I7", "P3");
    }

    [Fact]
    public void PendingClaimThatExpires_IsFound_AtItsSecondSend_AndByTheAnswersItsRepetitionsGet()
    {
        AssertFinds(new ExpiringClaim(), "P1");
        AssertFinds(new ExpiringClaim(), isBlindToTheDisk: true, "I2", "I3");
    }

    [Fact]
    public void RefundOfMoreThanWasPaid_IsFound_ByTheJournal() => AssertFinds(new Generous(), "I5");

    [Fact]
    public void RefundSentBeforeItIsDurable_IsFound_AtTheSend_AndAfterACrash()
    {
        AssertFinds(new Hasty(), "P1");
        AssertFinds(new Hasty(), isBlindToTheDisk: true, "I5");
    }

    [Fact]
    public void NotificationThatIsNotKeptWithThePositionThatPassedIt_IsFound_ByWhoIsNeverTold() => AssertFinds(new Forgetful(), "I10");

    [Fact]
    public void CancelBeforeTheReversalIsConfirmed_IsFound_ByTheChannelsBooks() => AssertFinds(new Presumptuous(), "I7");

    [Fact]
    public void SurplusGivenBackBeforeItIsDurable_IsFound_AtTheSend() =>
        AssertFinds(new Generosity(), static plan => plan with { CancelRate = 0.6, ChannelFaultRate = 0.8 }, "P1");

    [Fact]
    public void SilenceTakenForARefusedConnection_IsFound_ByTheBooksOfTwoChannels() => AssertFinds(new Deaf(), TwoChannels, "I1");

    [Fact]
    public void SendBeforeTheFurtherChannelIsDurable_IsFound_AtTheSend_AndAfterACrash()
    {
        AssertFinds(new Rash(), TwoChannels, "P1");
        AssertFinds(new Rash(), plan => TwoChannels(plan) with { IsBlindToTheDisk = true, CrashInDiskCall = 0.01 }, "I1", "I7");
    }

    [Fact]
    public void FurtherChannelThatIsNotRecorded_IsFound_ByTheBooks() =>
        AssertFinds(new Credulous(), plan => TwoChannels(plan) with { RefusalRate = 0.3, ChannelFaultRate = 0.8 }, "I1", "I7");

    private static Plan TwoChannels(Plan plan) => plan with { Channels = 2, RefusalRate = 0.5 };

    private static void AssertFinds(Bugs bug, params string[] oneOf) => AssertFinds(bug, static plan => plan, oneOf);

    private static void AssertFinds(Bugs bug, bool isBlindToTheDisk, params string[] oneOf) =>
        AssertFinds(bug, plan => plan with { IsBlindToTheDisk = isBlindToTheDisk }, oneOf);

    private static void AssertFinds(Bugs bug, Func<Plan, Plan> change, params string[] oneOf)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        for (ulong seed = 1; seed <= Seeds; seed++)
        {
            // A channel that breaks its word is one that a breaker would soon leave alone.
            Plan plan = change(Plan.Draw(seed, Payments)) with { HasBreaker = false };
            found.UnionWith(Run.Of(plan, bug).Broken.Select(broken => broken.Invariant));
            if (found.Overlaps(oneOf))
            {
                return;
            }
        }
        Assert.Fail($"not found by {string.Join(" or ", oneOf)} in {Seeds} seeds; found: {string.Join(", ", found)}");
    }

    /// <summary>The outbox moves on, and what has not been delivered yet is in memory only.</summary>
    private sealed class Forgetful : Bugs
    {
        internal override INotificationStore Notifications(INotificationStore store) => new Bend(store);

        private sealed class Bend(INotificationStore real) : BentNotifications(real)
        {
            public override void Save(StoreChanges changes)
            {
                changes.Waiting.Clear();
                Real.Save(changes);
            }
        }
    }

    /// <summary>fdatasync is said to be done, and every third one is not.</summary>
    private sealed class SkippedSync : Bugs
    {
        internal override IJournalStorage Storage(IJournalStorage storage) => new BentStorage(storage, new Bend());

        private sealed class Bend : IBend
        {
            private int _syncs;

            public int Written(string name, int length) => length;

            public bool Syncs(string name) => ++_syncs % 3 != 0;
        }
    }

    /// <summary>pwrite64 writes less than it was given, now and then, and nobody looks.</summary>
    private sealed class ShortWrite : Bugs
    {
        internal override IJournalStorage Storage(IJournalStorage storage) => new BentStorage(storage, new Bend());

        private sealed class Bend : IBend
        {
            private int _writes;

            public int Written(string name, int length) => name.EndsWith(".seg", StringComparison.Ordinal) && ++_writes % 20 == 0 ? length / 2 : length;

            public bool Syncs(string name) => true;
        }
    }

    /// <summary>A result counts as recorded as soon as the ledger has been asked to.</summary>
    private sealed class EarlyAnswer : Bugs
    {
        internal override ILedger Ledger(ILedger ledger, IScheduler scheduler) => new Early(ledger);

        private sealed class Early(ILedger ledger) : BentLedger(ledger)
        {
            public override ValueTask<CompleteState> CompleteAsync(Trade trade, TimeSpan? atMost = null)
            {
                // The ledger owns what it is given until it answers: here it gets its own.
                var own = new Trade
                {
                    TradeNo = trade.TradeNo,
                    ChannelId = trade.ChannelId,
                    Redirects = trade.Redirects,
                    Status = trade.Status,
                    FailCode = trade.FailCode,
                    FinalAtMs = trade.FinalAtMs,
                    ChannelTradeNo = trade.ChannelTradeNo,
                };
                own.Answer.RespId = trade.Answer.RespId;
                own.Answer.RespTimeMs = trade.Answer.RespTimeMs;
                own.Answer.Language = trade.Answer.Language;
                own.Answer.KeyId = trade.Answer.KeyId;
                own.Answer.SetSignature(trade.Answer.Signature);
                ValueTask<CompleteState> recording = Real.CompleteAsync(own);
                _ = ForgetAsync(recording);
                return new ValueTask<CompleteState>(CompleteState.Recorded);
            }

            private static async Task ForgetAsync(ValueTask<CompleteState> recording) => await recording;
        }
    }

    /// <summary>A claim that is PENDING does not count any more after a second: a repetition is a new payment, if only the order were not taken.</summary>
    private sealed class ExpiringClaim : Bugs
    {
        internal override ILedger Ledger(ILedger ledger, IScheduler scheduler) => new Forgetful(ledger);

        private sealed class Forgetful(ILedger ledger) : BentLedger(ledger)
        {
            public override async ValueTask<ReqIdState> RecallAsync(InstId instId, ReadOnlyMemory<byte> reqId, Digest fingerprint, Trade into)
            {
                ReqIdState state = await Real.RecallAsync(instId, reqId, fingerprint, into);
                return state == ReqIdState.InFlight ? ReqIdState.Free : state;
            }

            public override async ValueTask<Claim> ClaimAsync(Trade trade, TimeSpan? atMost = null)
            {
                Claim claim = await Real.ClaimAsync(trade, atMost);
                // Whoever lets a PENDING claim expire lets the next one have it: under a number of its own, with everything that was claimed before.
                return claim.State == ClaimState.InFlight ? new Claim(ClaimState.Won, trade.TradeNo) : claim;
            }
        }
    }

    /// <summary>No answer counts as a connection that was refused.</summary>
    private sealed class Deaf : Bugs
    {
        internal override IClearingAdapter Adapter(IClearingAdapter adapter) => new Hears(adapter, static result =>
            result.Outcome == ClearingOutcome.Unknown ? ClearingResult.Of(ClearingOutcome.NotDelivered) : result);
    }

    /// <summary>A payment goes to the next channel as soon as the ledger has been asked to record it.</summary>
    private sealed class Rash : Bugs
    {
        internal override ILedger Ledger(ILedger ledger, IScheduler scheduler) => new Quick(ledger);

        private sealed class Quick(ILedger ledger) : BentLedger(ledger)
        {
            public override ValueTask<CompleteState> RedirectAsync(Trade trade, TimeSpan? atMost = null)
            {
                _ = ForgetAsync(Real.RedirectAsync(trade.CopyOfClaim()));
                return new ValueTask<CompleteState>(CompleteState.Recorded);
            }

            private static async Task ForgetAsync(ValueTask<CompleteState> redirecting) => await redirecting;
        }
    }

    /// <summary>A book that keeps to itself where a trade has gone: whoever looks finds it at its first channel.</summary>
    private sealed class Credulous : Bugs
    {
        internal override ILedger Ledger(ILedger ledger, IScheduler scheduler) => new Forgetful(ledger);

        private sealed class Forgetful(ILedger ledger) : BentLedger(ledger)
        {
            public override ValueTask<CompleteState> RedirectAsync(Trade trade, TimeSpan? atMost = null) => new(CompleteState.Recorded);

            public override ValueTask<CompleteState> CompleteAsync(Trade trade, TimeSpan? atMost = null)
            {
                trade.Redirects = 0;
                return Real.CompleteAsync(trade, atMost);
            }
        }
    }

    private sealed class Hears(IClearingAdapter adapter, Func<ClearingResult, ClearingResult> hears) : IClearingAdapter
    {
        public void EncodePay(in PayOrder order, ClearingCall call) => adapter.EncodePay(order, call);

        public async ValueTask<ClearingResult> PayAsync(ClearingCall call) => hears(await adapter.PayAsync(call));

        public void EncodeRefund(in RefundOrder order, ClearingCall call) => adapter.EncodeRefund(order, call);

        public ValueTask<ClearingResult> RefundAsync(ClearingCall call) => adapter.RefundAsync(call);

        public ValueTask<ClearingResult> InquireAsync(ClearingReference reference) => adapter.InquireAsync(reference);

        public ValueTask<ClearingResult> ReverseAsync(ClearingReference reference) => adapter.ReverseAsync(reference);

        public ValueTask DisposeAsync() => adapter.DisposeAsync();
    }

    /// <summary>Refunds are reserved for a trade of twice the amount.</summary>
    private sealed class Generous : Bugs
    {
        internal override ILedger Ledger(ILedger ledger, IScheduler scheduler) => new Twice(ledger);

        private sealed class Twice(ILedger ledger) : BentLedger(ledger)
        {
            public override ValueTask<Claim> ReserveRefundAsync(Refund refund, Trade trade, TimeSpan? atMost = null)
            {
                Trade twice = trade.CopyOfClaim();
                twice.Amount = new Amount(2 * trade.Amount.MinorUnits);
                twice.Status = trade.Status;
                twice.FinalAtMs = trade.FinalAtMs;
                return Real.ReserveRefundAsync(refund, twice, atMost);
            }
        }
    }

    /// <summary>A refund counts as reserved, and is told, as soon as the ledger has been asked to.</summary>
    private sealed class Hasty : Bugs
    {
        internal override ILedger Ledger(ILedger ledger, IScheduler scheduler) => new Optimist(ledger);

        private sealed class Optimist(ILedger ledger) : BentLedger(ledger)
        {
            public override ValueTask<Claim> ReserveRefundAsync(Refund refund, Trade trade, TimeSpan? atMost = null)
            {
                _ = ForgetAsync(Real.ReserveRefundAsync(refund, trade));
                return new ValueTask<Claim>(new Claim(ClaimState.Won, refund.RefundId));
            }

            public override ValueTask<CompleteState> SettleRefundAsync(Refund refund, TimeSpan? atMost = null) => new(CompleteState.Recorded);

            private static async Task ForgetAsync(ValueTask<Claim> reserving) => await reserving;
        }
    }

    /// <summary>A reversal counts as confirmed as soon as it is on its way.</summary>
    private sealed class Presumptuous : Bugs
    {
        internal override IClearingAdapter Adapter(IClearingAdapter adapter) => new Sure(adapter);

        private sealed class Sure(IClearingAdapter adapter) : IClearingAdapter
        {
            public void EncodePay(in PayOrder order, ClearingCall call) => adapter.EncodePay(order, call);

            public ValueTask<ClearingResult> PayAsync(ClearingCall call) => adapter.PayAsync(call);

            public void EncodeRefund(in RefundOrder order, ClearingCall call) => adapter.EncodeRefund(order, call);

            public ValueTask<ClearingResult> RefundAsync(ClearingCall call) => adapter.RefundAsync(call);

            public ValueTask<ClearingResult> InquireAsync(ClearingReference reference) => adapter.InquireAsync(reference);

            public ValueTask<ClearingResult> ReverseAsync(ClearingReference reference)
            {
                _ = ForgetAsync(adapter.ReverseAsync(reference));
                return new ValueTask<ClearingResult>(ClearingResult.Of(ClearingOutcome.Reversed));
            }

            public ValueTask DisposeAsync() => adapter.DisposeAsync();

            private static async Task ForgetAsync(ValueTask<ClearingResult> reversing) => await reversing;
        }
    }

    /// <summary>Money too much goes back first and is recorded when it is back.</summary>
    private sealed class Generosity : Bugs
    {
        internal override ILedger Ledger(ILedger ledger, IScheduler scheduler) => new Quick(ledger);

        private sealed class Quick(ILedger ledger) : BentLedger(ledger), ISurplusBook
        {
            private readonly Dictionary<TradeNo, Surplus> _asked = [];

            public override ISurplusBook Surpluses => this;

            ValueTask<Claim> ISurplusBook.RecordAsync(Surplus surplus)
            {
                _asked[surplus.RefundId] = surplus;
                return new ValueTask<Claim>(new Claim(ClaimState.Won, surplus.RefundId));
            }

            async ValueTask<CompleteState> ISurplusBook.SettleAsync(Surplus surplus)
            {
                if (_asked.Remove(surplus.RefundId, out Surplus? asked))
                {
                    await Real.Surpluses.RecordAsync(asked);
                }
                return await Real.Surpluses.SettleAsync(surplus);
            }

            async ValueTask<bool> ISurplusBook.FindAsync(TradeNo refundId, Surplus into)
            {
                if (!_asked.TryGetValue(refundId, out Surplus? asked))
                {
                    return await Real.Surpluses.FindAsync(refundId, into);
                }
                (into.RefundId, into.TradeNo, into.Amount, into.Currency, into.ChannelId, into.InstId) =
                    (asked.RefundId, asked.TradeNo, asked.Amount, asked.Currency, asked.ChannelId, asked.InstId);
                return true;
            }

            ValueTask<IReadOnlyList<TradeNo>> ISurplusBook.PendingAsync() => Real.Surpluses.PendingAsync();

            ValueTask<IReadOnlyList<TradeNo>> ISurplusBook.ReversedAsync() => Real.Surpluses.ReversedAsync();
        }
    }

    /// <summary>What is in doubt is sent once more, by whoever believes that the first one was lost.</summary>
    private sealed class SendsAgain : Bugs
    {
        internal override IClearingAdapter Adapter(IClearingAdapter adapter) => new Eager(adapter);

        private sealed class Eager(IClearingAdapter adapter) : IClearingAdapter
        {
            public void EncodePay(in PayOrder order, ClearingCall call) => adapter.EncodePay(order, call);

            public async ValueTask<ClearingResult> PayAsync(ClearingCall call)
            {
                ClearingResult result = await adapter.PayAsync(call);
                return result.Outcome == ClearingOutcome.Unknown ? await adapter.PayAsync(call) : result;
            }

            public void EncodeRefund(in RefundOrder order, ClearingCall call) => adapter.EncodeRefund(order, call);

            public ValueTask<ClearingResult> RefundAsync(ClearingCall call) => adapter.RefundAsync(call);

            public ValueTask<ClearingResult> InquireAsync(ClearingReference reference) => adapter.InquireAsync(reference);

            public ValueTask<ClearingResult> ReverseAsync(ClearingReference reference) => adapter.ReverseAsync(reference);

            public ValueTask DisposeAsync() => adapter.DisposeAsync();
        }
    }
}
