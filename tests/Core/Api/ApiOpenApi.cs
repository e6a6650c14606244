using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using HotPath.Core.Model;
using HotPath.Core.Wire;

namespace HotPath.Core.Tests.Api;

/// <summary>The same tables as an OpenAPI 3.1 document: one schema for each interface's request and answer, and the notifications as webhooks.</summary>
internal sealed class ApiOpenApi(List<ApiExample> examples)
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true };

    private static readonly (string Status, string Text)[] Unsigned =
    [
        ("404", "Another path than /api"), ("405", "Another method than POST"), ("408", "The body came too slowly"), ("411", "Chunked, or no Content-Length"),
        ("413", "Larger than the interface allows"), ("415", "Another content type, or a Content-Encoding"), ("429", "Turned away; nothing is said about the request"),
    ];

    internal string Write() => new JsonObject
    {
        ["openapi"] = "3.1.0",
        ["info"] = new JsonObject
        {
            ["title"] = "HotPath",
            ["version"] = "1.3",
            ["summary"] = "Cross-border QR and face payments for institutions",
            ["description"] = "One address. biz_type says what is asked; every value is a string; requests, answers and notifications are signed (docs/protocol.md).",
            ["license"] = new JsonObject { ["name"] = "MIT", ["identifier"] = "MIT" },
        },
        ["servers"] = new JsonArray(new JsonObject { ["url"] = "https://gateway.example.com", ["description"] = "The specification's production address" }),
        ["tags"] = new JsonArray(Tag("calls", "What institutions ask"), Tag("files", "Reconciliation files"), Tag("notifications", "What institutions are told")),
        // The signature is a member of the body, and the only credential there is.
        ["security"] = new JsonArray(),
        ["paths"] = new JsonObject { ["/api"] = new JsonObject { ["post"] = Call() }, ["/files/{token}"] = new JsonObject { ["get"] = Fetch() } },
        ["webhooks"] = new JsonObject { ["TRADE_NOTIFY"] = Webhook("TRADE_NOTIFY", "TRADE_QUERY"), ["REFUND_NOTIFY"] = Webhook("REFUND_NOTIFY", "REFUND_QUERY") },
        ["components"] = new JsonObject { ["schemas"] = Schemas() },
    }.ToJsonString(Relaxed) + "\n";

    private JsonObject Call()
    {
        var responses = new JsonObject
        {
            ["200"] = new JsonObject
            {
                ["description"] = "A signed answer; resp_code says how it went",
                ["content"] = Content(AnyOf("Answer"), examples.Select(example => (example, example.Answer))),
            },
        };
        foreach ((string status, string text) in Unsigned)
        {
            responses[status] = new JsonObject { ["description"] = text + ". Not signed, no body." };
        }
        return new JsonObject
        {
            ["operationId"] = "call",
            ["summary"] = "Every interface",
            ["tags"] = new JsonArray("calls"),
            ["requestBody"] = new JsonObject
            {
                ["required"] = true,
                ["content"] = Content(AnyOf("Request"), examples.Where(example => example.Answer["resp_code"][0] is not 'C' and not 'D').Select(example => (example, example.Request))),
            },
            ["responses"] = responses,
        };
    }

    private static JsonObject Fetch() => new()
    {
        ["operationId"] = "fetchFile",
        ["summary"] = "The file of a RECON_DOWNLOAD, whole or in part",
        ["tags"] = new JsonArray("files"),
        ["parameters"] = new JsonArray(new JsonObject
        {
            ["name"] = "token",
            ["in"] = "path",
            ["required"] = true,
            ["description"] = "From download_url; good for five minutes",
            ["schema"] = new JsonObject { ["type"] = "string" },
        }),
        ["responses"] = new JsonObject
        {
            ["200"] = new JsonObject { ["description"] = "The file", ["content"] = new JsonObject { ["text/csv"] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "string" } } } },
            ["206"] = new JsonObject { ["description"] = "The part that Range asks for" },
            ["404"] = new JsonObject { ["description"] = "No such address, or not any more" },
        },
    };

    private static JsonObject Webhook(string type, string query) => new()
    {
        ["post"] = new JsonObject
        {
            ["operationId"] = type == "TRADE_NOTIFY" ? "tradeNotify" : "refundNotify",
            ["summary"] = type == "TRADE_NOTIFY" ? "A trade is final" : "A refund is final",
            ["tags"] = new JsonArray("notifications"),
            ["requestBody"] = new JsonObject
            {
                ["required"] = true,
                ["content"] = new JsonObject
                {
                    ["application/json"] = new JsonObject { ["schema"] = Ref(Pascal(type)) },
                },
            },
            ["responses"] = new JsonObject
            {
                ["200"] = new JsonObject
                {
                    ["description"] = "Acknowledged, when the body is success; the members beside the notification's own are those of " + query,
                    ["content"] = new JsonObject { ["text/plain"] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "string", ["const"] = "success" } } },
                },
                ["4XX"] = new JsonObject { ["description"] = "Not acknowledged: it comes again" },
            },
        },
    };

    private static JsonObject Schemas()
    {
        var schemas = new JsonObject();
        foreach (BizType type in BizTypes.All)
        {
            string name = Encoding.ASCII.GetString(BizTypes.Name(type));
            schemas[Pascal(name) + "Request"] = RequestSchema(type, name);
            schemas[Pascal(name) + "Answer"] = AnswerSchema(name);
        }
        schemas["TradeNotify"] = NotificationSchema("TRADE_NOTIFY", "TRADE_QUERY");
        schemas["RefundNotify"] = NotificationSchema("REFUND_NOTIFY", "REFUND_QUERY");
        return schemas;
    }

    private static JsonObject RequestSchema(BizType type, string name)
    {
        var properties = new JsonObject();
        foreach (Member member in (Member[])[.. MemberTable.CommonRequired, .. MemberTable.CommonOptional, .. MemberTable.Of(type)])
        {
            MemberRule rule = MemberTable.Rule(member);
            properties[rule.Name] = member == Member.BizType ? new JsonObject { ["type"] = "string", ["const"] = name } : Value(rule.Name, rule.Form, rule.Min, rule.Max, rule.Values);
        }
        Needs needs = Needs.Of(type);
        JsonObject schema = Object(Dictionary.Interface(name).English, properties, Names(MemberTable.CommonRequired.Concat(needs.Required)));
        if (needs.Ways.Length > 0)
        {
            schema["anyOf"] = new JsonArray([.. needs.Ways.Select(way => new JsonObject { ["required"] = new JsonArray([.. Names(way).Select(one => JsonValue.Create(one))]) })]);
        }
        return schema;
    }

    private static IEnumerable<string> Names(IEnumerable<Member> members) => members.Select(member => MemberTable.Rule(member).Name);

    private static JsonObject AnswerSchema(string name)
    {
        var properties = new JsonObject();
        foreach (string member in AnswerMembers.Always.Concat(AnswerMembers.Echoed).Concat(AnswerMembers.Of(name)))
        {
            properties[member] = member == "biz_type" ? new JsonObject { ["type"] = "string", ["const"] = name } : Value(AnswerMembers.Find(member));
        }
        return Object("Answer to " + name, properties, AnswerMembers.Always);
    }

    private static JsonObject NotificationSchema(string type, string query)
    {
        var properties = new JsonObject();
        foreach (string member in AnswerMembers.OfNotifications.Concat(AnswerMembers.Of(query)))
        {
            properties[member] = member == "notify_type" ? new JsonObject { ["type"] = "string", ["const"] = type } : Value(AnswerMembers.Find(member));
        }
        return Object("Notification", properties, AnswerMembers.OfNotifications);
    }

    private static JsonObject Object(string title, JsonObject properties, IEnumerable<string> required) => new()
    {
        ["type"] = "object",
        ["title"] = title,
        ["additionalProperties"] = false,
        ["required"] = new JsonArray([.. required.Select(name => JsonValue.Create(name))]),
        ["properties"] = properties,
    };

    private static JsonObject Value(AnswerMember member) =>
        Value(member.Name, member.Form, member.Form is MemberForm.Digits ? member.Max : 1, member.Max, member.Values);

    private static JsonObject Value(string name, MemberForm form, int min, int max, string[] values)
    {
        var schema = new JsonObject { ["type"] = "string" };
        string length = max == 0 ? "+" : min == max ? $"{{{max}}}" : $"{{{min},{max}}}";
        string? pattern = form switch
        {
            MemberForm.Token => $"^[A-Za-z0-9_-]{length}$",
            MemberForm.Alphanumeric => $"^[A-Za-z0-9]{length}$",
            MemberForm.Digits => $"^[0-9]{length}$",
            MemberForm.Time => "^[0-9]{14}$",
            MemberForm.Day => "^[0-9]{8}$",
            MemberForm.Count => "^(0|[1-9][0-9]*)$",
            MemberForm.Hash => "^[0-9a-f]{64}$",
            MemberForm.Amount => "^(0|[1-9][0-9]{0,12})(\\.[0-9]{1,3})?$",
            MemberForm.Currency => "^[A-Z]{3}$",
            MemberForm.Number => "^[1-9][0-9]*$",
            MemberForm.List => "^\\[.*\\]$",
            _ => null,
        };
        if (form == MemberForm.Listed && name != "charset")
        {
            schema["enum"] = new JsonArray([.. values.Select(value => JsonValue.Create(value))]);
        }
        else if (pattern is not null)
        {
            schema["pattern"] = pattern;
        }
        else
        {
            schema["minLength"] = min;
            if (max > 0)
            {
                schema["maxLength"] = max;
            }
        }
        if (Dictionary.Member(name).English is { Length: > 0 } description)
        {
            schema["description"] = description;
        }
        return schema;
    }

    private static JsonObject Content(JsonObject schema, IEnumerable<(ApiExample Example, IReadOnlyDictionary<string, string> Members)> shown)
    {
        var named = new JsonObject();
        foreach ((ApiExample example, IReadOnlyDictionary<string, string> members) in shown)
        {
            named[example.Request["req_id"]] = new JsonObject { ["summary"] = $"{example.BizType}: {example.Title}", ["value"] = JsonSerializer.SerializeToNode(members, Relaxed) };
        }
        return new JsonObject { ["application/json"] = new JsonObject { ["schema"] = schema, ["examples"] = named } };
    }

    private static JsonObject AnyOf(string suffix)
    {
        string[] names = [.. BizTypes.All.Select(type => Encoding.ASCII.GetString(BizTypes.Name(type)))];
        return suffix == "Request"
            ? new JsonObject
            {
                ["oneOf"] = new JsonArray([.. names.Select(name => Ref(Pascal(name) + suffix))]),
                ["discriminator"] = new JsonObject
                {
                    ["propertyName"] = "biz_type",
                    ["mapping"] = new JsonObject(names.Select(name => KeyValuePair.Create(name, (JsonNode?)JsonValue.Create($"#/components/schemas/{Pascal(name)}{suffix}")))),
                },
            }
            // A refusal of what could not be read says nothing of an interface, and so fits them all.
            : new JsonObject { ["anyOf"] = new JsonArray([.. names.Select(name => Ref(Pascal(name) + suffix))]) };
    }

    private static JsonObject Ref(string schema) => new() { ["$ref"] = "#/components/schemas/" + schema };

    private static JsonObject Tag(string name, string text) => new() { ["name"] = name, ["description"] = text };

    private static string Pascal(string name) => string.Concat(name.Split('_').Select(word => word[..1] + word[1..].ToLowerInvariant()));
}
