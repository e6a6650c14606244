using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Core.Telemetry;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Clearing;

/// <summary>A call is slow after 10 s, and not only when it has ended (specification 4.4).</summary>
public sealed class SlowCallTests : IDisposable
{
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(2.5);

    private readonly FakeTimeProvider _clock = new();
    private readonly ScriptedAdapter _adapter = new();
    private readonly Channel _channel;

    public SlowCallTests() => _channel = new Channel(
        new ChannelOptions { Id = "test", MaxInFlight = 64 }, _adapter, InlineScheduler.Instance, _clock, new GatewayMetrics("test"));

    public void Dispose() => _adapter.Dispose();

    [Fact]
    public async Task Hung_calls_open_the_breaker_when_they_are_slow_and_have_not_ended()
    {
        await HangAsync(5);
        _clock.Advance(TimeSpan.FromSeconds(10) - Budget);
        Assert.True(_channel.Breaker.IsClosed);
        _clock.Advance(TimeSpan.FromMilliseconds(2));
        Assert.Equal([BreakerCause.SlowCalls], Causes());
    }

    [Fact]
    public async Task A_hung_call_counts_as_one_slow_call_when_it_ends_as_well()
    {
        ClearingReference[] hung = await HangAsync(4);
        _clock.Advance(TimeSpan.FromSeconds(15) - Budget);
        foreach (ClearingReference reference in hung)
        {
            _adapter.Answer(reference, ClearingOutcome.Unknown);
        }
        Assert.True(_channel.Breaker.IsClosed);
        await HangAsync(1);
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal([BreakerCause.SlowCalls], Causes());
    }

    [Fact]
    public async Task A_late_result_within_10_s_is_not_slow_nor_is_the_call_that_comes_after_it()
    {
        for (int i = 0; i < 12; i++)
        {
            ClearingReference[] late = await HangAsync(1);
            _clock.Advance(TimeSpan.FromSeconds(6));
            _adapter.Answer(late[0], ClearingOutcome.Succeeded);
        }
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True(_channel.Breaker.IsClosed);
    }

    [Fact]
    public async Task A_quick_answer_among_hung_calls_breaks_their_row()
    {
        await HangAsync(4);
        _clock.Advance(TimeSpan.FromSeconds(8));
        ClearingReference quick = Payments.NewReference();
        Assert.True(_channel.TryTakeCredit());
        ValueTask<ClearingResult> answer = _channel.PayAsync(quick, Budget);
        _adapter.Answer(quick, ClearingOutcome.Succeeded);
        Assert.Equal(ClearingOutcome.Succeeded, (await answer).Outcome);
        await HangAsync(4);
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.True(_channel.Breaker.IsClosed);
    }

    /// <summary>Its pooled connections hang, new ones cannot be made: known after 10 s, and not only when a minute of errors is over.</summary>
    [Fact]
    public async Task Hung_calls_and_calls_that_are_not_delivered_in_turn_open_the_breaker_after_10_s()
    {
        // One that hangs every 4.5 s, and each time one that is not delivered 4.5 s after it began: these fall between those that become slow.
        for (int i = 0; i < 5; i++)
        {
            await HangAsync(1);
            ClearingReference refused = Payments.NewReference();
            Assert.True(_channel.TryTakeCredit());
            ValueTask<ClearingResult> answer = _channel.PayAsync(refused, Budget);
            _clock.Advance(TimeSpan.FromSeconds(2));
            _adapter.Answer(refused, ClearingOutcome.NotDelivered);
            Assert.Equal(ClearingOutcome.NotDelivered, (await answer).Outcome);
        }
        Assert.True(_channel.Breaker.IsClosed);
        // The fifth began after 18 s.
        _clock.Advance(TimeSpan.FromSeconds(5.6));
        Assert.Equal([BreakerCause.SlowCalls], Causes());
    }

    // Sent, and abandoned by those who waited: nobody answers.
    private async Task<ClearingReference[]> HangAsync(int count)
    {
        ClearingReference[] references = [.. Enumerable.Range(0, count).Select(_ => Payments.NewReference())];
        Task<ClearingResult>[] answers = [.. references.Select(reference =>
        {
            Assert.True(_channel.TryTakeCredit());
            return _channel.PayAsync(reference, Budget).AsTask();
        })];
        _clock.Advance(Budget);
        Assert.All(await Task.WhenAll(answers), answer => Assert.Equal(ClearingOutcome.Processing, answer.Outcome));
        return references;
    }

    private BreakerCause[] Causes() => [.. _channel.Breaker.History().Select(one => one.Cause)];
}
