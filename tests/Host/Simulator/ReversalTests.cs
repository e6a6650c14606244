using HotPath.Core.Clearing;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Host.Tests.Simulator;

public abstract class ReversalTests(bool isIso8583)
{
    [Fact]
    public async Task Success_that_was_told_is_not_reversed_any_more()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference reference = channel.Reference(8880);

        await channel.PayAsync(reference);

        Assert.Equal(ClearingOutcome.Succeeded, await channel.ReverseAsync(reference));
        Assert.True(channel.Lines("reverse").Single().GetProperty("executed").GetBoolean());
    }

    [Fact]
    public async Task Success_that_an_inquiry_told_is_final_even_over_a_restart()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference reference = channel.Reference(8805);
        await channel.PayAsync(reference);
        channel.Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(ClearingOutcome.Succeeded, await channel.InquireAsync(reference));

        await channel.RestartAsync();

        Assert.Equal(ClearingOutcome.Succeeded, await channel.ReverseAsync(reference));
    }

    [Fact]
    public async Task A_pending_payment_that_is_reversed_never_executes()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference reference = channel.Reference(8805);
        await channel.PayAsync(reference);

        Assert.Equal(ClearingOutcome.Reversed, await channel.ReverseAsync(reference));
        channel.Clock.Advance(TimeSpan.FromSeconds(60));

        Assert.Equal(ClearingOutcome.Reversed, await channel.InquireAsync(reference));
        Assert.False(channel.Lines("reverse").Single().GetProperty("executed").GetBoolean());
    }

    [Fact]
    public async Task A_payment_that_is_reversed_while_its_caller_waits_is_answered_as_reversed()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference reference = channel.Reference(8807);
        Task<ClearingResult> answer = await channel.BookAsync(reference);

        Assert.Equal(ClearingOutcome.Reversed, await channel.ReverseAsync(reference));

        ClearingResult result = await channel.AdvanceUntilAnsweredAsync(answer, TimeSpan.FromSeconds(60));
        Assert.Equal(ClearingOutcome.Reversed, result.Outcome);
    }

    [Theory]
    [InlineData(8880, false)]
    [InlineData(8880, true)]
    [InlineData(8812, false)]
    [InlineData(8809, true)]
    public async Task A_reversal_that_comes_before_its_payment_blocks_the_reference_for_ever(long amount, bool isRestarted)
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference reference = channel.Reference(amount);

        Assert.Equal(ClearingOutcome.Reversed, await channel.ReverseAsync(reference));
        if (isRestarted)
        {
            await channel.RestartAsync();
        }

        Assert.Equal(ClearingOutcome.Reversed, (await channel.PayAsync(reference)).Outcome);
        channel.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(ClearingOutcome.Reversed, await channel.InquireAsync(reference));
        Assert.False(channel.Lines("pay").Single().GetProperty("executed").GetBoolean());
        Assert.False(channel.Lines("pay").Single().GetProperty("duplicate").GetBoolean());
    }

    [Fact]
    public async Task A_reversal_with_another_amount_changes_nothing()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference reference = channel.Reference(8805);
        await channel.PayAsync(reference);

        Assert.Equal(ClearingOutcome.Unknown, await channel.ReverseAsync(reference with { Amount = new Amount(1) }));

        channel.Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(ClearingOutcome.Succeeded, await channel.InquireAsync(reference));
    }
}

public sealed class HttpReversalTests() : ReversalTests(isIso8583: false);

public sealed class Iso8583ReversalTests() : ReversalTests(isIso8583: true);
