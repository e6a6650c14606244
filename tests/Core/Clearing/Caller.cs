using System.Collections.Concurrent;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Breakers;
using HotPath.Core.Model;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using Xunit;

namespace HotPath.Core.Tests.Clearing;

/// <summary>Calls a channel by its adapter, and hears what is wrong with the answers.</summary>
internal sealed class Caller
{
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(30);

    private readonly IClearingAdapter _adapter;
    private readonly Channel _channel;
    private readonly ConcurrentQueue<(BadAnswer Kind, TradeNo About)> _heard = new();

    internal Caller(IClearingAdapter adapter, int maxInFlight = 64)
    {
        _adapter = adapter;
        // What is asked here is what each answer is, not when a channel is left alone.
        var options = new ChannelOptions { Id = "test", MaxInFlight = maxInFlight, Breaker = new BreakerOptions { OpensByItself = false } };
        _channel = new Channel(options, adapter, ThreadScheduler.Instance, TimeProvider.System, new GatewayMetrics("test"));
        _channel.BadAnswerHeard = (kind, about) => _heard.Enqueue((kind, about));
    }

    /// <summary>What was wrong, in the order in which it was told.</summary>
    internal BadAnswer[] Heard => [.. _heard.Select(one => one.Kind)];

    /// <summary>Whose answers were wrong.</summary>
    internal TradeNo[] HeardAbout => [.. _heard.Select(one => one.About)];

    /// <summary>A payment or a refund, as the reference says.</summary>
    internal Task<ClearingResult> SendAsync(ClearingReference reference)
    {
        Assert.True(_channel.TryTakeCredit());
        return reference.IsRefund ? _channel.RefundAsync(reference, Budget).AsTask() : _channel.PayAsync(reference, Budget).AsTask();
    }

    /// <summary>A payment by face.</summary>
    internal Task<ClearingResult> PayByFaceAsync(ClearingReference reference)
    {
        Assert.True(_channel.TryTakeCredit());
        var order = new PayOrder
        {
            Reference = reference,
            InstId = InstId.From("CN000001"),
            TradeType = TradeType.FacePay,
            TerminalId = "T"u8,
            MerchantId = "M"u8,
            FaceDeviceId = "D"u8,
            FaceData = "face"u8,
        };
        return _channel.PayAsync(order, Budget).AsTask();
    }

    /// <summary>What an operation came to; of an echo Succeeded or Unknown.</summary>
    internal async Task<ClearingResult> DoAsync(Operation operation, ClearingReference reference) => operation switch
    {
        Operation.Inquire => await _adapter.InquireAsync(reference),
        Operation.Reverse => await _adapter.ReverseAsync(reference),
        Operation.Echo => ClearingResult.Of(await _adapter.EchoAsync() ? ClearingOutcome.Succeeded : ClearingOutcome.Unknown),
        _ => await SendAsync(reference),
    };
}

/// <summary>What a channel can be asked for.</summary>
public enum Operation
{
    Pay,
    Refund,
    Inquire,
    Reverse,
    Echo,
}
