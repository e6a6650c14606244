using System.Text.Json;
using System.Text.Json.Serialization;

namespace HotPath.Bench.Baselines;

/// <summary>A request as one would usually have it: an object with a string for each member.</summary>
internal sealed record PlainRequest
{
    public string? BizType { get; init; }

    public string? Body { get; init; }

    public string? Charset { get; init; }

    public string? Currency { get; init; }

    public string? InstId { get; init; }

    public string? KeyId { get; init; }

    public string? Nonce { get; init; }

    public string? OutTradeNo { get; init; }

    public string? QrContent { get; init; }

    public string? QrType { get; init; }

    public string? ReqId { get; init; }

    public string? ReqTime { get; init; }

    public string? Sign { get; init; }

    public string? SignType { get; init; }

    public string? TerminalId { get; init; }

    public string? TerminalType { get; init; }

    public string? TotalAmount { get; init; }

    public string? TradeNo { get; init; }

    public string? TradeType { get; init; }

    public string? Version { get; init; }

    public static PlainRequest Read(ReadOnlySpan<byte> body) => JsonSerializer.Deserialize(body, PlainJson.Default.PlainRequest)!;

    /// <summary>The members that are signed, by name.</summary>
    public SortedDictionary<string, string> SignedMembers()
    {
        var members = new SortedDictionary<string, string>(StringComparer.Ordinal);
        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                members.Add(name, value);
            }
        }

        Add("biz_type", BizType);
        Add("body", Body);
        Add("charset", Charset);
        Add("currency", Currency);
        Add("inst_id", InstId);
        Add("key_id", KeyId);
        Add("nonce", Nonce);
        Add("out_trade_no", OutTradeNo);
        Add("qr_content", QrContent);
        Add("qr_type", QrType);
        Add("req_id", ReqId);
        Add("req_time", ReqTime);
        Add("sign_type", SignType);
        Add("terminal_id", TerminalId);
        Add("terminal_type", TerminalType);
        Add("total_amount", TotalAmount);
        Add("trade_no", TradeNo);
        Add("trade_type", TradeType);
        Add("version", Version);
        return members;
    }
}

/// <summary>The payment's answer in the same way.</summary>
internal sealed record PlainAnswer
{
    public required string BizType { get; init; }

    public required string Currency { get; init; }

    public required string InstId { get; init; }

    public required string KeyId { get; init; }

    public required string OutTradeNo { get; init; }

    public required string ReqId { get; init; }

    public required string RespCode { get; init; }

    public required string RespId { get; init; }

    public required string RespMsg { get; init; }

    public required string RespTime { get; init; }

    public required string Sign { get; init; }

    public required string TotalAmount { get; init; }

    public required string TradeNo { get; init; }

    public required string TradeStatus { get; init; }

    public required string TradeTime { get; init; }

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, PlainJson.Default.PlainAnswer);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(PlainRequest))]
[JsonSerializable(typeof(PlainAnswer))]
internal sealed partial class PlainJson : JsonSerializerContext;
