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
    internal string BizType => Request["biz_type"];
}

/// <summary>
/// Every interface called once or more at a corridor on virtual time, with the demo keys of docs/api/keys: what the reference shows has run, and anybody can
/// verify it. Interfaces that are not served (yet) are left out.
/// </summary>
internal static class ApiExamples
{
    internal const string Institution = TestCorridor.Us;
    internal const string Yesterday = "20260918";

    // Random, or signed over what is: compared by verification, not by bytes.
    private static readonly string[] MayDiffer = ["sign", "download_url"];

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true };

    internal static async Task<List<ApiExample>> RunAsync()
    {
        var rows = new Rows();
        rows.Of(new ReconFileName(Rows.Us, Rows.Day - 1, ReconType.Trade)).AddRange([Rows.Trade(-90_000, "JPY", 500), Rows.Trade(-80_000)]);
        await using TestCorridor corridor = await TestCorridor.OpenAsync(rows: rows);
        corridor.SwapInstitutionKeys(Institution, "demo-institution");
        corridor.SwapGatewayKey("demo-gateway");
        var run = new Run(corridor);
        void Pays(ClearingResult result) => corridor.Told.Pay = _ => Task.FromResult(result);

        Answered? paid = await run.CallAsync("Paid", "支付成功", "SCAN_PAY", Payment("T1001", "88.80"));
        Pays(new ClearingResult(ClearingOutcome.Failed, RespCode.InsufficientBalance, default));
        await run.CallAsync("Declined by the channel", "渠道拒绝", "SCAN_PAY", Payment("T1002", "88.80"));
        Pays(ClearingResult.Of(ClearingOutcome.Processing));
        Answered? pending = await run.CallAsync("No result in time: query, or repeat", "超时未决：查询或重发", "SCAN_PAY", Payment("T1003", "66.60"));
        await run.CallAsync("A member is missing", "缺少参数", "SCAN_PAY", [.. Payment("T1004", "88.80").Where(member => member.Name != "terminal_id")]);
        Pays(ClearingResult.Of(ClearingOutcome.Succeeded));
        await run.CallAsync("Paid by face", "刷脸支付成功", "FACE_PAY", [
            ("out_trade_no", "T2001"), ("total_amount", "1200"), ("currency", "JPY"), ("trade_type", "FACEPAY"), ("face_data", "ZGVtbyBjaXBoZXJ0ZXh0"),
            ("face_device_id", "F01"), ("merchant_id", "M01"), ("terminal_id", "T01")]);
        Answered? refunded = await run.CallAsync("A part is refunded", "部分退款成功", "REFUND", [
            ("orig_trade_no", paid!["trade_no"]), ("out_trade_no", "T1001"), ("refund_no", "F1001"), ("refund_amount", "30.00"), ("refund_type", "02")]);
        await run.CallAsync("More than is left", "超过可退金额", "REFUND", [
            ("orig_trade_no", paid["trade_no"]), ("out_trade_no", "T1001"), ("refund_no", "F1002"), ("refund_amount", "60.00"), ("refund_type", "02")]);
        await run.CallAsync("Cancelled", "撤单成功", "TRADE_CANCEL", [("orig_trade_no", pending!["trade_no"])]);
        await run.CallAsync("Too late: it succeeded", "交易已成功，无法撤销", "TRADE_CANCEL", [("out_trade_no", "T1001")]);
        await run.CallAsync("By both numbers", "按两个编号查询", "TRADE_QUERY", [("trade_no", paid["trade_no"]), ("out_trade_no", "T1001")]);
        await run.CallAsync("A trade that failed", "查询失败的交易", "TRADE_QUERY", [("out_trade_no", "T1002")]);
        await run.CallAsync("No such trade", "交易不存在", "TRADE_QUERY", [("out_trade_no", "T9999")]);
        await run.CallAsync("By refund_no", "按退款单号查询", "REFUND_QUERY", [("refund_no", "F1001")]);
        await run.CallAsync("By order numbers", "按订单编号列表查询", "TRADE_BATCH_QUERY", [
            ("out_trade_no_list", "[\"T1001\",\"T1002\",\"T9999\"]"), ("page_no", "1"), ("page_size", "20")]);
        Answered? file = await run.CallAsync("Yesterday's trades", "昨日交易对账文件", "RECON_DOWNLOAD", [("settle_date", Yesterday), ("recon_type", "01")]);
        await run.CallAsync("A day that is not over", "对账文件未就绪", "RECON_DOWNLOAD", [("settle_date", "20260919"), ("recon_type", "01")]);
        if (file is not null)
        {
            await run.CallAsync("Balanced", "平账", "RECON_UPLOAD", [
                ("settle_date", Yesterday), ("recon_type", "01"), ("recon_result", "01"), ("total_count", file["record_count"]),
                ("amount_summary", file["amount_summary"]), ("file_hash", file["hash_value"]), ("diff_count", "0")]);
        }
        await run.CallAsync("A signature that does not verify", "签名验证失败", "TRADE_QUERY", [("out_trade_no", "T1001"), ("sign", "AAAA")]);
        return run.Examples;
    }

    /// <summary>The examples as JSON: those of <paramref name="before"/> where only what may differ does.</summary>
    internal static string ToJson(List<ApiExample> now, List<ApiExample> before) =>
        JsonSerializer.Serialize(now.Select(example => before.Find(old => IsSame(old, example)) ?? example), Relaxed) + "\n";

    internal static List<ApiExample> Read(string file) => File.Exists(file) ? JsonSerializer.Deserialize<List<ApiExample>>(File.ReadAllText(file))! : [];

    internal static string ToJson(IReadOnlyDictionary<string, string> members) => JsonSerializer.Serialize(members, Relaxed);

    internal static string SigningString(IReadOnlyDictionary<string, string> members) => string.Join(
        '&', members.Where(member => member.Key != "sign").OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => $"{member.Key}={member.Value}"));

    private static bool IsSame(ApiExample one, ApiExample other) =>
        (one.Title, one.TitleInChinese) == (other.Title, other.TitleInChinese) && IsSame(one.Request, other.Request) && IsSame(one.Answer, other.Answer);

    private static bool IsSame(IReadOnlyDictionary<string, string> one, IReadOnlyDictionary<string, string> other) =>
        one.Count == other.Count && one.All(member => other.TryGetValue(member.Key, out string? value) && (value == member.Value || MayDiffer.Contains(member.Key)));

    private static (string Name, string Value)[] Payment(string order, string amount) =>
    [
        ("out_trade_no", order), ("total_amount", amount), ("currency", "HKD"), ("trade_type", "SCAN"), ("qr_type", "02"),
        ("qr_content", Qr.EmvCode.Of(("01", "11"), Qr.EmvCode.Fps, ("53", "344"), ("59", "KOWLOON COFFEE"), ("60", "香港"))), ("body", "咖啡"), ("terminal_type", "01"), ("terminal_id", "T01"),
    ];

    private sealed class Run(TestCorridor corridor)
    {
        internal List<ApiExample> Examples { get; } = [];

        internal async Task<Answered?> CallAsync(string title, string chinese, string bizType, (string Name, string Value)[] own)
        {
            if (BizTypes.Parse(Encoding.ASCII.GetBytes(bizType)) == BizType.None)
            {
                return null;
            }
            var request = new Dictionary<string, string>
            {
                ["version"] = "1.3",
                ["charset"] = "UTF-8",
                ["sign_type"] = "RSA2",
                ["biz_type"] = bizType,
                ["req_time"] = "20260919103000",
                ["req_id"] = $"R2026091900{Examples.Count + 1:D4}",
                ["inst_id"] = Institution,
            };
            foreach ((string name, string value) in own)
            {
                request[name] = value;
            }
            Dictionary<string, string> signed = request.ContainsKey("sign") ? request : TestCorridor.Sign(request, "demo-institution");
            Answered answer = await corridor.SendAsync(JsonSerializer.Serialize(signed));
            Examples.Add(new ApiExample(title, chinese, signed, answer.Members));
            return answer;
        }
    }
}
