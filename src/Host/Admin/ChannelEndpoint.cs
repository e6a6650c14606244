using System.Text.Json;
using System.Text.Json.Serialization;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Breakers;
using HotPath.Core.Model;
using HotPath.Core.Pipeline;

namespace HotPath.Host.Admin;

/// <summary>
/// The operators' hand on channels: <c>GET /channels</c> shows each with its breaker, what opened it, and the breaker's last 100 transitions as JSON;
/// <c>POST /channels/ID/open?who=…&amp;why=…</c> leaves one alone, <c>POST /channels/ID/close?who=…&amp;why=…</c> has it called again.
/// </summary>
internal sealed class ChannelEndpoint
{
    /// <summary>Where it is.</summary>
    internal const string Root = "/channels";

    private volatile BreakerSwitch? _breakers;

    /// <summary>From now on there is somebody to ask.</summary>
    internal void Open(BreakerSwitch breakers) => _breakers = breakers;

    internal Task HandleAsync(HttpContext context) => OperatorRequest.ServeAsync(context, "application/json", AnswerAsync);

    private async Task<(int Status, string Text)> AnswerAsync(HttpRequest request)
    {
        if (_breakers is not { } breakers)
        {
            return (StatusCodes.Status503ServiceUnavailable, "starting\n");
        }
        string[] path = request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return (request.Method, path) switch
        {
            ("GET", [_]) => (StatusCodes.Status200OK, JsonSerializer.Serialize([.. breakers.Channels.Select(Line)], ChannelJson.Default.ChannelLineArray) + "\n"),
            ("POST", [_, string channel, "open"]) => await SwitchAsync(request.Query, (who, why) => breakers.OpenAsync(channel, who, why)),
            ("POST", [_, string channel, "close"]) => await SwitchAsync(request.Query, (who, why) => breakers.CloseAsync(channel, who, why)),
            (_, [_] or [_, _, "open" or "close"]) => (StatusCodes.Status405MethodNotAllowed, ""),
            _ => (StatusCodes.Status404NotFound, ""),
        };
    }

    private static async Task<(int Status, string Text)> SwitchAsync(IQueryCollection query, Func<string, string, Task<SwitchState>> switchIt)
    {
        (string who, string why) = (query["who"].ToString(), query["why"].ToString());
        if (!OperatorAct.IsText(who, OperatorAct.MostWhoBytes) || !OperatorAct.IsText(why, OperatorAct.MostWhyBytes))
        {
            return (StatusCodes.Status400BadRequest, OperatorRequest.WhoAndWhy);
        }
        return await switchIt(who, why) switch
        {
            SwitchState.NoChannel => (StatusCodes.Status404NotFound, "no such channel\n"),
            SwitchState.NotRecorded => (StatusCodes.Status503ServiceUnavailable, "it could not be recorded, and was not done\n"),
            SwitchState.NothingToDo => (StatusCodes.Status200OK, "{\"changed\":false}\n"),
            _ => (StatusCodes.Status200OK, "{\"changed\":true}\n"),
        };
    }

    private static ChannelLine Line(Channel channel)
    {
        ChannelBreaker breaker = channel.Breaker;
        return new ChannelLine(
            channel.Options.Id, SnakeCase.Name(breaker.State), breaker.IsRecovering, breaker.IsOpenByHand, breaker.OpenTime.TotalSeconds,
            [.. breaker.History().Select(one => new TransitionLine(
                DateTimeOffset.FromUnixTimeMilliseconds(one.AtMs), SnakeCase.Name(one.From), SnakeCase.Name(one.To), SnakeCase.Name(one.Cause), one.InState.TotalSeconds, one.OpenFor.TotalSeconds,
                one.Reason.Length > 0 ? one.Reason : null))],
            breaker.Opening is { } opening
                ? new OpeningLine(DateTimeOffset.FromUnixTimeMilliseconds(opening.AtMs), SnakeCase.Name(opening.Cause), opening.Reason.Length > 0 ? opening.Reason : null)
                : null);
    }
}

/// <summary>A channel, as operators see it.</summary>
internal sealed record ChannelLine(string Channel, string State, bool Recovering, bool ByHand, double OpenSeconds, TransitionLine[] History, OpeningLine? Opening);

/// <summary>A transition of its breaker.</summary>
internal sealed record TransitionLine(DateTimeOffset At, string From, string To, string Cause, double SecondsInState, double SecondsOpen, string? Reason);

/// <summary>What opened it, however long ago; not there while it is closed.</summary>
internal sealed record OpeningLine(DateTimeOffset Since, string Cause, string? Reason);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ChannelLine[]))]
internal sealed partial class ChannelJson : JsonSerializerContext;
