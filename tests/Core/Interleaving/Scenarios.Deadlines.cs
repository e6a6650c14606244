using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Tests.Ledger;
using Xunit;

namespace HotPath.Core.Tests.Interleaving;

/// <summary>
/// The ledger's commit queue against callers that do not wait for ever and a disk that becomes slow (F21, docs/decisions/0010): who was first, the
/// ledger thread or the caller's timer, and what may be said of a claim that somebody else has in the ring.
/// </summary>
internal static partial class Scenarios
{
    private static readonly TimeSpan NoTime = TimeSpan.Zero;
    private static readonly TimeSpan MuchTime = TimeSpan.FromHours(1);

    /// <summary>
    /// A claim against its deadline: won is recorded, withdrawn never is, unknown is recorded and told. The timer of the first claim does nothing to
    /// the second one, which may have got the same command from the pool.
    /// </summary>
    internal static Action ClaimOrDeadline(Execution execution) => ClaimOrDeadline(execution, isDiskBroken: false, isTimerFirst: false);

    /// <summary>The same from another usual order, in which two deviations lead from the timer of one use into the next.</summary>
    internal static Action ClaimOrOldTimer(Execution execution) => ClaimOrDeadline(execution, isDiskBroken: false, isTimerFirst: true);

    /// <summary>The same, and its commit fails: nothing is won, and what is unknown is never told as durable.</summary>
    internal static Action ClaimOrDeadlineOnABrokenDisk(Execution execution) => ClaimOrDeadline(execution, isDiskBroken: true, isTimerFirst: false);

    /// <summary>A result against its deadline: recorded or late, it is in the book. It is never withdrawn, for it is true.</summary>
    internal static Action RecordOrDeadline(Execution execution)
    {
        var storage = new MemoryStorage();
        EmbeddedLedger before = Open(storage, new InlinePool());
        Trade trade = Trades.New(before, "R1", "T1");
        Assert.True(Await(before.ClaimAsync(trade)).IsWon);
        CompleteState recorded = default;
        Claim next = default;
        Deadline(
            execution,
            storage,
            isTimerFirst: false,
            ledger => ledger.CompleteAsync(trade.Ended(ledger, trade.AcceptedAtMs), NoTime),
            (ledger, answer) =>
            {
                recorded = Await(answer);
                next = Await(ledger.ClaimAsync(Trades.New(ledger, "R2", "T2"), MuchTime));
            });
        return () =>
        {
            Assert.Contains(recorded, (CompleteState[])[CompleteState.Recorded, CompleteState.Late]);
            Assert.True(next.IsWon, $"the next claim: {next.State}");
            var found = new Trade();
            Assert.True(IsFound(storage, trade, found));
            Assert.Equal(TradeStatus.Success, found.Status);
        };
    }

    /// <summary>
    /// A claim and its repetition, and between them a step of the ledger thread begins to take too long. Once the repetition was told that nothing is
    /// recorded (DiskSlow, and then the req_id was not found), a claim that was in the ring or on its way there when it asked never wins. One that was
    /// not may: a request can be that late anywhere between here and its sender.
    /// </summary>
    internal static Action ClaimTwiceOnASlowDisk(Execution execution)
    {
        var storage = new MemoryStorage();
        var clock = new StillClock();
        var pool = new ActorPool(execution, threads: 1, parks: false);
        EmbeddedLedger ledger = Open(storage, pool, clock);
        Trade first = Trades.New(ledger, "R1", "T1");
        Trade repetition = Trades.New(ledger, "R1", "T1");
        Claim won = default;
        Claim repeated = default;
        bool isFirstUnderWay = false;
        bool isToldNothing = false;
        execution.Add("first", () =>
        {
            won = Await(ledger.ClaimAsync(first));
            pool.Leave(of: 2);
        });
        execution.Add("repetition", () =>
        {
            clock.Advance(TimeSpan.FromMilliseconds(251));
            isFirstUnderWay = execution.HasPassed("first", "LedgerCommand.Begin");
            repeated = Await(ledger.ClaimAsync(repetition));
            isToldNothing = repeated.State == ClaimState.DiskSlow && IsFree(ledger, repetition);
            pool.Leave(of: 2);
        });
        return () =>
        {
            Assert.False(isFirstUnderWay && isToldNothing && won.IsWon, "nothing is recorded, it was told, and then it was");
            Assert.False(won.IsWon && repeated.IsWon);
            Assert.Equal(won.IsWon, IsFound(storage, first, new Trade()));
            Assert.Equal(repeated.IsWon, IsFound(storage, repetition, new Trade()));
        };
    }

    private static Action ClaimOrDeadline(Execution execution, bool isDiskBroken, bool isTimerFirst)
    {
        var storage = new MemoryStorage();
        var late = new List<TradeNo>();
        Trade? first = null;
        Claim claim = default;
        Claim next = default;
        Deadline(
            execution,
            storage,
            isTimerFirst,
            ledger =>
            {
                storage.FailsWrites = isDiskBroken;
                ledger.WhenClaimedLate(late.Add);
                first = Trades.New(ledger, "R1", "T1");
                return ledger.ClaimAsync(first, NoTime);
            },
            (ledger, answer) =>
            {
                claim = Await(answer);
                next = Await(ledger.ClaimAsync(Trades.New(ledger, "R2", "T2"), MuchTime));
            });
        return () =>
        {
            storage.FailsWrites = false;
            Assert.Contains(claim.State, (ClaimState[])[isDiskBroken ? ClaimState.Unavailable : ClaimState.Won, ClaimState.DiskSlow, ClaimState.Unknown]);
            // Decided in the batch that failed, or asked after it.
            Assert.Contains(next.State, isDiskBroken ? (ClaimState[])[ClaimState.Unknown, ClaimState.Unavailable] : [ClaimState.Won]);
            bool isRecorded = !isDiskBroken && claim.State != ClaimState.DiskSlow;
            Assert.Equal(isRecorded, IsFound(storage, first!, new Trade()));
            Assert.Equal(isRecorded && claim.State == ClaimState.Unknown ? [first!.TradeNo] : [], late);
        };
    }

    /// <summary>A caller with no time, who then asks again with much of it, and a timer that fires once more than it should.</summary>
    private static void Deadline<T>(
        Execution execution, MemoryStorage storage, bool isTimerFirst, Func<EmbeddedLedger, ValueTask<T>> asks, Action<EmbeddedLedger, ValueTask<T>> goesOn)
    {
        var clock = new StillClock();
        ActorPool? pool = null;
        EmbeddedLedger? ledger = null;
        bool hasAsked = false;
        execution.Add("caller", () =>
        {
            ValueTask<T> answer = asks(ledger!);
            hasAsked = true;
            goesOn(ledger!, answer);
            pool!.Leave(of: 2);
        });
        void AddTimer() => execution.Add("timer", () =>
        {
            Execution.Until("a timer", () => hasAsked);
            clock.FireOf<LedgerCommand>();
            clock.FireOf<LedgerCommand>();
            pool!.Leave(of: 2);
        });
        if (isTimerFirst)
        {
            AddTimer();
        }
        pool = new ActorPool(execution, threads: 1, parks: false);
        ledger = Open(storage, pool, clock);
        if (!isTimerFirst)
        {
            AddTimer();
        }
    }

    /// <summary>What was told nothing is asked for once more, as the pipeline does before it says A001.</summary>
    private static bool IsFree(EmbeddedLedger ledger, Trade trade)
    {
        try
        {
            return Await(ledger.RecallAsync(trade.InstId, trade.ReqId.Span.ToArray(), trade.Fingerprint, new Trade())) == ReqIdState.Free;
        }
        catch (LedgerUnavailableException)
        {
            // It is there and does not become durable: the connection is cut.
            return false;
        }
    }

    /// <summary>Whether a start after a crash finds it.</summary>
    private static bool IsFound(MemoryStorage storage, Trade trade, Trade into) => Await(Open(storage, new InlinePool()).FindAsync(trade.TradeNo, into));
}
