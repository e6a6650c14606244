using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Scenarios;
using Xunit;

namespace HotPath.LoadTest.Tests;

public sealed class BatchQueriesTests
{
    [Fact]
    public void FastAndAllAnswered_Holds() => Assert.True(Holds(Asked(19, ("0000", 1000))));

    [Fact]
    public void SlowPages_AreABreach() => Assert.False(Holds(Asked(22, ("0000", 1000))));

    [Theory]
    [InlineData("A001")]
    [InlineData("A002")]
    [InlineData("C003")]
    public void AQuestionThatIsRefused_IsABreach(string code) => Assert.False(Holds(Asked(5, ("0000", 999), (code, 1))));

    [Fact]
    public void QuestionsThatNeverWere_AreABreach() => Assert.False(Holds(Asked(5)));

    private static bool Holds(Lane lane) => BatchQueries.Judge("by number", lane).All(static finding => finding.Holds);

    private static Lane Asked(int milliseconds, params (string, int)[] answers) => Lanes.Of(TimeSpan.FromMilliseconds(milliseconds), answers);
}
