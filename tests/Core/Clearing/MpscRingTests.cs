using HotPath.Core.Buffers;
using Xunit;

namespace HotPath.Core.Tests.Clearing;

public sealed class MpscRingTests
{
    [Fact]
    public void Four_producers_lose_nothing_double_nothing_and_keep_their_order()
    {
        const int Producers = 4;
        const int Each = 100_000;
        // Small, so that it is full most of the time and every cell is used thousands of times.
        var ring = new MpscRing<Item>(64);
        Thread[] producers = [.. Enumerable.Range(0, Producers).Select(producer => new Thread(() =>
        {
            for (int number = 0; number < Each; number++)
            {
                var item = new Item(producer, number);
                while (!ring.TryEnqueue(item))
                {
                    Thread.Yield();
                }
            }
        }))];
        foreach (Thread producer in producers)
        {
            producer.Start();
        }

        int[] next = new int[Producers];
        for (int taken = 0; taken < Producers * Each;)
        {
            if (!ring.TryDequeue(out Item? item))
            {
                Thread.Yield();
                continue;
            }
            Assert.Equal(next[item.Producer]++, item.Number);
            taken++;
        }

        Assert.False(ring.TryDequeue(out _));
        Assert.Equal(0, ring.Count);
        Assert.All(producers, producer => Assert.True(producer.Join(TimeSpan.FromSeconds(5))));
    }

    [Fact]
    public void A_full_ring_refuses_and_takes_again_once_one_is_out()
    {
        var ring = new MpscRing<Item>(3);

        for (int i = 0; i < ring.Capacity; i++)
        {
            Assert.True(ring.TryEnqueue(new Item(0, i)));
        }
        Assert.Equal(4, ring.Count);
        Assert.False(ring.TryEnqueue(new Item(0, 4)));
        Assert.True(ring.TryDequeue(out Item? first));
        Assert.Equal(0, first.Number);
        Assert.True(ring.TryEnqueue(new Item(0, 4)));
        Assert.False(ring.TryEnqueue(new Item(0, 5)));
    }

    private sealed record Item(int Producer, int Number);
}
