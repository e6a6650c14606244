using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Iso8583;
using HotPath.Core.Model;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Clearing;

public class EncodingFailureTests
{
    [Fact]
    public async Task AdapterThatCannotEncode_LeavesTheTradeInDoubt_AndNoCreditLost()
    {
        var channel = new Channel(
            new ChannelOptions { Id = "broken", MaxInFlight = 1 }, new Broken(), ThreadScheduler.Instance, TimeProvider.System, new GatewayMetrics("test"));
        for (int i = 0; i < 3; i++)
        {
            Assert.True(channel.TryTakeCredit());
            Assert.Equal(ClearingOutcome.Unknown, (await Pay(channel)).Outcome);
        }
    }

    [Fact]
    public async Task AdapterThatCannotEncodeARefund_LeavesItInDoubt_AndNoCreditLost()
    {
        Channel channel = Payments.NewChannel(new Broken(), maxInFlight: 1);
        for (int i = 0; i < 3; i++)
        {
            Assert.True(channel.TryTakeCredit());
            Assert.Equal(ClearingOutcome.Unknown, (await channel.RefundAsync(Payments.NewRefund(), TimeSpan.FromSeconds(1))).Outcome);
        }
    }

    [Fact]
    public async Task PaymentsThatTheChannelsMessagesCannotHold_AreNotDelivered_AndSayNothingOfHowTheChannelIs()
    {
        await using var adapter = new Iso8583ClearingAdapter(new Iso8583Options { Host = "127.0.0.1", Port = 1, Connections = 1 }, InlineScheduler.Instance, new FakeTimeProvider());
        Channel channel = Payments.NewChannel(adapter, maxInFlight: 1);
        for (int i = 0; i < 40; i++)
        {
            Assert.True(channel.TryTakeCredit());
            Assert.Equal(ClearingOutcome.NotDelivered, (await Pay(channel, Dialect.MaxMinorUnits + 1)).Outcome);
        }
        Assert.Equal((BreakerState.Closed, 1.0, 0), (channel.Breaker.State, channel.Health.Value, channel.CallsUnderWay));
    }

    private static ValueTask<ClearingResult> Pay(Channel channel, long minorUnits = 100) => channel.PayAsync(
        new PayOrder
        {
            Reference = new ClearingReference(new TradeNo(1UL << 40, 1), new Amount(minorUnits), Currency.Parse("HKD")),
            InstId = InstId.From("CN000001"),
            TradeType = TradeType.Scan,
            QrType = QrType.Static,
            QrContent = "q"u8,
            Body = "b"u8,
            TerminalType = "01"u8,
            TerminalId = "T"u8,
        },
        TimeSpan.FromSeconds(1));

    private sealed class Broken : IClearingAdapter
    {
        public void EncodePay(in PayOrder order, ClearingCall call) => throw new InvalidOperationException("an adapter with a bug");

        public ValueTask<ClearingResult> PayAsync(ClearingCall call) => throw new InvalidOperationException("nothing was encoded");

        public void EncodeRefund(in RefundOrder order, ClearingCall call) => throw new InvalidOperationException("an adapter with a bug");

        public ValueTask<ClearingResult> RefundAsync(ClearingCall call) => throw new InvalidOperationException("nothing was encoded");

        public ValueTask<ClearingResult> InquireAsync(ClearingReference reference) => new(ClearingResult.Of(ClearingOutcome.NotFound));

        public ValueTask<ClearingResult> ReverseAsync(ClearingReference reference) => new(ClearingResult.Of(ClearingOutcome.Reversed));

        public ValueTask DisposeAsync() => default;
    }
}
