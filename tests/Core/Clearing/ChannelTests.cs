using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Simulated;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Clearing;

public sealed class ChannelTests : IDisposable
{
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(2.5);

    private readonly FakeTimeProvider _clock = new();
    private readonly ScriptedAdapter _adapter = new();
    private readonly LateResults _late = new();
    private readonly LateResults _lateRefunds = new();

    public void Dispose() => _adapter.Dispose();

    [Fact]
    public async Task A_result_within_the_budget_is_the_answer_and_never_late()
    {
        Channel channel = NewChannel();
        ClearingReference reference = Payments.NewReference();

        ValueTask<ClearingResult> answer = Pay(channel, reference);
        _adapter.Answer(reference, ClearingOutcome.Succeeded);

        Assert.Equal(ClearingOutcome.Succeeded, (await answer).Outcome);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(_late.Adopted);
    }

    [Fact]
    public async Task A_result_after_the_budget_goes_to_the_late_results_exactly_once()
    {
        Channel channel = NewChannel();
        ClearingReference reference = Payments.NewReference();

        ValueTask<ClearingResult> answer = Pay(channel, reference);
        _clock.Advance(Budget);
        Assert.Equal(ClearingOutcome.Processing, (await answer).Outcome);
        Assert.Empty(_late.Adopted);
        _adapter.Answer(reference, ClearingOutcome.Succeeded);

        Assert.Equal([(reference.TradeNo, ClearingOutcome.Succeeded)], _late.Adopted);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_for_a_channel_whose_breaker_has_opened_is_not_sent_and_gives_its_credit_back(bool isRefund)
    {
        Channel channel = NewChannel(maxInFlight: 1);
        Assert.True(channel.TryTakeCredit());
        channel.Breaker.OpenManually("");

        ClearingResult result = await (isRefund ? channel.RefundAsync(Payments.NewRefund(), Budget) : channel.PayAsync(Payments.NewReference(), Budget));

        Assert.Equal((ClearingOutcome.NotDelivered, 0), (result.Outcome, _adapter.Calls.Count));
        Assert.True(channel.TryTakeCredit());
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True(_late.Adopted.IsEmpty && _lateRefunds.Adopted.IsEmpty);
    }

    [Fact]
    public async Task A_refund_is_answered_within_its_budget_and_never_late()
    {
        Channel channel = NewChannel();
        ClearingReference refund = Payments.NewRefund();

        ValueTask<ClearingResult> answer = Refund(channel, refund);
        _adapter.Answer(refund, ClearingOutcome.Succeeded);

        Assert.Equal(ClearingOutcome.Succeeded, (await answer).Outcome);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(_lateRefunds.Adopted);
    }

    [Fact]
    public async Task Late_refunds_and_late_payments_each_reach_their_own_adopter_although_they_share_calls()
    {
        Channel channel = NewChannel(maxInFlight: 1);
        for (int i = 0; i < 4; i++)
        {
            bool isRefund = i % 2 == 1;
            ClearingReference reference = isRefund ? Payments.NewRefund() : Payments.NewReference();
            LateResults adopts = isRefund ? _lateRefunds : _late;
            LateResults mustNot = isRefund ? _late : _lateRefunds;
            int others = mustNot.Adopted.Count;

            ValueTask<ClearingResult> answer = isRefund ? Refund(channel, reference) : Pay(channel, reference);
            _clock.Advance(Budget);
            Assert.Equal(ClearingOutcome.Processing, (await answer).Outcome);
            _adapter.Answer(reference, ClearingOutcome.Failed);

            Assert.Equal((reference.TradeNo, ClearingOutcome.Failed), adopts.Adopted.Last());
            Assert.Equal(others, mustNot.Adopted.Count);
        }
    }

    [Fact]
    public async Task Payments_and_refunds_share_the_credits()
    {
        Channel channel = NewChannel(maxInFlight: 2);
        ClearingReference refund = Payments.NewRefund();
        ValueTask<ClearingResult> paying = Pay(channel, Payments.NewReference());
        ValueTask<ClearingResult> refunding = Refund(channel, refund);

        Assert.False(channel.TryTakeCredit());
        _adapter.Answer(refund, ClearingOutcome.Succeeded);
        await refunding;
        Assert.True(channel.TryTakeCredit());
        _clock.Advance(Budget);
        Assert.Equal(ClearingOutcome.Processing, (await paying).Outcome);
    }

    [Fact]
    public async Task A_refund_is_never_sent_as_a_payment_nor_a_payment_as_a_refund()
    {
        Channel channel = NewChannel();

        await Assert.ThrowsAsync<ArgumentException>(async () => await channel.PayAsync(Payments.NewRefund(), Budget));
        await Assert.ThrowsAsync<ArgumentException>(async () => await channel.RefundAsync(Payments.NewReference(), Budget));

        Assert.Empty(_adapter.Calls);
    }

    [Fact]
    public async Task A_call_that_is_used_again_has_its_whole_budget()
    {
        Channel channel = NewChannel();
        for (int i = 0; i < 3; i++)
        {
            ClearingReference reference = Payments.NewReference();
            ValueTask<ClearingResult> answer = Pay(channel, reference);
            // Across the deadline of the use before.
            _clock.Advance(Budget - TimeSpan.FromMilliseconds(1));
            Assert.False(answer.IsCompleted);
            _adapter.Answer(reference, ClearingOutcome.Succeeded);
            Assert.Equal(ClearingOutcome.Succeeded, (await answer).Outcome);
        }
        Assert.Empty(_late.Adopted);
    }

    [Fact]
    public async Task A_channel_without_budget_left_still_sends_and_adopts_the_result()
    {
        Channel channel = NewChannel();
        ClearingReference reference = Payments.NewReference();
        Assert.True(channel.TryTakeCredit());

        ValueTask<ClearingResult> answer = channel.PayAsync(reference, TimeSpan.FromSeconds(-1));
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(ClearingOutcome.Processing, (await answer).Outcome);
        _adapter.Answer(reference, ClearingOutcome.Failed);
        Assert.Equal([(reference.TradeNo, ClearingOutcome.Failed)], _late.Adopted);
    }

    [Fact]
    public async Task A_credit_is_held_until_the_channel_has_answered_not_until_the_caller_gave_up()
    {
        Channel channel = NewChannel(maxInFlight: 2);
        ClearingReference slow = Payments.NewReference();
        ValueTask<ClearingResult> first = Pay(channel, slow);
        ValueTask<ClearingResult> second = Pay(channel, Payments.NewReference());

        Assert.False(channel.TryTakeCredit());
        _clock.Advance(Budget);
        await first;
        await second;
        Assert.False(channel.TryTakeCredit());
        _adapter.Answer(slow, ClearingOutcome.Succeeded);

        Assert.True(channel.TryTakeCredit());
        Assert.False(channel.TryTakeCredit());
        channel.ReturnCredit();
        Assert.True(channel.TryTakeCredit());
    }

    [Fact]
    public async Task An_adapter_that_throws_leaves_the_payment_in_doubt_and_the_channel_at_work()
    {
        Channel channel = Payments.NewChannel(
            new ScriptedAdapter { Breach = new InvalidOperationException() }, _clock, InlineScheduler.Instance, maxInFlight: 1);

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(ClearingOutcome.Unknown, (await Pay(channel, Payments.NewReference())).Outcome);
        }
    }

    [Fact]
    public async Task When_results_and_deadlines_race_each_payment_is_answered_or_late_and_never_both()
    {
        const int Callers = 16;
        const int Each = 400;
        Channel channel = Payments.NewChannel(
            new SimulatedClearingAdapter(TimeSpan.FromMilliseconds(2), TimeProvider.System), maxInFlight: Callers * Each);
        channel.LateResults = _late;
        int answered = 0;
        int abandoned = 0;

        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < Each; i++)
            {
                Assert.True(channel.TryTakeCredit());
                ClearingResult result = await channel.PayAsync(Payments.NewReference(), TimeSpan.FromMilliseconds(2));
                Interlocked.Increment(ref result.Outcome == ClearingOutcome.Succeeded ? ref answered : ref abandoned);
            }
        })));
        for (int i = 0; i < 6_000 && _late.Adopted.Count < abandoned; i++)
        {
            await Task.Delay(10);
        }

        Assert.Equal(Callers * Each, answered + abandoned);
        Assert.Equal(abandoned, _late.Adopted.Count);
        Assert.Equal(abandoned, _late.Adopted.Select(late => late.TradeNo).Distinct().Count());
        Assert.All(_late.Adopted, late => Assert.Equal(ClearingOutcome.Succeeded, late.Outcome));
    }

    private static ValueTask<ClearingResult> Pay(Channel channel, ClearingReference reference)
    {
        Assert.True(channel.TryTakeCredit());
        return channel.PayAsync(reference, Budget);
    }

    private static ValueTask<ClearingResult> Refund(Channel channel, ClearingReference refund)
    {
        Assert.True(channel.TryTakeCredit());
        return channel.RefundAsync(refund, Budget);
    }

    private Channel NewChannel(int maxInFlight = 64)
    {
        Channel channel = Payments.NewChannel(_adapter, _clock, InlineScheduler.Instance, maxInFlight);
        channel.LateResults = _late;
        channel.LateRefunds = _lateRefunds;
        return channel;
    }
}
