using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Core.Recon;
using HotPath.Core.Tests.Pipeline;
using HotPath.Core.Tests.Recon;

namespace HotPath.Core.Tests.Api;

/// <summary>A call that was made and answered.</summary>
internal sealed record ApiExample(string Title, string TitleInChinese, IReadOnlyDictionary<string, string> Request, IReadOnlyDictionary<string, string> Answer)
{
    internal BizType Type => BizTypes.Parse(Encoding.ASCII.GetBytes(Request["biz_type"]));

    internal string Code => Answer["resp_code"];
}

/// <summary>A notification that was sent.</summary>
internal sealed record ApiNotice(string Title, string TitleInChinese, IReadOnlyDictionary<string, string> Message);

/// <summary>Everything that the reference shows of calls and messages; the file of it is docs/api/examples.json.</summary>
internal sealed record ApiExamples(List<ApiExample> Calls, List<ApiNotice> Notifications, string[] File)
{
    internal const string Institution = TestCorridor.Us;

    private const string Yesterday = "20260918";
    private const string Today = "20260919";

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true, NewLine = "\n" };

    /// <summary>
    /// Calls every interface at a corridor on virtual time that stands still, with the demo keys of docs/api/keys: what the reference shows has run, and anybody can
    /// verify it and sign it again.
    /// </summary>
    internal static async Task<ApiExamples> RunAsync()
    {
        Rows rows = FinishedDay();
        await using TestCorridor corridor = await TestCorridor.OpenAsync(rows: rows, keepsDays: true);
        corridor.SwapInstitutionKeys(Institution, "demo-institution");
        corridor.SwapGatewayKey("demo-gateway");
        var run = new Run(corridor);
        Answered paid = await PayAsync(run, corridor);
        Answered failedRefund = await RefundAsync(run, corridor, paid);
        await QueryAsync(run, paid, failedRefund);
        string[] file = await ReconcileAsync(run, corridor);
        await RefuseAsync(run, paid);
        return new ApiExamples(run.Calls, await ApiNotifications.SendAsync(corridor, [
            ("A payment succeeded, and a part of it was refunded since", "支付成功，其后部分退款", new NotifyId(NotifyType.Trade, Number(paid["trade_no"]))),
            ("A refund failed", "退款失败", new NotifyId(NotifyType.Refund, Number(failedRefund["refund_id"]))),
        ]), file);
    }

    internal static string ToJson(object any) => JsonSerializer.Serialize(any, Relaxed);

    /// <summary>Written apart from the gateway's own code on purpose.</summary>
    internal static string SigningString(IReadOnlyDictionary<string, string> members) => string.Join(
        '&', members.Where(member => member.Key != "sign").OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => $"{member.Key}={member.Value}"));

    internal static ApiExamples Read(string file) => JsonSerializer.Deserialize<ApiExamples>(System.IO.File.ReadAllText(file))!;

    /// <summary>
    /// These, with what <paramref name="before"/> has for the one call that no two runs answer alike: an address of a file is random, and the answer's signature is
    /// over it. Anything else is compared as it is.
    /// </summary>
    internal ApiExamples Keeping(ApiExamples before) =>
        this with { Calls = [.. Calls.Select(call => before.Calls.Find(old => IsSameButForAddress(old, call)) ?? call)] };

    private static bool IsSameButForAddress(ApiExample one, ApiExample other) =>
        one.Answer.ContainsKey("download_url") && one.Answer.Count == other.Answer.Count && ToJson(one.Request) == ToJson(other.Request) &&
        one.Answer.All(member => member.Key is "sign" or "download_url" || (other.Answer.TryGetValue(member.Key, out string? value) && value == member.Value));

    // Three payments that became final yesterday, as the day's files have them.
    private static Rows FinishedDay()
    {
        var rows = new Rows();
        List<ReconRow> file = rows.Of(new ReconFileName(Rows.Us, Rows.Day - 1, ReconType.Trade));
        foreach ((int secondsToMidnight, string currency, long minorUnits, string order) in ((int, string, long, string)[])
            [(50_000, "HKD", 8880, "T0901"), (40_000, "JPY", 1200, "T0902"), (30_000, "HKD", 1250, "T0903")])
        {
            ReconRow row = Rows.Trade(-1000L * secondsToMidnight, currency, minorUnits);
            row.OrderNo.Set(Encoding.ASCII.GetBytes(order));
            row.ChannelId.Set("fps-1"u8);
            row.ChannelTradeNo.Set(Encoding.ASCII.GetBytes("C" + order[1..]));
            file.Add(row);
        }
        return rows;
    }

    private static async Task<Answered> PayAsync(Run run, TestCorridor corridor)
    {
        Answered paid = await run.CallAsync("Paid", "支付成功", "SCAN_PAY", Payment("T1001", "88.80"));
        corridor.Told.Pay = _ => Task.FromResult(new ClearingResult(ClearingOutcome.Failed, RespCode.InsufficientBalance, default));
        await run.CallAsync("Declined by the channel", "渠道拒绝", "SCAN_PAY", Payment("T1002", "88.80"));
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Processing));
        Answered pending = await run.CallAsync("No result in time", "暂无结果", "SCAN_PAY", Payment("T1003", "66.60"));
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Succeeded));
        await run.CallAsync("The order number was used before", "商户订单号已使用", "SCAN_PAY", Payment("T1001", "88.80"));
        await run.CallAsync("Paid by face", "刷脸支付成功", "FACE_PAY", [
            ("out_trade_no", "T2001"), ("total_amount", "1200"), ("currency", "JPY"), ("trade_type", "FACEPAY"), ("face_data", "ZGVtbyBjaXBoZXJ0ZXh0"),
            ("face_device_id", "F01"), ("merchant_id", "M01"), ("terminal_id", "T01")]);
        await run.CallAsync("Cancelled", "撤单成功", "TRADE_CANCEL", [("orig_trade_no", pending["trade_no"]), ("out_trade_no", "T1003")]);
        await run.CallAsync("Too late, it succeeded", "交易已成功，无法撤销", "TRADE_CANCEL", [("out_trade_no", "T1001")]);
        await run.CallAsync("Nothing to cancel, it FAILED before", "交易此前已失败", "TRADE_CANCEL", [("out_trade_no", "T1002")]);
        return paid;
    }

    private static async Task<Answered> RefundAsync(Run run, TestCorridor corridor, Answered paid)
    {
        (string, string)[] Of(string refundNo, string amount) =>
            [("orig_trade_no", paid["trade_no"]), ("out_trade_no", "T1001"), ("refund_no", refundNo), ("refund_amount", amount), ("refund_type", "02")];
        await run.CallAsync("A part is refunded", "部分退款成功", "REFUND", Of("F1001", "30.00"));
        await run.CallAsync("More than is left", "超过可退金额", "REFUND", Of("F1002", "60.00"));
        corridor.Told.Refund = _ => Task.FromResult(new ClearingResult(ClearingOutcome.Failed, RespCode.AccountAbnormal, default));
        Answered failed = await run.CallAsync("Declined by the channel", "渠道拒绝", "REFUND", Of("F1003", "8.80"));
        corridor.Told.Refund = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Processing));
        await run.CallAsync("No result in time", "暂无结果", "REFUND", Of("F1004", "8.80"));
        return failed;
    }

    private static async Task QueryAsync(Run run, Answered paid, Answered failedRefund)
    {
        await run.CallAsync("By both numbers", "按两个编号查询", "TRADE_QUERY", [("trade_no", paid["trade_no"]), ("out_trade_no", "T1001")]);
        await run.CallAsync("A trade that FAILED", "查询失败的交易", "TRADE_QUERY", [("out_trade_no", "T1002")]);
        await run.CallAsync("No such trade", "交易不存在", "TRADE_QUERY", [("out_trade_no", "T9999")]);
        await run.CallAsync("By refund_no", "按退款单号查询", "REFUND_QUERY", [("refund_no", "F1001")]);
        await run.CallAsync("A refund that FAILED", "查询失败的退款", "REFUND_QUERY", [("refund_id", failedRefund["refund_id"])]);
        await run.CallAsync("By order numbers; one of them does not exist", "按订单号列表查询（其中一个不存在）", "TRADE_BATCH_QUERY", [
            ("out_trade_no_list", "[\"T1001\",\"T1002\",\"T9999\"]"), ("page_no", "1"), ("page_size", "20")]);
        (string, string)[] window = [("start_time", Today + "103000"), ("end_time", Today + "103059"), ("page_size", "2")];
        Answered page = await run.CallAsync("A window, page 1", "窗口查询第 1 页", "TRADE_BATCH_QUERY", [.. window, ("page_no", "1")]);
        await run.CallAsync("Its page 2", "窗口查询第 2 页", "TRADE_BATCH_QUERY", [.. window, ("page_no", "2"), ("snapshot_no", page["snapshot_no"])]);
    }

    private static async Task<string[]> ReconcileAsync(Run run, TestCorridor corridor)
    {
        Answered file = await run.CallAsync("Yesterday's payments", "昨日交易对账文件", "RECON_DOWNLOAD", [("settle_date", Yesterday), ("recon_type", "01")]);
        await run.CallAsync("A day that is not over", "对账文件未就绪", "RECON_DOWNLOAD", [("settle_date", Today), ("recon_type", "01")]);
        (string, string)[] about = [("settle_date", Yesterday), ("recon_type", "01"), ("file_hash", file["hash_value"])];
        await run.CallAsync("Balanced", "平账", "RECON_UPLOAD", [
            .. about, ("recon_result", "01"), ("total_count", file["record_count"]), ("amount_summary", file["amount_summary"]), ("diff_count", "0")]);
        await run.CallAsync("A payment that the gateway lacks", "长款一笔", "RECON_UPLOAD", [
            .. about, ("recon_result", "02"), ("total_count", "4"),
            ("amount_summary", """{"HKD":{"count":"2","amount":"101.30"},"JPY":{"count":"2","amount":"1700"}}"""), ("diff_count", "1"),
            ("diff_list", """[{"out_trade_no":"T0904","diff_type":"02","inst_amount":"500","currency":"JPY","remark":"小票 0904"}]""")]);
        ReconDownload found = corridor.Recon!.Fetch(new Uri(file["download_url"]).Segments[^1])!;
        return System.IO.File.ReadAllText(found.Path).TrimEnd('\n').Split('\n');
    }

    private static async Task RefuseAsync(Run run, Answered paid)
    {
        await run.CallAsync("A member is missing", "缺少参数", "SCAN_PAY", [.. Payment("T1004", "88.80").Where(member => member.Name != "terminal_id")]);
        await run.CallAsync("The req_id was used before with other content", "请求流水号已用于其他内容", "SCAN_PAY", [.. Payment("T1001", "88.81"), ("req_id", paid["req_id"])]);
        await run.CallAsync("The signature does not verify", "签名验证失败", "SCAN_PAY", [.. Payment("T1005", "88.80"), ("sign", "AAAA")]);
    }

    private static TradeNo Number(string text) => TradeNo.Parse(Encoding.ASCII.GetBytes(text));

    private static (string Name, string Value)[] Payment(string order, string amount) =>
    [
        ("out_trade_no", order), ("total_amount", amount), ("currency", "HKD"), ("trade_type", "SCAN"), ("qr_type", "02"),
        ("qr_content", Qr.EmvCode.Of(("01", "11"), Qr.EmvCode.Fps, ("53", "344"), ("59", "KOWLOON COFFEE"), ("60", "香港"))), ("body", "咖啡"),
        ("terminal_type", "01"), ("terminal_id", "T01"),
    ];

    private sealed class Run(TestCorridor corridor)
    {
        internal List<ApiExample> Calls { get; } = [];

        internal async Task<Answered> CallAsync(string title, string chinese, string bizType, (string Name, string Value)[] own)
        {
            var request = new Dictionary<string, string>
            {
                ["version"] = "1.3",
                ["charset"] = "UTF-8",
                ["sign_type"] = "RSA2",
                ["biz_type"] = bizType,
                ["req_time"] = Today + "103000",
                ["req_id"] = $"R{Today}{Calls.Count + 1:D4}",
                ["inst_id"] = Institution,
            };
            foreach ((string name, string value) in own)
            {
                request[name] = value;
            }
            Dictionary<string, string> signed = request.ContainsKey("sign") ? request : TestCorridor.Sign(request, "demo-institution");
            Answered answer = await corridor.SendAsync(JsonSerializer.Serialize(signed));
            Calls.Add(new ApiExample(title, chinese, signed, answer.Members));
            return answer;
        }
    }
}
