using HotPath.Core.Model;
using HotPath.Core.Wire;

namespace HotPath.Core.Tests.Api;

/// <summary>One member of an answer or a notification.</summary>
/// <param name="Name">On the wire.</param>
/// <param name="Form">As of a request's member.</param>
/// <param name="Max">Longest value, in the form's unit; 0: no limit that an integrator could rely on.</param>
/// <param name="Values">All there are, where the form is a list.</param>
internal sealed record AnswerMember(string Name, MemberForm Form, int Max = 0, params string[] Values);

/// <summary>
/// What answers consist of. The gateway lays them out in <see cref="AnswerBuffer"/>; that it has no other name is tested, and that real answers keep to
/// this table.
/// </summary>
internal static class AnswerMembers
{
    /// <summary>In every answer.</summary>
    internal static readonly string[] Always = ["resp_code", "resp_msg", "resp_time", "resp_id", "key_id", "sign"];

    /// <summary>Of the request, where they could be read and are well formed.</summary>
    internal static readonly string[] Echoed = ["req_id", "inst_id", "biz_type"];

    /// <summary>Of a notification, besides those of the query's answer.</summary>
    internal static readonly string[] OfNotifications = ["notify_id", "notify_type", "notify_time", "inst_id", "key_id", "sign"];

    private static readonly string[] Trade = ["trade_no", "out_trade_no", "trade_status", "total_amount", "currency", "trade_time"];
    private static readonly string[] Merchant = ["merchant_name", "merchant_city"];
    private static readonly string[] Queried = ["fail_code", "refund_status", "total_refunded_amount"];
    private static readonly string[] Refund =
        ["refund_id", "refund_no", "orig_trade_no", "out_trade_no", "refund_amount", "currency", "refund_status", "refund_time", "total_refunded_amount"];

    internal static readonly AnswerMember[] All =
    [
        new("amount_summary", MemberForm.Text),
        new("biz_type", MemberForm.Listed, 32, [.. MemberTable.Rule(Member.BizType).Values]),
        new("currency", MemberForm.Currency, 3),
        new("diff_check", MemberForm.Text),
        new("download_url", MemberForm.Text),
        new("fail_code", MemberForm.Alphanumeric, 4),
        new("file_name", MemberForm.Text, 64),
        new("has_more", MemberForm.Listed, 5, "true", "false"),
        new("hash_type", MemberForm.Listed, 6, "SHA256"),
        new("hash_value", MemberForm.Hash, 64),
        new("inst_id", MemberForm.Alphanumeric, 32),
        new("key_id", MemberForm.Token, 64),
        new("merchant_city", MemberForm.Text, Core.Model.Merchant.MaxCityCharacters),
        new("merchant_name", MemberForm.Text, Core.Model.Merchant.MaxNameCharacters),
        new("notify_id", MemberForm.Alphanumeric, 29),
        new("notify_time", MemberForm.Time, 14),
        new("notify_type", MemberForm.Listed, 13, "TRADE_NOTIFY", "REFUND_NOTIFY"),
        new("orig_trade_no", MemberForm.Digits, 28),
        new("out_trade_no", MemberForm.Token, 64),
        new("page_no", MemberForm.Count, 9),
        new("page_size", MemberForm.Count, 3),
        new("recon_id", MemberForm.Digits, 28),
        new("record_count", MemberForm.Count, 18),
        new("refund_amount", MemberForm.Amount, Amount.MaxTextLength),
        new("refund_id", MemberForm.Digits, 28),
        new("refund_no", MemberForm.Token, 64),
        new("refund_status", MemberForm.Listed, 8, "SUCCESS", "FAILED", "PENDING", "NONE", "PARTIAL", "FULL"),
        new("refund_time", MemberForm.Time, 14),
        new("req_id", MemberForm.Token, 64),
        new("resp_code", MemberForm.Listed, 4, [.. RespCodes.All.Select(RespCodes.Label)]),
        new("resp_id", MemberForm.Digits, 28),
        new("resp_msg", MemberForm.Text, 128),
        new("resp_time", MemberForm.Time, 14),
        new("sign", MemberForm.Opaque, 684),
        new("snapshot_no", MemberForm.Digits, MemberTable.Rule(Member.SnapshotNo).Max),
        new("total_amount", MemberForm.Amount, Amount.MaxTextLength),
        new("total_count", MemberForm.Count, 18),
        new("total_refunded_amount", MemberForm.Amount, Amount.MaxTextLength),
        new("trade_list", MemberForm.Text),
        new("trade_no", MemberForm.Digits, 28),
        new("trade_status", MemberForm.Listed, 9, "SUCCESS", "FAILED", "PENDING", "CANCELLED"),
        new("trade_time", MemberForm.Time, 14),
    ];

    /// <summary>An interface's own members: all where the call is answered about its trade, refund or file, none in a refusal.</summary>
    internal static string[] Of(string bizType) => bizType switch
    {
        "SCAN_PAY" => [.. Trade, .. Merchant],
        "FACE_PAY" => Trade,
        "TRADE_CANCEL" => [.. Trade, .. Merchant, "fail_code"],
        "TRADE_QUERY" => [.. Trade, .. Merchant, .. Queried],
        "REFUND" => Refund,
        "REFUND_QUERY" => [.. Refund, "fail_code"],
        "TRADE_BATCH_QUERY" => ["total_count", "page_no", "page_size", "has_more", "snapshot_no", "trade_list"],
        "RECON_DOWNLOAD" => ["file_name", "record_count", "amount_summary", "hash_type", "hash_value", "download_url"],
        "RECON_UPLOAD" => ["recon_id", "diff_check"],
        _ => [],
    };

    internal static AnswerMember Find(string name) => Array.Find(All, member => member.Name == name) ??
        throw new InvalidOperationException($"{name} is in an answer, and not in tests/Core/Api/AnswerMembers.cs");
}
