using HotPath.LoadTest.Commands;
using HotPath.LoadTest.Running;
using Xunit;

namespace HotPath.LoadTest.Tests;

public sealed class SoakTests
{
    [Fact]
    public void EveryPaymentWithItsOutcome_IsFine() => Assert.Empty(SoakCommand.Faults(Verified(("0000", 98), ("0001", 1), ("B003", 1)), 100));

    [Theory]
    [InlineData("HTTP 429")]
    [InlineData("A001")]
    [InlineData(RunRecord.NoAnswer)]
    public void OneRefused_IsAFault(string code) => Assert.Single(SoakCommand.Faults(Verified(("0000", 99), (code, 1)), 100));

    [Fact]
    public void FewerSentThanAsked_IsAFault() => Assert.Single(SoakCommand.Faults(Verified(("0000", 99)), 100));

    [Fact]
    public void NoSignatureVerified_IsAFault() => Assert.Single(SoakCommand.Faults(Lanes.Of(("0000", 100)).Record, 100));

    private static RunRecord Verified(params ReadOnlySpan<(string Code, int Count)> answers)
    {
        RunRecord record = Lanes.Of(answers).Record;
        record.WasVerified(null);
        return record;
    }
}
