using System.Collections.Concurrent;
using HotPath.Core.Clearing;
using HotPath.Core.Model;

namespace HotPath.Core.Pipeline;

/// <summary>
/// Results of one channel that came after their request's answer budget, in line to be adopted. Whoever tells one may be a connection's reading loop, with a thousand answers behind
/// this one, or the clock's thread: the book is read and the result signed on the scheduler, and whoever told it goes on at once.
/// </summary>
/// <remarks>
/// One at a time, and each a work item of its own: a channel that hung for seconds and then answers by the thousand takes turns with the payments of the others, which wait for threads too.
/// No more are held than the channel may have calls under way. What finds no room is not lost: it stands in the schedule, and its inquiry
/// hears the same; what was reversed meanwhile is looked at again a settle window later, which is not before its payment's deadline.
/// </remarks>
/// <param name="channel">Whose words.</param>
/// <param name="adopt">Puts one into the book. Never throws.</param>
internal sealed class LateWords(Channel channel, Func<Channel, TradeNo, ClearingResult, Task> adopt) : IThreadPoolWorkItem
{
    private readonly ConcurrentQueue<(TradeNo Number, ClearingResult Result)> _line = new();

    // In line; whoever moves it from 0 posts, and each turn posts the next.
    private int _inLine;

    // In line, or on the way into the book.
    private int _held;

    /// <summary>False: as many are held as may be.</summary>
    internal bool TryAdd(TradeNo number, in ClearingResult result)
    {
        if (Interlocked.Increment(ref _held) > channel.Options.MaxInFlight)
        {
            Interlocked.Decrement(ref _held);
            return false;
        }
        _line.Enqueue((number, result));
        // After the word itself: whoever is counted is there.
        if (Interlocked.Increment(ref _inLine) == 1)
        {
            channel.Scheduler.Post(this);
        }
        return true;
    }

    /// <summary>The line's one consumer.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        if (_line.TryDequeue(out (TradeNo Number, ClearingResult Result) word))
        {
            _ = AdoptAsync(word.Number, word.Result);
        }
        if (Interlocked.Decrement(ref _inLine) > 0)
        {
            channel.Scheduler.Post(this);
        }
    }

    private async Task AdoptAsync(TradeNo number, ClearingResult result)
    {
        await adopt(channel, number, result);
        Interlocked.Decrement(ref _held);
    }
}
