using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Core.Pipeline;
using HotPath.Core.Telemetry;
using HotPath.Core.Tests.Clearing;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Pipeline;

/// <summary>Who is asked about when, and in which order when there is not room for all (docs/decisions/0027).</summary>
public sealed class PendingScheduleTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 23, 10, 0, 0, TimeSpan.Zero));
    private readonly GatewayMetrics _metrics = new("test");
    private readonly ScriptedAdapter _adapter = new();
    private readonly Channel _here;
    private readonly Channel _there;
    private readonly PendingSchedule _schedule;
    private uint _given;

    public PendingScheduleTests()
    {
        _here = NewChannel("here");
        _there = NewChannel("there");
        _schedule = new PendingSchedule(_clock);
    }

    public void Dispose()
    {
        _adapter.Dispose();
        _here.Breaker.Dispose();
        _there.Breaker.Dispose();
    }

    [Fact]
    public void Turns_DoubleFrom3Seconds_To10Minutes()
    {
        TradeNo number = Accepted(TimeSpan.Zero);
        _schedule.Add(number, number.UnixMs, _here);
        var turns = new List<double>();
        for (int second = 1; second <= 3_600; second++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            if (_schedule.TryTakeDue(_here, isForCancels: false, out Turn turn))
            {
                Assert.Equal((number, TimeSpan.FromSeconds(second)), (turn.Number, turn.Age));
                turns.Add(second);
            }
        }
        Assert.Equal([3, 6, 12, 24, 48, 96, 192, 384, 768, 1_368, 1_968, 2_568, 3_168], turns);
    }

    /// <summary>A refund that gives money back is sent long after its surplus was found: it is not to wait for the surplus's next turn.</summary>
    [Fact]
    public void WhatIsSentAnew_IsAskedAboutAsIfItWereNew()
    {
        TradeNo number = Accepted(TimeSpan.Zero);
        _schedule.Add(number, number.UnixMs, _here);
        var turns = new List<double>();
        for (int second = 1; second <= 40; second++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            if (_schedule.TryTakeDue(_here, isForCancels: false, out Turn turn))
            {
                turns.Add(second);
                if (second == 12)
                {
                    _schedule.BeginAgain(turn.Number);
                }
            }
        }
        Assert.Equal([3, 6, 12, 15, 18, 24, 36], turns);
    }

    /// <summary>Each of 20,000, in any order of coming, going, asking and being asked for, is where its channel finds it: nothing is lost, nothing comes twice.</summary>
    [Fact]
    public void WhateverHappens_EverybodyInDoubt_ComesToHisTurn_AndNobodyElse()
    {
        var chance = new Random(6);
        var inDoubt = new Dictionary<TradeNo, Channel>();
        for (int step = 0; step < 60_000; step++)
        {
            Channel channel = chance.Next(2) == 0 ? _here : _there;
            switch (chance.Next(8))
            {
                case 0 or 1 or 2:
                    TradeNo number = Accepted(TimeSpan.FromSeconds(chance.Next(600)));
                    _schedule.AddDueNow(number, number.UnixMs, channel, isCancel: chance.Next(5) == 0);
                    inDoubt.Add(number, channel);
                    break;
                case 3 when inDoubt.Count > 0:
                    TradeNo asked = inDoubt.Keys.ElementAt(chance.Next(Math.Min(inDoubt.Count, 50)));
                    _schedule.Hasten(asked, asked.UnixMs, inDoubt[asked]);
                    break;
                case 4 when _schedule.TryTakeDue(channel, isForCancels: false, out Turn turn):
                    Assert.Equal(channel, inDoubt[turn.Number]);
                    if (chance.Next(2) == 0)
                    {
                        _schedule.Remove(turn.Number);
                        inDoubt.Remove(turn.Number);
                    }
                    else if (chance.Next(3) == 0)
                    {
                        _schedule.GoOn(turn);
                    }
                    break;
                case 5 when inDoubt.Count > 0:
                    TradeNo moved = inDoubt.Keys.ElementAt(chance.Next(Math.Min(inDoubt.Count, 50)));
                    _schedule.Place(moved, channel, isCancel: false);
                    inDoubt[moved] = channel;
                    break;
                default:
                    _clock.Advance(TimeSpan.FromMilliseconds(chance.Next(100)));
                    break;
            }
            Assert.Equal(inDoubt.Count, _schedule.Count);
        }
        Assert.True(inDoubt.Count > 1_000);
        // From 10 min on everybody has had a turn.
        _clock.Advance(TimeSpan.FromMinutes(10));
        var came = new HashSet<TradeNo>();
        foreach (Channel channel in new[] { _here, _there })
        {
            while (_schedule.TryTakeDue(channel, isForCancels: false, out Turn turn))
            {
                Assert.True(came.Add(turn.Number));
                _schedule.Remove(turn.Number);
            }
        }
        Assert.Equal(inDoubt.Keys.Order(), came.Order());
        Assert.Equal(0, _schedule.Count);
    }

    [Fact]
    public void AfterAStart_TheOldestComesFirst()
    {
        TradeNo[] numbers = [.. Enumerable.Range(0, 500).Select(i => Accepted(TimeSpan.FromHours(2 + (i * 7919 % 500))))];
        foreach (TradeNo number in numbers)
        {
            _schedule.AddDueNow(number, number.UnixMs, _here);
        }
        Assert.Equal(numbers.Order(), Turns(500));
    }

    /// <summary>100,000 wait since the outage: who is asked for, who is young, and who is to be cancelled waits for a handful of turns, not for them.</summary>
    [Fact]
    public void BesideACrowdOfOldOnes_TheYoungTheAskedForAndCancels_HaveTheirTurnAtOnce()
    {
        TradeNo[] crowd = [.. Enumerable.Range(0, 100_000).Select(i => Accepted(TimeSpan.FromHours(3) + TimeSpan.FromMilliseconds(100_000 - i)))];
        foreach (TradeNo number in crowd)
        {
            _schedule.AddDueNow(number, number.UnixMs, _here);
        }
        Assert.Equal(crowd[..10], Turns(10));
        TradeNo young = Accepted(TimeSpan.FromSeconds(4));
        TradeNo cancel = Accepted(TimeSpan.Zero);
        _schedule.Add(young, young.UnixMs, _here);
        _schedule.AddDueNow(cancel, cancel.UnixMs, _here, isCancel: true);
        _schedule.Hasten(crowd[90_000], crowd[90_000].UnixMs, _here);
        Assert.Superset(new HashSet<TradeNo>([young, cancel, crowd[90_000]]), Turns(5).ToHashSet());
    }

    /// <summary>Every lane is full for minutes, and each gets its share: the old ones too, of whom nobody speaks.</summary>
    [Fact]
    public void WhenAllLanesAreFull_EachHasItsShare()
    {
        for (int i = 0; i < 2_000; i++)
        {
            (TradeNo old, TradeNo asked, TradeNo young, TradeNo cancel) =
                (Accepted(TimeSpan.FromHours(1)), Accepted(TimeSpan.FromHours(1)), Accepted(TimeSpan.FromSeconds(20)), Accepted(TimeSpan.FromSeconds(20)));
            _schedule.AddDueNow(old, old.UnixMs, _here);
            _schedule.AddDueNow(asked, asked.UnixMs, _here);
            _schedule.Hasten(asked, asked.UnixMs, _here);
            _schedule.AddDueNow(young, young.UnixMs, _here);
            _schedule.AddDueNow(cancel, cancel.UnixMs, _here, isCancel: true);
        }
        // Numbers are given in fours: old, asked, young, cancel.
        int[] share = [.. Turns(1_900).GroupBy(number => (int)((number.Stamp - 1) % 4)).OrderBy(group => group.Key).Select(group => group.Count())];
        Assert.Equal([300, 400, 400, 800], share);
    }

    [Fact]
    public void OneThatHasGrownOldWhileItWaited_DoesNotStandInTheWayOfTheYoung()
    {
        TradeNo[] waited = [.. Enumerable.Range(0, 5_000).Select(_ => Accepted(TimeSpan.Zero))];
        foreach (TradeNo number in waited)
        {
            _schedule.Add(number, number.UnixMs, _here);
        }
        _clock.Advance(TimeSpan.FromHours(1));
        TradeNo young = Accepted(TimeSpan.FromSeconds(10));
        _schedule.Add(young, young.UnixMs, _here);
        Assert.Contains(young, Turns(40));
    }

    /// <summary>However often an institution asks: one turn in 3 s.</summary>
    [Fact]
    public void AskedFor_HasOneTurnIn3Seconds()
    {
        TradeNo number = Accepted(TimeSpan.FromHours(1));
        _schedule.AddDueNow(number, number.UnixMs, _here);
        int turns = 0;
        for (int tenth = 0; tenth < 600; tenth++)
        {
            _schedule.Hasten(number, number.UnixMs, _here);
            turns += Turns(10).Count;
            _clock.Advance(TimeSpan.FromMilliseconds(100));
        }
        Assert.Equal(20, turns);
    }

    [Fact]
    public void WhatFollowsFromNotFound_IsTheNextTurn_AndThenTheScheduleGoesOn()
    {
        (TradeNo first, TradeNo second) = (Accepted(TimeSpan.FromHours(2)), Accepted(TimeSpan.FromHours(1)));
        _schedule.AddDueNow(first, first.UnixMs, _here);
        _schedule.AddDueNow(second, second.UnixMs, _here);
        Assert.True(_schedule.TryTakeDue(_here, isForCancels: false, out Turn turn));
        _schedule.GoOn(turn);
        Assert.True(_schedule.TryTakeDue(_here, isForCancels: false, out Turn next));
        Assert.Equal((first, true), (next.Number, next.IsUnknownThere));
        Assert.Equal([second], Turns(10));
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.True(_schedule.TryTakeDue(_here, isForCancels: false, out Turn regular));
        Assert.False(regular.IsUnknownThere);
    }

    [Fact]
    public void WithRoomForCancelsOnly_OnlyCancelsAreTaken()
    {
        (TradeNo payment, TradeNo cancel) = (Accepted(TimeSpan.FromSeconds(5)), Accepted(TimeSpan.FromSeconds(4)));
        _schedule.AddDueNow(payment, payment.UnixMs, _here);
        _schedule.AddDueNow(cancel, cancel.UnixMs, _here, isCancel: true);
        Assert.True(_schedule.HasDue(_here, isForCancels: true));
        Assert.True(_schedule.TryTakeDue(_here, isForCancels: true, out Turn turn));
        Assert.Equal(cancel, turn.Number);
        Assert.False(_schedule.TryTakeDue(_here, isForCancels: true, out _));
    }

    [Fact]
    public void Census_SaysByChannel_HowManyTheOldestAndHowManyAreOverdue()
    {
        TradeNo oldest = Accepted(TimeSpan.FromHours(30));
        TradeNo[] here = [Accepted(TimeSpan.FromHours(1)), oldest, Accepted(TimeSpan.FromHours(25))];
        TradeNo unplaced = Accepted(TimeSpan.FromMinutes(5));
        foreach (TradeNo number in here)
        {
            _schedule.AddDueNow(number, number.UnixMs, _here);
        }
        _schedule.AddDueNow(unplaced, unplaced.UnixMs, channel: null);
        _clock.Advance(TimeSpan.FromMinutes(10));
        ChannelCensus of = Assert.Single(_schedule.ByChannel(TimeSpan.FromHours(24)), of => of.Channel == _here);
        Assert.Equal((3, 2, oldest, TimeSpan.FromHours(30) + TimeSpan.FromMinutes(10)), (of.Count, of.Overdue, of.Oldest, of.OldestAge));
        Assert.Equal(1, Assert.Single(_schedule.ByChannel(TimeSpan.FromHours(24)), none => none.Channel is null).Count);
        _schedule.Remove(oldest);
        Assert.Equal((2, here[2]), (_schedule.ByChannel(default)[^1].Count, _schedule.ByChannel(default)[^1].Oldest));
    }

    [Fact]
    public void List_IsPagedInTheOrderOfAcceptance_ByChannelAndAge()
    {
        TradeNo[] all = [.. Enumerable.Range(0, 5_000).Select(i => Accepted(TimeSpan.FromSeconds(5_000 - i)))];
        foreach (TradeNo number in all.Reverse())
        {
            _schedule.AddDueNow(number, number.UnixMs, number.Stamp % 3 == 0 ? _there : _here);
        }
        var pages = new List<TradeNo>();
        while (_schedule.List(pages.LastOrDefault(), _here, isUnplaced: false, TimeSpan.FromSeconds(1_000), 700) is { Count: > 0 } page)
        {
            Assert.All(page, one => Assert.Equal(_here, one.Channel));
            pages.AddRange(page.Select(one => one.Number));
        }
        Assert.Equal(all[..4_000].Where(number => number.Stamp % 3 != 0), pages);
    }

    /// <summary>After a million are through, what they needed is free again; and those that come later find their place.</summary>
    [Fact]
    public void WhenNobodyIsLeft_TheRoomIsGivenBack()
    {
        var slots = new PendingSlots();
        for (int round = 0; round < 2; round++)
        {
            int[] taken = [.. Enumerable.Range(1, 5_000).Select(i => slots.Add(new PendingEntry { Number = new TradeNo((ulong)i, 1) }))];
            Assert.Equal((5_000, 5_000), (slots.Count, taken.Distinct().Count()));
            Assert.True(slots.Length >= 5_000);
            foreach (int slot in taken)
            {
                slots.Remove(slot);
            }
            Assert.Equal((0, 0), (slots.Count, slots.Length));
        }
    }

    private List<TradeNo> Turns(int atMost)
    {
        var turns = new List<TradeNo>();
        while (turns.Count < atMost && _schedule.TryTakeDue(_here, isForCancels: false, out Turn turn))
        {
            turns.Add(turn.Number);
        }
        return turns;
    }

    private TradeNo Accepted(TimeSpan ago) =>
        new(((ulong)(_clock.GetUtcNow() - ago).ToUnixTimeMilliseconds() << TradeNo.CounterBits) + ++_given, 1);

    private Channel NewChannel(string id) => new(new ChannelOptions { Id = id }, _adapter, InlineScheduler.Instance, _clock, _metrics);
}
