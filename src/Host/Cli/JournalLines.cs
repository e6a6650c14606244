using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Masking;
using HotPath.Core.Model;
using HotPath.Core.Operations;
using HotPath.Core.Wire;

namespace HotPath.Host.Cli;

/// <summary>
/// Entries of a dump as lines: for people <c>sequence TYPE file@offset name=value …</c>, for programs a JSON object. Both have the same members
/// under the names of the wire. Signatures and digests are not shown, and members only as a log line may show them (chapter 5.2).
/// </summary>
internal sealed class JournalLines(TextWriter output, bool isJson)
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _line = new();

    /// <summary>What a verification comes to, in one sentence.</summary>
    internal static string Verdict(JournalReport report) =>
        report.Damage is { } damage ? $"damaged: {damage.File} at offset {damage.Offset}: {damage.Reason}" : "clean";

    internal async Task WriteAsync(JournalEntry entry)
    {
        var members = new List<(string Name, object Value)>();
        Add(members, entry);
        string type = entry.Kind.ToString().ToUpperInvariant();
        if (isJson)
        {
            members.InsertRange(0, [("type", type), ("sequence", entry.Sequence), ("file", entry.File), ("offset", entry.Offset)]);
            await output.WriteLineAsync(Json(members));
            return;
        }
        string values = string.Join(' ', members.Select(member => $"{member.Name}={Printable(member.Value)}"));
        await output.WriteLineAsync($"{entry.Sequence} {type} {entry.File}@{entry.Offset} {values}".TrimEnd());
    }

    /// <summary>The last line: the journal's verdict.</summary>
    internal async Task WriteEndAsync(JournalReport report) => await output.WriteLineAsync(
        isJson
            ? Json([("type", "END"), ("last_sequence", report.LastSequence), ("durable_sequence", report.DurableSequence),
                ("torn_tail_bytes", (long)report.TornTailBytes), ("verdict", Verdict(report))])
            : Verdict(report));

    private static void Add(List<(string Name, object Value)> members, JournalEntry entry)
    {
        switch (entry.Kind)
        {
            case JournalEntryKind.Segment:
                members.Add(("durable_sequence", entry.DurableSequence));
                break;
            case JournalEntryKind.Batch:
                members.AddRange([("time", Time(entry.TimeMs)), ("records", (long)entry.Records), ("durable_sequence", entry.DurableSequence)]);
                break;
            case JournalEntryKind.Accepted:
                AddAccepted(members, entry.Trade!);
                break;
            case JournalEntryKind.Dispatched:
                members.AddRange([("trade_no", entry.Trade!.TradeNo.ToString()), ("attempt", entry.Trade.Redirects + 1L), ("channel", entry.Trade.ChannelId.ToString())]);
                break;
            case JournalEntryKind.Result:
                AddResult(members, entry.Trade!);
                break;
            case JournalEntryKind.Refund:
                AddRefund(members, entry.Refund!);
                break;
            case JournalEntryKind.Settled:
                AddSettled(members, entry.Refund!);
                break;
            case JournalEntryKind.Cancel:
                AddCancel(members, entry.Cancel!);
                break;
            case JournalEntryKind.CancelResult:
                AddCancelResult(members, entry.Cancel!);
                break;
            case JournalEntryKind.Surplus:
                AddSurplus(members, entry.Surplus!);
                break;
            case JournalEntryKind.SurplusResult:
                AddSurplusResult(members, entry.Surplus!);
                break;
            case JournalEntryKind.OperatorAct:
                OperatorAct act = entry.Act!;
                members.AddRange([("time", Time(act.AtMs)), ("act", act.Act), ("subject", act.Subject), ("who", act.Who), ("why", act.Why)]);
                break;
            case JournalEntryKind.Ceiling:
                members.Add(("no_number_above", new TradeNo(entry.Ceiling, 0).ToString()));
                break;
            case JournalEntryKind.Skipped:
                members.AddRange([("bytes", entry.Bytes), ("reason", entry.Reason)]);
                break;
        }
    }

    private static void AddAccepted(List<(string Name, object Value)> members, Trade trade)
    {
        members.AddRange(
        [
            ("trade_no", trade.TradeNo.ToString()),
            ("inst_id", Mask.Show(MemberTable.Rule(Member.InstId).Log, Encoding.ASCII.GetBytes(trade.InstId.ToString()))),
            ("req_id", Mask.Show(MemberTable.Rule(Member.ReqId).Log, trade.ReqId.Span)),
            ("out_trade_no", Mask.Show(MemberTable.Rule(Member.OutTradeNo).Log, trade.OrderNo.Span)),
            ("biz_type", Encoding.ASCII.GetString(BizTypes.Name(trade.BizType))),
            ("trade_type", Encoding.ASCII.GetString(TradeTypes.Name(trade.TradeType))),
            ("total_amount", Text(trade.Amount, trade.Currency)),
            ("currency", trade.Currency.ToString()),
            ("channel", Encoding.UTF8.GetString(trade.ChannelId.Span)),
            ("accepted_at", Time(trade.AcceptedAtMs)),
        ]);
        if (!trade.Route.IsEmpty)
        {
            members.Add(("route", trade.Route.ToString()));
        }
        // Words of a stranger's code: a telephone number may stand among them.
        foreach ((string name, byte[] text) in new[] { ("merchant_name", trade.Merchant.Name.ToArray()), ("merchant_city", trade.Merchant.City.ToArray()) })
        {
            if (text.Length > 0)
            {
                members.Add((name, Mask.Show(LogView.Masked, text)));
            }
        }
    }

    private static void AddResult(List<(string Name, object Value)> members, Trade trade) => members.AddRange(
    [
        ("trade_no", trade.TradeNo.ToString()),
        ("trade_status", Encoding.ASCII.GetString(TradeStatuses.Name(trade.Status))),
        ("resp_code", RespCodes.Label(AnswerSigner.FinalCode(trade.Status, trade.FailCode))),
        ("final_at", Time(trade.FinalAtMs)),
        ("channel_trade_no", Encoding.UTF8.GetString(trade.ChannelTradeNo.Span)),
        ("resp_id", trade.Answer.RespId.ToString()),
        ("key_id", Encoding.UTF8.GetString(trade.Answer.KeyId.Span)),
        .. trade.Redirects > 0 ? [("attempt", trade.Redirects + 1L), ("channel", trade.ChannelId.ToString())] : Array.Empty<(string, object)>(),
        .. trade.WasReversed ? [("reversed", (object)"yes")] : Array.Empty<(string, object)>(),
    ]);

    private static void AddRefund(List<(string Name, object Value)> members, Refund refund)
    {
        members.AddRange(
        [
            ("refund_id", refund.RefundId.ToString()),
            ("orig_trade_no", refund.TradeNo.ToString()),
            ("inst_id", Mask.Show(MemberTable.Rule(Member.InstId).Log, Encoding.ASCII.GetBytes(refund.InstId.ToString()))),
            ("req_id", Mask.Show(MemberTable.Rule(Member.ReqId).Log, refund.ReqId.Span)),
            ("refund_no", Mask.Show(MemberTable.Rule(Member.RefundNo).Log, refund.RefundNo.Span)),
            ("out_trade_no", Mask.Show(MemberTable.Rule(Member.OutTradeNo).Log, refund.OrderNo.Span)),
            ("refund_type", refund.RefundType == RefundType.Full ? "01" : "02"),
            ("refund_amount", Text(refund.Amount, refund.Currency)),
            ("currency", refund.Currency.ToString()),
            ("channel", Encoding.UTF8.GetString(refund.ChannelId.Span)),
            ("accepted_at", Time(refund.AcceptedAtMs)),
        ]);
        AddTotals(members, refund.Totals);
    }

    private static void AddSettled(List<(string Name, object Value)> members, Refund refund)
    {
        members.AddRange(
        [
            ("refund_id", refund.RefundId.ToString()),
            ("orig_trade_no", refund.TradeNo.ToString()),
            ("refund_status", Encoding.ASCII.GetString(TradeStatuses.Name(refund.Status))),
            ("resp_code", refund.FailCode == RespCode.None ? RespCodes.Label(RespCode.Success) : RespCodes.Label(refund.FailCode)),
            ("final_at", Time(refund.FinalAtMs)),
            ("channel_refund_no", Encoding.UTF8.GetString(refund.ChannelRefundNo.Span)),
            ("resp_id", refund.Answer.RespId.ToString()),
            ("key_id", Encoding.UTF8.GetString(refund.Answer.KeyId.Span)),
        ]);
        AddTotals(members, refund.Totals);
    }

    private static void AddCancel(List<(string Name, object Value)> members, Cancellation cancel) => members.AddRange(
    [
        ("cancel_no", cancel.CancelNo.ToString()),
        ("orig_trade_no", cancel.TradeNo.ToString()),
        ("inst_id", Mask.Show(MemberTable.Rule(Member.InstId).Log, Encoding.ASCII.GetBytes(cancel.InstId.ToString()))),
        ("req_id", Mask.Show(MemberTable.Rule(Member.ReqId).Log, cancel.ReqId.Span)),
        ("accepted_at", Time(cancel.AcceptedAtMs)),
    ]);

    private static void AddCancelResult(List<(string Name, object Value)> members, Cancellation cancel) => members.AddRange(
    [
        ("cancel_no", cancel.CancelNo.ToString()),
        ("orig_trade_no", cancel.TradeNo.ToString()),
        ("resp_code", RespCodes.Label(cancel.Code)),
        ("trade_status", Encoding.ASCII.GetString(TradeStatuses.Name(cancel.TradeStatus))),
        ("final_at", Time(cancel.FinalAtMs)),
        ("resp_id", cancel.Answer.RespId.ToString()),
        ("key_id", Encoding.UTF8.GetString(cancel.Answer.KeyId.Span)),
    ]);

    private static void AddSurplus(List<(string Name, object Value)> members, Surplus surplus) => members.AddRange(
    [
        ("refund_id", surplus.RefundId.ToString()),
        ("trade_no", surplus.TradeNo.ToString()),
        ("trade_status", Encoding.ASCII.GetString(TradeStatuses.Name(surplus.TradeStatus))),
        ("inst_id", Mask.Show(MemberTable.Rule(Member.InstId).Log, Encoding.ASCII.GetBytes(surplus.InstId.ToString()))),
        ("out_trade_no", Mask.Show(MemberTable.Rule(Member.OutTradeNo).Log, surplus.OrderNo.Span)),
        ("amount", Text(surplus.Amount, surplus.Currency)),
        ("currency", surplus.Currency.ToString()),
        ("channel", Encoding.UTF8.GetString(surplus.ChannelId.Span)),
        ("channel_trade_no", Encoding.UTF8.GetString(surplus.ChannelTradeNo.Span)),
        ("found_at", Time(surplus.FoundAtMs)),
    ]);

    private static void AddSurplusResult(List<(string Name, object Value)> members, Surplus surplus) => members.AddRange(
    [
        ("refund_id", surplus.RefundId.ToString()),
        ("trade_no", surplus.TradeNo.ToString()),
        ("refund_status", Encoding.ASCII.GetString(TradeStatuses.Name(surplus.Status))),
        ("resp_code", RespCodes.Label(AnswerSigner.FinalCode(surplus.Status, surplus.FailCode))),
        ("final_at", Time(surplus.FinalAtMs)),
        ("channel_refund_no", Encoding.UTF8.GetString(surplus.ChannelRefundNo.Span)),
    ]);

    // In minor units: SETTLED does not say the currency.
    private static void AddTotals(List<(string Name, object Value)> members, RefundTotals totals) =>
        members.AddRange([("held_minor", totals.Held), ("refunded_minor", totals.Succeeded), ("refunds", (long)totals.Count)]);

    private static string Text(Amount amount, Currency currency)
    {
        Span<byte> text = stackalloc byte[Amount.MaxTextLength + 4];
        return Encoding.ASCII.GetString(text[..amount.Format(text, currency.Exponent)]);
    }

    private string Json(List<(string Name, object Value)> members)
    {
        _line.ResetWrittenCount();
        using var writer = new Utf8JsonWriter(_line, Plain);
        writer.WriteStartObject();
        foreach ((string name, object value) in members)
        {
            if (value is long number)
            {
                writer.WriteNumber(name, number);
            }
            else
            {
                writer.WriteString(name, (string)value);
            }
        }
        writer.WriteEndObject();
        writer.Flush();
        return Encoding.UTF8.GetString(_line.WrittenSpan);
    }

    /// <summary>One line stays one line, and a value with spaces stays one value: what a channel calls its trades is not ours to know.</summary>
    private static string Printable(object value) =>
        value is string text && (text.Length == 0 || text.Any(letter => char.IsControl(letter) || letter is ' ' or '"'))
            ? '"' + JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString() + '"'
            : string.Format(CultureInfo.InvariantCulture, "{0}", value);

    private static string Time(long unixMs) =>
        DateTimeOffset.FromUnixTimeMilliseconds(unixMs).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
