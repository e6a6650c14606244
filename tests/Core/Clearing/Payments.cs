using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using Xunit;

namespace HotPath.Core.Tests.Clearing;

/// <summary>Payments and refunds as tests send them.</summary>
internal static class Payments
{
    private static readonly InstId Institution = InstId.From("CN000001");
    private static int _lastNumber;

    internal static ClearingReference NewReference(long amountMinor = 8880) => new(
        new TradeNo((1_772_337_600_000UL << TradeNo.CounterBits) | (uint)Interlocked.Increment(ref _lastNumber), 7),
        new Amount(amountMinor),
        Currency.Parse("CNY"));

    /// <summary>Of a payment of its own, or of <paramref name="payment"/>.</summary>
    internal static ClearingReference NewRefund(long amountMinor = 8880, ClearingReference? payment = null) =>
        NewReference(amountMinor) with { Original = (payment ?? NewReference()).TradeNo };

    internal static ValueTask<ClearingResult> RefundAsync(this Channel channel, ClearingReference refund, TimeSpan budget) =>
        channel.RefundAsync(new RefundOrder(refund, Institution), budget);

    internal static ValueTask<ClearingResult> PayAsync(this Channel channel, ClearingReference reference, TimeSpan budget) =>
        channel.PayAsync(reference, budget, "000201\"\\26"u8);

    internal static ValueTask<ClearingResult> PayAsync(
        this Channel channel, ClearingReference reference, TimeSpan budget, ReadOnlySpan<byte> qrContent) => channel.PayAsync(
        new PayOrder
        {
            Reference = reference,
            InstId = Institution,
            TradeType = TradeType.Scan,
            QrType = QrType.Static,
            QrContent = qrContent,
            Body = "绿茶"u8,
            TerminalType = "01"u8,
            TerminalId = default,
        },
        budget);

    internal static Channel NewChannel(IClearingAdapter adapter, TimeProvider? clock = null, IScheduler? scheduler = null, int maxInFlight = 64) => new(
        new ChannelOptions { Id = "test", MaxInFlight = maxInFlight },
        adapter,
        scheduler ?? ThreadScheduler.Instance,
        clock ?? TimeProvider.System,
        new GatewayMetrics("test"));

    /// <summary>One payment or refund, as the reference says, through a real adapter and a channel of its own.</summary>
    internal static async Task<ClearingResult> SendOnceAsync(this IClearingAdapter adapter, ClearingReference reference)
    {
        Channel channel = NewChannel(adapter);
        Assert.True(channel.TryTakeCredit());
        return await (reference.IsRefund ? channel.RefundAsync(reference, TimeSpan.FromSeconds(30)) : channel.PayAsync(reference, TimeSpan.FromSeconds(30)));
    }

    internal static string AnswerTo(ClearingReference reference, string result, string more = "") =>
        $$"""{"reference":"{{reference.TradeNo}}"{{NamesPayment(reference)}},"amount_minor":"{{reference.Amount}}","currency":"{{reference.Currency}}","result":"{{result}}"{{more}}}""";

    private static string NamesPayment(ClearingReference reference) =>
        reference.IsRefund ? $",\"original_reference\":\"{reference.Original}\"" : "";
}
