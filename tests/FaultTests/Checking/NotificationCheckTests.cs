using HotPath.Faults.Checking;
using Xunit;

namespace HotPath.Faults.Tests.Checking;

/// <summary>I10 is broken here once in each way, by hand, and the whole story breaks nothing.</summary>
public sealed class NotificationCheckTests
{
    private const string Inst = "CN000001";

    [Fact]
    public void AStoryWithItsNotification_BreaksNothing()
    {
        Assert.Empty(Checker.Check(Told(Telling())));
        Assert.Empty(Checker.Check(Told(Telling(), Telling())));
    }

    [Fact]
    public void AFinalThatNobodyIsTold_BreaksI10_AndNotWhereNobodyAskedForIt()
    {
        CheckerTests.AssertBroken("I10", "nobody was told", Told());
        CheckerTests.AssertBroken("I10", "nobody was told", Told(Telling() with { IsAcknowledged = false }));
        Assert.Empty(Checker.Check(CheckerTests.Story() with { Notifications = new Notifications([], new HashSet<string> { "HK000001" }, 1) }));
        Assert.Empty(Checker.Check(Told() with { IsSettled = false }));
    }

    [Theory]
    [InlineData("trade_status", "FAILED")]
    [InlineData("total_amount", "88.81")]
    [InlineData("currency", "CNY")]
    [InlineData("out_trade_no", "o2")]
    public void ANotificationThatSaysOtherwiseThanTheJournal_BreaksI10(string member, string value) =>
        CheckerTests.AssertBroken("I10", "and the journal has SUCCESS 8880 HKD of o1", Told(Telling(), Telling((member, value))));

    [Fact]
    public void ANotificationOfWhatIsNotInTheBook_OrAnothersOrForged_BreaksI10()
    {
        CheckerTests.AssertBroken("I10", "no final trade or refund of it", Told(Telling(), Telling(("notify_id", "R" + CheckerTests.Trade))));
        CheckerTests.AssertBroken("I10", "no final trade or refund of it", Told(Telling(), Telling() with { InstId = "HK000001" }));
        CheckerTests.AssertBroken("I10", "is not the gateway's", Told(Telling(), Telling() with { IsVerified = false }));
    }

    [Fact]
    public void WhatIsAcknowledgedAndToldForEver_BreaksI10() =>
        CheckerTests.AssertBroken("I10", "acknowledged 3 times", Told(Telling(), Telling(), Telling()));

    private static Evidence Told(params Telling[] tellings) =>
        CheckerTests.Story() with { Notifications = new Notifications(tellings, new HashSet<string> { Inst }, Starts: 1) };

    private static Telling Telling(params (string Name, string Value)[] changes)
    {
        var members = new Dictionary<string, string>
        {
            ["notify_id"] = "T" + CheckerTests.Trade,
            ["trade_status"] = "SUCCESS",
            ["total_amount"] = "88.80",
            ["currency"] = "HKD",
            ["out_trade_no"] = "o1",
        };
        foreach ((string name, string value) in changes)
        {
            members[name] = value;
        }
        return new Telling(35, Inst, members, IsVerified: true, IsAcknowledged: true);
    }
}
