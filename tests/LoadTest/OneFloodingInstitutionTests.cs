using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Scenarios;
using Xunit;

namespace HotPath.LoadTest.Tests;

public sealed class OneFloodingInstitutionTests
{
    [Theory]
    [InlineData(500, 500, true)]
    [InlineData(1000, 0, false)]
    [InlineData(0, 1000, false)]
    public void Flood_MustBePartlyRefused_AndPartlyPaid(int paid, int refused, bool holds) =>
        Assert.Equal(holds, Holds(Nine(), Nine(), Lanes.Of(("0000", paid), ("A001", refused / 2), ("HTTP 429", refused - (refused / 2)))));

    [Fact]
    public void OneOfTheNineRefused_IsABreach() => Assert.False(Holds(Nine(), Lanes.Of(("0000", 999), ("A001", 1)), Flood()));

    [Fact]
    public void TheNineNeverSent_IsABreach() => Assert.False(Holds(Nine(), Lanes.Of(), Flood()));

    private static bool Holds(Lane calm, Lane beside, Lane flood) => OneFloodingInstitution.Judge(calm, beside, flood).All(static finding => finding.Holds);

    private static Lane Nine() => Lanes.Of(("0000", 1000));

    private static Lane Flood() => Lanes.Of(("0000", 500), ("A001", 500));
}
