using HotPath.Core.Clearing;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Clearing;

/// <summary>How many inquiries a channel is sent (docs/decisions/0027). A channel is played by how long it takes and how it answers.</summary>
public class InquiryBudgetTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);

    private readonly FakeTimeProvider _clock = new();

    /// <summary>Whatever the channel does and whenever somebody asks: the limit holds in every second, wherever it begins.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(100)]
    [InlineData(500)]
    public void InNoSecond_IsMoreSentThanTheLimit(int limit)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var chance = new Random(seed);
            var budget = new InquiryBudget(limit, _clock);
            var sent = new List<TimeSpan>();
            var underWay = new Queue<TimeSpan>();
            TimeSpan latency = TimeSpan.FromMilliseconds(chance.Next(1, 80));
            int demand = chance.Next(1, 5);
            for (TimeSpan now = default; now < TimeSpan.FromSeconds(20); now += Advance(chance))
            {
                // Lulls let the bucket fill; then a crowd takes what it can.
                for (int i = 0; chance.Next(100) < demand * 20 && i < limit * 2 && budget.TryTake(isForCancel: chance.Next(3) == 0); i++)
                {
                    if (chance.Next(10) == 0)
                    {
                        budget.Unspent();
                        continue;
                    }
                    sent.Add(now);
                    underWay.Enqueue(now + latency);
                }
                while (underWay.TryPeek(out TimeSpan ends) && ends <= now)
                {
                    underWay.Dequeue();
                    budget.Ended(chance.Next(50) == 0 ? ClearingOutcome.Unknown : ClearingOutcome.Succeeded, latency);
                }
                budget.Look(isBusy: chance.Next(200) == 0);
            }
            for (int first = 0; first + limit < sent.Count; first++)
            {
                Assert.True(sent[first + limit] - sent[first] >= TimeSpan.FromSeconds(1), $"seed {seed}: {limit + 1} within {sent[first + limit] - sent[first]}");
            }
            Assert.True(sent.Count > 0);
        }

        TimeSpan Advance(Random chance)
        {
            TimeSpan step = TimeSpan.FromMilliseconds(chance.Next(1, 60));
            _clock.Advance(step);
            return step;
        }
    }

    /// <summary>A well channel: the pace climbs to the limit within half a minute and stays there, so that a million are through in less than an hour.</summary>
    [Fact]
    public void QuickAnswers_RaiseThePace_ToTheLimit()
    {
        var budget = new InquiryBudget(500, _clock);
        Assert.Equal(50, budget.Pace);
        Ask(budget, TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(20));
        Assert.Equal(500, budget.Pace);
        int sent = Ask(budget, TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(20));
        Assert.InRange(sent, 4_500, 5_000);
    }

    [Fact]
    public void ErrorsSilenceAndSlowness_EachLowerThePace_AndItComesBack()
    {
        foreach ((ClearingOutcome outcome, int ms) in new[] { (ClearingOutcome.Unknown, 20), (ClearingOutcome.NotDelivered, 1), (ClearingOutcome.Succeeded, 90) })
        {
            var budget = new InquiryBudget(200, _clock);
            Ask(budget, TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(20));
            Assert.Equal(200, budget.Pace);
            Ask(budget, TimeSpan.FromSeconds(4), TimeSpan.FromMilliseconds(ms), outcome);
            Assert.InRange(budget.Pace, 10, 80);
            Ask(budget, TimeSpan.FromSeconds(40), TimeSpan.FromMilliseconds(20));
            Assert.Equal(200, budget.Pace);
        }
    }

    /// <summary>Processing is an answer, and "not found" and a decline are: only silence is none.</summary>
    [Theory]
    [InlineData(ClearingOutcome.Processing)]
    [InlineData(ClearingOutcome.NotFound)]
    [InlineData(ClearingOutcome.Failed)]
    [InlineData(ClearingOutcome.Reversed)]
    public void AnyAnswer_IsASignOfLife(ClearingOutcome outcome)
    {
        var budget = new InquiryBudget(200, _clock);
        Ask(budget, TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(20), outcome);
        Assert.Equal(200, budget.Pace);
    }

    /// <summary>A channel that takes 200 ms for its answers is asked as often as is allowed, however much that is.</summary>
    [Theory]
    [InlineData(500)]
    [InlineData(2_000)]
    public void SlowAnswers_DoNotKeepThePaceBelowTheLimit(int limit)
    {
        var budget = new InquiryBudget(limit, _clock);
        Ask(budget, TimeSpan.FromSeconds(40), TimeSpan.FromMilliseconds(200));
        Assert.InRange(Ask(budget, TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(200)), limit * 9, limit * 10);
    }

    [Theory]
    [InlineData(100, 48)]
    [InlineData(500, 125)]
    [InlineData(10_000, 2_500)]
    public void HangingChannel_HasNoMoreUnderWayThanItsRoom_AndAPlaceIsKeptForCancels(int limit, int room)
    {
        var budget = new InquiryBudget(limit, _clock);
        int others = Take(budget, isForCancel: false);
        int cancels = Take(budget, isForCancel: true);
        Assert.Equal((room, 16), (others, cancels));
        Assert.False(budget.HasRoom(isForCancel: true));
        double before = budget.Pace;
        _clock.Advance(TimeSpan.FromSeconds(3));
        budget.Look(isBusy: false);
        Assert.True(budget.Pace < before, "nobody has answered for 3 s");
        budget.Ended(ClearingOutcome.Succeeded, TimeSpan.FromSeconds(3));
        Assert.True(budget.HasRoom(isForCancel: true) && !budget.HasRoom(isForCancel: false));

        int Take(InquiryBudget from, bool isForCancel)
        {
            int taken = 0;
            for (int i = 0; i < 3_000; i++)
            {
                taken += from.TryTake(isForCancel) ? 1 : 0;
                _clock.Advance(TimeSpan.FromMilliseconds(100));
            }
            return taken;
        }
    }

    /// <summary>Payments first: that they become slower at the channel is reason enough, however well inquiries are answered.</summary>
    [Fact]
    public void PaymentsThatBecomeSlower_LowerThePace()
    {
        var budget = new InquiryBudget(200, _clock);
        AskBesidePayments(TimeSpan.FromMilliseconds(30), seconds: 30);
        Assert.Equal(200, budget.Pace);
        AskBesidePayments(TimeSpan.FromMilliseconds(200), seconds: 5);
        Assert.InRange(budget.Pace, 10, 60);

        void AskBesidePayments(TimeSpan payments, int seconds)
        {
            for (int i = 0; i < seconds * 5; i++)
            {
                for (int pay = 0; pay < 20; pay++)
                {
                    budget.PaymentEnded(payments);
                }
                Ask(budget, TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(20));
            }
        }
    }

    [Fact]
    public void BusyMachine_LowersThePace_ToATwentieth_AndNotToNothing()
    {
        var budget = new InquiryBudget(200, _clock);
        Ask(budget, TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(20));
        int sent = Ask(budget, TimeSpan.FromMinutes(1), TimeSpan.FromMilliseconds(20), isBusy: true);
        Assert.Equal(10, budget.Pace);
        Assert.InRange(sent, 600, 1_400);
    }

    /// <summary>After an outage the channel is felt out anew, and not at the pace it had before.</summary>
    [Fact]
    public void ChannelThatComesBack_IsAskedAtATenthFirst()
    {
        var budget = new InquiryBudget(200, _clock);
        Ask(budget, TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(20));
        budget.BeginAgain();
        Assert.Equal(20, budget.Pace);
    }

    // As many as the budget allows, each answered after its time.
    private int Ask(InquiryBudget budget, TimeSpan time, TimeSpan latency, ClearingOutcome outcome = ClearingOutcome.Succeeded, bool isBusy = false)
    {
        int sent = 0;
        var underWay = new Queue<TimeSpan>();
        TimeSpan now = default;
        for (; now < time || underWay.Count > 0; now += Step)
        {
            while (now < time && budget.TryTake(isForCancel: false))
            {
                sent++;
                underWay.Enqueue(now + latency);
            }
            _clock.Advance(Step);
            while (underWay.TryPeek(out TimeSpan ends) && ends <= now + Step)
            {
                underWay.Dequeue();
                budget.Ended(outcome, latency);
            }
            if (now < time)
            {
                budget.Look(isBusy);
            }
        }
        return sent;
    }
}
