using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Iso8583;
using HotPath.Core.Clearing.Adapters.Simulated;
using HotPath.Core.Model;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using HotPath.Host.Configuration;
using Xunit;
using Route = HotPath.Core.Routing.Route;

namespace HotPath.Host.Tests;

/// <summary>A route table is refused for each thing that is wrong with it, by file, line and reason, all at once.</summary>
public sealed class RouteConfigurationTests : IDisposable
{
    private static readonly Dictionary<string, ChannelReach> Channels = new() { ["one"] = ChannelReach.Everything, ["two"] = ChannelReach.Everything, ["iso"] = Iso8583ClearingAdapter.Reach };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Table_WithEverything_IsTaken()
    {
        (RouteTableSettings? settings, IReadOnlyList<ConfigurationFault> faults) = Read(
            """
            {
              // Comments, and a comma too many, are for people.
              "routes": [
                { "id": "main", "channel": "one", "currencies": ["HKD"], "schemes": ["hk.com.hkicl"], "direction": "outbound", "biz_type": "SCAN_PAY", "min_minor_units": 100,
                  "max_minor_units": 100, "priority": 1, "weight": 3, "enabled": false, "only_amounts_ending_with": 0,
                  "maintenance": [
                    { "daily": "23:30-00:30", "zone": "Asia/Hong_Kong" }, { "daily": "03:00-04:00" }, { "daily": "03:00-04:00", "zone": "-03:30" },
                    { "from": "2026-12-01T01:00+08:00", "until": "2026-12-01T05:00:30Z" }
                  ] },
                { "channel": "two", "currencies": ["HKD"], "priority": 1 },
              ],
              "code_hosts": [ { "host": "qr.example.hk", "scheme": "HK.COM.HKICL" } ]
            }
            """);
        Assert.Empty(faults);
        Route[] routes = Bound(settings!);
        Assert.Equal(
            ("main", "one", Direction.Outbound, BizType.ScanPay, 100L, 100L, (int?)1, 3, false, (int?)0),
            (routes[0].Id, routes[0].Channel.Options.Id, routes[0].Direction, routes[0].BizType, routes[0].MinMinorUnits, routes[0].MaxMinorUnits, routes[0].Priority, routes[0].Weight,
                routes[0].IsEnabled, routes[0].OnlyAmountsEndingWith));
        Assert.Equal(
            ["daily 23:30:00 to 00:30:00 Asia/Hong_Kong", "daily 03:00:00 to 04:00:00 +08:00", "daily 03:00:00 to 04:00:00 -03:30", "2026-11-30T17:00:00Z to 2026-12-01T05:00:30Z"],
            routes[0].Maintenance.Select(window => window.Text));
        Assert.Equal((null, "two", null, null, 1L, long.MaxValue, 1), (
            routes[1].Id, routes[1].Channel.Options.Id, routes[1].Direction, routes[1].BizType, routes[1].MinMinorUnits, routes[1].MaxMinorUnits, routes[1].Weight));
        Assert.Equal("HK.COM.HKICL", settings!.CodeHosts["qr.example.hk"]);
    }

    [Fact]
    public void EveryFault_IsToldAtOnce_WithItsLine()
    {
        string file = _folder.Write("routes.json", string.Join('\n',
            "{",
            "  \"routes\": [",
            "    { \"id\": \"a b\",",
            "      \"channel\": \"three\",",
            "      \"currencies\": [",
            "        \"HKD\",",
            "        \"XXX\" ],",
            "      \"direction\": \"up\", \"biz_type\": \"REFUND\",",
            "      \"min_minor_units\": 200, \"max_minor_units\": 100,",
            "      \"priority\": 0,",
            "      \"weight\": 1001 },",
            "    {",
            "      \"id\": \"main\", \"currencies\": [\"HKD\"],",
            "      \"maintenance\": [",
            "        { \"daily\": \"23:30\" },",
            "        { \"daily\": \"10:00-10:00\" },",
            "        { \"daily\": \"10:00-11:00\", \"zone\": \"Atlantis/Capital\" },",
            "        { \"from\": \"2026-12-01T01:00\", \"until\": \"2026-12-01T05:00Z\" },",
            "        { \"from\": \"2026-12-01T01:00Z\", \"until\": \"2026-12-01T01:00Z\" },",
            "        { },",
            "        { \"daily\": \"10:00-11:00\", \"from\": \"2026-12-01T01:00Z\" }",
            "      ]",
            "    },",
            "    { \"id\": \"main\", \"channel\": \"two\", \"currencies\": [\"HKD\"], \"priority\": 2 }",
            "  ],",
            "  \"code_hosts\": [ { \"host\": \"qr.example.hk\",",
            "    \"scheme\": \"nobodys\" } ]",
            "}"));
        (RoutesConfiguration? routes, _) = ConfigurationFile.ReadRoutes(file);
        IReadOnlyList<ConfigurationFault> faults = RouteCheck.Run(routes!, Channels, file).Faults;
        Assert.Equal(
            [
                ("routes[0].id", 3), ("routes[0].channel", 4), ("routes[0].direction", 8), ("routes[0].biz_type", 8), ("routes[0].min_minor_units", 9),
                ("routes[0].priority", 10), ("routes[0].weight", 11), ("routes[0].currencies[1]", 7),
                ("routes[1].channel", 12), ("routes[1].priority", 12),
                ("routes[1].maintenance[0].daily", 15), ("routes[1].maintenance[1].daily", 16), ("routes[1].maintenance[2].zone", 17), ("routes[1].maintenance[3].from", 18),
                ("routes[1].maintenance[4].until", 19), ("routes[1].maintenance[5]", 20), ("routes[1].maintenance[6]", 21),
                ("routes[2].id", 24), ("code_hosts[0].scheme", 27),
            ],
            faults.Select(fault => (fault.Path, fault.Line ?? 0)));
        Assert.Equal($"routes[0].channel: no channel has the id three ({file}, line 4)", faults[1].ToString());
    }

    [Fact]
    public void PrioritiesAreOfAllRoutesOrOfNone_AndAWeightNeedsThem()
    {
        Assert.Equal(
            ["routes[0].priority"],
            Read("""{"routes":[{"channel":"one","currencies":["HKD"]},{"channel":"two","currencies":["HKD"],"priority":1}]}""").Faults.Select(fault => fault.Path));
        Assert.Equal(["routes[0].weight"], Read("""{"routes":[{"channel":"one","currencies":["HKD"],"weight":2}]}""").Faults.Select(fault => fault.Path));
    }

    [Fact]
    public void RouteToAChannel_IsForWhatItsMessagesCarry_AndRefusedWhereThatIsNothing()
    {
        (RouteTableSettings? settings, _) = Read("""{"routes":[{"channel":"iso","currencies":["HKD"]},{"channel":"iso","currencies":["HKD"],"max_minor_units":100}]}""");
        Assert.Equal(
            [(BizType.ScanPay, 999_999_999_999), (BizType.ScanPay, 100)],
            Bound(settings!).Select(route => (route.BizType!.Value, route.MaxMinorUnits)));
        Assert.Equal(
            ["routes[0].biz_type: FACE_PAY cannot go to iso: its messages carry no face (line 2)",
                "routes[1].min_minor_units: 1000000000000 is over 999999999999, the largest amount that the messages of iso carry (line 4)"],
            Read("{\"routes\":[{\"channel\":\"iso\",\"currencies\":[\"HKD\"],\n\"biz_type\":\"FACE_PAY\"},\n{\"channel\":\"iso\",\"currencies\":[\"HKD\"],\n\"min_minor_units\":1000000000000}]}")
                .Faults.Select(fault => fault.ToString()));
    }

    /// <summary>A limit that was written down is what operators rely on: it is not quietly another one.</summary>
    [Fact]
    public void RouteToAChannel_WithALimitAboveWhatItsMessagesCarry_IsRefused()
    {
        Assert.Equal(
            ["routes[1].max_minor_units: 1000000000000 is over 999999999999, the largest amount that the messages of iso carry (line 3)"],
            Read("{\"routes\":[{\"channel\":\"iso\",\"currencies\":[\"HKD\"],\"max_minor_units\":999999999999},\n{\"channel\":\"iso\",\"currencies\":[\"HKD\"],\n\"max_minor_units\":1000000000000}]}")
                .Faults.Select(fault => fault.ToString()));
        Assert.Empty(Read("""{"routes":[{"channel":"one","currencies":["HKD"],"max_minor_units":1000000000000}]}""").Faults);
    }

    [Fact]
    public void Table_OfMoreRoutesThanAnyPaymentLooksAt_IsRefused()
    {
        string route = """{"channel":"one","currencies":["HKD"]}""";
        Assert.Empty(Read($$"""{"routes":[{{string.Join(',', Enumerable.Repeat(route, 256))}}]}""").Faults);
        Assert.Equal(["routes"], Read($$"""{"routes":[{{string.Join(',', Enumerable.Repeat(route, 257))}}]}""").Faults.Select(fault => fault.Path));
    }

    [Theory]
    [InlineData("{\n \"routes\": [\n  { \"chanel\": \"one\" } ] }", 3)]
    [InlineData("{\n \"routes\": [\n\n  { \"priority\": \"first\" } ] }", 4)]
    [InlineData("{\n \"routes\": [ ],\n", 3)]
    [InlineData("{\n \"institutions\": [] }", 2)]
    public void File_ThatIsNoTable_IsRefusedWithItsLine(string json, int line)
    {
        (RoutesConfiguration? routes, ConfigurationFault? fault) = ConfigurationFile.ReadRoutes(_folder.Write("routes.json", json));
        Assert.Null(routes);
        Assert.Equal(line, fault!.Line);
        Assert.Equal(Path.Combine(_folder.Path, "routes.json"), fault.File);
    }

    [Fact]
    public void RoutesFile_IsInsteadOfRoutes_AndItsFaultsAreAmongTheOthers()
    {
        string file = _folder.Write("routes.json", "{\n\"routes\": [\n{\"channel\":\"nobodys\",\"currencies\":[\"HKD\"]}]}");
        var both = new GatewayConfiguration { RoutesFile = file, Routes = [new RouteConfiguration { Channel = "one", Currencies = ["HKD"] }] };
        string[] faults = [.. ConfigurationCheck.Run(both, TimeProvider.System).Faults.Select(fault => fault.ToString())];
        Assert.Contains("routes_file: holds routes and code_hosts: here they would be a second table", faults);
        Assert.Contains($"routes[0].channel: no channel has the id nobodys ({file}, line 3)", faults);
        var missing = new GatewayConfiguration { RoutesFile = Path.Combine(_folder.Path, "nothing.json") };
        Assert.Contains(ConfigurationCheck.Run(missing, TimeProvider.System).Faults, fault => fault.Path == "routes_file" && fault.File == missing.RoutesFile);
    }

    [Fact]
    public void ConfigurationFile_SaysTheLineOfEachFault()
    {
        string file = _folder.Write("gateway.json", "{\n  \"node_id\": 1000,\n  \"channels\": [\n    { \"id\": \"one\",\n      \"url\": \"http://far.example\" }\n  ]\n}\n");
        (GatewayConfiguration? configuration, _) = ConfigurationFile.Read(file);
        IReadOnlyList<ConfigurationFault> faults = ConfigurationCheck.Run(configuration!, TimeProvider.System).Faults;
        Assert.Contains(("node_id", 2), faults.Select(fault => (fault.Path, fault.Line ?? 0)));
        Assert.Contains(("channels[0].url", 5), faults.Select(fault => (fault.Path, fault.Line ?? 0)));
        Assert.Contains(("listen", 1), faults.Select(fault => (fault.Path, fault.Line ?? 0)));
    }

    /// <summary>The routes of a table, to channels that nobody calls.</summary>
    internal static Route[] Bound(RouteTableSettings settings) => settings.Bind(settings.Routes.Select(route => route.ChannelId).Distinct().ToDictionary(
        id => id,
        id => new Channel(
            new ChannelOptions { Id = id, MaxInFlight = 1 }, new SimulatedClearingAdapter(TimeSpan.Zero, TimeProvider.System), ThreadScheduler.Instance, TimeProvider.System,
            new GatewayMetrics("test"))));

    private (RouteTableSettings? Settings, IReadOnlyList<ConfigurationFault> Faults) Read(string json)
    {
        (RoutesConfiguration? routes, ConfigurationFault? fault) = ConfigurationFile.ReadRoutes(_folder.Write("routes.json", json));
        Assert.Null(fault);
        return RouteCheck.Run(routes!, Channels, file: null);
    }
}
