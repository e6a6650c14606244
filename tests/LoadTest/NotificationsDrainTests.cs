using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Scenarios;
using Xunit;

namespace HotPath.LoadTest.Tests;

public sealed class NotificationsDrainTests
{
    [Fact]
    public void AlmostAsFastAndAllTold_Holds() => Assert.True(Holds(Paid(10), Paid(11), told: (200, 201, 0)));

    [Fact]
    public void PaymentsThatWaitForTheDrain_AreABreach() => Assert.False(Holds(Paid(10), Paid(13), told: (200, 200, 0)));

    [Fact]
    public void OneThatIsNotTold_IsABreach() => Assert.False(Holds(Paid(10), Paid(10), told: (199, 200, 0)));

    [Fact]
    public void OneThatDoesNotVerify_IsABreach() => Assert.False(Holds(Paid(10), Paid(10), told: (200, 200, 1)));

    [Fact]
    public void APaymentRefusedBesideIt_IsABreach() =>
        Assert.False(Holds(Paid(10), Lanes.Of(("0000", 99), ("A001", 1)), told: (200, 200, 0)));

    private static bool Holds(Lane without, Lane beside, (int, int, int) told) =>
        NotificationsDrain.Judge(without, beside, 200, told).All(static finding => finding.Holds);

    private static Lane Paid(int milliseconds) => Lanes.Of(TimeSpan.FromMilliseconds(milliseconds), ("0000", 100));
}
