using System.Text.Encodings.Web;
using System.Text.Json;
using HotPath.Core.Model;

namespace HotPath.Core.Wire;

/// <summary>
/// Writes trade_list: a compact JSON array of trades, each with the members of TRADE_QUERY's answer in byte order of their names. It becomes the value of a
/// member, so its quotes are escaped once more in the answer.
/// </summary>
internal sealed class TradeListWriter : IDisposable
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly Utf8JsonWriter _writer;

    internal TradeListWriter(AnswerBuffer answer)
    {
        _writer = new Utf8JsonWriter(answer.BeginList(), Options);
        _writer.WriteStartArray();
    }

    internal void Add(Trade trade)
    {
        Span<byte> scratch = stackalloc byte[TradeNo.TextLength];
        int digits = trade.Currency.Exponent;
        _writer.WriteStartObject();
        _writer.WriteString("currency"u8, scratch[..trade.Currency.Format(scratch)]);
        if (trade.FailCode != RespCode.None)
        {
            _writer.WriteString("fail_code"u8, RespCodes.Text(trade.FailCode));
        }
        AddUnlessEmpty("merchant_city"u8, trade.Merchant.City);
        AddUnlessEmpty("merchant_name"u8, trade.Merchant.Name);
        _writer.WriteString("out_trade_no"u8, trade.OrderNo.Span);
        _writer.WriteString("refund_status"u8, RefundTotals.StatusOf(trade));
        _writer.WriteString("total_amount"u8, scratch[..trade.Amount.Format(scratch, digits)]);
        _writer.WriteString("total_refunded_amount"u8, scratch[..new Amount(trade.Refunded.Succeeded).Format(scratch, digits)]);
        _writer.WriteString("trade_no"u8, scratch[..trade.TradeNo.Format(scratch)]);
        _writer.WriteString("trade_status"u8, TradeStatuses.Name(trade.Status));
        _writer.WriteString("trade_time"u8, scratch[..BeijingTime.Format(trade.TimeMs, scratch)]);
        _writer.WriteEndObject();
    }

    /// <summary>Ends the list.</summary>
    public void Dispose()
    {
        _writer.WriteEndArray();
        _writer.Dispose();
    }

    private void AddUnlessEmpty(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty)
        {
            _writer.WriteString(name, value);
        }
    }
}

/// <summary>What an answer says of a page besides its rows.</summary>
/// <param name="TotalCount">Rows of all pages.</param>
/// <param name="PageNo">Which page, from 1.</param>
/// <param name="PageSize">Rows of a full page.</param>
/// <param name="Snapshot">snapshot_no; empty where there is none.</param>
internal sealed record TradePage(long TotalCount, int PageNo, int PageSize, ReadOnlyMemory<byte> Snapshot)
{
    internal ReadOnlySpan<byte> HasMore => (long)PageNo * PageSize < TotalCount ? "true"u8 : "false"u8;
}
