using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Scenarios;
using Xunit;

namespace HotPath.LoadTest.Tests;

public sealed class ReconBesidePaymentsTests
{
    [Fact]
    public void HardlySlowerBeside_Holds() => Assert.True(Holds(Paid(20), Paid(29)));

    [Fact]
    public void MuchSlowerBeside_IsABreach() => Assert.False(Holds(Paid(20), Paid(32)));

    [Fact]
    public void APaymentRefusedBeside_IsABreach() => Assert.False(Holds(Paid(20), Lanes.Of(TimeSpan.FromMilliseconds(20), ("0000", 99), ("A001", 1))));

    [Fact]
    public void WhereNothingWasBuiltMeanwhile_NothingIsProved() => Assert.False(Holds(Paid(20), Paid(20), builds: 0));

    private static bool Holds(Lane without, Lane beside, int builds = 1) => ReconBesidePayments.Judge(without, beside, builds).All(static finding => finding.Holds);

    private static Lane Paid(int milliseconds) => Lanes.Of(TimeSpan.FromMilliseconds(milliseconds), ("0000", 1000));
}
