using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using HotPath.Core.Model;
using HotPath.Core.Wire;

namespace HotPath.Core.Tests.Api;

/// <summary>The same tables as an OpenAPI 3.1 document: one address, its interfaces told apart by biz_type, the files, and the notifications as webhooks.</summary>
internal sealed class ApiOpenApi(ApiExamples examples)
{
    internal string Write() => ApiExamples.ToJson(new JsonObject
    {
        ["openapi"] = "3.1.0",
        ["info"] = new JsonObject
        {
            ["title"] = "HotPath",
            ["version"] = "1.3",
            ["summary"] = "Payments by code and by face, refunds, queries and reconciliation for institutions",
            ["description"] = "One address; biz_type says what is asked. Every value is a string; requests, answers and notifications are signed, and that is the only credential. " +
                "The reference beside this file says how to sign, when to repeat, and what each code means. Made by ./dev api.",
            ["license"] = new JsonObject { ["name"] = "MIT", ["identifier"] = "MIT" },
        },
        ["servers"] = new JsonArray(
            Server("https://gateway.example.com", "Production, as the specification calls it"), Server("https://test-gateway.example.com", "Test"),
            Server("https://sandbox-gateway.example.com", "Sandbox"), Server("https://127.0.0.1:8443", "hotpath sandbox on your own machine")),
        ["tags"] = new JsonArray(
            Described("name", "calls", "What institutions ask"), Described("name", "files", "Reconciliation files"), Described("name", "notifications", "What institutions are told")),
        ["security"] = new JsonArray(),
        ["paths"] = new JsonObject { ["/api"] = new JsonObject { ["post"] = Call() }, ["/files/{token}"] = new JsonObject { ["get"] = Fetch() } },
        ["webhooks"] = new JsonObject { ["TRADE_NOTIFY"] = Webhook(NotifyType.Trade), ["REFUND_NOTIFY"] = Webhook(NotifyType.Refund) },
        ["components"] = new JsonObject { ["schemas"] = ApiSchemas.All() },
    }) + "\n";

    private JsonObject Call()
    {
        // What cannot be read has no examples here: its request is none.
        IEnumerable<ApiExample> right = examples.Calls.Where(call => ApiCases.Judge(call.Request) == "OK" && call.Code != "D001");
        var responses = new JsonObject
        {
            ["200"] = new JsonObject
            {
                ["description"] = "A signed answer; resp_code says how it went",
                ["content"] = Json(ApiSchemas.OneOf("Answer"), examples.Calls.Select(call => (Slug(call), call.Title, call.Answer))),
            },
        };
        foreach ((string code, Words when) in HttpStatuses.All.Where(status => status.Code != "200"))
        {
            responses[code] = new JsonObject { ["description"] = char.ToUpperInvariant(when.English[0]) + when.English[1..] + ". Not signed, no body." };
        }
        return new JsonObject
        {
            ["operationId"] = "call",
            ["summary"] = "Every interface",
            ["tags"] = new JsonArray("calls"),
            ["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Json(ApiSchemas.OneOf("Request"), right.Select(call => (Slug(call), call.Title, call.Request))) },
            ["responses"] = responses,
        };
    }

    private JsonObject Fetch() => new()
    {
        ["operationId"] = "fetchFile",
        ["summary"] = "The file that a RECON_DOWNLOAD told the address of, whole or in part",
        ["tags"] = new JsonArray("files"),
        ["parameters"] = new JsonArray(
            Parameter("token", "path", "The end of download_url; good for five minutes"),
            Parameter("Range", "header", "A part of it, e.g. bytes=1000-"),
            Parameter("If-Range", "header", "The ETag of the part before: the whole file where it is another one")),
        ["responses"] = new JsonObject
        {
            ["200"] = new JsonObject
            {
                ["description"] = "The file",
                ["headers"] = new JsonObject { ["ETag"] = new JsonObject { ["description"] = "hash_value in quotes", ["schema"] = Text() } },
                ["content"] = new JsonObject { ["text/csv"] = new JsonObject { ["schema"] = Text(), ["example"] = string.Join('\n', examples.File) + "\n" } },
            },
            ["206"] = new JsonObject { ["description"] = "The part that Range asks for", ["content"] = new JsonObject { ["text/csv"] = new JsonObject { ["schema"] = Text() } } },
            ["404"] = new JsonObject { ["description"] = "No such address, or not any more. No body." },
            ["416"] = new JsonObject { ["description"] = "The file has no such part" },
        },
    };

    private JsonObject Webhook(NotifyType type)
    {
        string name = Encoding.ASCII.GetString(new NotifyId(type, default).TypeName);
        return new JsonObject
        {
            ["post"] = new JsonObject
            {
                ["operationId"] = type == NotifyType.Trade ? "tradeNotify" : "refundNotify",
                ["summary"] = type == NotifyType.Trade ? "A trade is final" : "A refund is final",
                ["tags"] = new JsonArray("notifications"),
                ["requestBody"] = new JsonObject
                {
                    ["required"] = true,
                    ["content"] = Json(
                        ApiSchemas.Ref(ApiSchemas.Pascal(name)),
                        examples.Notifications.Where(notice => notice.Message["notify_type"] == name).Select((notice, i) => ($"{name}-{i + 1}", notice.Title, notice.Message))),
                },
                ["responses"] = new JsonObject
                {
                    ["200"] = new JsonObject
                    {
                        ["description"] = "Acknowledged, when the body is the word success",
                        ["content"] = new JsonObject { ["text/plain"] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "string", ["const"] = "success" } } },
                    },
                    ["4XX"] = new JsonObject { ["description"] = "Not acknowledged: it comes again" },
                    ["5XX"] = new JsonObject { ["description"] = "Not acknowledged: it comes again" },
                },
            },
        };
    }

    // The number of the call is the last of its req_id; one that repeats a req_id has its place in the list.
    private string Slug(ApiExample call) => $"{call.Request["biz_type"]}-{examples.Calls.IndexOf(call) + 1}";

    private static JsonObject Json(JsonObject schema, IEnumerable<(string Name, string Title, IReadOnlyDictionary<string, string> Members)> shown) => new()
    {
        ["application/json"] = new JsonObject
        {
            ["schema"] = schema,
            ["examples"] = new JsonObject(shown.Select(one => KeyValuePair.Create(one.Name, (JsonNode?)new JsonObject
            {
                ["summary"] = one.Title,
                ["value"] = JsonSerializer.SerializeToNode(one.Members),
            }))),
        },
    };

    private static JsonObject Parameter(string name, string place, string text) => new()
    {
        ["name"] = name,
        ["in"] = place,
        ["required"] = place == "path",
        ["description"] = text,
        ["schema"] = Text(),
    };

    private static JsonObject Text() => new() { ["type"] = "string" };

    private static JsonObject Server(string url, string text) => Described("url", url, text);

    private static JsonObject Described(string key, string value, string text) => new() { [key] = value, ["description"] = text };
}
