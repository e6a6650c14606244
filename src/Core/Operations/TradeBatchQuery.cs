using System.Buffers.Text;
using System.Runtime.CompilerServices;
using HotPath.Core.Auth;
using HotPath.Core.Buffers;
using HotPath.Core.DayFiles;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Wire;

namespace HotPath.Core.Operations;

/// <summary>
/// TRADE_BATCH_QUERY (2.4.2): the trades of a list of numbers, or of a window of time, a page at a time in order of trade_no, each as TRADE_QUERY shows it.
/// </summary>
/// <remarks>
/// A list is looked up in the book. A window's numbers come from the day files, and its pages from the snapshot that the first one named: files only grow, so a
/// page is the same stretch of the same numbers whatever is accepted meanwhile. What a row says is what the book says now.
/// </remarks>
public sealed class TradeBatchQuery(ILedger ledger, DayStore? days)
{
    /// <summary>Fills the slot's answer with the rows of the page.</summary>
    /// <returns>The page; null when snapshot_no is none of this window's (C003).</returns>
    /// <exception cref="DayFilesDamagedException">What the window holds cannot be known.</exception>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    internal async ValueTask<TradePage?> ReadAsync(RequestSlot slot, Institution institution)
    {
        (int pageNo, int pageSize) = (Number(slot[Member.PageNo]), Number(slot[Member.PageSize]));
        long skip = (pageNo - 1L) * pageSize;
        if (BatchQueryForm.IsByList(slot))
        {
            List<TradeNo> own = await OwnAsync(slot, institution);
            int begin = (int)Math.Min(skip, own.Count);
            await WriteAsync(slot, own.GetRange(begin, Math.Min(pageSize, own.Count - begin)), wanted: null);
            return new TradePage(own.Count, pageNo, pageSize, default);
        }
        TradeWindow window = WindowOf(slot, institution);
        WindowSnapshot snapshot = days!.Snapshot(window);
        if (slot.Has(Member.SnapshotNo) && !WindowSnapshot.TryParse(slot[Member.SnapshotNo], snapshot, out snapshot))
        {
            return null;
        }
        var numbers = new TradeNo[pageSize];
        WindowPage page = days.Select(window, snapshot, skip, numbers);
        await WriteAsync(slot, new ArraySegment<TradeNo>(numbers, 0, page.Count), window.Status);
        byte[] text = new byte[WindowSnapshot.TextLength];
        snapshot.Format(text);
        return new TradePage(page.TotalCount, pageNo, pageSize, text);
    }

    // Those that exist and are the caller's, in order. One that is named twice is one.
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    private async ValueTask<List<TradeNo>> OwnAsync(RequestSlot slot, Institution institution)
    {
        bool isByTradeNo = slot.Has(Member.TradeNoList);
        var own = new SortedSet<TradeNo>();
        foreach (ReadOnlyMemory<byte> text in Texts(slot.Memory(isByTradeNo ? Member.TradeNoList : Member.OutTradeNoList)))
        {
            bool isFound = isByTradeNo
                ? await ledger.FindAsync(TradeNo.Parse(text.Span), slot.Trade)
                : await ledger.FindByOrderAsync(institution.InstId, text, slot.Trade);
            if (isFound && slot.Trade.InstId == institution.InstId)
            {
                own.Add(slot.Trade.TradeNo);
            }
        }
        return [.. own];
    }

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    private async ValueTask WriteAsync(RequestSlot slot, IReadOnlyList<TradeNo> numbers, TradeStatus? wanted)
    {
        using var list = new TradeListWriter(slot.Answer);
        foreach (TradeNo number in numbers)
        {
            if (!await ledger.FindAsync(number, slot.Trade))
            {
                throw new DayFilesDamagedException($"the day files have {number}, and the book has not");
            }
            // A trade that was PENDING when it was found may have ended since.
            if (wanted is null || slot.Trade.Status == wanted)
            {
                list.Add(slot.Trade);
            }
        }
        slot.Trade.Clear();
    }

    private static List<ReadOnlyMemory<byte>> Texts(ReadOnlyMemory<byte> member)
    {
        var texts = new List<ReadOnlyMemory<byte>>();
        var list = new TextList(member.Span);
        while (list.Read())
        {
            _ = member.Span.Overlaps(list.Current, out int at);
            texts.Add(member.Slice(at, list.Current.Length));
        }
        return texts;
    }

    // Both ends belong to it, whole seconds as they are written.
    private static TradeWindow WindowOf(RequestSlot slot, Institution institution)
    {
        _ = BeijingTime.TryParse(slot[Member.StartTime], out long startMs);
        _ = BeijingTime.TryParse(slot[Member.EndTime], out long endMs);
        return new TradeWindow(institution.InstId, startMs, endMs + 1000, StatusOf(slot[Member.TradeStatus]));
    }

    private static TradeStatus? StatusOf(ReadOnlySpan<byte> text)
    {
        foreach (TradeStatus status in Enum.GetValues<TradeStatus>())
        {
            if (text.SequenceEqual(TradeStatuses.Name(status)))
            {
                return status;
            }
        }
        return null;
    }

    private static int Number(ReadOnlySpan<byte> text) => Utf8Parser.TryParse(text, out int number, out _) ? number : 0;
}
