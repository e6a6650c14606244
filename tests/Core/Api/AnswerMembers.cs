using HotPath.Core.Model;
using HotPath.Core.Wire;

namespace HotPath.Core.Tests.Api;

/// <summary>A member as an answer or a notification shows it.</summary>
/// <param name="Name">On the wire.</param>
/// <param name="Only">When it is there; null: whenever the answer is about a trade, refund, page, file or upload at all.</param>
internal sealed record Shown(string Name, Words? Only = null);

/// <summary>The form of a member of answers.</summary>
/// <param name="Name">On the wire.</param>
/// <param name="Form">As of a request's member.</param>
/// <param name="Min">Shortest value, in the form's unit.</param>
/// <param name="Max">Longest value, in the form's unit; 0: no limit that an integrator could rely on.</param>
/// <param name="Values">All there are, where the form is a list.</param>
internal sealed record AnswerMember(string Name, MemberForm Form, int Min = 1, int Max = 0, params string[] Values)
{
    /// <summary>True for a value of this form. An amount of nothing is no request, and may be an answer.</summary>
    internal bool Allows(ReadOnlySpan<byte> value)
    {
        var rule = new MemberRule(Member.None, Name, Form, Min, Max == 0 ? int.MaxValue : Max, default, Values);
        return Form == MemberForm.Amount
            ? Amount.TryParse(value, 3, out _) is AmountForm.Ok or AmountForm.Zero
            : !value.IsEmpty && MemberCheck.Check(rule, value) == RespCode.None;
    }
}

/// <summary>
/// What answers consist of. The gateway lays them out in <see cref="AnswerBuffer"/>; that it has no other name is tested, and that what really is answered keeps
/// to this table and fills it.
/// </summary>
internal static class AnswerMembers
{
    /// <summary>In every answer.</summary>
    internal static readonly string[] Always = ["resp_code", "resp_msg", "resp_time", "resp_id", "key_id", "sign"];

    /// <summary>Of the request, each where it could be read and is well formed.</summary>
    internal static readonly string[] Echoed = ["req_id", "inst_id", "biz_type"];

    /// <summary>Of a notification, besides those of the query's answer.</summary>
    internal static readonly string[] OfNotifications = ["notify_id", "notify_type", "notify_time", "inst_id", "key_id", "sign"];

    private static readonly Words OfCode = new("of an EMVCo code that has it", "EMVCo 二维码含该项时");
    private static readonly Words OfFailed = new("FAILED", "FAILED 时");

    private static readonly Shown[] Trade =
        [new("trade_no"), new("out_trade_no"), new("trade_status"), new("total_amount"), new("currency"), new("trade_time")];

    private static readonly Shown[] Merchant = [new("merchant_name", OfCode), new("merchant_city", OfCode)];

    private static readonly Shown[] Refund =
    [
        new("refund_id"), new("refund_no"), new("orig_trade_no"), new("out_trade_no"), new("refund_amount"), new("currency"), new("refund_status"), new("refund_time"),
        new("total_refunded_amount"),
    ];

    private static readonly AnswerMember[] All =
    [
        new("amount_summary", MemberForm.Text),
        new("currency", MemberForm.Currency, 3, 3),
        new("diff_check", MemberForm.Text),
        new("download_url", MemberForm.Text),
        new("file_name", MemberForm.Text, 1, 64),
        new("has_more", MemberForm.Listed, 4, 5, "true", "false"),
        new("hash_type", MemberForm.Listed, 6, 6, "SHA256"),
        new("hash_value", MemberForm.Hash, 64, 64),
        new("inst_id", MemberForm.Alphanumeric, 1, InstId.MaxLength),
        new("key_id", MemberForm.Token, 1, 64),
        new("merchant_city", MemberForm.Text, 1, Core.Model.Merchant.MaxCityCharacters),
        new("merchant_name", MemberForm.Text, 1, Core.Model.Merchant.MaxNameCharacters),
        new("notify_id", MemberForm.Alphanumeric, NotifyId.TextLength, NotifyId.TextLength),
        new("notify_time", MemberForm.Time, BeijingTime.SecondsLength, BeijingTime.SecondsLength),
        new("orig_trade_no", MemberForm.Digits, TradeNo.TextLength, TradeNo.TextLength),
        new("out_trade_no", MemberForm.Token, 1, 64),
        new("page_no", MemberForm.Count, 1, 10),
        new("page_size", MemberForm.Count, 1, 3),
        new("recon_id", MemberForm.Digits, TradeNo.TextLength, TradeNo.TextLength),
        new("record_count", MemberForm.Count, 1, 18),
        new("refund_amount", MemberForm.Amount, 1, Amount.MaxTextLength),
        new("refund_id", MemberForm.Digits, TradeNo.TextLength, TradeNo.TextLength),
        new("refund_no", MemberForm.Token, 1, 64),
        new("refund_time", MemberForm.Time, BeijingTime.SecondsLength, BeijingTime.SecondsLength),
        new("req_id", MemberForm.Token, 1, 64),
        new("resp_code", MemberForm.Listed, 4, 4, [.. RespCodes.All.Select(RespCodes.Label)]),
        new("resp_id", MemberForm.Digits, TradeNo.TextLength, TradeNo.TextLength),
        new("resp_msg", MemberForm.Text, 1, 128),
        new("resp_time", MemberForm.Time, BeijingTime.SecondsLength, BeijingTime.SecondsLength),
        new("sign", MemberForm.Opaque, 88, 684),
        new("snapshot_no", MemberForm.Digits, MemberTable.Rule(Member.SnapshotNo).Max, MemberTable.Rule(Member.SnapshotNo).Max),
        new("total_amount", MemberForm.Amount, 1, Amount.MaxTextLength),
        new("total_count", MemberForm.Count, 1, 18),
        new("total_refunded_amount", MemberForm.Amount, 1, Amount.MaxTextLength),
        new("trade_list", MemberForm.Text),
        new("trade_no", MemberForm.Digits, TradeNo.TextLength, TradeNo.TextLength),
        new("trade_status", MemberForm.Listed, 6, 9, "SUCCESS", "FAILED", "PENDING", "CANCELLED"),
        new("trade_time", MemberForm.Time, BeijingTime.SecondsLength, BeijingTime.SecondsLength),
    ];

    /// <summary>An interface's own members: all where the call is answered about its trade, refund or file, none in a refusal.</summary>
    internal static Shown[] Of(BizType type) => type switch
    {
        BizType.ScanPay => [.. Trade, .. Merchant],
        BizType.FacePay => Trade,
        BizType.Refund => Refund,
        BizType.TradeCancel => [.. Trade, .. Merchant, new("fail_code", OfFailed)],
        BizType.TradeQuery => [.. Trade, .. Merchant, new("fail_code", OfFailed), new("refund_status"), new("total_refunded_amount")],
        BizType.RefundQuery => [.. Refund, new("fail_code", OfFailed)],
        BizType.TradeBatchQuery =>
            [new("total_count"), new("page_no"), new("page_size"), new("has_more"), new("snapshot_no", new("of a window", "窗口查询时")), new("trade_list")],
        BizType.ReconDownload => [new("file_name"), new("record_count"), new("amount_summary"), new("hash_type"), new("hash_value"), new("download_url")],
        BizType.ReconUpload => [new("recon_id"), new("diff_check")],
        _ => throw new InvalidOperationException($"{type} has no answer in tests/Core/Api/AnswerMembers.cs"),
    };

    /// <summary>Which query's members a notification has.</summary>
    internal static BizType QueryOf(NotifyType type) => type == NotifyType.Refund ? BizType.RefundQuery : BizType.TradeQuery;

    internal static AnswerMember Find(BizType type, string name) => name switch
    {
        "biz_type" => new(name, MemberForm.Listed, 1, 32, Needs.ValuesOf(type, Member.BizType)),
        "notify_type" => new(name, MemberForm.Listed, 12, 13, "TRADE_NOTIFY", "REFUND_NOTIFY"),
        // Of a refund the channel may know better what is left or executed of the payment, and one that was never sent is A003.
        "fail_code" => type is BizType.RefundQuery
            ? new(name, MemberForm.Listed, 4, 4, "A003", "B001", "B002", "B003", "B004", "B008", "B011")
            : new(name, MemberForm.Listed, 4, 4, "B001", "B002", "B003", "B004"),
        "refund_status" => type is BizType.Refund or BizType.RefundQuery
            ? new(name, MemberForm.Listed, 6, 7, "SUCCESS", "FAILED", "PENDING")
            : new(name, MemberForm.Listed, 4, 7, "NONE", "PARTIAL", "FULL"),
        _ => Array.Find(All, member => member.Name == name) ??
            throw new InvalidOperationException($"{name} is in an answer, and not in tests/Core/Api/AnswerMembers.cs"),
    };
}
