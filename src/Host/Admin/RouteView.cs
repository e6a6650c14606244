using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using HotPath.Core.Model;
using HotPath.Core.Qr;
using HotPath.Core.Routing;
using HotPath.Core.Wire;
using HotPath.Host.Composition;
using Route = HotPath.Core.Routing.Route;

namespace HotPath.Host.Admin;

/// <summary>A payment that a table is asked about.</summary>
/// <param name="InstId">Its institution.</param>
/// <param name="Direction">By the institution's region.</param>
/// <param name="BizType">SCAN_PAY or FACE_PAY.</param>
/// <param name="Currency">Its currency.</param>
/// <param name="MayUseCurrency">The institution may pay in it.</param>
/// <param name="Amount">In the currency's minor units.</param>
/// <param name="QrContent">The code; empty by face.</param>
internal sealed record RouteQuestion(string InstId, Direction Direction, BizType BizType, Currency Currency, bool MayUseCurrency, Amount Amount, string QrContent);

/// <summary>A route table, and what it says of one payment, as operators see them; the same from a running gateway and from a file.</summary>
internal static class RouteView
{
    /// <summary>What this table does with the payment now.</summary>
    /// <param name="table">The table.</param>
    /// <param name="question">The payment.</param>
    /// <param name="isLive">Its channels are those of a running gateway: how they do can be told.</param>
    /// <param name="now">When it comes.</param>
    internal static RouteAnswer Ask(RouteTable table, RouteQuestion question, bool isLive, DateTimeOffset now)
    {
        byte[] code = Encoding.UTF8.GetBytes(question.QrContent);
        var request = new RouteRequest
        {
            BizType = question.BizType,
            Direction = question.Direction,
            Currency = question.Currency,
            Amount = question.Amount,
            NowMs = now.ToUnixTimeMilliseconds(),
            Code = code.Length == 0 ? default : QrReader.Read(code),
            QrContent = code,
        };
        IReadOnlyList<RouteVerdict> verdicts = table.Explain(request, out Rejection rejection);
        rejection = question.MayUseCurrency ? rejection : new Rejection(RespCode.MemberIllegal, Member.Currency);
        return new RouteAnswer(
            table.Hash, question.InstId, question.Direction == Direction.Outbound ? "outbound" : "inbound",
            Encoding.ASCII.GetString(BizTypes.Name(question.BizType)), question.Currency.ToString(), question.Amount.MinorUnits, now, isLive,
            rejection.IsRefusal ? RespCodes.Label(rejection.Code) : null,
            rejection.Member == Member.None ? null : MemberTable.Rule(rejection.Member).Name,
            [.. verdicts.Select(one => Line(one.Route, RouteReasons.Name(one.Reason), one.Share > 0 ? Math.Round(one.Share, 4) : null, isLive))]);
    }

    /// <summary>A route with no payment in view.</summary>
    internal static RouteLine Line(Route route, string? verdict, double? share, bool isLive) => new(
        route.Id!, route.Channel.Options.Id, route.Priority!.Value, route.Weight, route.IsEnabled, verdict, share,
        isLive ? Math.Round(route.Channel.Health.Value, 4) : null,
        isLive ? SnakeCase.Name(route.Channel.Breaker.State) : null,
        isLive ? route.Channel.CallsUnderWay : null, isLive ? route.Channel.MostCalls : route.Channel.Options.MaxInFlight);

    /// <summary>How a trade came to its channel.</summary>
    /// <param name="trade">As the book or its journal has it.</param>
    internal static TradeRouteAnswer Tell(Trade trade)
    {
        string trail = trade.Route.ToString();
        IReadOnlyList<RouteAttempt> attempts = RouteAttempt.Read(trail, out bool isCut);
        return new TradeRouteAnswer(
            trade.TradeNo.ToString(), Encoding.ASCII.GetString(TradeStatuses.Name(trade.Status)), trade.ChannelId.ToString(),
            DateTimeOffset.FromUnixTimeMilliseconds(trade.AcceptedAtMs), trail, isCut,
            [.. attempts.Select(attempt => new AttemptLine(
                attempt.Route, attempt.Channel, attempt.Table, attempt.Share > 0 ? attempt.Share : null,
                [.. attempt.Rejected.Select(one => new RejectedLine(one.Route, RouteReasons.Name(one.Reason), RouteReasons.Words(one.Reason), one.Share > 0 ? one.Share : null))],
                attempt.More))]);
    }
}

/// <summary>A route and, where a payment is in view, what is against it.</summary>
internal sealed record RouteLine(
    string Route, string Channel, int Priority, int Weight, bool Enabled, string? Verdict, double? Share, double? Health, string? Breaker, int? CallsUnderWay, int MaxInFlight);

/// <summary>The table in use.</summary>
internal sealed record TableLine(string Table, int Version, DateTimeOffset LoadedAt, string? File, RouteLine[] Routes);

/// <summary>What a table says of one payment.</summary>
internal sealed record RouteAnswer(
    string Table, string InstId, string Direction, string BizType, string Currency, long MinorUnits, DateTimeOffset At, bool Live, string? RespCode, string? Member, RouteLine[] Routes);

/// <summary>What an attempt left aside.</summary>
internal sealed record RejectedLine(string Route, string Reason, string Words, int? SharePercent);

/// <summary>One attempt of a trade.</summary>
internal sealed record AttemptLine(string Route, string Channel, string Table, int? SharePercent, RejectedLine[] Rejected, int More);

/// <summary>How a trade came to its channel.</summary>
internal sealed record TradeRouteAnswer(
    string TradeNo, string TradeStatus, string Channel, DateTimeOffset AcceptedAt, string Trail, bool EarlierAttemptsMissing, AttemptLine[] Attempts);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TableLine))]
[JsonSerializable(typeof(RouteAnswer))]
[JsonSerializable(typeof(TradeRouteAnswer))]
[JsonSerializable(typeof(ReloadReport))]
internal sealed partial class RouteJson : JsonSerializerContext;
