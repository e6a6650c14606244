using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using HotPath.Core.Model;
using HotPath.Core.Wire;

namespace HotPath.Core.Tests.Api;

/// <summary>
/// The generated pieces of the reference in one language. The pages themselves are written by hand; a piece stands between <c>&lt;!-- ./dev api: NAME --&gt;</c> and
/// <c>&lt;!-- end --&gt;</c>.
/// </summary>
internal sealed partial class ApiBlocks(bool isChinese, ApiExamples examples)
{
    /// <summary>Every piece that a page must have, once.</summary>
    internal static IEnumerable<string> Names =>
    [
        "limits", "http", "signing", "common request", "common answer", "retry",
        .. BizTypes.All.SelectMany(type => (string[])[$"request {Name(type)}", $"answer {Name(type)}", $"examples {Name(type)}"]),
        "file", "notification", "notification examples", "codes",
    ];

    /// <summary>The pieces of a page, in its order.</summary>
    internal static IEnumerable<string> In(string page) => Block().Matches(page).Select(block => block.Groups["name"].Value);

    /// <summary>The page with its pieces made anew.</summary>
    internal string Fill(string page) => Block().Replace(page, block => $"<!-- ./dev api: {block.Groups["name"].Value} -->\n{Make(block.Groups["name"].Value)}<!-- end -->");

    [GeneratedRegex("""<!-- \./dev api: (?<name>[a-zA-Z_ ]+) -->\n(.*?)<!-- end -->""", RegexOptions.Singleline)]
    private static partial Regex Block();

    private string Make(string block) => block.Split(' ', 2) switch
    {
        ["limits"] => Limits(),
        ["http"] => Http(),
        ["signing"] => Signing(examples.Calls[0].Request),
        ["common", "request"] => RequestTable(BizType.None, [.. MemberTable.CommonRequired, .. MemberTable.CommonOptional], new Needs(BizType.None, MemberTable.CommonRequired, [])),
        ["common", "answer"] => AnswerTable(BizType.None, [.. AnswerMembers.Always.Select(Always), .. AnswerMembers.Echoed.Select(Echoed)]),
        ["retry"] => Retries(),
        ["request", var name] => RequestTable(Type(name), MemberTable.Of(Type(name)).ToArray(), Needs.Of(Type(name))),
        ["answer", var name] => AnswerTable(Type(name), AnswerMembers.Of(Type(name))),
        ["examples", var name] => Calls(Type(name)),
        ["file"] => Fenced("csv", string.Join('\n', examples.File)),
        ["notification"] => AnswerTable(BizType.None, [.. AnswerMembers.OfNotifications.Select(Always)]),
        ["notification", "examples"] => Notices(),
        ["codes"] => Codes(),
        _ => throw new InvalidOperationException($"nobody makes the piece '{block}'"),
    };

    private string Limits() => Table(
        Row("interface", "largest body, in bytes as sent", "接口", "报文上限（字节，按实际发送计）"),
        BizTypes.All.GroupBy(BodyLimits.Of).OrderBy(group => group.Key).Select(group =>
            $"{string.Join(" ", group.Select(type => $"`{Name(type)}`"))} | {Words.Number(group.Key)}"));

    private string Http() => Table(
        Row("HTTP", "when", "HTTP 状态", "情形"), HttpStatuses.All.Select(status => $"{status.Code} | {status.When.In(isChinese)}"));

    private string Signing(IReadOnlyDictionary<string, string> request)
    {
        string text = ApiExamples.SigningString(request);
        return Fenced("", text) + Say("Its SHA-256, and the signature (RSA2) with the demo key of institution ", "其 SHA-256，以及使用机构 ") + $"`{request["inst_id"]}`" +
            Say(":\n", " 演示密钥得到的签名值（RSA2）：\n") +
            Fenced("", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))) + "\n" + request["sign"]) +
            Say("OpenSSL says the same:\n", "用 OpenSSL 可复现：\n") +
            Fenced("sh", $"printf %s '{text}' |\n  openssl dgst -sha256 -sign docs/api/keys/demo-institution.private.pem | openssl base64 -A");
    }

    private string Retries() => Table(
        Row("class", "codes", "重发类别", "响应码"),
        Enum.GetValues<RetryClass>().Select(retry => $"{Words.Retry(retry).In(isChinese)} | {string.Join(" ", RespCodes.All.Where(code => RespCodes.Retry(code) == retry).Select(RespCodes.Label))}"));

    private string Codes() => Table(
        isChinese ? "响应码 | 响应消息 | 英文消息 | 含义 | 重发" : "code | resp_msg | in English | meaning | retry",
        RespCodes.All.Select(code =>
            $"{RespCodes.Label(code)} | {CodeWords.Message(code, Language.Chinese)} | {CodeWords.Message(code, Language.English)} | " +
            $"{CodeWords.Meaning(code).In(isChinese)} | {Words.Retry(RespCodes.Retry(code)).In(isChinese)}"));

    private string RequestTable(BizType type, IEnumerable<Member> members, Needs needs) => Table(
        isChinese ? "参数名称 | 参数编码 | 必填 | 格式 | 说明" : "member | required | form | meaning",
        members.Select(member =>
        {
            MemberRule rule = MemberTable.Rule(member);
            string form = Words.OfForm(rule.Form, rule.Min, rule.Max, Needs.ValuesOf(type, member)).In(isChinese);
            return Named(type, rule.Name, needs.Say(member).In(isChinese), form);
        }));

    private string AnswerTable(BizType type, Shown[] members) => Table(
        isChinese ? "参数名称 | 参数编码 | 出现 | 格式 | 说明" : "member | there | form | meaning",
        members.Select(shown =>
        {
            AnswerMember member = AnswerMembers.Find(type, shown.Name);
            string form = shown.Name == "resp_code" ? Say("four characters", "4 位") : Words.OfForm(member.Form, member.Min, member.Max, member.Values).In(isChinese);
            return Named(type, shown.Name, shown.Only?.In(isChinese) ?? Say("yes", "是"), form);
        }));

    private string Named(BizType type, string name, string when, string form)
    {
        MemberWords words = MemberWords.Of(type, name);
        return isChinese ? $"{words.ChineseName} | {name} | {when} | {form} | {words.Chinese}" : $"{name} | {when} | {form} | {words.English}";
    }

    private string Calls(BizType type) => string.Concat(examples.Calls.Where(call => call.Type == type).Select(call =>
        Folded($"{call.Code} {(isChinese ? call.TitleInChinese : call.Title)}", Fenced("json", ApiExamples.ToJson(call.Request)) + Fenced("json", ApiExamples.ToJson(call.Answer)))));

    private string Notices() => string.Concat(examples.Notifications.Select(notice =>
        Folded($"{notice.Message["notify_type"]} {(isChinese ? notice.TitleInChinese : notice.Title)}", Fenced("json", ApiExamples.ToJson(notice.Message)))));

    private static string Folded(string summary, string text) => $"<details><summary>{summary}</summary>\n\n{text}\n</details>\n";

    private static string Fenced(string language, string text) => $"```{language}\n{text}\n```\n";

    private static string Table(string head, IEnumerable<string> rows) =>
        $"| {head} |\n|{string.Concat(Enumerable.Repeat("---|", head.Split('|').Length))}\n" + string.Concat(rows.Select(row => $"| {row} |\n"));

    private static Shown Always(string name) => new(name);

    private static Shown Echoed(string name) => new(name, new Words("as far as it could be read", "可读取且格式正确时"));

    private static BizType Type(string name) => BizTypes.Parse(Encoding.ASCII.GetBytes(name));

    private static string Name(BizType type) => Encoding.ASCII.GetString(BizTypes.Name(type));

    private string Row(string english, string second, string chinese, string secondInChinese) => Say($"{english} | {second}", $"{chinese} | {secondInChinese}");

    private string Say(string english, string chinese) => isChinese ? chinese : english;
}
