using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Simulated;
using HotPath.Core.Model;
using HotPath.Core.Routing;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
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
        Assert.Same(small.Channel, router.Choose(Hkd, new Amount(100)).Channel);
        Assert.Same(large.Channel, router.Choose(Hkd, new Amount(101)).Channel);
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
            Assert.Equal(code, new Router(routes).Choose(Hkd, new Amount(1000)).Rejection.Code);
        }
        Assert.Equal(new Rejection(RespCode.MemberIllegal, Member.Currency), new Router([limited]).Choose(Currency.Parse("JPY"), new Amount(1)).Rejection);
    }

    [Fact]
    public void Refusal_TakesNoCredit()
    {
        Route one = Way("one");
        var router = new Router([one]);
        Assert.NotNull(router.Choose(Hkd, new Amount(1)).Channel);
        Assert.Null(router.Choose(Hkd, new Amount(1)).Channel);
        one.Channel.ReturnCredit();
        Assert.NotNull(router.Choose(Hkd, new Amount(1)).Channel);
    }

    private static Route Way(string id, long maxMinorUnits = long.MaxValue, bool isEnabled = true) => new()
    {
        Channel = new Channel(
            new ChannelOptions { Id = id, MaxInFlight = 1 }, new SimulatedClearingAdapter(TimeSpan.Zero, TimeProvider.System),
            ThreadScheduler.Instance, TimeProvider.System, new GatewayMetrics("test")),
        Currencies = new HashSet<Currency> { Hkd },
        MaxMinorUnits = maxMinorUnits,
        IsEnabled = isEnabled,
    };
}
