using System.Globalization;
using System.Text;
using System.Text.Json;
using HotPath.Core.Auth;
using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Pipeline;
using HotPath.Host.Composition;

namespace HotPath.Host.Admin;

/// <summary>
/// The operators' hand on the route table: <c>GET /routes</c> shows the one in use; <c>POST /routes/reload?who=…&amp;why=…</c> reads it again;
/// <c>GET /routes/explain?trade_no=…</c> tells how a trade came to its channel, <c>GET /routes/explain?inst_id=…&amp;biz_type=…&amp;currency=…&amp;minor_units=…</c>
/// (and <c>qr_content</c>) what would become of a payment now.
/// </summary>
internal sealed class RouteTableEndpoint
{
    /// <summary>Where it is.</summary>
    internal const string Root = "/routes";

    private volatile Rooms? _rooms;

    /// <summary>From now on there is somebody to ask.</summary>
    internal void Open(TableSwitch tables, RouteReloader reloader, ILedger ledger, InstitutionDirectory institutions, string? file, TimeProvider clock) =>
        _rooms = new Rooms(tables, reloader, ledger, institutions, file, clock);

    internal Task HandleAsync(HttpContext context) => OperatorRequest.ServeAsync(context, "application/json", AnswerAsync);

    private async Task<(int Status, string Text)> AnswerAsync(HttpRequest request)
    {
        if (_rooms is not { } rooms)
        {
            return (StatusCodes.Status503ServiceUnavailable, "starting\n");
        }
        return (request.Method, request.Path.Value) switch
        {
            ("GET", Root) => Done(JsonSerializer.Serialize(Show(rooms.Tables.InUse, rooms.File), RouteJson.Default.TableLine)),
            ("POST", Root + "/reload") => await ReloadAsync(rooms, request.Query),
            ("GET", Root + "/explain") when request.Query.ContainsKey("trade_no") => await TellAsync(rooms, request.Query["trade_no"].ToString()),
            ("GET", Root + "/explain") => Ask(rooms, request.Query),
            (_, Root or Root + "/reload" or Root + "/explain") => (StatusCodes.Status405MethodNotAllowed, ""),
            _ => (StatusCodes.Status404NotFound, ""),
        };
    }

    private static TableLine Show(TableInUse now, string? file) => new(
        now.Table.Hash, now.Version, now.LoadedAt, file, [.. now.Table.Routes.Select(route => RouteView.Line(route, verdict: null, share: null, isLive: true))]);

    private static async Task<(int Status, string Text)> ReloadAsync(Rooms rooms, IQueryCollection query)
    {
        if (!rooms.Reloader.CanReload)
        {
            return (StatusCodes.Status409Conflict, "this gateway's route table was not read from a file\n");
        }
        (string who, string why) = (query["who"].ToString(), query["why"].ToString());
        if (!OperatorAct.IsText(who, OperatorAct.MostWhoBytes) || !OperatorAct.IsText(why, OperatorAct.MostWhyBytes))
        {
            return (StatusCodes.Status400BadRequest, OperatorRequest.WhoAndWhy);
        }
        ReloadReport report = await rooms.Reloader.ReloadAsync(who, why, OperatorAct.MostWait);
        int status = report.Result switch
        {
            "refused" => StatusCodes.Status422UnprocessableEntity,
            "not_recorded" => StatusCodes.Status503ServiceUnavailable,
            _ => StatusCodes.Status200OK,
        };
        string text = report.Result switch
        {
            "refused" => string.Concat(report.Faults.Select(fault => fault + "\n")) + $"the table {report.Table} stays in use\n",
            "not_recorded" => "it could not be recorded, and was not done\n",
            _ => JsonSerializer.Serialize(report, RouteJson.Default.ReloadReport) + "\n",
        };
        return (status, text);
    }

    private static async Task<(int Status, string Text)> TellAsync(Rooms rooms, string number)
    {
        TradeNo tradeNo = TradeNo.Parse(Encoding.UTF8.GetBytes(number));
        if (!tradeNo.IsAssigned)
        {
            return (StatusCodes.Status400BadRequest, "trade_no is not a number of 28 digits that this gateway gives\n");
        }
        var trade = new Trade();
        return await rooms.Ledger.FindAsync(tradeNo, trade)
            ? Done(JsonSerializer.Serialize(RouteView.Tell(trade), RouteJson.Default.TradeRouteAnswer))
            : (StatusCodes.Status404NotFound, "no such trade\n");
    }

    private static (int Status, string Text) Ask(Rooms rooms, IQueryCollection query)
    {
        string instId = query["inst_id"].ToString();
        if (instId.Length is 0 or > InstId.MaxLength || !instId.All(char.IsAsciiLetterOrDigit) || rooms.Institutions.Find(InstId.From(instId)) is not { } institution)
        {
            return (StatusCodes.Status404NotFound, "no such institution\n");
        }
        BizType type = BizTypes.Parse(Encoding.UTF8.GetBytes(query["biz_type"].ToString()));
        Currency currency = Currency.Parse(query["currency"].ToString());
        if (!BizTypes.IsPayment(type) || !currency.IsKnown ||
            !long.TryParse(query["minor_units"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out long minorUnits) || minorUnits < 1)
        {
            return (StatusCodes.Status400BadRequest, "say biz_type (SCAN_PAY or FACE_PAY), currency and minor_units, or trade_no\n");
        }
        var question = new RouteQuestion(
            instId, institution.Direction, type, currency, institution.MayUse(currency), new Amount(minorUnits), query["qr_content"].ToString());
        return Done(JsonSerializer.Serialize(RouteView.Ask(rooms.Tables.InUse.Table, question, isLive: true, rooms.Clock.GetUtcNow()), RouteJson.Default.RouteAnswer));
    }

    private static (int Status, string Text) Done(string json) => (StatusCodes.Status200OK, json + "\n");

    private sealed record Rooms(TableSwitch Tables, RouteReloader Reloader, ILedger Ledger, InstitutionDirectory Institutions, string? File, TimeProvider Clock);
}
