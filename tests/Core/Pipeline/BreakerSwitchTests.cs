using System.Reflection;
using HotPath.Core.Clearing;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Pipeline;
using HotPath.Core.Routing;
using HotPath.Core.Tests.Routing;
using Xunit;

namespace HotPath.Core.Tests.Pipeline;

/// <summary>Two operators at one breaker: what the journal says was done is what was done, in that order.</summary>
public sealed class BreakerSwitchTests : IDisposable
{
    private readonly Channel _channel = Ways.Channel("one");
    private readonly SlowJournal _journal;
    private readonly BreakerSwitch _breakers;

    public BreakerSwitchTests()
    {
        ILedger ledger = DispatchProxy.Create<ILedger, SlowJournal>();
        _journal = (SlowJournal)ledger;
        _breakers = new BreakerSwitch(ledger, new Router([Ways.To(_channel)]), TimeProvider.System);
    }

    public void Dispose()
    {
        _breakers.Dispose();
        _channel.Breaker.Dispose();
    }

    [Fact]
    public async Task WhoClosesWhileAnotherOpens_ClosesWhatTheOtherHasOpened()
    {
        Task<SwitchState> opening = _breakers.OpenAsync("one", "ann", "maintenance");
        Task<SwitchState> closing = _breakers.CloseAsync("one", "bob", "done");
        await _journal.WriteAllAsync(opening, closing);
        Assert.Equal((SwitchState.Done, SwitchState.Done), (await opening, await closing));
        Assert.Equal(["breaker-open by ann", "breaker-close by bob"], _journal.Acts);
        Assert.Equal(BreakerState.Closed, _channel.Breaker.State);
        Assert.Equal(["by ann: maintenance", "by bob: done"], _channel.Breaker.History().Select(one => one.Reason));
    }

    [Fact]
    public async Task TwoWhoWishTheSame_AreOneAct_AndTheSecondIsToldThatItIsSo()
    {
        Task<SwitchState> ann = _breakers.OpenAsync("one", "ann", "maintenance");
        Task<SwitchState> bob = _breakers.OpenAsync("one", "bob", "me too");
        await _journal.WriteAllAsync(ann, bob);
        Assert.Equal((SwitchState.Done, SwitchState.NothingToDo), (await ann, await bob));
        Assert.Equal(["breaker-open by ann"], _journal.Acts);
    }

    [Fact]
    public async Task WhatTheJournalDoesNotTake_IsNotDone_AndHoldsUpNobody()
    {
        Task<SwitchState> ann = _breakers.OpenAsync("one", "ann", "maintenance");
        _journal.Write(CompleteState.Unavailable);
        Assert.Equal(SwitchState.NotRecorded, await ann);
        Assert.True(_channel.Breaker.IsClosed);
        Task<SwitchState> again = _breakers.OpenAsync("one", "ann", "maintenance");
        await _journal.WriteAllAsync(again);
        Assert.Equal(SwitchState.Done, await again);
    }

    /// <summary>A ledger that keeps operators' acts, each when the test lets it.</summary>
    public class SlowJournal : DispatchProxy
    {
        private readonly Queue<(OperatorAct Act, TaskCompletionSource<CompleteState> Written)> _waiting = [];

        internal List<string> Acts { get; } = [];

        internal void Write(CompleteState state)
        {
            (OperatorAct act, TaskCompletionSource<CompleteState> written) = _waiting.Dequeue();
            if (state == CompleteState.Recorded)
            {
                Acts.Add($"{act.Act} by {act.Who}");
            }
            written.SetResult(state);
        }

        internal async Task WriteAllAsync(params Task[] until)
        {
            Task all = Task.WhenAll(until);
            for (int look = 0; !all.IsCompleted; look++)
            {
                Assert.True(look < 30_000, "somebody waits for ever");
                if (_waiting.Count > 0)
                {
                    Write(CompleteState.Recorded);
                }
                await Task.Delay(1);
            }
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            Assert.Equal(nameof(ILedger.RecordAsync), targetMethod!.Name);
            var written = new TaskCompletionSource<CompleteState>();
            _waiting.Enqueue(((OperatorAct)args![0]!, written));
            return new ValueTask<CompleteState>(written.Task);
        }
    }
}
