using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Host.Admin;
using HotPath.Host.Configuration;

namespace HotPath.Host.Cli;

/// <summary>
/// <c>hotpath explain-route --trade NO</c>: how a trade came to its channel, from a running gateway or from a data directory's journal.
/// <c>hotpath explain-route FILE</c>: what would become of a payment now, by a running gateway's table or by a configuration's.
/// </summary>
internal static class ExplainRouteVerb
{
    internal static Command Create(TextWriter output, TextWriter error)
    {
        var file = new Argument<string?>("FILE") { Description = "a payment's body, signed or not: nothing is sent", Arity = ArgumentArity.ZeroOrOne };
        var trade = new Option<string?>("--trade") { Description = "a trade that there is: how it came to its channel", HelpName = "NO" };
        var data = new Option<string?>("--data") { Description = "read the trade from this data directory's journal instead of asking a gateway", HelpName = "DIR" };
        Option<string> config = CheckVerb.Config("ask this configuration's table instead of a running gateway's");
        Option<Uri> admin = AdminClient.Option();
        var json = new Option<bool>("--json") { Description = "one JSON object" };
        var verb = new Command("explain-route", "Say why a payment took, or would take, which channel") { file, trade, data, config, admin, json };
        verb.Validators.Add(given =>
        {
            bool isTrade = given.GetValue(trade) is not null, isFile = given.GetValue(file) is not null;
            if (isTrade == isFile)
            {
                given.AddError("give --trade NO, or a FILE with a payment's body");
            }
            if ((isTrade && given.GetValue(config) is not null) || (isFile && given.GetValue(data) is not null))
            {
                given.AddError("--data belongs to --trade, --config to FILE");
            }
        });
        verb.SetAction(async (parsed, stop) =>
        {
            var say = new RouteWords(output, parsed.GetValue(json));
            Uri from = parsed.GetRequiredValue(admin);
            if (parsed.GetValue(trade) is { } number)
            {
                return parsed.GetValue(data) is { } directory
                    ? await TellFromJournalAsync(number, directory, say, error)
                    : await AskAsync(from, "?trade_no=" + Uri.EscapeDataString(number), text => say.WriteAsync(Read(text, RouteJson.Default.TradeRouteAnswer)), error, stop);
            }
            return await ExplainAsync(parsed.GetValue(file)!, parsed.GetValue(config), from, say, error, stop);
        });
        return verb;
    }

    private static async Task<int> ExplainAsync(string path, string? config, Uri admin, RouteWords say, TextWriter error, CancellationToken stop)
    {
        DryPayment payment = DryPayment.Of(Files.ReadMessage(path));
        if (payment.Refusal is { } refusal)
        {
            await error.WriteLineAsync($"hotpath: it is refused before it is routed: {refusal}");
            return ExitCodes.Refused;
        }
        if (config is null)
        {
            string query = string.Create(
                CultureInfo.InvariantCulture,
                $"?inst_id={payment.InstId}&biz_type={payment.BizTypeName}&currency={payment.Currency}&minor_units={payment.Amount.MinorUnits}&qr_content={Uri.EscapeDataString(payment.QrContent)}");
            return await AskAsync(admin, query, text => say.WriteAsync(Read(text, RouteJson.Default.RouteAnswer)), error, stop);
        }
        if (await CheckVerb.ReadAsync(config, error) is not { } settings)
        {
            return ExitCodes.Usage;
        }
        if (settings.Institutions.FirstOrDefault(one => one.InstId == payment.InstId) is not { } institution)
        {
            throw new UsageException($"{config} has no institution {payment.InstId}");
        }
        await say.WriteAsync(payment.Ask(settings, institution, TimeProvider.System));
        return ExitCodes.Done;
    }

    private static async Task<int> AskAsync(Uri admin, string query, Func<string, Task> say, TextWriter error, CancellationToken stop)
    {
        (string text, int exitCode) = await AdminClient.CallAsync(HttpMethod.Get, admin, RouteTableEndpoint.Root + "/explain" + query, error, stop);
        if (exitCode == ExitCodes.Done)
        {
            await say(text);
        }
        return exitCode;
    }

    // The last record that names a channel has the whole trail.
    private static async Task<int> TellFromJournalAsync(string number, string directory, RouteWords say, TextWriter error)
    {
        TradeNo tradeNo = TradeNo.Parse(System.Text.Encoding.UTF8.GetBytes(number));
        if (!tradeNo.IsAssigned)
        {
            throw new UsageException($"--trade {number} is not a number of 28 digits that this gateway gives");
        }
        if (!Directory.Exists(directory))
        {
            throw new UsageException($"{directory} is no directory");
        }
        Trade? found = null;
        foreach (JournalEntry entry in JournalDump.Read(directory).Where(entry => entry.Trade?.TradeNo == tradeNo))
        {
            Trade one = entry.Trade!;
            switch (entry.Kind)
            {
                case JournalEntryKind.Accepted:
                    found = one.CopyOfClaim();
                    break;
                case JournalEntryKind.Dispatched when found is not null:
                    found.ChannelId = one.ChannelId;
                    found.Route = one.Route.IsEmpty ? found.Route : one.Route;
                    break;
                case JournalEntryKind.Result when found is not null:
                    found.Status = one.Status;
                    break;
            }
        }
        if (found is null)
        {
            await error.WriteLineAsync("hotpath: no such trade");
            return ExitCodes.Refused;
        }
        await say.WriteAsync(RouteView.Tell(found));
        return ExitCodes.Done;
    }

    private static T Read<T>(string text, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) => JsonSerializer.Deserialize(text, type)!;
}
