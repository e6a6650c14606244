using HotPath.Core.Model;

namespace HotPath.Core.Wire;

/// <summary>
/// What of TRADE_BATCH_QUERY goes together (protocol, section 5): exactly one of a list of trade_no, a list of out_trade_no, and a window; a page; and from
/// the second page of a window on, the snapshot that its first page named.
/// </summary>
internal static class BatchQueryForm
{
    /// <summary>Most numbers in a list.</summary>
    internal const int MostNumbers = 100;

    /// <summary>Most rows of a page (2.4.2).</summary>
    internal const int MostRows = 100;

    /// <summary>Digits of snapshot_no.</summary>
    internal const int SnapshotLength = 29;

    /// <summary>Longest window.</summary>
    private const long MostMs = 24 * 3600 * 1000L;

    /// <summary>True when the request asks by a list.</summary>
    internal static bool IsByList(RequestSlot slot) => slot.Has(Member.TradeNoList) || slot.Has(Member.OutTradeNoList);

    /// <summary>The first member that is missing (C001), in the order of the table; None when none is.</summary>
    internal static Rejection FirstMissing(RequestSlot slot)
    {
        bool isByList = IsByList(slot);
        bool isByWindow = !isByList && (slot.Has(Member.StartTime) || slot.Has(Member.EndTime));
        Member missing = !isByList && !isByWindow ? Member.TradeNoList
            : isByWindow && !slot.Has(Member.StartTime) ? Member.StartTime
            : isByWindow && !slot.Has(Member.EndTime) ? Member.EndTime
            : !slot.Has(Member.PageNo) ? Member.PageNo
            : !slot.Has(Member.PageSize) ? Member.PageSize
            : isByWindow && !slot.Has(Member.SnapshotNo) && IsLaterPage(slot[Member.PageNo]) ? Member.SnapshotNo
            : Member.None;
        return missing == Member.None ? default : new Rejection(RespCode.MemberMissing, missing);
    }

    /// <summary>C003 for a member that does not go with the others; its own form is right.</summary>
    internal static RespCode Judge(RequestSlot slot, Member member)
    {
        bool isTooMuch = member switch
        {
            Member.OutTradeNoList => slot.Has(Member.TradeNoList),
            Member.StartTime or Member.TradeStatus or Member.SnapshotNo => IsByList(slot),
            Member.EndTime => IsByList(slot) || !IsWindow(slot),
            _ => false,
        };
        return isTooMuch ? RespCode.MemberIllegal : RespCode.None;
    }

    // A start_time that is malformed is told before this.
    private static bool IsWindow(RequestSlot slot) =>
        !BeijingTime.TryParse(slot[Member.StartTime], out long startMs) || !BeijingTime.TryParse(slot[Member.EndTime], out long endMs) ||
        (endMs >= startMs && endMs - startMs <= MostMs);

    private static bool IsLaterPage(ReadOnlySpan<byte> pageNo) =>
        MemberCheck.Check(MemberTable.Rule(Member.PageNo), pageNo) == RespCode.None && !pageNo.SequenceEqual("1"u8);
}
