using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Simulated;
using HotPath.Core.Model;
using HotPath.Core.Qr;
using HotPath.Core.Routing;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using HotPath.Core.Tests.Qr;
using Xunit;

namespace HotPath.Core.Tests.Routing;

public class RouterTests
{
    private static readonly Currency Hkd = Currency.Parse("HKD");

    [Fact]
    public void FirstRouteThatTakesThePayment_IsChosen()
    {
        Route small = Way("small", maxMinorUnits: 100);
        Route large = Way("large");
        var router = new Router([small, large]);
        Assert.Same(small.Channel, Choose(router, Hkd, new Amount(100), default).Channel);
        Assert.Same(large.Channel, Choose(router, Hkd, new Amount(101), default).Channel);
    }

    [Fact]
    public void Refusal_IsTheMostHopefulReason_WhateverTheOrderOfTheRoutes()
    {
        Route full = Way("full");
        Assert.True(full.Channel.TryTakeCredit());
        Route disabled = Way("disabled", isEnabled: false);
        Route limited = Way("limited", maxMinorUnits: 100);
        foreach ((Route[] routes, RespCode code) in new (Route[], RespCode)[]
        {
            ([full, disabled, limited], RespCode.SystemBusy), ([limited, disabled, full], RespCode.SystemBusy),
            ([limited, disabled], RespCode.ServiceUnavailable), ([disabled, limited], RespCode.ServiceUnavailable), ([limited], RespCode.LimitExceeded),
        })
        {
            Assert.Equal(code, Choose(new Router(routes), Hkd, new Amount(1000), default).Rejection.Code);
        }
        Assert.Equal(new Rejection(RespCode.MemberIllegal, Member.Currency), Choose(new Router([limited]), Currency.Parse("JPY"), new Amount(1), default).Rejection);
    }

    [Fact]
    public void Refusal_TakesNoCredit()
    {
        Route one = Way("one");
        var router = new Router([one]);
        Assert.NotNull(Choose(router, Hkd, new Amount(1), default).Channel);
        Assert.Null(Choose(router, Hkd, new Amount(1), default).Channel);
        one.Channel.ReturnCredit();
        Assert.NotNull(Choose(router, Hkd, new Amount(1), default).Channel);
    }

    [Fact]
    public void Scheme_TakesTheRoutesOfItsOwn_AndOthersTheDefaultOnes_WhateverTheOrder()
    {
        Route fps = Way("fps", schemes: ["hk.com.hkicl", "com.other"]), payNow = Way("paynow", schemes: ["SG.PAYNOW"]), rest = Way("rest");
        foreach (Route[] routes in new Route[][] { [fps, payNow, rest], [rest, payNow, fps] })
        {
            var router = new Router(routes);
            SchemeTable schemes = router.Table.Schemes;
            Assert.Same(fps.Channel, Freed(Choose(router, Hkd, new Amount(1), schemes.Of("hk.com.hkicl"))));
            Assert.Same(payNow.Channel, Freed(Choose(router, Hkd, new Amount(1), schemes.Of("sg.paynow"))));
            Assert.Same(rest.Channel, Freed(Choose(router, Hkd, new Amount(1), schemes.Of("unheard.of"))));
            Assert.Same(rest.Channel, Freed(Choose(router, Hkd, new Amount(1), default)));
            // Of both: the table's order.
            Channel first = routes.First(route => route != rest).Channel;
            Assert.Same(first, Freed(Choose(router, Hkd, new Amount(1), schemes.Of("hk.com.hkicl") | schemes.Of("SG.PAYNOW"))));
        }
    }

    [Fact]
    public void Scheme_WithARouteOfItsOwn_IsNeverDivertedToADefaultRoute()
    {
        Route rest = Way("rest");
        var jpy = Currency.Parse("JPY");
        foreach ((Route own, RespCode code, Currency currency) in new[]
        {
            (Way("fps", isEnabled: false, schemes: ["fps"]), RespCode.ServiceUnavailable, Hkd),
            (Way("fps", maxMinorUnits: 1, schemes: ["fps"]), RespCode.LimitExceeded, Hkd),
            (Way("fps", schemes: ["fps"]), RespCode.MemberIllegal, jpy),
        })
        {
            var router = new Router([own, rest with { Currencies = new HashSet<Currency> { Hkd, jpy } }]);
            Assert.Equal(code, Choose(router, currency, new Amount(1000), router.Table.Schemes.Of("fps")).Rejection.Code);
            Assert.Equal(code == RespCode.MemberIllegal ? Member.Currency : Member.None, Choose(router, currency, new Amount(1000), router.Table.Schemes.Of("fps")).Rejection.Member);
        }
    }

    [Fact]
    public void Code_ThatNoRouteIsFor_IsIllegal()
    {
        var router = new Router([Way("fps", schemes: ["fps"])]);
        Assert.Equal(new Rejection(RespCode.MemberIllegal, Member.QrContent), Choose(router, Hkd, new Amount(1), default).Rejection);
        Assert.Equal(new Rejection(RespCode.MemberIllegal, Member.QrContent), Choose(router, Hkd, new Amount(1), router.Table.Schemes.Of("other")).Rejection);
        Assert.Equal(new Rejection(RespCode.MemberIllegal, Member.Currency), Choose(router, Currency.Parse("JPY"), new Amount(1), router.Table.Schemes.Of("fps")).Rejection);
    }

    /// <summary>
    /// Both tables send each scheme's codes to that scheme's channel; the second names the schemes in another order, so that a set of one read by the other
    /// is another scheme. Whoever saw a part of each would pay at the wrong channel.
    /// </summary>
    [Fact]
    public async Task Swap_UnderPayments_ShowsEachOfThemOneTableWhole()
    {
        byte[] fpsCode = Code("hk.com.hkicl"), payNowCode = Code("SG.PAYNOW");
        Channel fps = Ways.Channel("fps", maxInFlight: 4096), payNow = Ways.Channel("paynow", maxInFlight: 4096);
        Route[] routes = [Ways.To(fps) with { Schemes = ["hk.com.hkicl"] }, Ways.To(payNow) with { Schemes = ["SG.PAYNOW"] }];
        var router = new Router(routes);
        RouteTable[] tables = [router.Table, new RouteTable([.. routes.Reverse()], [])];
        using var stop = new CancellationTokenSource();
        Task swapping = Task.Run(() =>
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                router.Swap(tables[i % 2]);
            }
        });
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 50_000; i++)
            {
                Assert.Same(fps, Ways.Choose(router, Ways.Payment(code: fpsCode)).Choice.Channel);
                Assert.Same(payNow, Ways.Choose(router, Ways.Payment(code: payNowCode)).Choice.Channel);
            }
        })));
        await stop.CancelAsync();
        await swapping;
    }

    [Fact]
    public void Channel_ThatNoRouteLeadsToAnyMore_IsFoundForItsTrades()
    {
        Channel left = Ways.Channel("left"), taken = Ways.Channel("taken");
        var router = new Router([Ways.To(left)], channels: [left, taken]);
        router.Swap(new RouteTable([Ways.To(taken)], []));
        Assert.Same(taken, Ways.Choose(router, Ways.Payment()).Choice.Channel);
        Assert.Same(left, router.Find("left"u8));
        Assert.Null(router.Find("unheard"u8));
    }

    private static byte[] Code(string scheme) => System.Text.Encoding.ASCII.GetBytes(
        EmvCode.Of(("26", EmvCode.Objects(("00", scheme), ("02", "0123456"))), ("52", "5814"), ("53", "344"), ("58", "HK"), ("59", "X"), ("60", "HK")));

    private static RouteChoice Choose(Router router, Currency currency, Amount amount, SchemeSet schemes)
    {
        var trail = default(RouteTrail);
        return router.Table.Choose(new RouteRequest { BizType = BizType.ScanPay, Direction = Direction.Outbound, Currency = currency, Amount = amount, NowMs = 0 }, schemes, default, new Random(1), ref trail);
    }

    private static Channel Freed(RouteChoice choice)
    {
        choice.Channel!.ReturnCredit();
        return choice.Channel;
    }

    private static Route Way(string id, long maxMinorUnits = long.MaxValue, bool isEnabled = true, string[]? schemes = null) => new()
    {
        Channel = new Channel(
            new ChannelOptions { Id = id, MaxInFlight = 1 }, new SimulatedClearingAdapter(TimeSpan.Zero, TimeProvider.System),
            ThreadScheduler.Instance, TimeProvider.System, new GatewayMetrics("test")),
        Currencies = new HashSet<Currency> { Hkd },
        MaxMinorUnits = maxMinorUnits,
        IsEnabled = isEnabled,
        Schemes = schemes ?? [],
    };
}
