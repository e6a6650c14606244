using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Breakers;
using HotPath.Core.Model;
using HotPath.Core.Telemetry;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Clearing.Breakers;

#pragma warning disable CA1001 // xunit ends it through IAsyncLifetime.

/// <summary>What a channel gets after a probe was answered: a few payments until as many have ended well (F62; docs/decisions/0024-breakers.md).</summary>
public sealed class RecoveryTests : IAsyncLifetime
{
    private const int Few = 20;
    private const int All = 4096;

    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(2.5);

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 9, 19, 2, 30, 0, TimeSpan.Zero));
    private readonly GatewayMetrics _metrics = new("test");
    private readonly Sick _adapter = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _adapter.DisposeAsync().AsTask();

    [Theory]
    [InlineData(15_000)]
    [InlineData(10)]
    public void ChannelThatAnswersProbesAndNoPayment_HarmsTwentyAtMost_EachTimeItIsTriedAgain(int failsAfterMs)
    {
        Channel channel = NewChannel();
        _adapter.Pay = () => After(failsAfterMs, ClearingOutcome.Unknown);
        // 100 payments a second for 200 s.
        var harmed = new List<int> { 0 };
        bool wasClosed = true;
        for (int i = 0; i < 20_000; i++)
        {
            bool isClosed = channel.Breaker.IsClosed;
            if (isClosed && !wasClosed)
            {
                harmed.Add(0);
            }
            wasClosed = isClosed;
            Assert.False(!isClosed && channel.Breaker.IsRecovering);
            if (isClosed && channel.TryTakeCredit())
            {
                harmed[^1]++;
                _ = channel.PayAsync(Payments.NewReference(), Budget).AsTask();
            }
            _clock.Advance(TimeSpan.FromMilliseconds(10));
        }
        Assert.InRange(harmed.Count, 5, 8);
        Assert.All(harmed.Skip(1), round => Assert.InRange(round, 5, Few));
    }

    [Fact]
    public void ChannelThatIsWell_HasAllItsCreditsAgain_AsSoonAsTwentyPaymentsHaveEnded()
    {
        Channel channel = NewChannel();
        TripAndProbe(channel);
        Assert.Equal((true, true), (channel.Breaker.IsClosed, channel.Breaker.IsRecovering));
        _adapter.Pay = () => After(40, ClearingOutcome.Succeeded);
        Assert.Equal(Few, PayAll(channel));
        _clock.Advance(TimeSpan.FromMilliseconds(39));
        Assert.True(channel.Breaker.IsRecovering);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(channel.Breaker.IsRecovering);
        Assert.Equal(All, PayAll(channel));
    }

    [Fact]
    public void BusinessDeclines_AreSignsOfHealthToo_AndErrorsAmongThemAreNot()
    {
        Channel channel = NewChannel();
        TripAndProbe(channel);
        var answers = new Queue<ClearingOutcome>([.. Enumerable.Repeat(ClearingOutcome.Unknown, 5), .. Enumerable.Repeat(ClearingOutcome.Failed, 20)]);
        _adapter.Pay = () => Task.FromResult(ClearingResult.Of(answers.Dequeue()));
        for (int i = 0; i < 25; i++)
        {
            Assert.True(channel.Breaker.IsRecovering);
            Assert.True(channel.TryTakeCredit());
            Assert.True(channel.PayAsync(Payments.NewReference(), Budget).AsTask().IsCompleted);
        }
        Assert.Equal((true, false), (channel.Breaker.IsClosed, channel.Breaker.IsRecovering));
    }

    [Fact]
    public void PaymentsFromBeforeTheBreak_ThatEndLate_SayNothingOfTheRecovery()
    {
        Channel channel = NewChannel();
        _adapter.Pay = () => After(45_000, ClearingOutcome.Succeeded);
        for (int i = 0; i < 30; i++)
        {
            Assert.True(channel.TryTakeCredit());
            _ = channel.PayAsync(Payments.NewReference(), Budget).AsTask();
        }
        _clock.Advance(TimeSpan.FromSeconds(3));
        _clock.Advance(TimeSpan.FromSeconds(8));
        Assert.Equal(BreakerState.Open, channel.Breaker.State);
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal((true, true, 30), (channel.Breaker.IsClosed, channel.Breaker.IsRecovering, channel.CallsUnderWay));
        // As much as it may have is out there without a word: nothing more for now.
        Assert.False(channel.TryTakeCredit());
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal((true, 0), (channel.Breaker.IsRecovering, channel.CallsUnderWay));
        Assert.True(channel.TryTakeCredit());
    }

    [Fact]
    public void OperatorsClosing_TriesItWithAFewToo_UnlessNothingButOperatorsOpensIt()
    {
        Channel channel = NewChannel();
        Assert.True(channel.Breaker.OpenManually("maintenance"));
        Assert.True(channel.Breaker.CloseManually("done"));
        _adapter.Pay = () => After(40, ClearingOutcome.Succeeded);
        Assert.Equal(Few, PayAll(channel));

        Channel drill = NewChannel(new BreakerOptions { OpensByItself = false });
        Assert.True(drill.Breaker.OpenManually("drill"));
        Assert.True(drill.Breaker.CloseManually("over"));
        Assert.Equal(All, PayAll(drill));
    }

    [Fact]
    public void BreakerThatForgivesMuch_StillLetsSomeThrough_WhateverHasFailed()
    {
        Channel channel = NewChannel(new BreakerOptions { ErrorRatio = 0.9 });
        TripAndProbe(channel);
        // Two of three fail, for this breaker no reason to open: the twenty that end well come in the end.
        int asked = 0;
        _adapter.Pay = () => Task.FromResult(ClearingResult.Of(++asked % 3 == 0 ? ClearingOutcome.Succeeded : ClearingOutcome.Unknown));
        for (int i = 0; i < 60; i++)
        {
            Assert.True(channel.Breaker.IsRecovering);
            Assert.True(channel.TryTakeCredit());
            Assert.True(channel.PayAsync(Payments.NewReference(), Budget).AsTask().IsCompleted);
        }
        Assert.False(channel.Breaker.IsRecovering);
    }

    [Fact]
    public async Task Recovery_IsInTheMetrics()
    {
        Channel channel = NewChannel();
        Assert.Contains("hotpath_breaker_recovering{channel=\"sick\"} 0\n", await TextAsync(), StringComparison.Ordinal);
        TripAndProbe(channel);
        Assert.Contains("hotpath_breaker_recovering{channel=\"sick\"} 1\n", await TextAsync(), StringComparison.Ordinal);
        Assert.Contains("hotpath_breaker_state{channel=\"sick\",state=\"closed\"} 1\n", await TextAsync(), StringComparison.Ordinal);
    }

    private async Task<string> TextAsync()
    {
        using var text = new MemoryStream();
        await _metrics.WriteTextAsync(text, default);
        return System.Text.Encoding.UTF8.GetString(text.ToArray());
    }

    private Channel NewChannel(BreakerOptions? breaker = null) => new(
        new ChannelOptions { Id = "sick", MaxInFlight = All, Breaker = breaker ?? new BreakerOptions() }, _adapter, InlineScheduler.Instance, _clock, _metrics);

    private void TripAndProbe(Channel channel)
    {
        for (int i = 0; i < 5; i++)
        {
            channel.Breaker.Ended(channel.Breaker.Period, ClearingOutcome.Unknown, TimeSpan.FromSeconds(11));
        }
        Assert.Equal(BreakerState.Open, channel.Breaker.State);
        _clock.Advance(TimeSpan.FromSeconds(30));
    }

    private static int PayAll(Channel channel)
    {
        int paid = 0;
        for (; channel.TryTakeCredit(); paid++)
        {
            _ = channel.PayAsync(Payments.NewReference(), Budget).AsTask();
        }
        return paid;
    }

    private async Task<ClearingResult> After(int milliseconds, ClearingOutcome outcome)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), _clock);
        return ClearingResult.Of(outcome);
    }

    /// <summary>Inquiries are answered at once, payments as the test says.</summary>
    private sealed class Sick : IClearingAdapter
    {
        internal Func<Task<ClearingResult>> Pay { get; set; } = () => Task.FromResult(ClearingResult.Of(ClearingOutcome.Succeeded));

        public void EncodePay(in PayOrder order, ClearingCall call)
        {
        }

        public ValueTask<ClearingResult> PayAsync(ClearingCall call) => new(Pay());

        public void EncodeRefund(in RefundOrder order, ClearingCall call)
        {
        }

        public ValueTask<ClearingResult> RefundAsync(ClearingCall call) => new(Pay());

        public ValueTask<ClearingResult> InquireAsync(ClearingReference reference) => new(ClearingResult.Of(ClearingOutcome.NotFound));

        public ValueTask<ClearingResult> ReverseAsync(ClearingReference reference) => new(ClearingResult.Of(ClearingOutcome.Reversed));

        public ValueTask DisposeAsync() => default;
    }
}
