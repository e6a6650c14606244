using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Simulated;

namespace HotPath.Host.Simulator;

/// <summary>What both listeners do with a payment or a refund: book it, and wait as its script says (<see cref="Script"/>) or the <see cref="Drill"/>.</summary>
internal sealed class ClearingDesk(Books books, LognormalLatency latency, Drill? drill, TimeProvider clock)
{
    /// <summary>What its caller is to see now: the books' word, an error, or nothing.</summary>
    internal async Task<PayAnswer> MoveAsync(ClearingReference reference, CancellationToken ended)
    {
        DrillError error = drill?.Next() ?? DrillError.None;
        if (error == DrillError.Lost)
        {
            return PayAnswer.ServerError;
        }
        TimeSpan channelLatency = drill?.Latency ?? latency.Next();
        BookReceipt receipt = books.Receive(reference, channelLatency);
        await receipt.Written;
        if (error == DrillError.Executed)
        {
            return PayAnswer.ServerError;
        }
        if (receipt.IsSettledAlready)
        {
            return PayAnswer.AtDueTime;
        }
        if (receipt.Answer == PayAnswer.Pending)
        {
            await WaitAsync(channelLatency, ended);
        }
        else if (receipt.Answer == PayAnswer.AtDueTime)
        {
            await WaitUntilAsync(receipt.DueAtMs, ended);
        }
        return receipt.Answer;
    }

    private async Task WaitUntilAsync(long dueAtMs, CancellationToken ended)
    {
        // Timers may fire a little early, and an answer before its due time would be PENDING.
        for (long left = dueAtMs - books.NowMs; left > 0; left = dueAtMs - books.NowMs)
        {
            await WaitAsync(TimeSpan.FromMilliseconds(left), ended);
        }
    }

    private Task WaitAsync(TimeSpan time, CancellationToken ended) =>
        time > TimeSpan.Zero ? Task.Delay(time, clock, ended) : Task.CompletedTask;
}
