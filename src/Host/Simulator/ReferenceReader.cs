using System.Buffers.Text;
using System.Text.Json;
using HotPath.Core.Clearing;
using HotPath.Core.Model;

namespace HotPath.Host.Simulator;

/// <summary>
/// Picks reference, amount_minor, currency and, of a refund, original_reference out of a JSON object: a request's, or a line's of the books.
/// </summary>
internal struct ReferenceReader
{
    private TradeNo _tradeNo;
    private TradeNo _original;
    private bool _namesOriginal;
    private long _amountMinor;
    private Currency _currency;

    /// <summary>Takes the member the reader stands on if it is one of these; otherwise leaves the reader there.</summary>
    internal bool TryTake(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("reference"u8))
        {
            reader.Read();
            _tradeNo = reader.TokenType == JsonTokenType.String ? TradeNo.Parse(reader.ValueSpan) : default;
            return true;
        }
        if (reader.ValueTextEquals("original_reference"u8))
        {
            reader.Read();
            _original = reader.TokenType == JsonTokenType.String ? TradeNo.Parse(reader.ValueSpan) : default;
            _namesOriginal = true;
            return true;
        }
        if (reader.ValueTextEquals("amount_minor"u8))
        {
            reader.Read();
            bool isNumber = Utf8Parser.TryParse(reader.ValueSpan, out _amountMinor, out int used) && used == reader.ValueSpan.Length;
            _amountMinor = isNumber && reader.TokenType == JsonTokenType.String ? _amountMinor : 0;
            return true;
        }
        if (reader.ValueTextEquals("currency"u8))
        {
            reader.Read();
            _currency = reader.TokenType == JsonTokenType.String ? Currency.Parse(reader.ValueSpan) : default;
            return true;
        }
        return false;
    }

    /// <summary>True when all were there that must be, and make sense.</summary>
    internal readonly bool TryGet(out ClearingReference reference)
    {
        reference = new ClearingReference(_tradeNo, new Amount(_amountMinor), _currency, _original);
        return _tradeNo.IsAssigned && _amountMinor > 0 && _currency.IsKnown && _original.IsAssigned == _namesOriginal && _original != _tradeNo;
    }

    /// <summary>Reads a whole request; members that are not these do not matter to the simulator.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> json, out ClearingReference reference)
    {
        reference = default;
        var members = default(ReferenceReader);
        var reader = new Utf8JsonReader(json);
        try
        {
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (!members.TryTake(ref reader))
                {
                    reader.Skip();
                }
            }
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return false;
        }
        return members.TryGet(out reference);
    }
}
