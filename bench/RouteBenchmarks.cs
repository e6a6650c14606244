using BenchmarkDotNet.Attributes;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Simulated;
using HotPath.Core.Model;
using HotPath.Core.Routing;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;

namespace HotPath.Bench;

/// <summary>Step 6 by itself: a choice among tables of one route, of eight, and of as many as there may be. All are of one priority, each with a daily window: the most work there is.</summary>
[MemoryDiagnoser]
public class RouteBenchmarks
{
    private Router _router = null!;
    private static readonly Currency Hkd = Currency.Parse("HKD");

    private RouteTrail _trail;

    [Params(1, 8, RouteTable.MaxRoutes)]
    public int Routes { get; set; }

    [GlobalSetup]
    public void Open()
    {
        TimeProvider clock = TimeProvider.System;
        var metrics = new GatewayMetrics("bench");
        Channel[] channels = [.. Enumerable.Range(0, 4).Select(number => new Channel(
            new ChannelOptions { Id = $"bench-{number}" }, new SimulatedClearingAdapter(TimeSpan.Zero, clock), ThreadScheduler.Instance, clock, metrics))];
        _router = new Router([.. Enumerable.Range(0, Routes).Select(number => new Route
        {
            Channel = channels[number % channels.Length],
            Currencies = new HashSet<Currency> { Hkd },
            Priority = 1,
            Maintenance = [MaintenanceWindow.Daily(new TimeOnly(3, 0), new TimeOnly(4, 0), TimeZoneInfo.Utc)],
        })]);
    }

    [Benchmark]
    public void Choose()
    {
        var request = new RouteRequest
        {
            BizType = BizType.ScanPay,
            Direction = Direction.Outbound,
            Currency = Hkd,
            Amount = new Amount(8880),
            NowMs = 1_800_000_000_000,
        };
        _trail = default;
        _router.Choose(request, default, ref _trail).Channel!.ReturnCredit();
    }
}
