using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Core.Pipeline;
using HotPath.Core.Runtime;
using HotPath.Core.Tests.Clearing;
using Xunit;

namespace HotPath.Core.Tests.Pipeline;

/// <summary>Results that came late, in line: a channel that answers by the thousand at once takes turns with everybody else.</summary>
public sealed class LateWordsTests
{
    private const int MaxInFlight = 8;

    private readonly PostedByHand _threads = new();
    private readonly List<TradeNo> _adopted = [];
    private readonly TaskCompletionSource _book = new();
    private readonly LateWords _words;
    private bool _isBookStuck;

    public LateWordsTests() => _words = new LateWords(Payments.NewChannel(new ScriptedAdapter(), scheduler: _threads, maxInFlight: MaxInFlight), AdoptAsync);

    [Fact]
    public void EachIsAWorkItemOfItsOwn_OneAfterTheOther_InTheOrderInWhichTheyCame()
    {
        TradeNo[] told = [.. Enumerable.Range(0, 5).Select(_ => Add())];
        Assert.Empty(_adopted);
        for (int turn = 1; turn <= told.Length; turn++)
        {
            Assert.Equal(1, _threads.Standing);
            _threads.RunOne();
            Assert.Equal(told[..turn], _adopted);
        }
        Assert.Equal(0, _threads.Standing);
        // Whoever comes after the line was empty is posted again.
        TradeNo next = Add();
        _threads.RunOne();
        Assert.Equal(next, _adopted[^1]);
    }

    [Fact]
    public void NoMoreAreHeld_ThanTheChannelMayHaveUnderWay_WhetherInLineOrOnTheirWayIntoTheBook()
    {
        _isBookStuck = true;
        for (int i = 0; i < MaxInFlight; i++)
        {
            Add();
        }
        Assert.False(_words.TryAdd(Payments.NewReference().TradeNo, ClearingResult.Of(ClearingOutcome.Succeeded)));
        while (_threads.Standing > 0)
        {
            _threads.RunOne();
        }
        Assert.Equal(MaxInFlight, _adopted.Count);
        Assert.False(_words.TryAdd(Payments.NewReference().TradeNo, ClearingResult.Of(ClearingOutcome.Succeeded)));
        _book.SetResult();
        Add();
    }

    private TradeNo Add()
    {
        TradeNo number = Payments.NewReference().TradeNo;
        Assert.True(_words.TryAdd(number, ClearingResult.Of(ClearingOutcome.Succeeded)));
        return number;
    }

    private Task AdoptAsync(Channel channel, TradeNo number, ClearingResult result)
    {
        _adopted.Add(number);
        return _isBookStuck ? _book.Task : Task.CompletedTask;
    }

    /// <summary>Runs what is posted when the test says so.</summary>
    private sealed class PostedByHand : IScheduler
    {
        private readonly Queue<IThreadPoolWorkItem> _items = new();

        internal int Standing => _items.Count;

        internal void RunOne() => _items.Dequeue().Execute();

        public void Post(IThreadPoolWorkItem item) => _items.Enqueue(item);

        public void Sleep(TimeSpan time) => throw new NotSupportedException();

        public IWorker StartWorker(string name, IWorkerBody body) => throw new NotSupportedException();
    }
}
