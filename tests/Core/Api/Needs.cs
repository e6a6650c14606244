using System.Text;
using HotPath.Core.Model;
using HotPath.Core.Wire;

namespace HotPath.Core.Tests.Api;

/// <summary>
/// What of an interface's own members must be there: all of <paramref name="Required"/>, one of the <paramref name="Ways"/> where there are any, and the rest as
/// <see cref="Condition"/> says. Each is tried at the gateway (<see cref="ApiCases"/>).
/// </summary>
internal sealed record Needs(BizType Type, Member[] Required, Member[][] Ways)
{
    internal static Needs Of(BizType type) => type switch
    {
        // As BatchQueryForm says it.
        BizType.TradeBatchQuery => new(
            type, [Member.PageNo, Member.PageSize], [[Member.TradeNoList], [Member.OutTradeNoList], [Member.StartTime, Member.EndTime]]),
        _ when MemberTable.NeedsOnlyOne(type) => new(type, [], [.. MemberTable.Of(type).ToArray().Select(member => (Member[])[member])]),
        _ => new(type, [.. MemberTable.RequiredOf(type)], []),
    };

    /// <summary>True of ways that exclude each other; the two numbers of a query or a cancel may stand together.</summary>
    internal bool AreWaysExclusive => Type == BizType.TradeBatchQuery;

    internal Words Say(Member member)
    {
        if (Required.Contains(member))
        {
            return new("yes", "是");
        }
        if (Ways.FirstOrDefault(way => way.Contains(member)) is not { } way)
        {
            return Condition(member);
        }
        Words choice = AreWaysExclusive ? new("exactly one way", "三选一") : new("at least one", "至少一个");
        return way.Length == 1 ? choice : new($"{choice.English}, with {Others(way, member)}", $"{choice.Chinese}，须与 {Others(way, member)} 同传");
    }

    /// <summary>The values of a list that this interface takes; the table has those of all.</summary>
    internal static string[] ValuesOf(BizType type, Member member) => (type, member) switch
    {
        (BizType.FacePay, Member.TradeType) => ["FACEPAY"],
        (_, Member.TradeType) => [.. MemberTable.Rule(Member.TradeType).Values.Where(value => value != "FACEPAY")],
        (_, Member.BizType) when type != BizType.None => [Encoding.ASCII.GetString(BizTypes.Name(type))],
        _ => MemberTable.Rule(member).Values,
    };

    private Words Condition(Member member) => (Type, member) switch
    {
        (BizType.TradeBatchQuery, Member.TradeStatus) => new("optional, with a window", "可选，仅用于窗口查询"),
        (BizType.TradeBatchQuery, Member.SnapshotNo) => new("with a window, from page 2 on", "窗口查询第 2 页起必填"),
        (BizType.ReconUpload, Member.DiffList) => new("where diff_count is above 0", "diff_count 大于 0 时必填"),
        _ when MemberTable.CommonOptional.Contains(member) => new("no", "否"),
        _ => throw new InvalidOperationException($"when {member} must be there is not said in tests/Core/Api/Needs.cs"),
    };

    private static string Others(Member[] way, Member member) => string.Join(" ", way.Where(other => other != member).Select(other => MemberTable.Rule(other).Name));
}
