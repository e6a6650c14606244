using HotPath.Core.Buffers;
using HotPath.Core.Clearing;
using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Pipeline;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using HotPath.Core.Tests.Clearing;
using HotPath.Core.Tests.Ledger;
using Xunit;

namespace HotPath.Core.Tests.Interleaving;

/// <summary>
/// Where threads of the gateway meet without a lock, each with as few threads and steps as can go wrong. A scenario adds its threads and
/// answers what must hold after them.
/// </summary>
internal static partial class Scenarios
{
    private static readonly GatewayMetrics Metrics = new("test");

    /// <summary>Called by <see cref="Weaver"/>, in the context of the woven Core.</summary>
    internal static Exploration Explore(string scenario, int deviations, int mostExecutions)
    {
        Exploration explored = new Explorer(deviations, mostExecutions).Explore(Of(scenario));
        Runners.Stop();
        return explored;
    }

    private static Func<Execution, Action> Of(string scenario) => scenario switch
    {
        nameof(Ring) => Ring,
        nameof(FullRing) => FullRing,
        nameof(Drain) => Drain,
        nameof(ResultOrDeadline) => execution => ResultOrDeadline(execution, Payments.NewReference()),
        nameof(RefundOrDeadline) => RefundOrDeadline,
        nameof(Parking) => Parking,
        nameof(Numbers) => Numbers,
        nameof(Waiters) => execution => Waiters(execution, registersFirst: true),
        nameof(WaitersTooLate) => WaitersTooLate,
        nameof(LedgerCloses) => LedgerCloses,
        nameof(LedgerClosesUnderAReader) => LedgerClosesUnderAReader,
        nameof(ClaimOrDeadline) => ClaimOrDeadline,
        nameof(ClaimOrOldTimer) => ClaimOrOldTimer,
        nameof(ClaimOrDeadlineOnABrokenDisk) => ClaimOrDeadlineOnABrokenDisk,
        nameof(RecordOrDeadline) => RecordOrDeadline,
        nameof(ClaimTwiceOnASlowDisk) => ClaimTwiceOnASlowDisk,
        _ => throw new ArgumentOutOfRangeException(nameof(scenario), scenario, "no such scenario"),
    };

    /// <summary>Two producers and the consumer: each item once, each producer's in its order.</summary>
    internal static Action Ring(Execution execution)
    {
        var ring = new MpscRing<Item>(4);
        var taken = new List<Item>();
        foreach (int producer in (int[])[0, 1])
        {
            execution.Add($"producer {producer}", () =>
            {
                Assert.True(ring.TryEnqueue(new Item(producer, 0)));
                Assert.True(ring.TryEnqueue(new Item(producer, 1)));
            });
        }
        execution.Add("consumer", () =>
        {
            while (taken.Count < 4)
            {
                Take(ring, taken);
            }
        });
        return () => VerifyOrder(ring, taken, 4);
    }

    /// <summary>More items than room: a refusal only while the ring is full, and the next turn of a cell is not mixed up with the last.</summary>
    internal static Action FullRing(Execution execution)
    {
        var ring = new MpscRing<Item>(2);
        var taken = new List<Item>();
        execution.Add("producer 0", () =>
        {
            for (int i = 0; i < 3; i++)
            {
                var item = new Item(0, i);
                while (!ring.TryEnqueue(item))
                {
                    Execution.Spin("full");
                }
            }
        });
        execution.Add("producer 1", () =>
        {
            var item = new Item(1, 0);
            while (!ring.TryEnqueue(item))
            {
                Execution.Spin("full");
            }
        });
        execution.Add("consumer", () =>
        {
            while (taken.Count < 4)
            {
                Take(ring, taken);
            }
        });
        return () => VerifyOrder(ring, taken, 4);
    }

    /// <summary>Two payments, two threads of the pool: the ring has one consumer at a time and nobody's payment stays behind.</summary>
    internal static Action Drain(Execution execution)
    {
        var adapter = new AtOnce();
        var outcomes = new List<ClearingOutcome>();
        Channel? channel = null;
        ActorPool? pool = null;
        void Payer()
        {
            outcomes.Add(Await(Send(channel!, Payments.NewReference(), TimeSpan.FromHours(1))));
            pool!.Leave(of: 2);
        }
        // In this order two deviations reach what needs both payers and both threads.
        execution.Add("payer 0", Payer);
        pool = new ActorPool(execution, threads: 2);
        execution.Add("payer 1", Payer);
        channel = new Channel(new ChannelOptions { Id = "drain", MaxInFlight = 2 }, adapter, pool, new StillClock(), Metrics);
        return () =>
        {
            Assert.Equal([ClearingOutcome.Succeeded, ClearingOutcome.Succeeded], outcomes);
            Assert.Equal(2, adapter.Sent.Distinct().Count());
        };
    }

    /// <summary>
    /// The result against the deadline: one of them answers, the other is late, and a timer of the first payment does nothing to the second
    /// one, which may have got the same call from the pool.
    /// </summary>
    internal static Action ResultOrDeadline(Execution execution, ClearingReference first)
    {
        var adapter = new AtOnce();
        var late = new LateResults();
        var lateOfTheOtherKind = new LateResults();
        var clock = new StillClock();
        var pool = new ActorPool(execution, threads: 1);
        var channel = new Channel(new ChannelOptions { Id = "race", MaxInFlight = 2 }, adapter, pool, clock, Metrics)
        {
            LateResults = first.IsRefund ? lateOfTheOtherKind : late,
            LateRefunds = first.IsRefund ? late : lateOfTheOtherKind,
        };
        var outcomes = new List<ClearingOutcome>();
        bool isFirstSent = false;
        execution.Add("request", () =>
        {
            ValueTask<ClearingResult> answer = Send(channel, first, TimeSpan.Zero);
            isFirstSent = true;
            outcomes.Add(Await(answer));
            outcomes.Add(Await(Send(channel, Payments.NewReference(), TimeSpan.FromHours(1))));
            pool.Leave(of: 2);
        });
        execution.Add("timer", () =>
        {
            Execution.Until("a timer", () => isFirstSent);
            // A stopped timer may fire once more, and one that is late fires when its call serves somebody else.
            clock.Fire();
            clock.Fire();
            pool.Leave(of: 2);
        });
        return () =>
        {
            Assert.Equal(ClearingOutcome.Succeeded, outcomes[1]);
            Assert.Equal(outcomes[0] == ClearingOutcome.Processing ? [(first.TradeNo, ClearingOutcome.Succeeded)] : [], late.Adopted);
            Assert.Empty(lateOfTheOtherKind.Adopted);
            Assert.True(channel.TryTakeCredit() && channel.TryTakeCredit());
        };
    }

    /// <summary>The same of a refund whose call then serves a payment: its late result is a refund's, whoever has the call by now.</summary>
    internal static Action RefundOrDeadline(Execution execution) => ResultOrDeadline(execution, Payments.NewRefund());

    /// <summary>A worker goes to sleep while work comes: nobody waits for its time-out.</summary>
    internal static Action Parking(Execution execution)
    {
        var body = new Counted();
        execution.Add("producer", () =>
        {
            using IWorker worker = ThreadScheduler.Instance.StartWorker("worker", body);
            for (int i = 1; i <= 2; i++)
            {
                Assert.True(body.Ring.TryEnqueue(new Item(0, i)));
                worker.Wake();
                int done = i;
                Execution.Until("done", () => body.Done == done);
            }
        });
        return () => Assert.Equal(2, body.Done);
    }

    /// <summary>Two callers take numbers while the ledger thread raises the ceiling and closes.</summary>
    internal static Action Numbers(Execution execution)
    {
        var clock = new StillClock();
        var numbers = new NumberSource(clock, 7);
        numbers.StartAbove(0);
        numbers.Raise(numbers.CeilingDue());
        var given = new List<TradeNo>();
        for (int caller = 0; caller < 2; caller++)
        {
            execution.Add($"caller {caller}", () =>
            {
                for (int i = 0; i < 2; i++)
                {
                    try
                    {
                        given.Add(numbers.Next());
                    }
                    catch (LedgerUnavailableException)
                    {
                    }
                }
            });
        }
        ulong last = 0;
        execution.Add("closer", () => last = numbers.Close());
        return () =>
        {
            Assert.Equal(given.Count, given.Distinct().Count());
            Assert.All(given, number => Assert.True(number.Stamp <= last));
        };
    }

    /// <summary>A repetition registers, looks, waits; the first request records and signals: it is found or it is signalled.</summary>
    internal static Action Waiters(Execution execution, bool registersFirst)
    {
        TradeNo tradeNo = Payments.NewReference().TradeNo;
        var waiters = new TradeWaiters(new DirectPool(), new StillClock());
        bool isFinal = false;
        Task? waiting = null;
        execution.Add("repetition", () =>
        {
            bool isFound = !registersFirst && Looks();
            TradeWaiters.Registration registration = waiters.Register(tradeNo);
            if (!(registersFirst ? Looks() : isFound))
            {
                waiting = registration.WaitAsync(TimeSpan.FromHours(1)).AsTask();
            }
        });
        execution.Add("first", () =>
        {
            Execution.Point("record");
            isFinal = true;
            waiters.Signal(tradeNo);
        });
        bool Looks()
        {
            Execution.Point("look");
            return isFinal;
        }
        return () => Assert.True(waiting is null || waiting.Wait(TimeSpan.FromSeconds(2)), "it waits for a signal that was given");
    }

    /// <summary>The same with the order of use turned round, which is wrong.</summary>
    internal static Action WaitersTooLate(Execution execution) => Waiters(execution, registersFirst: false);

    /// <summary>A claim and a clean stop at once: the claim is answered, and won is there afterwards.</summary>
    internal static Action LedgerCloses(Execution execution)
    {
        var storage = new MemoryStorage();
        var pool = new ActorPool(execution, threads: 1);
        Claim claim = default;
        Trade? claimed = null;
        execution.Add("closer", () =>
        {
            EmbeddedLedger ledger = Open(storage, pool);
            claimed = Trades.New(ledger, "R1", "T1");
            execution.Start(claimed, "claimer", () =>
            {
                claim = Await(ledger.ClaimAsync(claimed));
                pool.Leave(of: 2);
            });
            Await(ledger.DisposeAsync());
            pool.Leave(of: 2);
        });
        return () =>
        {
            Assert.Contains(claim.State, (ClaimState[])[ClaimState.Won, ClaimState.Unavailable]);
            EmbeddedLedger reopened = Open(storage, new DirectPool());
            Assert.Equal(claim.IsWon, reopened.FindAsync(claimed!.TradeNo, new Trade()).AsTask().GetAwaiter().GetResult());
            reopened.DisposeAsync().AsTask().GetAwaiter().GetResult();
        };
    }

    /// <summary>A query and a clean stop at once: found, or told that the ledger is closed, and no closed file is touched.</summary>
    internal static Action LedgerClosesUnderAReader(Execution execution)
    {
        var storage = new MemoryStorage();
        var pool = new ActorPool(execution, threads: 1);
        execution.Add("closer", () =>
        {
            EmbeddedLedger ledger = Open(storage, pool);
            Trade claimed = Trades.New(ledger, "R1", "T1");
            Assert.True(Await(ledger.ClaimAsync(claimed)).IsWon);
            execution.Start(claimed, "reader", () =>
            {
                Look(ledger, claimed.TradeNo);
                pool.Leave(of: 2);
            });
            Await(ledger.DisposeAsync());
            pool.Leave(of: 2);
        });
        return () => { };
    }

    private static void Look(EmbeddedLedger ledger, TradeNo tradeNo)
    {
        try
        {
            Assert.True(Await(ledger.FindAsync(tradeNo, new Trade())));
        }
        catch (LedgerUnavailableException)
        {
            // Closed under it, and said so.
        }
    }

    private static EmbeddedLedger Open(MemoryStorage storage, IScheduler scheduler, StillClock? clock = null) => EmbeddedLedger.Open(
        new EmbeddedLedgerOptions { DataDirectory = "/ledger", NodeId = 7, MaxTrades = 1_000, SegmentBytes = EmbeddedLedgerOptions.MinSegmentBytes, CommandRingCapacity = 16, ScrubBytesPerSecond = 0 },
        scheduler, clock ?? new StillClock(), Metrics, _ => { }, storage, new DictionaryIndexFactory());

    private static ValueTask<ClearingResult> Send(Channel channel, ClearingReference reference, TimeSpan budget)
    {
        Assert.True(channel.TryTakeCredit());
        return reference.IsRefund ? channel.RefundAsync(reference, budget) : channel.PayAsync(reference, budget);
    }

    private static ClearingOutcome Await(ValueTask<ClearingResult> task) => Await<ClearingResult>(task).Outcome;

    // The continuation runs where the awaited thing completes, as it does in the gateway.
    private static T Await<T>(ValueTask<T> task)
    {
        System.Runtime.CompilerServices.ValueTaskAwaiter<T> awaiter = task.GetAwaiter();
        if (awaiter.IsCompleted)
        {
            return awaiter.GetResult();
        }
        T result = default!;
        System.Runtime.ExceptionServices.ExceptionDispatchInfo? failure = null;
        bool isDone = false;
        awaiter.UnsafeOnCompleted(() =>
        {
            try
            {
                result = awaiter.GetResult();
            }
            catch (Exception thrown)
            {
                failure = System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(thrown);
            }
            isDone = true;
        });
        Execution.Until("an answer", () => isDone);
        failure?.Throw();
        return result;
    }

    private static void Await(ValueTask task) => Assert.True(task.IsCompletedSuccessfully);

    private static void Take(MpscRing<Item> ring, List<Item> taken)
    {
        if (ring.TryDequeue(out Item? item))
        {
            taken.Add(item);
        }
        else
        {
            Execution.Spin("empty");
        }
    }

    private static void VerifyOrder(MpscRing<Item> ring, List<Item> taken, int count)
    {
        Assert.Equal(count, taken.Distinct().Count());
        foreach (IGrouping<int, Item> own in taken.GroupBy(item => item.Producer))
        {
            Assert.Equal(own.OrderBy(item => item.Number), own);
        }
        Assert.False(ring.TryDequeue(out _));
        Assert.Equal(0, ring.Count);
    }

    internal sealed record Item(int Producer, int Number);

    /// <summary>Counts what it finds in its ring.</summary>
    private sealed class Counted : IWorkerBody
    {
        internal MpscRing<Item> Ring { get; } = new(2);

        internal int Done { get; private set; }

        public WorkerPause Step()
        {
            if (!Ring.TryDequeue(out _))
            {
                return WorkerPause.Idle(TimeSpan.FromMilliseconds(250));
            }
            Done++;
            return WorkerPause.None;
        }
    }
}
