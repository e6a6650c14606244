using System.Globalization;
using System.Text;
using System.Text.Json;
using HotPath.Core.Model;

namespace HotPath.Core.Recon;

/// <summary>
/// Reads amount_summary: <c>{"CNY":{"count":"2","amount":"88.80"}}</c>. Strictly: what is no such object of objects of strings, or there twice, is C002; what is
/// well formed and cannot be (no such currency, another member) is C003.
/// </summary>
internal static class AmountSummary
{
    // The longest sum that 128 bits of minor units hold has 38 digits; nobody's day has 30.
    private const int MaxDigits = 30;

    private static readonly JsonReaderOptions Strict = new() { MaxDepth = 2 };

    /// <summary>None when it was read.</summary>
    internal static RespCode TryParse(ReadOnlySpan<byte> json, out CurrencySums sums)
    {
        sums = new CurrencySums();
        try
        {
            var reader = new Utf8JsonReader(json, Strict);
            RespCode code = Read(ref reader, sums);
            // What comes after the object is no JSON any more: the reader throws.
            return code != RespCode.None || !reader.Read() ? code : RespCode.MemberMalformed;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return RespCode.MemberMalformed;
        }
    }

    /// <summary>The sums in a file's facts, which are our own.</summary>
    internal static CurrencySums Parse(string json)
    {
        RespCode code = TryParse(Encoding.UTF8.GetBytes(json), out CurrencySums sums);
        return code == RespCode.None ? sums : throw new InvalidDataException("the facts of a reconciliation file are damaged");
    }

    private static RespCode Read(ref Utf8JsonReader reader, CurrencySums sums)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return RespCode.MemberMalformed;
        }
        RespCode worst = RespCode.None;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            byte[] letters = Encoding.UTF8.GetBytes(name);
            if (!Currency.IsWellFormed(letters) || sums.All.ContainsKey(name))
            {
                return RespCode.MemberMalformed;
            }
            Currency currency = Currency.Parse(letters);
            RespCode code = ReadOne(ref reader, currency, sums);
            if (code == RespCode.MemberMalformed)
            {
                return code;
            }
            worst = currency.IsKnown && worst == RespCode.None ? code : RespCode.MemberIllegal;
        }
        return worst;
    }

    private static RespCode ReadOne(ref Utf8JsonReader reader, Currency currency, CurrencySums sums)
    {
        string? count = null;
        string? amount = null;
        bool hasOther = false;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return RespCode.MemberMalformed;
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            if (!reader.Read() || reader.TokenType != JsonTokenType.String || (name == "count" && count is not null) || (name == "amount" && amount is not null))
            {
                return RespCode.MemberMalformed;
            }
            string value = reader.GetString()!;
            (count, amount) = name switch { "count" => (value, amount), "amount" => (count, value), _ => (count, amount) };
            hasOther |= name is not ("count" or "amount");
        }
        if (count is null || amount is null || !TryReadCount(count, out long trades) || !TryReadSum(amount, currency, out Int128 minorUnits))
        {
            return RespCode.MemberMalformed;
        }
        if (currency.IsKnown)
        {
            sums.Add(currency, trades, minorUnits);
        }
        return hasOther ? RespCode.MemberIllegal : RespCode.None;
    }

    private static bool TryReadCount(string text, out long count)
    {
        count = 0;
        return text is ['0'] or [>= '1' and <= '9', ..] && text.Length <= 18 && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count);
    }

    // Digits, and behind a point at most as many as the currency has; of one that does not exist, three.
    private static bool TryReadSum(string text, Currency currency, out Int128 minorUnits)
    {
        minorUnits = 0;
        int exponent = currency.IsKnown ? currency.Exponent : 3;
        int point = text.IndexOf('.', StringComparison.Ordinal);
        string whole = point < 0 ? text : text[..point];
        string fraction = point < 0 ? "" : text[(point + 1)..];
        bool isFine = whole is ['0'] or [>= '1' and <= '9', ..] && whole.Length <= MaxDigits && (point < 0 || fraction.Length > 0) && fraction.Length <= exponent;
        return isFine && Int128.TryParse(whole + fraction.PadRight(exponent, '0'), NumberStyles.None, CultureInfo.InvariantCulture, out minorUnits);
    }
}
