using System.Globalization;
using Mono.Cecil;
using Xunit;
using Xunit.Abstractions;

namespace HotPath.Core.Tests.Interleaving;

/// <summary>
/// Every interleaving of two or three threads that deviates at most twice from the usual order, on the code that ships (F08, F43; docs/decisions/0012). Each has its
/// counterpart with a bug planted, which must be found: otherwise the first would say nothing.
/// </summary>
public sealed class InterleavingTests(ITestOutputHelper output)
{
    /// <summary>By hand more than that: <c>HOTPATH_DEVIATIONS=4 dotnet test tests/Core --filter Interleaving</c>.</summary>
    private static readonly int AtLeast =
        int.TryParse(Environment.GetEnvironmentVariable("HOTPATH_DEVIATIONS"), NumberStyles.None, CultureInfo.InvariantCulture, out int deviations) ? deviations : 0;

    /// <summary>More than any of these needs; who needs more is told, not cut off.</summary>
    private const int MostExecutions = 2_000_000;

    // Three deviations of a ledger that closes are as much work as half of all other tests: ./dev fuzz, which CI runs.
    [Theory]
    [Trait("Category", "Fuzz")]
    [InlineData(nameof(Scenarios.Ring), 3)]
    [InlineData(nameof(Scenarios.FullRing), 2)]
    [InlineData(nameof(Scenarios.Drain), 2)]
    [InlineData(nameof(Scenarios.ResultOrDeadline), 2)]
    [InlineData(nameof(Scenarios.RefundOrDeadline), 2)]
    [InlineData(nameof(Scenarios.Parking), 3)]
    [InlineData(nameof(Scenarios.Numbers), 3)]
    [InlineData(nameof(Scenarios.Waiters), 3)]
    [InlineData(nameof(Scenarios.LedgerCloses), 2, 3)]
    [InlineData(nameof(Scenarios.LedgerClosesUnderAReader), 2)]
    [InlineData(nameof(Scenarios.ClaimOrDeadline), 2)]
    [InlineData(nameof(Scenarios.ClaimOrOldTimer), 2)]
    [InlineData(nameof(Scenarios.ClaimOrDeadlineOnABrokenDisk), 2)]
    [InlineData(nameof(Scenarios.RecordOrDeadline), 2)]
    [InlineData(nameof(Scenarios.ClaimTwiceOnASlowDisk), 2)]
    public void NoInterleaving_Breaks(string scenario, int deviations, int atLength = 0)
    {
        deviations = Math.Max(Math.Max(deviations, AtLeast), FuzzCases.Or(0) > 0 ? atLength : 0);
        Exploration all = Weaver.Explore(scenario, deviations, MostExecutions);
        output.WriteLine($"{scenario}: {all.Executions} interleavings with at most {deviations} deviations");
        Assert.True(all.Failure is null, all.Failure);
        Assert.True(all.IsExhausted, "there are more");
    }

    [Theory]
    [InlineData(nameof(Scenarios.Ring), 3, nameof(Plants.RingPublishesTheTurnFirst))]
    [InlineData(nameof(Scenarios.Ring), 3, nameof(Plants.RingMovesItsTailWithoutSwap))]
    [InlineData(nameof(Scenarios.FullRing), 2, nameof(Plants.RingMovesItsTailWithoutSwap))]
    [InlineData(nameof(Scenarios.Drain), 2, nameof(Plants.RingCountsWhatIsNotThereYet))]
    [InlineData(nameof(Scenarios.LedgerCloses), 3, nameof(Plants.RingCountsWhatIsNotThereYet))]
    [InlineData(nameof(Scenarios.Drain), 2, nameof(Plants.DrainIsPostedTwice))]
    [InlineData(nameof(Scenarios.Drain), 2, nameof(Plants.DrainDoesNotLookAgain))]
    [InlineData(nameof(Scenarios.ResultOrDeadline), 2, nameof(Plants.ResultWinsWithoutSwap))]
    [InlineData(nameof(Scenarios.ResultOrDeadline), 2, nameof(Plants.DeadlineWinsWithoutSwap))]
    [InlineData(nameof(Scenarios.RefundOrDeadline), 2, nameof(Plants.ResultWinsWithoutSwap))]
    [InlineData(nameof(Scenarios.RefundOrDeadline), 2, nameof(Plants.LateRefundIsTakenForAPayment))]
    [InlineData(nameof(Scenarios.Parking), 3, nameof(Plants.WorkerLooksBeforeItParks))]
    [InlineData(nameof(Scenarios.Numbers), 3, nameof(Plants.NumbersAreTakenWithoutSwap))]
    [InlineData(nameof(Scenarios.LedgerCloses), 3, nameof(Plants.LatecomersAreNotRefused))]
    [InlineData(nameof(Scenarios.LedgerClosesUnderAReader), 2, nameof(Plants.FilesCloseUnderReaders))]
    [InlineData(nameof(Scenarios.ClaimOrDeadline), 2, nameof(Plants.CommandIsTakenWithoutSwap))]
    [InlineData(nameof(Scenarios.ClaimOrDeadline), 2, nameof(Plants.CommandIsWithdrawnWithoutSwap))]
    [InlineData(nameof(Scenarios.ClaimOrDeadline), 2, nameof(Plants.CommandIsLeftWithoutSwap))]
    [InlineData(nameof(Scenarios.ClaimOrDeadline), 2, nameof(Plants.CommandIsAnsweredWithoutSwap))]
    [InlineData(nameof(Scenarios.ClaimOrOldTimer), 2, nameof(Plants.UsesOfACommandLookAlike))]
    [InlineData(nameof(Scenarios.ClaimOrOldTimer), 2, nameof(Plants.TimerReadsItsTimeBeforeTheUse))]
    [InlineData(nameof(Scenarios.ClaimOrOldTimer), 2, nameof(Plants.NextUseBeginsWithTheLastOnesTime))]
    [InlineData(nameof(Scenarios.ClaimOrDeadlineOnABrokenDisk), 2, nameof(Plants.FailedBatchIsToldAsWon))]
    [InlineData(nameof(Scenarios.RecordOrDeadline), 2, nameof(Plants.LeftResultIsNotTaken))]
    [InlineData(nameof(Scenarios.RecordOrDeadline), 2, nameof(Plants.ResultIsWithdrawn))]
    [InlineData(nameof(Scenarios.ClaimTwiceOnASlowDisk), 2, nameof(Plants.LedgerDoesNotSayThatItTakes))]
    [InlineData(nameof(Scenarios.ClaimTwiceOnASlowDisk), 2, nameof(Plants.RefusalDoesNotAskWhatIsBeingTaken))]
    [InlineData(nameof(Scenarios.ClaimTwiceOnASlowDisk), 2, nameof(Plants.SlowSpellsAreNotCounted))]
    [InlineData(nameof(Scenarios.ClaimTwiceOnASlowDisk), 2, nameof(Plants.SlowSpellIsToldBeforeItIsCounted))]
    [InlineData(nameof(Scenarios.WaitersTooLate), 3, nameof(Plants.Nothing))]
    public void APlantedBug_IsFound(string scenario, int deviations, string plant)
    {
        Exploration found = Weaver.Explore(scenario, deviations, MostExecutions, typeof(Plants).GetMethod(plant)!.CreateDelegate<Action<ModuleDefinition>>());
        output.WriteLine($"{plant}: found in interleaving {found.Executions}\n{found.Failure}");
        Assert.NotNull(found.Failure);
        Assert.DoesNotContain("does not repeat", found.Failure, StringComparison.Ordinal);
    }
}
