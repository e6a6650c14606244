using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Ledger;

/// <summary>What has no result, and what was reversed: a checkpoint's copy stays what it was, whatever happens afterwards.</summary>
public class PendingBookTests
{
    [Fact]
    public void Copy_StaysWhatItWas_WhileTradesComeAndEnd()
    {
        var chance = new Random(4);
        var book = new PendingBook();
        var model = new Dictionary<TradeNo, long>();
        var further = new Dictionary<TradeNo, long>();
        var copies = new List<(PendingCopy Copy, Dictionary<TradeNo, long> Was, Dictionary<TradeNo, long> WasFurther)>();
        for (int step = 0; step < 40_000; step++)
        {
            // Grows to thousands, shrinks to nothing, and grows again.
            bool adds = chance.Next(100) < (step / 10_000 % 2 == 0 ? 70 : 25);
            if (adds)
            {
                var number = new TradeNo((ulong)step + 1, 1);
                book.Put(new PendingTrade(number, step, (BookKind)(step % 4)));
                model[number] = step;
            }
            else if (model.Count > 0)
            {
                TradeNo number = model.Keys.ElementAt(chance.Next(Math.Min(model.Count, 20)));
                book.Remove(number);
                model.Remove(number);
                further.Remove(number);
            }
            // Some go to a further channel, some of them more than once.
            if (step % 5 == 0 && model.Count > 0)
            {
                TradeNo number = model.Keys.ElementAt(chance.Next(Math.Min(model.Count, 20)));
                book.Put(new PendingTrade(number, model[number], (BookKind)(model[number] % 4), Dispatched: step + 1));
                further[number] = step + 1;
            }
            if (step % 3_000 == 0)
            {
                copies.Add((book.Copy([]), new Dictionary<TradeNo, long>(model), new Dictionary<TradeNo, long>(further)));
            }
            Assert.Equal(model.Count, book.Count);
        }
        copies.Add((book.Copy([]), model, further));
        foreach ((PendingCopy copy, Dictionary<TradeNo, long> was, Dictionary<TradeNo, long> wasFurther) in copies)
        {
            Assert.Equal(was.Count + wasFurther.Count, copy.Count);
            Assert.Equal(Ordered(was), Listed(copy.Where(pending => pending.Kind != BookKind.Dispatched)));
            Assert.Equal(Ordered(wasFurther), Listed(copy.Where(pending => pending.Kind == BookKind.Dispatched)));
        }
        Assert.Equal(model.Where(pair => pair.Value % 4 == (int)BookKind.Refund).Select(pair => pair.Key).Order(), book.List(BookKind.Refund));
        book.Remove(new TradeNo(1_000_000, 1));
        Assert.Equal(model.Count, book.Count);
    }

    /// <summary>What a checkpoint costs the ledger thread, which records no payment meanwhile: references to pages, and not a million entries.</summary>
    [Fact]
    public void Copy_OfManyEntries_IsOfTheirPagesOnly()
    {
        var book = new PendingBook();
        for (int i = 1; i <= 200_000; i++)
        {
            book.Put(new PendingTrade(new TradeNo((ulong)i, 1), i));
        }
        long before = GC.GetAllocatedBytesForCurrentThread();
        PendingCopy copy = book.Copy([]);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000);
        Assert.Equal(200_000, copy.Count);
        // And whoever changes one afterwards copies its page, once.
        before = GC.GetAllocatedBytesForCurrentThread();
        book.Remove(new TradeNo(7, 1));
        book.Remove(new TradeNo(8, 1));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 100_000);
    }

    [Fact]
    public void Reversed_AreForgottenInOrder_AndACopyKeepsThem()
    {
        var book = new ReversedBook();
        for (int i = 1; i <= 2_000; i++)
        {
            book.Add(new Reversed(new TradeNo((ulong)i, 1), i, EndedAtMs: i));
        }
        PagedCopy<Reversed> copy = book.Copy();
        book.Forget(1_500);
        Assert.Equal((501, 2_000), (book.Count, copy.Count));
        book.Shift(10_000);
        book.Add(new Reversed(new TradeNo(5_000, 1), 1, 20_000));
        Assert.Equal([11_500, 20_000], new[] { book.Copy()[0].EndedAtMs, book.Copy()[^1].EndedAtMs });
        Assert.Equal(Enumerable.Range(1, 2_000).Select(i => (long)i), copy.Select(reversed => reversed.EndedAtMs));
        book.Forget(long.MaxValue);
        Assert.Equal(0, book.Count);
    }

    private static IEnumerable<KeyValuePair<TradeNo, long>> Ordered(Dictionary<TradeNo, long> model) => model.OrderBy(pair => pair.Key);

    private static IEnumerable<KeyValuePair<TradeNo, long>> Listed(IEnumerable<PendingTrade> copy) =>
        copy.Select(pending => KeyValuePair.Create(pending.TradeNo, pending.AcceptedAddress)).OrderBy(pair => pair.Key);
}
