using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Simulated;
using HotPath.Core.Model;
using HotPath.Core.Routing;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;

namespace HotPath.Core.Tests.Routing;

/// <summary>Channels and routes as tests of routing have them.</summary>
internal static class Ways
{
    internal static readonly Currency Hkd = Currency.Parse("HKD");

    internal static Channel Channel(string id, int maxInFlight = 1, TimeProvider? clock = null) => new(
        new ChannelOptions { Id = id, MaxInFlight = maxInFlight }, new SimulatedClearingAdapter(TimeSpan.Zero, clock ?? TimeProvider.System),
        ThreadScheduler.Instance, clock ?? TimeProvider.System, new GatewayMetrics("test"));

    internal static Route To(Channel channel, string? id = null) => new() { Id = id, Channel = channel, Currencies = new HashSet<Currency> { Hkd } };

    internal static RouteRequest Payment(
        long amount = 1000, string currency = "HKD", Direction direction = Direction.Outbound, BizType type = BizType.ScanPay, long nowMs = 0, ReadOnlySpan<byte> code = default) =>
        new()
        {
            BizType = type,
            Direction = direction,
            Currency = Currency.Parse(currency),
            Amount = new Amount(amount),
            NowMs = nowMs,
            Code = code.IsEmpty ? default : Core.Qr.QrReader.Read(code),
            QrContent = code,
        };

    /// <summary>Chooses, gives the credit back, and says how it was chosen.</summary>
    internal static (RouteChoice Choice, string Trail) Choose(this Router router, in RouteRequest payment, TriedChannels tried = default, string before = "")
    {
        var trail = default(RouteTrail);
        trail.Set(System.Text.Encoding.ASCII.GetBytes(before));
        RouteChoice choice = router.Choose(payment, tried, ref trail);
        choice.Channel?.ReturnCredit();
        string text = trail.ToString();
        // The table's hash is not what is asked for here.
        return (choice, System.Text.RegularExpressions.Regex.Replace(text, "@[0-9a-f]{4}", ""));
    }
}
