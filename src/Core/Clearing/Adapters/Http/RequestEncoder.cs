using System.Buffers;
using System.Buffers.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using HotPath.Core.Model;

namespace HotPath.Core.Clearing.Adapters.Http;

/// <summary>Writes the requests of docs/channel-contract.md. Pooled; one owner at a time.</summary>
internal sealed class RequestEncoder : IDisposable
{
    // Of six bytes for one at most these are 240, which the writer escapes on its stack.
    private const int SecretPieceBytes = 40;

    private static readonly ArrayBufferWriter<byte> Nowhere = new(1);

    private readonly ArrayBufferWriter<byte> _short = new(256);

    // Relaxed: the channel reads UTF-8; escaping every Chinese character as \uXXXX would triple the bytes.
    private readonly Utf8JsonWriter _json = new(Nowhere, new JsonWriterOptions
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    });

    public void Dispose() => _json.Dispose();

    internal void Pay(in PayOrder order, IBufferWriter<byte> into)
    {
        _json.Reset(into);
        _json.WriteStartObject();
        WriteReference(order.Reference);
        WriteInstId(order.InstId);
        _json.WriteString("trade_type"u8, TradeTypes.Name(order.TradeType));
        WriteUnlessEmpty("qr_type"u8, NameOf(order.QrType));
        WriteUnlessEmpty("qr_content"u8, order.QrContent);
        WriteUnlessEmpty("body"u8, order.Body);
        WriteUnlessEmpty("terminal_type"u8, order.TerminalType);
        WriteUnlessEmpty("terminal_id"u8, order.TerminalId);
        WriteUnlessEmpty("merchant_id"u8, order.MerchantId);
        WriteUnlessEmpty("face_device_id"u8, order.FaceDeviceId);
        if (!order.FaceData.IsEmpty)
        {
            WriteSecret("face_data"u8, order.FaceData);
        }
        _json.WriteEndObject();
        Leave();
    }

    internal void Refund(in RefundOrder order, IBufferWriter<byte> into)
    {
        _json.Reset(into);
        _json.WriteStartObject();
        WriteReference(order.Reference);
        WriteInstId(order.InstId);
        _json.WriteEndObject();
        Leave();
    }

    /// <summary>An inquiry or a reversal: the reference alone. Valid until the next use of this encoder.</summary>
    internal ReadOnlyMemory<byte> Reference(ClearingReference reference)
    {
        _short.ResetWrittenCount();
        _json.Reset(_short);
        _json.WriteStartObject();
        WriteReference(reference);
        _json.WriteEndObject();
        Leave();
        return _short.WrittenMemory;
    }

    private static ReadOnlySpan<byte> NameOf(QrType type) => type switch
    {
        QrType.Dynamic => "DYNAMIC"u8,
        QrType.Static => "STATIC"u8,
        _ => default,
    };

    private void WriteReference(in ClearingReference reference)
    {
        Span<byte> text = stackalloc byte[TradeNo.TextLength];
        _json.WriteString("reference"u8, text[..reference.TradeNo.Format(text)]);
        if (reference.IsRefund)
        {
            _json.WriteString("original_reference"u8, text[..reference.Original.Format(text)]);
        }
        // A string: a 16-digit number would lose its last digits in every reader that keeps numbers as doubles.
        Utf8Formatter.TryFormat(reference.Amount.MinorUnits, text, out int length);
        _json.WriteString("amount_minor"u8, text[..length]);
        _json.WriteString("currency"u8, text[..reference.Currency.Format(text)]);
    }

    private void WriteInstId(InstId instId)
    {
        Span<byte> text = stackalloc byte[InstId.MaxLength];
        _json.WriteString("inst_id"u8, text[..instId.Format(text)]);
    }

    private void WriteUnlessEmpty(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty)
        {
            _json.WriteString(name, value);
        }
    }

    // In pieces: a long value that needs an escape the writer escapes in an array of the shared pool, and gives that back as it is.
    private void WriteSecret(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        _json.WritePropertyName(name);
        while (value.Length > SecretPieceBytes)
        {
            _json.WriteStringValueSegment(value[..SecretPieceBytes], isFinalSegment: false);
            value = value[SecretPieceBytes..];
        }
        _json.WriteStringValueSegment(value, isFinalSegment: true);
    }

    // The writer must not keep a call's buffer alive, nor reach it, once the call is on its way.
    private void Leave()
    {
        _json.Flush();
        _json.Reset(Nowhere);
    }
}
