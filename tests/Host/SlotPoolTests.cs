using HotPath.Core.Wire;
using HotPath.Host.Server;
using Xunit;

namespace HotPath.Host.Tests;

/// <summary>A slot that goes back among those of another size would one day be too small for a body.</summary>
public sealed class SlotPoolTests
{
    private static readonly int[] Lengths =
        [1, SlotPool.CompactBytes, SlotPool.CompactBytes + 1, BodyLimits.Ordinary, BodyLimits.Ordinary + 1, BodyLimits.Largest];

    [Fact]
    public void Slots_OfEverySize_ComeBackWhereTheyWere()
    {
        var slots = new SlotPool();
        for (int round = 0; round < 3; round++)
        {
            List<RequestSlot> rented = [];
            foreach (int length in Lengths)
            {
                RequestSlot slot = slots.Rent(length)!;
                Assert.True(slot.BodyBuffer.Length >= length);
                slot.SetBody(length);
                rented.Add(slot);
            }
            rented.ForEach(slots.Return);
        }
    }

    /// <summary>Thousands wait when a channel hangs: none of them is made a second time.</summary>
    [Fact]
    public void SlotsThatWereNeededOnce_AreKept()
    {
        const int Waiting = 5000;
        var slots = new SlotPool();
        HashSet<RequestSlot> first = [.. Enumerable.Range(0, Waiting).Select(_ => slots.Rent(1000)!)];
        foreach (RequestSlot slot in first)
        {
            slots.Return(slot);
        }
        Assert.All(Enumerable.Range(0, Waiting).Select(_ => slots.Rent(1000)!), slot => Assert.Contains(slot, first));
    }
}
