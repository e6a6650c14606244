using System.Globalization;
using System.Text.Json;
using HotPath.Core.Model;
using HotPath.Host.Admin;

namespace HotPath.Host.Cli;

/// <summary>Decisions about routes: for people in sentences, for programs a JSON object.</summary>
internal sealed class RouteWords(TextWriter output, bool isJson)
{
    private static readonly Dictionary<string, string> WordsByName = Enum.GetValues<RouteReason>().ToDictionary(RouteReasons.Name, RouteReasons.Words);

    /// <summary>How a trade came to its channel.</summary>
    internal async Task WriteAsync(TradeRouteAnswer trade)
    {
        if (isJson)
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(trade, RouteJson.Default.TradeRouteAnswer));
            return;
        }
        await output.WriteLineAsync($"trade {trade.TradeNo}, {trade.TradeStatus}, accepted {Time(trade.AcceptedAt)}: channel {trade.Channel}");
        if (trade.Attempts.Length == 0)
        {
            await output.WriteLineAsync("  how it was chosen was not recorded: the trade is from before routes were kept");
        }
        if (trade.EarlierAttemptsMissing)
        {
            await output.WriteLineAsync("  earlier attempts had no room in the record; the journal's ACCEPTED and DISPATCHED records name their channels");
        }
        for (int i = 0; i < trade.Attempts.Length; i++)
        {
            await WriteAsync(trade.Attempts[i], i, trade.Attempts.Length, trade.EarlierAttemptsMissing);
        }
    }

    /// <summary>What a table says of a payment.</summary>
    internal async Task WriteAsync(RouteAnswer answer)
    {
        if (isJson)
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(answer, RouteJson.Default.RouteAnswer));
            return;
        }
        await output.WriteLineAsync(
            $"{answer.BizType} of {answer.InstId}, {answer.Direction}, {answer.MinorUnits} minor units of {answer.Currency}, at {Time(answer.At)}, by table {answer.Table}:");
        RouteLine[] taking = [.. answer.Routes.Where(route => route.Share > 0)];
        await output.WriteLineAsync(
            answer.RespCode is { } code ? $"refused: {code}{(answer.Member is { } member ? " " + member : "")}"
            : taking.Length == 1 ? $"takes {taking[0].Route} to channel {taking[0].Channel}"
            : $"takes one of {string.Join(", ", taking.Select(route => $"{route.Route} to {route.Channel} ({Percent(route.Share!.Value)})"))}");
        foreach (RouteLine route in answer.Routes)
        {
            string live = answer.Live
                ? $"; breaker {route.Breaker}, health {route.Health!.Value.ToString("0.00", CultureInfo.InvariantCulture)}, {route.CallsUnderWay} of {route.MaxInFlight} calls under way"
                : "";
            await output.WriteLineAsync($"  {route.Route} (priority {route.Priority}, weight {route.Weight}, channel {route.Channel}) {WordsByName.GetValueOrDefault(route.Verdict ?? "", route.Verdict ?? "")}{live}");
        }
        if (!answer.Live)
        {
            await output.WriteLineAsync("how the channels do is not known here: breakers, health and calls under way are a running gateway's (leave --config out to ask it)");
        }
    }

    private async Task WriteAsync(AttemptLine attempt, int at, int count, bool isCut)
    {
        string which = count == 1 && !isCut ? "" : at == count - 1 ? "last attempt: " : $"attempt {at + 1}: ";
        string share = attempt.SharePercent is { } percent ? $", drawn with {percent} % of the chance" : "";
        await output.WriteLineAsync($"  {which}route {attempt.Route} to channel {attempt.Channel}, by table {attempt.Table}{share}");
        foreach (RejectedLine rejected in attempt.Rejected)
        {
            string chance = rejected.SharePercent is { } lost ? $" (it had {lost} % of the chance)" : "";
            await output.WriteLineAsync($"    {rejected.Route} {rejected.Words}{chance}");
        }
        if (attempt.More > 0)
        {
            await output.WriteLineAsync($"    and {attempt.More} more that had no room in the record");
        }
        if (attempt.Rejected.Length == 0 && attempt.More == 0)
        {
            await output.WriteLineAsync("    no other route was for such a payment");
        }
    }

    private static string Percent(double share) => (100 * share).ToString("0.#", CultureInfo.InvariantCulture) + " %";

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
