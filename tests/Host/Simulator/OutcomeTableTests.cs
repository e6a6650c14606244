using HotPath.Core.Clearing;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Host.Tests.Simulator;

/// <summary>Each row of the outcome table, over HTTP and over ISO 8583, through the adapters that the gateway uses.</summary>
public abstract class OutcomeTableTests(bool isIso8583)
{
    [Theory]
    [InlineData(8880)]
    [InlineData(100)]
    [InlineData(8811)]
    public async Task An_ordinary_amount_succeeds_and_is_found_afterwards(long amount)
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference reference = channel.Reference(amount);

        ClearingResult result = await channel.PayAsync(reference);

        Assert.Equal(ClearingOutcome.Succeeded, result.Outcome);
        Assert.Equal("SIM" + reference.TradeNo, result.ChannelTradeNo.ToString());
        Assert.Equal(ClearingOutcome.Succeeded, await channel.InquireAsync(reference));
    }

    [Theory]
    [InlineData(8802, RespCode.InsufficientBalance)]
    [InlineData(8803, RespCode.LimitExceeded)]
    [InlineData(8804, RespCode.AccountAbnormal)]
    public async Task A_declined_payment_names_its_reason(long amount, RespCode reason)
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference reference = channel.Reference(amount);

        ClearingResult result = await channel.PayAsync(reference);

        Assert.Equal((ClearingOutcome.Failed, reason), (result.Outcome, result.FailCode));
        Assert.Equal(ClearingOutcome.Failed, await channel.InquireAsync(reference));
        Assert.False(channel.Lines("pay").Single().GetProperty("executed").GetBoolean());
    }

    [Theory]
    [InlineData(8805, ClearingOutcome.Succeeded)]
    [InlineData(8806, ClearingOutcome.Failed)]
    public async Task A_pending_payment_gets_its_result_after_five_seconds(long amount, ClearingOutcome final)
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference reference = channel.Reference(amount);

        Assert.Equal(ClearingOutcome.Processing, (await channel.PayAsync(reference)).Outcome);
        channel.Clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal(ClearingOutcome.Processing, await channel.InquireAsync(reference));
        channel.Clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(final, await channel.InquireAsync(reference));
    }

    [Fact]
    public async Task A_slow_success_is_pending_for_twelve_seconds_and_then_answered()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference reference = channel.Reference(8807);

        Task<ClearingResult> answer = await channel.BookAsync(reference);
        channel.Clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(ClearingOutcome.Processing, await channel.InquireAsync(reference));
        Assert.False(answer.IsCompleted);

        ClearingResult result = await channel.AdvanceUntilAnsweredAsync(answer, TimeSpan.FromSeconds(60));
        Assert.Equal(ClearingOutcome.Succeeded, result.Outcome);
    }

    [Fact]
    public async Task An_internal_error_leaves_the_payment_in_doubt_and_not_found()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference reference = channel.Reference(8808);

        Assert.Equal(ClearingOutcome.Unknown, (await channel.PayAsync(reference)).Outcome);
        Assert.Equal(ClearingOutcome.NotFound, await channel.InquireAsync(reference));
        Assert.False(channel.Lines("pay").Single().GetProperty("executed").GetBoolean());
    }

    [Theory]
    [InlineData(8809, ClearingOutcome.Succeeded, true)]
    [InlineData(8810, ClearingOutcome.NotFound, false)]
    public async Task Silence_says_nothing_about_whether_money_moved(long amount, ClearingOutcome truth, bool isExecuted)
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference reference = channel.Reference(amount);

        Assert.Equal(ClearingOutcome.Unknown, (await channel.UnansweredAsync(reference)).Outcome);
        Assert.Equal(truth, await channel.InquireAsync(reference));
        Assert.Equal(isExecuted, channel.Lines("pay").Single().GetProperty("executed").GetBoolean());
    }

    [Fact]
    public async Task The_liar_confirms_the_reversal_and_executes_within_the_settle_window_all_the_same()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference reference = channel.Reference(8812);

        Assert.Equal(ClearingOutcome.Unknown, (await channel.UnansweredAsync(reference)).Outcome);
        Assert.Equal(ClearingOutcome.Processing, await channel.InquireAsync(reference));
        Assert.Equal(ClearingOutcome.Reversed, await channel.ReverseAsync(reference));
        Assert.Equal(ClearingOutcome.Reversed, await channel.InquireAsync(reference));
        channel.Clock.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal(ClearingOutcome.Succeeded, await channel.InquireAsync(reference));
        Assert.True(channel.Lines("reverse").Single().GetProperty("executed").GetBoolean());
    }

    [Fact]
    public async Task The_liar_confirms_a_reversal_after_it_executed_too()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference reference = channel.Reference(8812);

        await channel.UnansweredAsync(reference);
        channel.Clock.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal(ClearingOutcome.Reversed, await channel.ReverseAsync(reference));
        Assert.Equal(ClearingOutcome.Succeeded, await channel.InquireAsync(reference));
    }
}

public sealed class HttpOutcomeTableTests() : OutcomeTableTests(isIso8583: false);

public sealed class Iso8583OutcomeTableTests() : OutcomeTableTests(isIso8583: true);
