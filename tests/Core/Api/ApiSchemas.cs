using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using HotPath.Core.Model;
using HotPath.Core.Wire;

namespace HotPath.Core.Tests.Api;

/// <summary>The JSON Schemas of requests, answers and notifications. They say of a value what a pattern can say; the calendar and what members say of each other is the gateway's.</summary>
internal static class ApiSchemas
{
    // Unicode category Cc.
    private const string NoControls = "^[^\\u0000-\\u001F\\u007F-\\u009F]*$";

    internal static JsonObject All()
    {
        var schemas = new JsonObject();
        foreach (BizType type in BizTypes.All)
        {
            schemas[Pascal(Name(type)) + "Request"] = Request(type);
            schemas[Pascal(Name(type)) + "Answer"] = Answer(type);
        }
        schemas["UnreadAnswer"] = Object(
            "A refusal of what could not be read so far: no biz_type is echoed", AnswerMembers.Always, [.. AnswerMembers.Always, .. AnswerMembers.Echoed.Where(name => name != "biz_type")], BizType.None);
        schemas["TradeNotify"] = Notification(NotifyType.Trade);
        schemas["RefundNotify"] = Notification(NotifyType.Refund);
        schemas["RespCode"] = Codes();
        return schemas;
    }

    /// <summary>Of all interfaces, one: told by biz_type, or, of an answer, by its want.</summary>
    internal static JsonObject OneOf(string suffix)
    {
        string[] names = [.. BizTypes.All.Select(type => Pascal(Name(type)) + suffix)];
        if (suffix == "Answer")
        {
            return new JsonObject { ["oneOf"] = new JsonArray([.. names.Append("UnreadAnswer").Select(Ref)]) };
        }
        return new JsonObject
        {
            ["oneOf"] = new JsonArray([.. names.Select(Ref)]),
            ["discriminator"] = new JsonObject
            {
                ["propertyName"] = "biz_type",
                ["mapping"] = new JsonObject(BizTypes.All.Select((type, i) => KeyValuePair.Create(Name(type), (JsonNode?)JsonValue.Create("#/components/schemas/" + names[i])))),
            },
        };
    }

    internal static JsonObject Ref(string schema) => new() { ["$ref"] = "#/components/schemas/" + schema };

    internal static string Pascal(string name) => string.Concat(name.Split('_').Select(word => word[..1] + word[1..].ToLowerInvariant()));

    private static JsonObject Request(BizType type)
    {
        var properties = new JsonObject();
        foreach (Member member in (Member[])[.. MemberTable.CommonRequired, .. MemberTable.CommonOptional, .. MemberTable.Of(type)])
        {
            MemberRule rule = MemberTable.Rule(member);
            properties[rule.Name] = Described(type, rule.Name, Value(rule, Needs.ValuesOf(type, member)));
        }
        Needs needs = Needs.Of(type);
        JsonObject schema = Object(InterfaceWords.Of(type).English, properties, Names(MemberTable.CommonRequired.Concat(needs.Required)));
        if (needs.Ways.Length > 0)
        {
            schema[needs.AreWaysExclusive ? "oneOf" : "anyOf"] = new JsonArray([.. needs.Ways.Select(way => new JsonObject { ["required"] = Texts(Names(way)) })]);
        }
        return schema;
    }

    private static JsonObject Answer(BizType type)
    {
        Shown[] own = AnswerMembers.Of(type);
        string[] together = [.. own.Where(member => member.Only is null).Select(member => member.Name)];
        JsonObject schema = Object(
            "Answer to " + Name(type), [.. AnswerMembers.Always, "biz_type"], [.. AnswerMembers.Always, .. AnswerMembers.Echoed, .. own.Select(member => member.Name)], type);
        // All of them or none, and all with 0000 and 0001.
        schema["dependentRequired"] = new JsonObject(own.Select(member => KeyValuePair.Create(member.Name, (JsonNode?)Texts(together.Where(other => other != member.Name)))));
        schema["if"] = new JsonObject { ["properties"] = new JsonObject { ["resp_code"] = new JsonObject { ["enum"] = Texts(["0000", "0001"]) } } };
        schema["then"] = new JsonObject { ["required"] = Texts(together) };
        return schema;
    }

    private static JsonObject Notification(NotifyType type)
    {
        BizType query = AnswerMembers.QueryOf(type);
        Shown[] own = AnswerMembers.Of(query);
        JsonObject schema = Object(
            type == NotifyType.Trade ? "A trade is final" : "A refund is final", [.. AnswerMembers.OfNotifications, .. own.Where(member => member.Only is null).Select(member => member.Name)],
            [.. AnswerMembers.OfNotifications, .. own.Select(member => member.Name)], query);
        schema["properties"]!["notify_type"] = new JsonObject { ["type"] = "string", ["const"] = Encoding.ASCII.GetString(new NotifyId(type, default).TypeName) };
        return schema;
    }

    private static JsonObject Codes() => new()
    {
        ["type"] = "string",
        ["title"] = "Outcome of a call",
        ["enum"] = Texts(RespCodes.All.Select(RespCodes.Label)),
        ["x-codes"] = new JsonObject(RespCodes.All.Select(code => KeyValuePair.Create(RespCodes.Label(code), (JsonNode?)new JsonObject
        {
            ["zh"] = CodeWords.Message(code, Language.Chinese),
            ["en"] = CodeWords.Message(code, Language.English),
            ["meaning"] = CodeWords.Meaning(code).English,
            ["retry"] = Words.Retry(RespCodes.Retry(code)).English,
        }))),
    };

    private static JsonObject Object(string title, IEnumerable<string> required, IEnumerable<string> members, BizType type)
    {
        var properties = new JsonObject();
        foreach (string name in members)
        {
            AnswerMember member = AnswerMembers.Find(type, name);
            properties[name] = name == "resp_code"
                ? Ref("RespCode")
                : Described(type, name, Value(new MemberRule(Member.None, name, member.Form, member.Min, member.Max, default, member.Values), member.Values, isAnswer: true));
        }
        return Object(title, properties, required);
    }

    private static JsonObject Object(string title, JsonObject properties, IEnumerable<string> required) => new()
    {
        ["type"] = "object",
        ["title"] = title,
        ["additionalProperties"] = false,
        ["required"] = Texts(required),
        ["properties"] = properties,
    };

    private static JsonObject Described(BizType type, string name, JsonObject value)
    {
        value["description"] = MemberWords.Of(type, name).English.Replace(", see [Codes](#codes)", "", StringComparison.Ordinal).Replace(", as in [Codes](#codes)", "", StringComparison.Ordinal);
        return value;
    }

    private static JsonObject Value(MemberRule rule, string[] values, bool isAnswer = false)
    {
        var schema = new JsonObject { ["type"] = "string" };
        if (rule.Form == MemberForm.Listed && rule.Member != Member.Charset)
        {
            schema[values.Length == 1 ? "const" : "enum"] = values.Length == 1 ? values[0] : Texts(values);
            return schema;
        }
        schema["pattern"] = rule.Form == MemberForm.Amount && !isAnswer ? "^(?!0(\\.0+)?$)" + Pattern(rule)[1..] : Pattern(rule);
        if (rule.Form is MemberForm.Text or MemberForm.Ciphertext or MemberForm.Opaque)
        {
            schema["minLength"] = rule.Member == Member.Sign ? AnswerMembers.Find(BizType.None, "sign").Min : rule.Min;
            if (rule.Max > 0)
            {
                schema["maxLength"] = rule.Max;
            }
        }
        return schema;
    }

    private static string Pattern(MemberRule rule)
    {
        string length = rule.Max == 0 ? "+" : rule.Min == rule.Max ? $"{{{rule.Max}}}" : $"{{{rule.Min},{rule.Max}}}";
        return rule.Form switch
        {
            MemberForm.Text or MemberForm.Ciphertext => NoControls,
            MemberForm.Token => $"^[A-Za-z0-9_-]{length}$",
            MemberForm.Alphanumeric => $"^[A-Za-z0-9]{length}$",
            MemberForm.Digits => $"^[0-9]{length}$",
            MemberForm.Time => "^[0-9]{14}$",
            MemberForm.Day => "^[0-9]{8}$",
            MemberForm.Count => $"^(0|[1-9][0-9]{{0,{rule.Max - 1}}})$",
            MemberForm.Hash => $"^[0-9a-f]{length}$",
            MemberForm.Amount => "^(0|[1-9][0-9]{0,12})(\\.[0-9]{1,3})?$",
            MemberForm.Currency => "^[A-Z]{3}$",
            MemberForm.Number => $"^({UpTo(rule.Max)})$",
            MemberForm.List => ListPattern(MemberTable.Rule(rule.Element), rule.Max),
            MemberForm.Opaque => "^[A-Za-z0-9+/]+={0,2}$",
            MemberForm.Listed => "^[Uu][Tt][Ff]-8$",
            _ => throw new InvalidOperationException($"{rule.Form} has no pattern in tests/Core/Api/ApiSchemas.cs"),
        };
    }

    private static string ListPattern(MemberRule element, int most)
    {
        string one = $"\"{Pattern(element)[1..^1]}\"";
        return $"^\\[{one}(,{one}){{0,{most - 1}}}\\]$";
    }

    // The numbers from 1 to a largest one: those of fewer digits; then those that fall below it at one of its digits; then itself.
    private static string UpTo(int most)
    {
        string digits = most.ToString(CultureInfo.InvariantCulture);
        var ways = new List<string>();
        if (digits.Length > 1)
        {
            ways.Add($"[1-9][0-9]{{0,{digits.Length - 2}}}");
        }
        for (int i = 0; i < digits.Length; i++)
        {
            char lowest = i == 0 ? '1' : '0';
            if (digits[i] > lowest)
            {
                ways.Add($"{digits[..i]}[{lowest}-{(char)(digits[i] - 1)}][0-9]{{{digits.Length - i - 1}}}");
            }
        }
        return string.Join('|', ways.Append(digits));
    }

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => JsonValue.Create(text))]);

    private static IEnumerable<string> Names(IEnumerable<Member> members) => members.Select(member => MemberTable.Rule(member).Name);

    private static string Name(BizType type) => Encoding.ASCII.GetString(BizTypes.Name(type));
}
