using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using HotPath.Core.Pipeline;
using HotPath.Host.Admin;

namespace HotPath.Host.Cli;

/// <summary><c>hotpath pending list|inquire|resolve</c>: looks at what is PENDING in a running gateway, and ends it by hand, by its admin listener.</summary>
internal static class PendingVerb
{
    internal static Command Create(TextWriter output, TextWriter error) =>
        new("pending", "What is PENDING in a running gateway: trades, refunds, cancels, surpluses") { List(output, error), Inquire(output, error), Resolve(output, error) };

    private static Command List(TextWriter output, TextWriter error)
    {
        var channel = new Option<string?>("--channel") { Description = "only this channel's", HelpName = "ID" };
        var olderThan = new Option<string?>("--older-than") { Description = "only what was accepted longer ago", HelpName = "24h" };
        var after = new Option<string?>("--after") { Description = "the next page: the last number of the one before", HelpName = "NO" };
        Option<int> limit = Options.Number("--limit", 100, 1, PendingDesk.MostListed, "at most so many");
        var json = new Option<bool>("--json") { Description = "a JSON object a line" };
        Option<Uri> admin = AdminClient.Option();
        var list = new Command("list", "Show it, the oldest first") { channel, olderThan, after, limit, json, admin };
        list.SetAction(async (parsed, stop) =>
        {
            using var answer = new StringWriter(CultureInfo.InvariantCulture);
            int code = await AdminClient.SendAsync(
                HttpMethod.Get, parsed.GetRequiredValue(admin),
                $"{PendingEndpoint.Root}?limit={parsed.GetValue(limit)}{Part("channel", parsed.GetValue(channel))}{Part("older_than", parsed.GetValue(olderThan))}{Part("after", parsed.GetValue(after))}",
                answer, error, stop);
            await output.WriteAsync(parsed.GetValue(json) ? answer.ToString() : Table(answer.ToString()));
            return code;
        });
        return list;
    }

    private static Command Inquire(TextWriter output, TextWriter error)
    {
        (Option<string> trade, Option<string> who, Option<string> why) = Wish();
        Option<Uri> admin = AdminClient.Option();
        var inquire = new Command("inquire", "Ask its channel now, and record what it says") { trade, who, why, admin };
        inquire.SetAction((parsed, stop) => AdminClient.SendAsync(
            HttpMethod.Post, parsed.GetRequiredValue(admin),
            $"{PendingEndpoint.Root}/inquire?{Parts(parsed.GetRequiredValue(trade), parsed.GetRequiredValue(who), parsed.GetRequiredValue(why))}", output, error, stop));
        return inquire;
    }

    private static Command Resolve(TextWriter output, TextWriter error)
    {
        (Option<string> trade, Option<string> who, Option<string> why) = Wish();
        var wished = new Option<string>("--as") { Description = "executed, or not and never", Required = true, HelpName = "SUCCESS|FAILED" };
        wished.AcceptOnlyFromAmong("SUCCESS", "FAILED");
        var confirmed = new Option<bool>("--channel-confirmed") { Description = "the channel confirmed it by other means: in writing, in its settlement file" };
        var channelTradeNo = new Option<string?>("--channel-trade-no") { Description = "the channel's own number", HelpName = "NO" };
        Option<Uri> admin = AdminClient.Option();
        var resolve = new Command("resolve", "End it; its channel is asked first, and its word counts for more") { trade, wished, who, why, confirmed, channelTradeNo, admin };
        resolve.SetAction((parsed, stop) => AdminClient.SendAsync(
            HttpMethod.Post, parsed.GetRequiredValue(admin),
            $"{PendingEndpoint.Root}/resolve?{Parts(parsed.GetRequiredValue(trade), parsed.GetRequiredValue(who), parsed.GetRequiredValue(why))}" +
            $"&as={parsed.GetValue(wished)}{(parsed.GetValue(confirmed) ? "&channel_confirmed=true" : "")}{Part("channel_trade_no", parsed.GetValue(channelTradeNo))}",
            output, error, stop));
        return resolve;
    }

    private static (Option<string> Trade, Option<string> Who, Option<string> Why) Wish() =>
        (new Option<string>("--trade") { Description = "its number: trade_no, refund_id", Required = true, HelpName = "NO" },
            new Option<string>("--who") { Description = "your name: it is recorded", Required = true, HelpName = "NAME" },
            new Option<string>("--why") { Description = "your reason: it is recorded", Required = true, HelpName = "TEXT" });

    private static string Parts(string trade, string who, string why) =>
        $"trade={Uri.EscapeDataString(trade)}&who={Uri.EscapeDataString(who)}&why={Uri.EscapeDataString(why)}";

    private static string Part(string name, string? value) => value is null ? "" : $"&{name}={Uri.EscapeDataString(value)}";

    private static string Table(string lines)
    {
        var table = new StringWriter(CultureInfo.InvariantCulture);
        foreach (string line in lines.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            PendingRow row = JsonSerializer.Deserialize(line, PendingJson.Default.PendingRow)!;
            string asked = row.AskedSecondsAgo is { } ago ? $"asked {ago:F0} s ago" : "not asked since the start";
            string next = row.NextInSeconds switch { null => "not looked up yet", <= 0 => "due", { } until => $"next in {until:F0} s" };
            table.Write($"{row.Number}  {row.Kind,-7}  {row.Channel,-16}  {row.InstId,-12}  {row.MinorUnits,12} {row.Currency}  {row.AcceptedAt:yyyy-MM-dd HH:mm:ss}Z  {asked}, {next}\n");
        }
        return table.ToString();
    }
}
