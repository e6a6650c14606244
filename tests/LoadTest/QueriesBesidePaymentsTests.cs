using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Scenarios;
using Xunit;

namespace HotPath.LoadTest.Tests;

public sealed class QueriesBesidePaymentsTests
{
    [Fact]
    public void FastAndAllTold_Holds() => Assert.True(Holds(Paid(), Queries(4, ("0000", 1000))));

    [Fact]
    public void SlowQueries_AreABreach() => Assert.False(Holds(Paid(), Queries(6, ("0000", 1000))));

    [Theory]
    [InlineData("B006")]
    [InlineData("A001")]
    [InlineData("HTTP 429")]
    public void AQueryThatIsNotToldItsTrade_IsABreach(string code) => Assert.False(Holds(Paid(), Queries(4, ("0000", 999), (code, 1))));

    [Fact]
    public void QueriesThatNeverWere_AreABreach() => Assert.False(Holds(Paid(), Queries(4)));

    [Fact]
    public void APaymentRefusedBesideThem_IsABreach() => Assert.False(Holds(Lanes.Of(("0000", 99), ("A001", 1)), Queries(4, ("0000", 1000))));

    private static bool Holds(Lane payments, Lane queries) => QueriesBesidePayments.Judge(payments, queries).All(static finding => finding.Holds);

    private static Lane Paid() => Lanes.Of(("0000", 1000));

    private static Lane Queries(int milliseconds, params (string, int)[] answers) => Lanes.Of(TimeSpan.FromMilliseconds(milliseconds), answers);
}
