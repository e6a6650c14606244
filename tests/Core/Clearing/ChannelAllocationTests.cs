using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Simulated;
using HotPath.Core.Tests.Allocation;
using Xunit;

namespace HotPath.Core.Tests.Clearing;

/// <summary>Alone: the allocations of the whole process are counted.</summary>
[CollectionDefinition(nameof(CountedAlone), DisableParallelization = true)]
public sealed class CountedAlone;

[Collection(nameof(CountedAlone))]
public sealed class ChannelAllocationTests
{
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(2.5);

    [Fact]
    public async Task A_payment_through_a_channel_allocates_nothing()
    {
        await using var adapter = new SimulatedClearingAdapter(TimeSpan.Zero, TimeProvider.System);
        Channel channel = Payments.NewChannel(adapter, scheduler: InlineScheduler.Instance);
        ClearingReference reference = Payments.NewReference();
        PayMany(channel, reference, 10_000);

        Assert.Equal(0, Allocated.LeastOnThisThread(() => PayMany(channel, reference, 10_000)));
        Assert.Equal(70_000, adapter.Payments);
    }

    [Fact]
    public async Task A_refund_through_a_channel_allocates_nothing_either()
    {
        await using var adapter = new SimulatedClearingAdapter(TimeSpan.Zero, TimeProvider.System);
        Channel channel = Payments.NewChannel(adapter, scheduler: InlineScheduler.Instance);
        ClearingReference refund = Payments.NewRefund();
        RefundMany(channel, refund, 10_000);

        Assert.Equal(0, Allocated.LeastOnThisThread(() => RefundMany(channel, refund, 10_000)));
        Assert.Equal((0, 70_000), (adapter.Payments, adapter.Refunds));
    }

    [Fact]
    public async Task A_payment_that_waits_for_its_channel_on_other_threads_allocates_nothing_either()
    {
        await using var adapter = new SimulatedClearingAdapter(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        Channel channel = Payments.NewChannel(adapter, maxInFlight: 256);
        long perPayment = await Allocated.LeastPerCallAsync(64 * 100, () => PayManyAsync(channel, 100));

        // The runtime's own occasional segments and the 64 tasks of this test; a single object per payment would be 24 bytes.
        Assert.InRange(perPayment, 0, 12);
    }

    private static void PayMany(Channel channel, ClearingReference reference, int payments)
    {
        for (int i = 0; i < payments; i++)
        {
            channel.TryTakeCredit();
            ValueTask<ClearingResult> answer = channel.PayAsync(reference, Budget);
            if (!answer.IsCompleted || answer.Result.Outcome != ClearingOutcome.Succeeded)
            {
                throw new InvalidOperationException("the simulated channel always succeeds");
            }
        }
    }

    private static void RefundMany(Channel channel, ClearingReference refund, int refunds)
    {
        for (int i = 0; i < refunds; i++)
        {
            channel.TryTakeCredit();
            ValueTask<ClearingResult> answer = channel.RefundAsync(refund, Budget);
            if (!answer.IsCompleted || answer.Result.Outcome != ClearingOutcome.Succeeded)
            {
                throw new InvalidOperationException("the simulated channel always succeeds");
            }
        }
    }

    private static Task PayManyAsync(Channel channel, int each) => Task.WhenAll(Enumerable.Range(0, 64).Select(async _ =>
    {
        ClearingReference reference = Payments.NewReference();
        for (int i = 0; i < each; i++)
        {
            channel.TryTakeCredit();
            await channel.PayAsync(reference, Budget);
        }
    }));
}
