using HotPath.Core.Model;
using HotPath.Core.Wire;

namespace HotPath.Core.Tests.Api;

/// <summary>What of an interface's own members must be there: all of <paramref name="Required"/>, and one of the <paramref name="Ways"/> where there are any.</summary>
internal sealed record Needs(Member[] Required, Member[][] Ways)
{
    internal static Needs Of(BizType type) => type switch
    {
        // As BatchQueryForm says it.
        BizType.TradeBatchQuery => new(
            [Member.PageNo, Member.PageSize], [[Member.TradeNoList], [Member.OutTradeNoList], [Member.StartTime, Member.EndTime]]),
        _ when MemberTable.NeedsOnlyOne(type) => new([], [.. MemberTable.Of(type).ToArray().Select(member => (Member[])[member])]),
        _ => new([.. MemberTable.RequiredOf(type)], []),
    };

    internal Words Say(Member member) =>
        Required.Contains(member) ? new("yes", "是")
        : Ways.FirstOrDefault(way => way.Contains(member)) is not { } way ? new("no", "否")
        : way.Length == 1 ? new("one way of them", "其中一种")
        : new($"one way of them, with {Others(way, member)}", $"其中一种，与 {Others(way, member)} 同传");

    private static string Others(Member[] way, Member member) => string.Join(" ", way.Where(other => other != member).Select(other => MemberTable.Rule(other).Name));
}
