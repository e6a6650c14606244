using System.Globalization;
using System.Text;
using System.Text.Json;
using HotPath.Core.Model;
using HotPath.Core.Notify;

namespace HotPath.Host.Admin;

/// <summary>
/// The operators' hand on notifications: <c>GET /notifications?state=pending|dead&amp;inst=…&amp;limit=…</c> lists them, a JSON object a line;
/// <c>POST /notifications/resend?id=…</c> or <c>?inst=…&amp;all_dead=true</c> sends again.
/// </summary>
internal sealed class NotificationEndpoint
{
    /// <summary>Where it is.</summary>
    internal const string Root = "/notifications";

    private const int StandardLimit = 100;
    private const int MostListed = 1_000;

    private volatile Notifier? _notifier;

    /// <summary>From now on there is somebody to ask.</summary>
    internal void Open(Notifier notifier) => _notifier = notifier;

    internal Task HandleAsync(HttpContext context) => OperatorRequest.ServeAsync(context, "application/x-ndjson", AnswerAsync);

    private async Task<(int Status, string Text)> AnswerAsync(HttpRequest request)
    {
        if (_notifier is not { } notifier)
        {
            return (StatusCodes.Status503ServiceUnavailable, "starting\n");
        }
        try
        {
            return (request.Method, request.Path.Value) switch
            {
                ("GET", Root) => await ListAsync(notifier, request.Query),
                ("POST", Root + "/resend") => await ResendAsync(notifier, request.Query),
                (_, Root or Root + "/resend") => (StatusCodes.Status405MethodNotAllowed, ""),
                _ => (StatusCodes.Status404NotFound, ""),
            };
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException)
        {
            return (StatusCodes.Status503ServiceUnavailable, failure.Message + "\n");
        }
    }

    private static async Task<(int Status, string Text)> ListAsync(Notifier notifier, IQueryCollection query)
    {
        string state = query["state"].ToString();
        string limitText = query["limit"].ToString();
        int limit = StandardLimit;
        if (state is not ("" or "pending" or "dead") ||
            (limitText.Length > 0 && !int.TryParse(limitText, NumberStyles.None, CultureInfo.InvariantCulture, out limit)) || limit is < 1 or > MostListed ||
            !TryReadInst(query, out InstId? inst))
        {
            return (StatusCodes.Status400BadRequest, $"state is pending or dead, limit 1 to {MostListed}, inst an institution's number\n");
        }
        var lines = new StringBuilder();
        bool[] kinds = state switch { "" => [false, true], _ => [state == "dead"] };
        foreach (bool isDead in kinds)
        {
            foreach (NotificationRow row in await notifier.ListAsync(inst, isDead, limit))
            {
                lines.Append(Line(row, isDead)).Append('\n');
            }
        }
        return (StatusCodes.Status200OK, lines.ToString());
    }

    private static async Task<(int Status, string Text)> ResendAsync(Notifier notifier, IQueryCollection query)
    {
        if (query["id"].ToString() is { Length: > 0 } text)
        {
            NotifyId id = NotifyId.Parse(Encoding.UTF8.GetBytes(text));
            return !id.IsAssigned ? (StatusCodes.Status400BadRequest, $"{text} is no notify_id\n") : await notifier.ResendAsync(id) switch
            {
                ResendState.NotFound => (StatusCodes.Status404NotFound, $"there is no final trade or refund {text}\n"),
                ResendState.NoTarget => (StatusCodes.Status409Conflict, $"the institution of {text} has no notify_url\n"),
                ResendState.UnderWay => (StatusCodes.Status200OK, "{\"resent\":0,\"under_way\":1}\n"),
                _ => (StatusCodes.Status200OK, "{\"resent\":1}\n"),
            };
        }
        if (!TryReadInst(query, out InstId? inst) || inst is not { } of || query["all_dead"] != "true")
        {
            return (StatusCodes.Status400BadRequest, "give id, or inst and all_dead=true\n");
        }
        return await notifier.ResendDeadAsync(of) is not { } resent
            ? (StatusCodes.Status409Conflict, $"{of} has no notify_url\n")
            : (StatusCodes.Status200OK, string.Create(CultureInfo.InvariantCulture, $"{{\"resent\":{resent}}}\n"));
    }

    private static bool TryReadInst(IQueryCollection query, out InstId? inst)
    {
        string text = query["inst"].ToString();
        bool isForm = text.Length <= InstId.MaxLength && text.All(char.IsAsciiLetterOrDigit);
        inst = isForm && text.Length > 0 ? InstId.From(text) : null;
        return isForm;
    }

    private static string Line(in NotificationRow row, bool isDead) => JsonSerializer.Serialize(
        new NotificationLine(
            row.Id.ToString(), row.InstId.ToString(), isDead ? "dead" : "pending", row.Attempts, SendOutcomes.Name(row.Last), Time(row.SinceMs),
            isDead ? null : Time(row.DueMs), isDead ? Time(row.DueMs) : null),
        NotificationJson.Default.NotificationLine);

    private static DateTimeOffset Time(long unixMs) => DateTimeOffset.FromUnixTimeMilliseconds(unixMs);
}

/// <summary>A line of the list.</summary>
internal sealed record NotificationLine(
    string NotifyId, string InstId, string State, int Attempts, string LastOutcome, DateTimeOffset Since, DateTimeOffset? Due, DateTimeOffset? GivenUp);

[System.Text.Json.Serialization.JsonSourceGenerationOptions(
    PropertyNamingPolicy = System.Text.Json.Serialization.JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
[System.Text.Json.Serialization.JsonSerializable(typeof(NotificationLine))]
internal sealed partial class NotificationJson : System.Text.Json.Serialization.JsonSerializerContext;
