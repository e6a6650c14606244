using HotPath.Faults.Simulation;
using Xunit;

namespace HotPath.Faults.Tests.Simulation;

public sealed class ShrinkerTests
{
    [Fact]
    public void Shrink_KeepsWhatBreaks_AndLeavesOutWhatHasNothingToDoWithIt()
    {
        var bug = new NoSync();
        Outcome broken = Run.Of(Plan.Draw(3, payments: 60), bug);
        Assert.Equal("P1", broken.Broken[0].Invariant);

        Outcome smallest = Shrinker.Shrink(broken, bug);

        // A disk that syncs nothing needs no fault and one payment to be found out.
        Assert.Equal("P1", smallest.Broken[0].Invariant);
        Assert.Equal(FaultKinds.None, smallest.Plan.Faults);
        Assert.True(smallest.Plan.Payments <= 2, $"{smallest.Plan.Payments} payments");
        Assert.Contains("--faults None", smallest.Plan.Command(), StringComparison.Ordinal);
    }

    private sealed class NoSync : Bugs
    {
        internal override Core.Ledger.Embedded.IJournalStorage Storage(Core.Ledger.Embedded.IJournalStorage storage) => new BentStorage(storage, new Bend());

        private sealed class Bend : IBend
        {
            public int Written(string name, int length) => length;

            public bool Syncs(string name) => false;
        }
    }
}
