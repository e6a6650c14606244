using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using HotPath.Core.Model;
using HotPath.Core.Wire;

namespace HotPath.Core.Tests.Api;

/// <summary>One change of a request that is right, and what the gateway says of it.</summary>
/// <param name="Of">Which request.</param>
/// <param name="Member">The member that is changed.</param>
/// <param name="Value">Its value; null: it is left out.</param>
/// <param name="Times">How often the value is written, one after the other.</param>
/// <param name="Says">Code and member of the refusal, or OK.</param>
/// <param name="IsBeyondSchema">Refused for what a pattern cannot say: a calendar, or another member.</param>
internal sealed record ApiCase(string Of, string Member, string? Value, int Times, string Says, bool IsBeyondSchema);

/// <summary>
/// Every member of every interface at its limits and a step beyond them, as the gateway's own reader judges it. The OpenAPI document's schemas are held against
/// the same cases by a validator that is not ours (tests/OpenApi); so the document refuses what the gateway refuses, and nothing else.
/// </summary>
internal sealed record ApiCases(SortedDictionary<string, Dictionary<string, string>> Requests, List<ApiCase> Cases)
{
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly (BizType Type, string Name, (string, string)[] Own)[] Right =
    [
        (BizType.ScanPay, "SCAN_PAY", [
            ("out_trade_no", "T1"), ("total_amount", "88.80"), ("currency", "HKD"), ("trade_type", "SCAN"), ("qr_type", "01"), ("qr_content", "wxp://f2f0"), ("body", "咖啡"),
            ("terminal_type", "01"), ("terminal_id", "T01")]),
        (BizType.FacePay, "FACE_PAY", [
            ("out_trade_no", "T1"), ("total_amount", "88.80"), ("currency", "HKD"), ("trade_type", "FACEPAY"), ("face_data", "AAAA"), ("face_device_id", "F01"),
            ("merchant_id", "M01"), ("terminal_id", "T01")]),
        (BizType.Refund, "REFUND", [
            ("orig_trade_no", Digits(28)), ("out_trade_no", "T1"), ("refund_no", "F1"), ("refund_amount", "30.00"), ("refund_type", "02")]),
        (BizType.TradeCancel, "TRADE_CANCEL", [("orig_trade_no", Digits(28)), ("out_trade_no", "T1")]),
        (BizType.TradeCancel, "TRADE_CANCEL by one", [("out_trade_no", "T1")]),
        (BizType.TradeQuery, "TRADE_QUERY", [("trade_no", Digits(28)), ("out_trade_no", "T1")]),
        (BizType.TradeQuery, "TRADE_QUERY by one", [("trade_no", Digits(28))]),
        (BizType.RefundQuery, "REFUND_QUERY", [("refund_no", "F1"), ("refund_id", Digits(28))]),
        (BizType.RefundQuery, "REFUND_QUERY by one", [("refund_no", "F1")]),
        (BizType.TradeBatchQuery, "TRADE_BATCH_QUERY", [("trade_no_list", $"[\"{Digits(28)}\"]"), ("page_no", "1"), ("page_size", "20")]),
        (BizType.TradeBatchQuery, "TRADE_BATCH_QUERY by order", [("out_trade_no_list", "[\"T1\"]"), ("page_no", "1"), ("page_size", "20")]),
        (BizType.TradeBatchQuery, "TRADE_BATCH_QUERY window", [
            ("start_time", "20260919000000"), ("end_time", "20260919235959"), ("trade_status", "SUCCESS"), ("page_no", "1"), ("page_size", "20"), ("snapshot_no", Digits(29))]),
        (BizType.ReconDownload, "RECON_DOWNLOAD", [("settle_date", "20260918"), ("recon_type", "01")]),
        (BizType.ReconUpload, "RECON_UPLOAD", [
            ("settle_date", "20260918"), ("recon_type", "01"), ("recon_result", "01"), ("total_count", "0"), ("amount_summary", "{}"), ("file_hash", new string('a', 64)),
            ("diff_count", "0"), ("diff_list", "[]")]),
    ];

    internal static ApiCases Make()
    {
        var requests = new SortedDictionary<string, Dictionary<string, string>>(StringComparer.Ordinal);
        var cases = new List<ApiCase>();
        foreach ((BizType type, string name, (string, string)[] own) in Right)
        {
            Dictionary<string, string> request = Request(type, own);
            requests.Add(name, request);
            Member[] members = [.. MemberTable.CommonRequired, .. MemberTable.CommonOptional, .. MemberTable.Of(type)];
            foreach (Member member in members.Where(member => request.ContainsKey(MemberTable.Rule(member).Name)))
            {
                cases.AddRange(Changes(type, member).Select(change => Case(name, request, MemberTable.Rule(member).Name, change)));
            }
            cases.Add(Case(name, request, "x_unknown", new("x")));
            Member foreign = Enum.GetValues<Member>().First(member => !members.Contains(member));
            cases.Add(Case(name, request, MemberTable.Rule(foreign).Name, new("x")));
        }
        Dictionary<string, string> byNumbers = requests["TRADE_BATCH_QUERY"];
        cases.Add(Case("TRADE_BATCH_QUERY", byNumbers, "out_trade_no_list", new("[\"T1\"]")));
        cases.Add(Case("TRADE_BATCH_QUERY", byNumbers, "trade_status", new("SUCCESS", IsBeyondSchema: true)));
        return new ApiCases(requests, cases);
    }

    /// <summary>The file: a line for each request and each case.</summary>
    internal string ToJson() =>
        "{\"Requests\":{\n" + string.Join(",\n", Requests.Select(request => $"{JsonSerializer.Serialize(request.Key)}:{JsonSerializer.Serialize(request.Value, Compact)}")) +
        "\n},\"Cases\":[\n" + string.Join(",\n", Cases.Select(one => JsonSerializer.Serialize(one, Compact))) + "\n]}\n";

    /// <summary>What the gateway's reader says of a request: OK, or code and member.</summary>
    internal static string Judge(IReadOnlyDictionary<string, string> request)
    {
        byte[] body = Encoding.UTF8.GetBytes(ApiExamples.ToJson(request));
        var slot = new RequestSlot(body.Length);
        body.CopyTo(slot.BodyBuffer);
        slot.SetBody(body.Length);
        Rejection rejection = RequestReader.Read(slot);
        rejection = rejection.IsRefusal ? rejection : RequestReader.CheckInterface(slot);
        string member = rejection.Member is Member.None ? "" : rejection.Member is Member.Unknown ? " x_unknown" : " " + MemberTable.Rule(rejection.Member).Name;
        return rejection.IsRefusal ? RespCodes.Label(rejection.Code) + member : "OK";
    }

    internal static string Digits(int length) => "20260919103000" + new string('0', length - 14);

    private static ApiCase Case(string name, Dictionary<string, string> request, string member, Change change)
    {
        var changed = new Dictionary<string, string>(request);
        changed.Remove(member);
        if (change.Value is not null)
        {
            changed.Add(member, string.Concat(Enumerable.Repeat(change.Value, change.Times)));
        }
        return new ApiCase(name, member, change.Value, change.Times, Judge(changed), change.IsBeyondSchema);
    }

    private static Dictionary<string, string> Request(BizType type, (string Name, string Value)[] own)
    {
        var request = new Dictionary<string, string>
        {
            ["version"] = "1.3",
            ["charset"] = "UTF-8",
            ["sign_type"] = "RSA2",
            ["sign"] = new string('A', 344),
            ["biz_type"] = Encoding.ASCII.GetString(BizTypes.Name(type)),
            ["req_time"] = "20260919103000",
            ["req_id"] = "R1",
            ["inst_id"] = "CN000001",
            ["nonce"] = "12345678",
            ["key_id"] = "k1",
        };
        foreach ((string name, string value) in own)
        {
            request.Add(name, value);
        }
        return request;
    }

    private static IEnumerable<Change> Changes(BizType type, Member member)
    {
        MemberRule rule = MemberTable.Rule(member);
        Change[] ofForm = rule.Form switch
        {
            // Of what the text says there is more to judge than its length.
            MemberForm.Text when member is Member.QrContent => [new("x", rule.Max), new("x", rule.Max + 1), new("a\u0001b")],
            MemberForm.Text when rule.Max > 1024 => [new("x", rule.Min), new("a\u0001b")],
            MemberForm.Text => [new("咖", rule.Max), new("😀", rule.Max), new("咖", rule.Max + 1), new("a\u0001b"), new("a\u0085b")],
            MemberForm.Token => [.. Lengths(rule, "a"), new(new string('a', rule.Min) + ".b"), new("Az_-0189")],
            MemberForm.Alphanumeric => [.. Lengths(rule, "a"), new("a_b")],
            MemberForm.Digits => [.. Lengths(rule, "1"), new(new string('1', rule.Min - 1) + "x")],
            MemberForm.Count => [.. Lengths(rule, "1"), new("0"), new("01"), new("-1"), new("1.0")],
            MemberForm.Hash => [.. Lengths(rule, "a"), new("A", rule.Max)],
            MemberForm.Ciphertext => [.. Lengths(rule, "A"), new("a\u0001b")],
            MemberForm.Time => [new("2026091910300"), new("2026-09-19 10:"), new("202609191030001"), new("20260230103000", IsBeyondSchema: true)],
            MemberForm.Day => [new("2026091"), new("2026-9-8"), new("202609181"), new("20260230", IsBeyondSchema: true)],
            MemberForm.Amount =>
            [
                new("0.01"), new("1"), new("1.5"), new("1234567890123"), new("12345678901234"), new("0"), new("0.00"), new("01"), new("1."), new(".5"), new("-1"), new("1e3"),
                new("1,000"), new("1.2345"), new("１"),
                // Hong Kong dollars have two digits; of a refund the payment's currency is not in the request.
                new("1.234", IsBeyondSchema: type != BizType.Refund),
            ],
            MemberForm.Currency => [new("CNY"), new("hkd"), new("HK"), new("HKDX"), new("ZZZ", IsBeyondSchema: true)],
            MemberForm.Listed => [.. rule.Values.Where(value => member != Member.BizType).Select(value => new Change(value)), new("XX"), new(rule.Values[0] + " ")],
            MemberForm.Number => [new($"{rule.Min}"), new($"{rule.Max}"), new("0"), new($"{(long)rule.Max + 1}"), new("01"), new("-1"), new("x"), new("1.0")],
            MemberForm.List => Lists(MemberTable.Rule(rule.Element), rule.Max),
            MemberForm.Opaque => [],
            _ => throw new InvalidOperationException($"{rule.Form} has no cases in tests/Core/Api/ApiCases.cs"),
        };
        return [new(null), new(""), .. ofForm];
    }

    private static IEnumerable<Change> Lengths(MemberRule rule, string unit)
    {
        yield return new(unit, rule.Max);
        yield return new(unit, rule.Max + 1);
        if (rule.Min > 1)
        {
            yield return new(unit, rule.Min);
            yield return new(unit, rule.Min - 1);
        }
    }

    private static Change[] Lists(MemberRule element, int most)
    {
        string one = $"\"{new string('1', element.Min)}\"";
        string Of(int count) => $"[{string.Join(',', Enumerable.Repeat(one, count))}]";
        return [new(Of(most)), new(Of(most + 1)), new("[]"), new($"[{one}, {one}]"), new($"[{one},]"), new("[\"a.b\"]"), new("{}"), new($"[\"{new string('1', element.Max + 1)}\"]")];
    }

    private readonly record struct Change(string? Value, int Times = 1, bool IsBeyondSchema = false);
}
