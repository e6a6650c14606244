using System.Globalization;
using System.Text;
using HotPath.Core.Model;
using HotPath.Core.Wire;

namespace HotPath.Core.Tests.Api;

/// <summary>The reference for integrators, in one language.</summary>
internal sealed class ApiMarkdown(bool isChinese, List<ApiExample> examples)
{
    private readonly StringBuilder _text = new();

    internal string Write()
    {
        Line(Say("# API reference", "# 接口参考"));
        Line();
        Line(Say(
            "Made from the gateway's own tables and from calls that ran: `./dev api` writes it, a test compares it. What the words mean in full is in [protocol.md](../protocol.md); " +
            "[openapi.json](openapi.json) says the same for programs.",
            "本文由网关自身的参数表及实际执行过的调用生成：`./dev api` 生成，测试负责比对。完整说明见 [protocol.md](../protocol.md)（英文）；" +
            "供程序使用的描述见 [openapi.json](openapi.json)。"));
        Line();
        Call();
        Signing();
        CommonMembers();
        foreach (BizType type in BizTypes.All)
        {
            Interface(type);
        }
        Notifications();
        Codes();
        return _text.ToString();
    }

    private void Call()
    {
        Line(Say("## A call", "## 调用方式"));
        Line(Say(
            "`POST /api`, HTTPS (TLS 1.2 or 1.3), HTTP/1.1, `Content-Type: application/json`, `Content-Length`. The body is one flat JSON object in UTF-8; each value is a " +
            "non-empty string without control characters, a list is a string that holds compact JSON. A member that the interface does not know is C003. All times are " +
            "Beijing time (UTC+8).",
            "`POST /api`，HTTPS（TLS 1.2 或 1.3），HTTP/1.1，`Content-Type: application/json`，须带 `Content-Length`。报文为一个扁平 JSON 对象，UTF-8 编码；" +
            "每个值均为非空字符串且不含控制字符，列表以字符串承载紧凑 JSON。接口未定义的参数返回 C003。所有时间均为北京时间（UTC+8）。"));
        Line();
        Line(Say("Largest body, in bytes as sent: ", "报文上限（字节）：") + string.Join(Say("; ", "；"), BizTypes.All.GroupBy(BodyLimits.Of).OrderBy(group => group.Key).Select(group =>
            $"{group.Key.ToString("N0", CultureInfo.InvariantCulture)} {string.Join(" ", group.Select(type => $"`{Name(type)}`"))}")) + Say(".", "。"));
        Line();
        Line(Say(
            "HTTP 200: a signed answer, refusals included. Unsigned: 404 other path, 405 other method, 408 too slow, 411 no length, 413 too large, 415 other content type, " +
            "429 turned away (nothing is said about the request; send the same req_id again later). A connection that ends without an answer says nothing: repeat the request.",
            "HTTP 200：已签名的响应（包括拒绝）。无签名：404 路径错误，405 方法错误，408 过慢，411 缺少长度，413 报文过大，415 内容类型错误，" +
            "429 暂不受理（不代表该请求的结果，稍后以相同 req_id 重发）。连接中断而无响应不代表任何结果：请重发。"));
        Line();
        Line(Say(
            "**Repeat** a request with the same `req_id` and the same content; `req_time nonce version charset sign_type key_id sign face_data` may differ. A final result is answered " +
            "with the same bytes for 24 hours. Other content is C004.",
            "**重发**须使用相同的 `req_id` 与相同内容；`req_time nonce version charset sign_type key_id sign face_data` 可以不同。最终结果在 24 小时内返回完全相同的报文。内容不同返回 C004。"));
        Line();
    }

    private void Signing()
    {
        ApiExample example = examples[0];
        Line(Say("## Signature", "## 签名"));
        Line(Say(
            "All members except `sign`, sorted by name (bytes), `name=value` joined by `&`, decoded values, raw UTF-8, no URL encoding. RSA2: SHA256withRSA (PKCS#1 v1.5). " +
            "ES256: ECDSA P-256 with SHA-256, r and s of 32 bytes each. Base64 with padding. Answers and notifications are signed by the same rule; verify each.",
            "取 `sign` 以外的全部参数，按名称字节序排序，以 `&` 连接 `name=value`；值为解码后的原始 UTF-8，不做 URL 编码。RSA2：SHA256withRSA（PKCS#1 v1.5）。" +
            "ES256：ECDSA P-256 与 SHA-256，r、s 各 32 字节。Base64 带填充。响应与通知按同一规则签名，须逐一验签。"));
        Line();
        Line(Say(
            "The examples below are signed with the demo keys in [keys/](keys): published, and good for nothing else. The first request's string:",
            "以下示例使用 [keys/](keys) 中的演示密钥签名：密钥已公开，不得用于任何环境。第一个请求的待签名字符串："));
        Line("```");
        Line(ApiExamples.SigningString(example.Request));
        Line("```");
        Line();
    }

    private void CommonMembers()
    {
        Line(Say("## Members of every request (2.2)", "## 请求公共参数（2.2）"));
        RequestTable(MemberTable.CommonRequired.Concat(MemberTable.CommonOptional), new Needs(MemberTable.CommonRequired, []));
        Line(Say("## Members of every answer", "## 响应公共参数"));
        AnswerTable([.. AnswerMembers.Always.Select(name => (name, Say("always", "必有"))), .. AnswerMembers.Echoed.Select(name => (name, Say("as read", "可读取时")))]);
    }

    private void Interface(BizType type)
    {
        string name = Name(type);
        Line($"## {name}");
        Line(Dictionary.Interface(name).In(isChinese) + Say(".", "。"));
        Line();
        Line(Say("Request:", "请求："));
        Line();
        RequestTable(MemberTable.Of(type).ToArray(), Needs.Of(type));
        Line(Say("Answer, besides the members of every answer:", "响应（公共参数之外）："));
        Line();
        AnswerTable([.. AnswerMembers.Of(name).Select(member => (member, member is "merchant_name" or "merchant_city" or "fail_code" or "snapshot_no" ? Say("where known", "如有") : Say("unless refused", "未被拒绝时")))]);
        foreach (ApiExample example in examples.Where(example => example.BizType == name))
        {
            Line($"<details><summary>{(isChinese ? example.TitleInChinese : example.Title)}: {example.Answer["resp_code"]}</summary>");
            Line();
            Line("```json");
            Line(ApiExamples.ToJson(example.Request));
            Line(ApiExamples.ToJson(example.Answer));
            Line("```");
            Line("</details>");
            Line();
        }
    }

    private void Notifications()
    {
        Line(Say("## Notifications (3.1, step 6)", "## 结果通知（3.1 第 6 步）"));
        Line(Say(
            "`POST` to your registered `notify_url`, a flat signed object: these members and those of TRADE_QUERY's or REFUND_QUERY's answer. Acknowledge with HTTP 200 and the body " +
            "`success`. [notifications.md](../notifications.md) says when it comes again.",
            "向机构登记的 `notify_url` 发送 `POST`，内容为扁平签名对象：下列参数以及 TRADE_QUERY 或 REFUND_QUERY 响应中的参数。以 HTTP 200 与正文 `success` 确认。" +
            "重发规则见 [notifications.md](../notifications.md)。"));
        Line();
        AnswerTable([.. AnswerMembers.OfNotifications.Select(name => (name, Say("always", "必有")))]);
    }

    private void Codes()
    {
        Line(Say("## Codes", "## 响应码"));
        Line(Say(
            "Retry: `never`, the same request would be answered alike; `same req_id`, nothing was recorded, send it again as it is; `query first`, ask before anything else.",
            "重发：`不重发`，相同请求会得到相同答复；`以相同 req_id 重发`，未留下任何记录，可原样重发；`先查询`，先行查询再做其他操作。"));
        Line();
        Line(Say("| code | meaning | Chinese text | retry |", "| 响应码 | 说明 | 英文 | 重发 |"));
        Line("|---|---|---|---|");
        foreach (RespCode code in RespCodes.All)
        {
            Line($"| {RespCodes.Label(code)} | {Dictionary.Message(code, isChinese)} | {Dictionary.Message(code, !isChinese)} | {Dictionary.Retry(RespCodes.Retry(code)).In(isChinese)} |");
        }
    }

    private void RequestTable(IEnumerable<Member> members, Needs needs)
    {
        Line(Say("| member | required | form | |", "| 参数编码 | 必填 | 格式 | 说明 |"));
        Line("|---|---|---|---|");
        foreach (Member member in members)
        {
            MemberRule rule = MemberTable.Rule(member);
            Line($"| {rule.Name} | {needs.Say(member).In(isChinese)} | {Dictionary.Form(rule.Form, rule.Min, rule.Max, rule.Values).In(isChinese)} | {Dictionary.Member(rule.Name).In(isChinese)} |");
        }
        Line();
    }

    private void AnswerTable((string Name, string When)[] members)
    {
        Line(Say("| member | when | form | |", "| 参数编码 | 出现 | 格式 | 说明 |"));
        Line("|---|---|---|---|");
        foreach ((string name, string when) in members)
        {
            AnswerMember member = AnswerMembers.Find(name);
            int min = member.Form is MemberForm.Digits or MemberForm.Currency ? member.Max : 1;
            // All codes are listed once, below.
            string form = name == "resp_code" ? Say("four characters, see below", "四位字符，见下文") : Dictionary.Form(member.Form, min, member.Max, member.Values).In(isChinese);
            Line($"| {name} | {when} | {form} | {Dictionary.Member(name).In(isChinese)} |");
        }
        Line();
    }

    private static string Name(BizType type) => Encoding.ASCII.GetString(BizTypes.Name(type));

    private string Say(string english, string chinese) => isChinese ? chinese : english;

    private void Line(string text = "") => _text.Append(text).Append('\n');
}
