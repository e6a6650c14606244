using HotPath.Faults.Accounting;
using Xunit;

namespace HotPath.Faults.Tests.Accounting;

/// <summary>What <c>./dev fault failover</c> does over 100,000 payments, over fewer.</summary>
public sealed class FailoverAccountTests
{
    [Fact]
    public async Task PaymentsWithConnectionsRefusedAtRandom_AreEachOnOneChannelsBook_OrFailedOnNone()
    {
        string folder = Directory.CreateTempSubdirectory("hotpath-account-").FullName;
        try
        {
            AccountReport report = await FailoverAccount.RunAsync(new AccountPlan(Payments: 4_000, Channels: 3, Refused: 0.4, Callers: 32, Seed: 3), folder);
            Assert.Empty(report.Broken.Select(broken => broken.Sentence));
            // It happened: payments went to each number of channels, and some to none in the end.
            Assert.Equal([1, 2, 3], report.Attempts.Keys.Order());
            Assert.Equal(3, report.Sums.Count);
            Assert.Contains("B001", report.Answers.Keys);
            Assert.Contains("0001", report.Answers.Keys);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
