using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Core.Routing;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using static HotPath.Core.Tests.Routing.Ways;

namespace HotPath.Core.Tests.Routing;

/// <summary>What a table chooses and what it says of it, rule by rule; all of them at once are in <see cref="RouteModelTests"/>.</summary>
public class RouteTableTests
{
    private readonly Channel _a = Channel("a"), _b = Channel("b"), _c = Channel("c");

    [Fact]
    public void RoutesWithoutPriorities_AreTriedInTheirOrder_AndAreNamedByChannelAndPlace()
    {
        var router = new Router([To(_a), To(_b), To(_a)]);
        Assert.Equal(["a.1", "b.2", "a.3"], router.Table.Routes.Select(route => route.Id));
        (RouteChoice choice, string trail) = router.Choose(Payment());
        Assert.Same(_a, choice.Channel);
        Assert.Equal("a.1,b.2:p,a.3:p", trail);
    }

    [Fact]
    public void LowestPriority_GoesFirst_WhateverThePlace()
    {
        var router = new Router([To(_a, "far") with { Priority = 20 }, To(_b, "near") with { Priority = 10 }]);
        Assert.Equal("near/b,far:p", router.Choose(Payment()).Trail);
        Assert.True(_b.TryTakeCredit());
        Assert.Equal("far/a,near:f", router.Choose(Payment()).Trail);
    }

    [Fact]
    public void EachReason_IsTold_WithWhatWasNearestFirst()
    {
        _b.Breaker.OpenManually("maintenance");
        Channel sick = Channel("sick"), full = Channel("full");
        Assert.True(full.TryTakeCredit());
        for (int i = 0; i < 20; i++)
        {
            sick.Breaker.Ended(sick.Breaker.Period, ClearingOutcome.Unknown, TimeSpan.Zero, isKnownAsSlow: false);
        }
        var router = new Router(
        [
            To(_a, "yen") with { Currencies = new HashSet<Currency> { Currency.Parse("JPY") } },
            To(_a, "drill") with { OnlyAmountsEndingWith = 11 },
            To(_a, "small") with { MaxMinorUnits = 999 },
            To(_a, "large") with { MinMinorUnits = 1001 },
            To(_a, "off") with { IsEnabled = false },
            To(_a, "works") with { Maintenance = [MaintenanceWindow.Once(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddSeconds(1))] },
            To(_b, "hand"),
            To(sick, "sick"),
            To(full, "full"),
            To(_a, "in") with { Direction = Direction.Inbound },
            To(_a, "face") with { BizType = BizType.FacePay },
            To(_a, "fps") with { Schemes = ["hk.com.hkicl"] },
            To(_c, "taken"),
        ]);
        Assert.Equal("taken/c,small:h,large:l,off:x,works:w,hand:o,sick:b,full:f,yen:c,drill:n", router.Choose(Payment()).Trail);
    }

    [Fact]
    public void Direction_IsPartOfTheWay_AndItsWantIsOfTheCode()
    {
        var router = new Router([To(_a, "out") with { Direction = Direction.Outbound }, To(_b, "in") with { Direction = Direction.Inbound }]);
        Assert.Same(_a, router.Choose(Payment()).Choice.Channel);
        Assert.Same(_b, router.Choose(Payment(direction: Direction.Inbound)).Choice.Channel);
        var outOnly = new Router([To(_a) with { Direction = Direction.Outbound }]);
        Assert.Equal(new Rejection(RespCode.MemberIllegal, Member.QrContent), outOnly.Choose(Payment(direction: Direction.Inbound)).Choice.Rejection);
        Assert.Equal(
            new Rejection(RespCode.MemberIllegal, Member.TradeType), outOnly.Choose(Payment(direction: Direction.Inbound, type: BizType.FacePay)).Choice.Rejection);
    }

    /// <summary>A scheme whose routes are all inbound is a domestic one: a domestic institution's payment of it crosses no border, and no default route takes it.</summary>
    [Fact]
    public void CodeOfASchemeOfTheOtherDirection_IsIllegal_AndNotDiverted()
    {
        byte[] fps = System.Text.Encoding.ASCII.GetBytes(Qr.EmvCode.Of(Qr.EmvCode.Fps, ("52", "5814"), ("53", "344"), ("58", "HK"), ("59", "X"), ("60", "HK")));
        var router = new Router([To(_a) with { Direction = Direction.Inbound, Schemes = ["hk.com.hkicl"] }, To(_b)]);
        Assert.Same(_a, router.Choose(Payment(direction: Direction.Inbound, code: fps)).Choice.Channel);
        Assert.Equal(new Rejection(RespCode.MemberIllegal, Member.QrContent), router.Choose(Payment(code: fps)).Choice.Rejection);
        Assert.Same(_b, router.Choose(Payment()).Choice.Channel);
    }

    [Fact]
    public void TriedChannel_IsNotChosenAgain_ByNoneOfItsRoutes_AndTheTrailGoesOn()
    {
        var router = new Router([To(_a, "one"), To(_a, "two"), To(_b, "three")]);
        var tried = default(TriedChannels);
        tried.Add(_a);
        Assert.Equal("one/a,two:p|three/b,one:t,two:t", router.Choose(Payment(), tried, before: "one/a,two:p").Trail);
        tried.Add(_b);
        (RouteChoice choice, string trail) = router.Choose(Payment(), tried, before: "before");
        Assert.Equal(RouteChoice.Refused(RespCode.ServiceUnavailable), choice);
        Assert.Equal("before", trail);
    }

    [Fact]
    public void MinimumAmount_IsALimit()
    {
        var router = new Router([To(_a) with { MinMinorUnits = 100, MaxMinorUnits = 200 }]);
        Assert.Equal(RouteChoice.Refused(RespCode.LimitExceeded), router.Choose(Payment(99)).Choice);
        Assert.Same(_a, router.Choose(Payment(100)).Choice.Channel);
        Assert.Same(_a, router.Choose(Payment(200)).Choice.Channel);
        Assert.Equal(RouteChoice.Refused(RespCode.LimitExceeded), router.Choose(Payment(201)).Choice);
    }

    /// <summary>A seeded source, so that the bound is exact: chi-square with 2 degrees of freedom is over 13.8 once in a thousand seeds.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Equals_AreDrawnByWeight(int seed)
    {
        const int draws = 24_000;
        Channel[] channels = [_a, _b, _c];
        int[] weights = [1, 2, 5];
        var router = new Router([.. channels.Select((channel, i) => To(channel) with { Priority = 7, Weight = weights[i] })], dice: new Random(seed));
        int[] drawn = Draw(router, channels, draws);
        double chiSquare = weights.Select((weight, i) => Math.Pow(drawn[i] - (draws * weight / 8.0), 2) / (draws * weight / 8.0)).Sum();
        Assert.True(chiSquare < 13.8, $"{string.Join(' ', drawn)}: {chiSquare}");
    }

    [Fact]
    public void SickChannel_GetsTheFloorsShare_AndItsOwnAgainWhenItHasRecovered()
    {
        var clock = new FakeTimeProvider();
        Channel sick = Channel("sick", clock: clock), well = Channel("well", clock: clock);
        var router = new Router([To(sick) with { Priority = 1 }, To(well) with { Priority = 1 }], dice: new Random(4));
        for (int i = 0; i < 1000; i++)
        {
            sick.Health.Ended(ClearingOutcome.Unknown, TimeSpan.Zero);
        }
        clock.Advance(TimeSpan.FromSeconds(1));
        // 0.05 of 1.05: 476 of 10,000, with a deviation of 21.
        Assert.InRange(Draw(router, [sick, well], 10_000)[0], 400, 560);
        clock.Advance(TimeSpan.FromMinutes(10));
        Assert.InRange(Draw(router, [sick, well], 10_000)[0], 4800, 5200);
    }

    [Fact]
    public void DrawnRoute_IsToldWithItsChance_AndWithThoseOfTheOthers()
    {
        var router = new Router([To(_a) with { Priority = 1, Weight = 3 }, To(_b) with { Priority = 1 }, To(_c) with { Priority = 2 }], dice: new Never());
        Assert.Equal("a.1%75,b.2:e25,c.3:p", router.Choose(Payment()).Trail);
        Assert.True(_a.TryTakeCredit());
        // The first of the dice's choice is full: what is left is drawn from again, and one alone is no draw.
        Assert.Equal("b.2,a.1:f,c.3:p", router.Choose(Payment()).Trail);
    }

    [Fact]
    public void Explanation_SaysWhatAChoiceWouldSay_AndTakesNothing()
    {
        var router = new Router([To(_a) with { Priority = 1, Weight = 3 }, To(_b) with { Priority = 1 }, To(_c) with { Priority = 2 }]);
        IReadOnlyList<RouteVerdict> verdicts = router.Table.Explain(Payment(), out Rejection rejection);
        Assert.False(rejection.IsRefusal);
        Assert.Equal([(RouteReason.None, 0.75), (RouteReason.None, 0.25), (RouteReason.Later, 0)], verdicts.Select(one => (one.Reason, one.Share)));
        foreach (Channel channel in new[] { _a, _b, _c })
        {
            Assert.True(channel.TryTakeCredit());
        }
        verdicts = router.Table.Explain(Payment(), out rejection);
        Assert.Equal(RespCode.SystemBusy, rejection.Code);
        Assert.All(verdicts, one => Assert.Equal(RouteReason.Full, one.Reason));
    }

    [Fact]
    public void ChannelThatRecovers_AndHasWhatItMayHave_IsPassedOver_AndAloneItIsA002_NotWantOfRoom()
    {
        Channel back = Channel("back", maxInFlight: 100);
        back.Breaker.OpenManually("maintenance");
        back.Breaker.CloseManually("done");
        var router = new Router([To(back), To(_a)]);
        Assert.Equal("back.1,a.2:p", router.Choose(Payment()).Trail);
        for (int i = 0; i < 20; i++)
        {
            Assert.True(back.TryTakeCredit());
        }
        Assert.Equal("a.2,back.1:r", router.Choose(Payment()).Trail);
        Assert.True(_a.TryTakeCredit());
        Assert.Equal(RespCode.SystemBusy, router.Choose(Payment()).Choice.Rejection.Code);
        var alone = new Router([To(back)]);
        Assert.Equal(RespCode.ServiceUnavailable, alone.Choose(Payment()).Choice.Rejection.Code);
        Assert.Equal(RouteReason.Recovering, Assert.Single(alone.Table.Explain(Payment(), out Rejection rejection)).Reason);
        Assert.Equal(RespCode.ServiceUnavailable, rejection.Code);
        for (int i = 0; i < 20; i++)
        {
            back.Breaker.Ended(back.Breaker.Period, ClearingOutcome.Succeeded, TimeSpan.Zero);
        }
        Assert.Same(back, alone.Choose(Payment()).Choice.Channel);
    }

    [Fact]
    public void Hash_IsOfWhatATableSays()
    {
        string hash = new RouteTable([To(_a), To(_b)], []).Hash;
        Assert.Equal(hash, new RouteTable([To(_a, "a.1") with { Priority = 1 }, To(_b) with { Priority = 2 }], []).Hash);
        Route other = To(_b);
        Route[] changed =
        [
            To(_c), other with { Weight = 2 }, other with { Id = "x" }, other with { IsEnabled = false }, other with { MinMinorUnits = 2 }, other with { MaxMinorUnits = 2 },
            other with { Direction = Direction.Inbound }, other with { BizType = BizType.FacePay }, other with { Schemes = ["s"] }, other with { OnlyAmountsEndingWith = 1 },
            other with { Maintenance = [MaintenanceWindow.Daily(new TimeOnly(1, 0), new TimeOnly(2, 0), TimeZoneInfo.Utc)] },
            other with { Currencies = new HashSet<Currency> { Hkd, Currency.Parse("JPY") } },
        ];
        string[] hashes = [hash, .. changed.Select(route => new RouteTable([To(_a), route], []).Hash)];
        Assert.Equal(hashes.Length, hashes.Distinct().Count());
    }

    private static int[] Draw(Router router, Channel[] channels, int draws)
    {
        int[] drawn = new int[channels.Length];
        for (int i = 0; i < draws; i++)
        {
            drawn[Array.IndexOf(channels, router.Choose(Payment()).Choice.Channel)]++;
        }
        return drawn;
    }

    private sealed class Never : Random
    {
        public override double NextDouble() => 0;
    }
}
