using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Core.Pipeline;
using HotPath.Host.Configuration;

namespace HotPath.Host.Admin;

/// <summary>
/// The operators' hand on what is PENDING: <c>GET /pending?channel=…&amp;older_than=…&amp;after=…&amp;limit=…</c> lists it, a JSON object a line, the oldest
/// first; <c>POST /pending/inquire?trade=…&amp;who=…&amp;why=…</c> asks the channel now; <c>POST /pending/resolve?trade=…&amp;as=SUCCESS|FAILED&amp;who=…&amp;why=…</c>
/// ends it (<c>&amp;channel_confirmed=true</c>, <c>&amp;channel_trade_no=…</c>). What is refused is 409: a word for the reason, then the reason.
/// </summary>
internal sealed class PendingEndpoint
{
    /// <summary>Where it is.</summary>
    internal const string Root = "/pending";

    private const int StandardLimit = 100;

    private volatile PendingDesk? _desk;

    /// <summary>From now on there is somebody to ask.</summary>
    internal void Open(PendingDesk desk) => _desk = desk;

    internal Task HandleAsync(HttpContext context) => OperatorRequest.ServeAsync(context, "application/x-ndjson", AnswerAsync);

    private async Task<(int Status, string Text)> AnswerAsync(HttpRequest request)
    {
        if (_desk is not { } desk)
        {
            return (StatusCodes.Status503ServiceUnavailable, "starting\n");
        }
        return (request.Method, request.Path.Value) switch
        {
            ("GET", Root) => await ListAsync(desk, request.Query),
            ("POST", Root + "/inquire") => await InquireAsync(desk, request.Query),
            ("POST", Root + "/resolve") => await ResolveAsync(desk, request.Query),
            (_, Root or Root + "/inquire" or Root + "/resolve") => (StatusCodes.Status405MethodNotAllowed, ""),
            _ => (StatusCodes.Status404NotFound, ""),
        };
    }

    private static async Task<(int Status, string Text)> ListAsync(PendingDesk desk, IQueryCollection query)
    {
        (string limitText, string ageText, string afterText) = (query["limit"].ToString(), query["older_than"].ToString(), query["after"].ToString());
        int limit = StandardLimit;
        TimeSpan olderThan = default;
        TradeNo after = TradeNo.Parse(Encoding.UTF8.GetBytes(afterText));
        if ((limitText.Length > 0 && !int.TryParse(limitText, NumberStyles.None, CultureInfo.InvariantCulture, out limit)) ||
            limit is < 1 or > PendingDesk.MostListed ||
            (ageText.Length > 0 && !DurationText.TryParse(ageText, out olderThan)) ||
            (afterText.Length > 0 && !after.IsAssigned))
        {
            return (StatusCodes.Status400BadRequest, $"limit is 1 to {PendingDesk.MostListed}, older_than a duration like 90s, 10m, up to 24h, after a number\n");
        }
        string? channel = query["channel"].ToString() is { Length: > 0 } name ? name : null;
        if (await desk.ListAsync(after, channel, olderThan, limit) is not { } found)
        {
            return (StatusCodes.Status404NotFound, "no such channel, and nothing PENDING that it has\n");
        }
        var lines = new StringBuilder();
        foreach (PendingLine one in found)
        {
            lines.Append(JsonSerializer.Serialize(Line(one), PendingJson.Default.PendingRow)).Append('\n');
        }
        return (StatusCodes.Status200OK, lines.ToString());
    }

    private static async Task<(int Status, string Text)> InquireAsync(PendingDesk desk, IQueryCollection query) =>
        TryReadWish(query, out TradeNo number, out string who, out string why)
            ? Text(number, await desk.InquireAsync(number, who, why))
            : (StatusCodes.Status400BadRequest, WishForm);

    private static async Task<(int Status, string Text)> ResolveAsync(PendingDesk desk, IQueryCollection query)
    {
        (string wished, string confirmed, string channelTradeNo) = (query["as"].ToString(), query["channel_confirmed"].ToString(), query["channel_trade_no"].ToString());
        if (!TryReadWish(query, out TradeNo number, out string who, out string why) || wished is not ("SUCCESS" or "FAILED") || confirmed is not ("" or "true" or "false") ||
            (channelTradeNo.Length > 0 && !IsChannelNumber(channelTradeNo)))
        {
            return (StatusCodes.Status400BadRequest, WishForm + "as is SUCCESS or FAILED, channel_confirmed true or false, channel_trade_no 1 to 64 printable ASCII characters\n");
        }
        ShortText given = default;
        given.Set(Encoding.ASCII.GetBytes(channelTradeNo));
        return Text(number, await desk.ResolveAsync(number, new PendingDecision(wished == "SUCCESS", confirmed == "true", given), who, why));
    }

    private static string WishForm => $"say which (trade=NO), who (1 to {OperatorAct.MostWhoBytes} bytes) and why (1 to {OperatorAct.MostWhyBytes})\n";

    private static bool TryReadWish(IQueryCollection query, out TradeNo number, out string who, out string why)
    {
        number = TradeNo.Parse(Encoding.UTF8.GetBytes(query["trade"].ToString()));
        (who, why) = (query["who"].ToString(), query["why"].ToString());
        return number.IsAssigned && OperatorAct.IsText(who, OperatorAct.MostWhoBytes) && OperatorAct.IsText(why, OperatorAct.MostWhyBytes);
    }

    private static bool IsChannelNumber(string text) => text.Length <= ShortText.MaxLength && text.All(letter => letter is > ' ' and <= '~');

    private static (int Status, string Text) Text(TradeNo number, in PendingAnswer answer)
    {
        string status = answer.Status is { } known ? Encoding.ASCII.GetString(TradeStatuses.Name(known)) : "";
        string said = answer.Said is { } word ? SnakeCase.Name(word.Outcome) : "";
        string refusal = answer.Verdict switch
        {
            PendingVerdict.NotFound => $"not_found: there is no {number}",
            PendingVerdict.NotRecorded => "not_recorded: the journal could not take it, or it went to another channel meanwhile; nothing was done, or what the channel said is recorded by the next inquiry",
            PendingVerdict.HasEnded => $"has_ended: {number} is {status}",
            PendingVerdict.EndedOtherwise => $"ended_otherwise: {number} is {status} now; the channel says {said}",
            PendingVerdict.NotProved => $"not_proved: the channel says {said}; where it confirmed it by other means, say so (channel_confirmed)",
            PendingVerdict.Contradicted => $"contradicted: the channel says {said}",
            PendingVerdict.IsCancel => "is_cancel: a cancel ends as its trade does; resolve the trade",
            PendingVerdict.LeftAlone => "left_alone: the channel's breaker is open, or it is not configured any more",
            PendingVerdict.Busy => "busy: the channel's budget of inquiries is used up just now",
            _ => "",
        };
        return refusal.Length == 0
            ? (StatusCodes.Status200OK, JsonSerializer.Serialize(
                new PendingOutcome(number.ToString(), status, said, answer.Said?.ChannelTradeNo.ToString() is { Length: > 0 } no ? no : null), PendingJson.Default.PendingOutcome) + "\n")
            : (answer.Verdict switch
            {
                PendingVerdict.NotFound => StatusCodes.Status404NotFound,
                PendingVerdict.NotRecorded => StatusCodes.Status503ServiceUnavailable,
                _ => StatusCodes.Status409Conflict,
            }, refusal + "\n");
    }

    private static PendingRow Line(PendingLine one) => new(
        one.Number.ToString(), SnakeCase.Name(one.Kind), one.ChannelId.ToString(), one.InstId.ToString(), one.Amount.MinorUnits, one.Currency.ToString(),
        one.Original.IsAssigned ? one.Original.ToString() : null, DateTimeOffset.FromUnixTimeMilliseconds(one.AcceptedAtMs),
        one.LastAsked is { } ago ? Math.Round(ago.TotalSeconds, 1) : null, one.NextTurn is { } until ? Math.Round(until.TotalSeconds, 1) : null);
}

/// <summary>A line of the list.</summary>
internal sealed record PendingRow(
    string Number, string Kind, string Channel, string InstId, long MinorUnits, string Currency, string? OrigTradeNo, DateTimeOffset AcceptedAt, double? AskedSecondsAgo,
    double? NextInSeconds);

/// <summary>What became of a wish that was granted.</summary>
internal sealed record PendingOutcome(string Number, string Status, string ChannelSaid, string? ChannelTradeNo);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PendingRow))]
[JsonSerializable(typeof(PendingOutcome))]
internal sealed partial class PendingJson : JsonSerializerContext;
