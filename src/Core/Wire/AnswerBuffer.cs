using System.Buffers;
using System.Buffers.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using HotPath.Core.Model;
using HotPath.Signing;

namespace HotPath.Core.Wire;

/// <summary>Which of a trade's or refund's members an answer shows.</summary>
public enum TradeView : byte
{
    None = 0,

    /// <summary>The pay answer's members (2.3.1), and what the code says of the merchant.</summary>
    Payment,

    /// <summary>The pay answer's members, and reason and refunds.</summary>
    Query,

    /// <summary>The pay answer's members, and why the trade failed: what never changes of a trade that has ended.</summary>
    Cancel,

    /// <summary>A refund's members (2.3.3).</summary>
    Refund,

    /// <summary>A refund's members and its reason.</summary>
    RefundQuery,
}

/// <summary>What an answer, or a notification, says. Lives on the stack while it is laid out.</summary>
public readonly ref struct Answer
{
    /// <summary>None in a notification: nobody asked, so it has no code, message, number and time of an answer.</summary>
    public required RespCode Code { get; init; }

    public required Language Language { get; init; }

    public required TradeNo RespId { get; init; }

    public required long RespTimeMs { get; init; }

    public required ReadOnlySpan<byte> KeyId { get; init; }

    /// <summary>Echoed when well formed, empty otherwise.</summary>
    public ReadOnlySpan<byte> ReqId { get; init; }

    /// <inheritdoc cref="ReqId"/>
    public ReadOnlySpan<byte> InstId { get; init; }

    public BizType BizType { get; init; }

    /// <summary>The name that resp_msg ends with, or empty.</summary>
    public ReadOnlySpan<byte> Offender { get; init; }

    public TradeView View { get; init; }

    public Trade? Trade { get; init; }

    public Refund? Refund { get; init; }

    /// <summary>Which notification this is; <c>default</c> in an answer.</summary>
    public NotifyId NotifyId { get; init; }

    /// <summary>When it is sent.</summary>
    public long NotifyTimeMs { get; init; }

    public ReconAnswer? Recon { get; init; }
    /// <summary>A page of trades; the list itself was written before.</summary>
    internal TradePage? Page { get; init; }
}

#pragma warning disable CA1001 // The writer holds no resource: it writes into _json, and both live as long as this buffer.
/// <summary>
/// Lays out one answer: first its signing string (members in byte order), then, sealed with a signature, its JSON. Reused for ever;
/// the bytes are valid until the next layout.
/// </summary>
public sealed partial class AnswerBuffer
{
    /// <summary>Longest answer without a list, in bytes.</summary>
    // The pay answer with every echo at its longest and an RSA-4096 signature is 1.9 KB.
    private const int Capacity = 4096;

    private static readonly JsonWriterOptions WriterOptions =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly byte[] _text = new byte[Capacity];
    private readonly byte[] _scratch = new byte[256];
    private readonly (byte[] Name, int At, int Length)[] _members = new (byte[], int, int)[24];
    private readonly ArrayBufferWriter<byte> _json = new(Capacity);
    private readonly Utf8JsonWriter _writer;
    private readonly byte[] _base64 = new byte[Base64.GetMaxEncodedToUtf8Length(SigningKey.MaxSignatureLength)];
    private LongAnswer? _long;
    private byte[] _laid;
    private int _memberCount;
    private int _textLength;

    public AnswerBuffer()
    {
        _laid = _text;
        _writer = new Utf8JsonWriter(_json, WriterOptions);
    }

    /// <summary>What is signed.</summary>
    public ReadOnlySpan<byte> SigningText => _laid.AsSpan(0, _textLength);

    /// <summary>The whole answer, once sealed.</summary>
    public ReadOnlyMemory<byte> Json => (_long?.Json ?? _json).WrittenMemory;

    /// <summary>Lays out the signing string. Every value is a member only if it has one: no member is ever empty.</summary>
    public void Lay(in Answer answer)
    {
        ReconAnswer? recon = answer.Recon;
        if (recon is not null)
        {
            _long ??= LongAnswer.Rent();
        }
        _laid = _long?.Text(Capacity + _long.List.WrittenCount + (recon?.Length ?? 0)) ?? _text;
        var text = new SigningText(_laid);
        _memberCount = 0;
        Trade? trade = answer.View is TradeView.Payment or TradeView.Query or TradeView.Cancel ? answer.Trade : null;
        Refund? refund = answer.View is TradeView.Refund or TradeView.RefundQuery ? answer.Refund : null;
        TradePage? page = answer.Page;
        bool isQuery = answer.View == TradeView.Query;
        Currency currency = trade?.Currency ?? refund?.Currency ?? default;
        NotifyId notice = answer.NotifyId;

        // Byte order of the names, as the signing string wants them; SigningText refuses any other.
        Put(ref text, Names.AmountSummary, recon?.AmountSummary);
        Put(ref text, Names.BizType, answer.BizType == BizType.None ? default : BizTypes.Name(answer.BizType));
        Put(ref text, Names.Currency, trade is null && refund is null ? default : _scratch.AsSpan(0, currency.Format(_scratch)));
        Put(ref text, Names.DiffCheck, recon?.DiffCheck);
        Put(ref text, Names.DownloadUrl, recon?.DownloadUrl);
        Put(ref text, Names.FailCode, FailCode(answer));
        Put(ref text, Names.FileName, recon?.FileName);
        Put(ref text, Names.HashType, recon?.HashValue is null ? default : "SHA256"u8);
        Put(ref text, Names.HashValue, recon?.HashValue);
        Put(ref text, Names.HasMore, page is null ? default : page.HasMore);
        Put(ref text, Names.InstId, answer.InstId);
        Put(ref text, Names.KeyId, answer.KeyId);
        Put(ref text, Names.MerchantCity, trade is null ? default : trade.Merchant.City);
        Put(ref text, Names.MerchantName, trade is null ? default : trade.Merchant.Name);
        Put(ref text, Names.NotifyId, notice.IsAssigned ? _scratch.AsSpan(0, notice.Format(_scratch)) : default);
        Put(ref text, Names.NotifyTime, notice.IsAssigned ? Time(answer.NotifyTimeMs) : default);
        Put(ref text, Names.NotifyType, notice.IsAssigned ? notice.TypeName : default);
        Put(ref text, Names.OrigTradeNo, refund is null ? default : Digits(refund.TradeNo));
        Put(ref text, Names.OutTradeNo, trade is not null ? trade.OrderNo.Span : refund is not null ? refund.OrderNo.Span : default);
        Put(ref text, Names.PageNo, page is null ? default : Digits(page.PageNo));
        Put(ref text, Names.PageSize, page is null ? default : Digits(page.PageSize));
        Put(ref text, Names.ReconId, recon?.ReconId);
        Put(ref text, Names.RecordCount, recon?.RecordCount);
        Put(ref text, Names.RefundAmount, refund is null ? default : Digits(refund.Amount, currency));
        Put(ref text, Names.RefundId, refund is null ? default : Digits(refund.RefundId));
        Put(ref text, Names.RefundNo, refund is null ? default : refund.RefundNo.Span);
        Put(ref text, Names.RefundStatus, refund is not null ? TradeStatuses.Name(refund.Status) : isQuery ? RefundTotals.StatusOf(trade!) : default);
        Put(ref text, Names.RefundTime, refund is null ? default : Time(refund.TimeMs));
        Put(ref text, Names.ReqId, answer.ReqId);
        Put(ref text, Names.RespCode, RespCodes.Text(answer.Code));
        Put(ref text, Names.RespId, notice.IsAssigned ? default : Digits(answer.RespId));
        Put(ref text, Names.RespMsg, notice.IsAssigned ? default : _scratch.AsSpan(0, Message(answer)));
        Put(ref text, Names.RespTime, notice.IsAssigned ? default : Time(answer.RespTimeMs));
        Put(ref text, Names.SnapshotNo, page is null ? default : page.Snapshot.Span);
        Put(ref text, Names.TotalAmount, trade is null ? default : Digits(trade.Amount, currency));
        Put(ref text, Names.TotalCount, page is null ? default : Digits(page.TotalCount));
        Put(ref text, Names.TotalRefunded, isQuery ? Digits(new Amount(trade!.Refunded.Succeeded), currency)
            : refund is not null ? Digits(new Amount(refund.Totals.Succeeded), currency)
            : default);
        Put(ref text, Names.TradeList, page is null ? default : _long!.List.WrittenSpan);
        Put(ref text, Names.TradeNo, trade is null ? default : Digits(trade.TradeNo));
        Put(ref text, Names.TradeStatus, trade is null ? default : TradeStatuses.Name(trade.Status));
        Put(ref text, Names.TradeTime, trade is null ? default : Time(trade.TimeMs));
        _textLength = text.Length;
    }

    /// <summary>Writes the JSON: the members as they were signed, and the signature.</summary>
    public void Seal(ReadOnlySpan<byte> signature)
    {
        Base64.EncodeToUtf8(signature, _base64, out _, out int base64Length);
        ArrayBufferWriter<byte> json = _long?.Json ?? _json;
        json.ResetWrittenCount();
        _writer.Reset(json);
        _writer.WriteStartObject();
        for (int i = 0; i < _memberCount; i++)
        {
            (byte[] name, int at, int length) = _members[i];
            _writer.WriteString(name, _laid.AsSpan(at, length));
        }
        _writer.WriteString(Names.Sign, _base64.AsSpan(0, base64Length));
        _writer.WriteEndObject();
        _writer.Flush();
    }

    /// <summary>Makes room for a long answer; what is written here becomes its trade_list.</summary>
    internal ArrayBufferWriter<byte> BeginList()
    {
        _long ??= LongAnswer.Rent();
        _long.List.ResetWrittenCount();
        return _long.List;
    }

    /// <summary>An answer that was recorded as it went out.</summary>
    public void Restore(ReadOnlySpan<byte> json)
    {
        _long ??= LongAnswer.Rent();
        _long.Json.ResetWrittenCount();
        _long.Json.Write(json);
    }

    /// <summary>Gives back what a long answer took.</summary>
    public void Clear()
    {
        if (_long is not null)
        {
            _writer.Reset(_json);
            _laid = _text;
            _long.GiveBack();
            _long = null;
        }
    }

    private static ReadOnlySpan<byte> FailCode(scoped in Answer answer)
    {
        RespCode code = answer.View switch
        {
            TradeView.Query or TradeView.Cancel => answer.Trade!.FailCode,
            TradeView.RefundQuery => answer.Refund!.FailCode,
            _ => RespCode.None,
        };
        return code == RespCode.None ? default : RespCodes.Text(code);
    }

    private void Put(ref SigningText text, byte[] name, ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty)
        {
            _members[_memberCount++] = (name, text.Append(name, value), value.Length);
        }
    }

    private ReadOnlySpan<byte> Digits(long number) => Utf8Formatter.TryFormat(number, _scratch, out int length) ? _scratch.AsSpan(0, length) : default;

    private ReadOnlySpan<byte> Digits(TradeNo number) => _scratch.AsSpan(0, number.Format(_scratch));

    private ReadOnlySpan<byte> Digits(Amount amount, Currency currency) => _scratch.AsSpan(0, amount.Format(_scratch, currency.Exponent));

    private ReadOnlySpan<byte> Time(long unixMs) => _scratch.AsSpan(0, BeijingTime.Format(unixMs, _scratch));

    private int Message(in Answer answer)
    {
        ReadOnlySpan<byte> message = RespCodes.Message(answer.Code, answer.Language);
        message.CopyTo(_scratch);
        if (answer.Offender.IsEmpty)
        {
            return message.Length;
        }
        ": "u8.CopyTo(_scratch.AsSpan(message.Length));
        answer.Offender.CopyTo(_scratch.AsSpan(message.Length + 2));
        return message.Length + 2 + answer.Offender.Length;
    }
}
