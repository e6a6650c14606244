using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using HotPath.Host.Client;

namespace HotPath.Host.Cli;

/// <summary><c>hotpath batch-query</c>: many trades, by their numbers or by a window of time.</summary>
internal static class BatchQueryVerb
{
    internal static Command Create(TextWriter output, TextWriter error)
    {
        var trades = new Option<string[]>("--trades") { Description = "trade_no, up to 100 of them", AllowMultipleArgumentsPerToken = true };
        var orders = new Option<string[]>("--orders") { Description = "out_trade_no, up to 100 of them", AllowMultipleArgumentsPerToken = true };
        var from = new Option<string>("--from") { Description = "first second of a window, yyyyMMddHHmmss in Beijing" };
        var to = new Option<string>("--to") { Description = "last second of the window, at most 24 hours later" };
        var status = new Option<string>("--status") { Description = "of the window, only these: SUCCESS, FAILED, PENDING, CANCELLED" };
        Option<int> page = Options.Number("--page", 1, 1, int.MaxValue, "which page");
        Option<int> size = Options.Number("--page-size", 100, 1, 100, "rows of a page");
        var snapshot = new Option<string>("--snapshot") { Description = "snapshot_no of the window's first page, for the pages after it" };
        var all = new Option<bool>("--all") { Description = "this page and all after it, an exchange in a line each" };
        var client = new ClientOptions();
        var verb = new Command("batch-query", "Ask for many trades by --trades, --orders, or --from and --to") { trades, orders, from, to, status, page, size, snapshot, all };
        client.AddTo(verb);
        verb.Validators.Add(result =>
        {
            bool isByWindow = result.GetResult(from) is not null && result.GetResult(to) is not null;
            int ways = new[] { result.GetResult(trades) is not null, result.GetResult(orders) is not null, isByWindow }.Count(isGiven => isGiven);
            if (ways != 1)
            {
                result.AddError("batch-query needs --trades, or --orders, or --from and --to");
            }
        });
        verb.SetAction((parsed, stop) =>
        {
            SignedMessage Page(int number, string? snapshotNo)
            {
                SignedMessage request = Requests.TradeBatchQuery(client.Inst(parsed), number, parsed.GetValue(size), TimeProvider.System);
                request["trade_no_list"] = Json(parsed.GetResult(trades), parsed.GetValue(trades));
                request["out_trade_no_list"] = Json(parsed.GetResult(orders), parsed.GetValue(orders));
                request["start_time"] = parsed.GetValue(from);
                request["end_time"] = parsed.GetValue(to);
                request["trade_status"] = parsed.GetValue(status);
                request["snapshot_no"] = snapshotNo;
                return request;
            }
            int pageNo = parsed.GetValue(page);
            return !parsed.GetValue(all)
                ? client.CallAsync(parsed, Page(pageNo, parsed.GetValue(snapshot)), output, error, stop)
                : client.CallAllAsync(
                    parsed,
                    answer => answer is null ? Page(pageNo, parsed.GetValue(snapshot))
                        : answer["has_more"] == "true" ? Page(int.Parse(answer["page_no"]!, CultureInfo.InvariantCulture) + 1, answer["snapshot_no"])
                        : null,
                    output, error, stop);
        });
        return verb;
    }

    private static string? Json(OptionResult? given, string[]? numbers) => given is null ? null : JsonSerializer.Serialize(numbers);
}
