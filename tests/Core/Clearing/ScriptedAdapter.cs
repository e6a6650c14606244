using System.Collections.Concurrent;
using HotPath.Core.Clearing;
using HotPath.Core.Model;

namespace HotPath.Core.Tests.Clearing;

/// <summary>A channel that answers when the test says so.</summary>
internal sealed class ScriptedAdapter : IClearingAdapter, IDisposable
{
    internal ConcurrentDictionary<TradeNo, TaskCompletionSource<ClearingResult>> Calls { get; } = new();

    /// <summary>Thrown instead of an answer: what an adapter promised never to do.</summary>
    internal Exception? Breach { get; init; }

    public void EncodePay(in PayOrder order, ClearingCall call)
    {
    }

    public ValueTask<ClearingResult> PayAsync(ClearingCall call) =>
        Breach is not null
            ? throw Breach
            : new ValueTask<ClearingResult>(Calls.GetOrAdd(call.Reference.TradeNo, _ => new TaskCompletionSource<ClearingResult>()).Task);

    public void EncodeRefund(in RefundOrder order, ClearingCall call)
    {
    }

    public ValueTask<ClearingResult> RefundAsync(ClearingCall call) => PayAsync(call);

    public ValueTask<ClearingResult> InquireAsync(ClearingReference reference) => throw new NotSupportedException();

    public ValueTask<ClearingResult> ReverseAsync(ClearingReference reference) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => default;

    public void Dispose()
    {
    }

    internal void Answer(ClearingReference reference, ClearingOutcome outcome) =>
        Calls[reference.TradeNo].SetResult(ClearingResult.Of(outcome));
}

/// <summary>Late results, in the order they were adopted.</summary>
internal sealed class LateResults : ILateResults
{
    internal ConcurrentQueue<(TradeNo TradeNo, ClearingOutcome Outcome)> Adopted { get; } = new();

    public void Adopt(Channel channel, TradeNo tradeNo, in ClearingResult result) => Adopted.Enqueue((tradeNo, result.Outcome));
}
