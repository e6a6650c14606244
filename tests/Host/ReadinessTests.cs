using HotPath.Host.Admin;
using Xunit;

namespace HotPath.Host.Tests;

public sealed class ReadinessTests
{
    [Fact]
    public void Readiness_FollowsTheLedger_AndADiskThatIsStuckForMoreThanASecond()
    {
        var readiness = new Readiness();
        Assert.Equal("starting", readiness.Reason);
        var ledger = new BrokenLedger(new IOException());
        readiness.Ready(ledger);
        Assert.Null(readiness.Reason);
        ledger.CommitTime = TimeSpan.FromSeconds(1);
        Assert.Null(readiness.Reason);
        ledger.CommitTime = TimeSpan.FromMilliseconds(1001);
        Assert.Equal("disk is stuck", readiness.Reason);
        ledger.CommitTime = TimeSpan.Zero;
        Assert.Null(readiness.Reason);
        ledger.IsReady = false;
        Assert.Equal("ledger is stopped", readiness.Reason);
    }
}
