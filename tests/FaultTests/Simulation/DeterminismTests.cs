using HotPath.Faults.Simulation;
using Xunit;

namespace HotPath.Faults.Tests.Simulation;

public sealed class DeterminismTests
{
    [Fact]
    public void Seed_GivesTheSameRun_BitForBit()
    {
        var hashes = new HashSet<ulong>();
        for (ulong seed = 1; seed <= 20; seed++)
        {
            Plan plan = Plan.Draw(seed, payments: 60);
            Outcome first = Run.Of(plan);
            Outcome second = Run.Of(plan);
            Assert.Equal(first.Hash, second.Hash);
            Assert.Equal(first.Tally.Counts, second.Tally.Counts);
            hashes.Add(first.Hash);
        }
        Assert.Equal(20, hashes.Count);
    }

    [Fact]
    public void FaultsReallyHappen_AndNothingBreaks()
    {
        var tally = new Tally();
        for (ulong seed = 100; seed < 190; seed++)
        {
            Outcome outcome = Run.Of(Plan.Draw(seed, payments: 60));
            Assert.Empty(outcome.Broken);
            tally.Add(outcome.Tally);
        }
        string[] expected =
        [
            "killed", "killed in a disk call", "power lost", "stops", "ended itself", "disk error", "disk stalled", "clock stepped", "checkpoint taken",
            "ledger TornTailDropped", "inquiry failed", "payments sent", "channel Lies", "channel LosesIt", "channel PaysSilently", "answered 0000",
            "answered 0001", "answered B005", "answered C004", "answered A001", "answered A003", "answered B008", "refunds answered 0000", "refunds answered 0001",
            "ledger DiskFull", "checkpoint failed", "damage refused", "damage got over", "channel AnswersAnotherAmount", "channel TakesHours",
            "cancels answered 0000 CANCELLED", "cancels answered B007 SUCCESS", "cancels answered 0000 FAILED", "cancels answered 0001 PENDING",
            "surpluses SUCCESS",
        ];
        Assert.All(expected, what => Assert.True(tally.Counts.ContainsKey(what), $"never in 90 seeds: {what}"));
    }
}
