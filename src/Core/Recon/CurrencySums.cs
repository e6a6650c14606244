using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using HotPath.Core.Model;

namespace HotPath.Core.Recon;

/// <summary>How many trades or refunds there are of each currency, and their exact sum: 128 bits of minor units never overflow (a row is below 2^54).</summary>
internal sealed class CurrencySums
{
    // Few currencies, and rows of one mostly follow each other; sorted by code when they are written.
    private readonly SortedDictionary<string, Sum> _sums = new(StringComparer.Ordinal);
    private Currency _lastCurrency;
    private Sum? _last;

    internal IReadOnlyDictionary<string, Sum> All => _sums;

    /// <summary>Of all currencies. 128 bits: each one's is what an institution said, and may be as large as 64 bits hold.</summary>
    internal Int128 Count => _sums.Values.Aggregate(Int128.Zero, (count, sum) => count + sum.Count);

    internal void Add(Currency currency, long minorUnits) => Add(currency, 1, minorUnits);

    internal void Add(Currency currency, long count, Int128 minorUnits)
    {
        if (_last is null || currency != _lastCurrency)
        {
            string code = currency.ToString();
            if (!_sums.TryGetValue(code, out _last))
            {
                _sums.Add(code, _last = new Sum(currency));
            }
            _lastCurrency = currency;
        }
        _last.Count += count;
        _last.MinorUnits += minorUnits;
    }

    /// <summary>What both say of every currency; one with nothing is as good as absent.</summary>
    internal bool Equal(CurrencySums other) =>
        Present().SequenceEqual(other.Present());

    /// <summary>The END line's: <c>CNY=123.45;JPY=1000</c>, by code; empty when there is nothing.</summary>
    internal string ToLine() => string.Join(';', _sums.Values.Select(sum => $"{sum.Currency}={sum.Text}"));

    /// <summary>amount_summary: <c>{"CNY":{"count":"2","amount":"88.80"}}</c>, by code; <c>{}</c> when there is nothing.</summary>
    internal string ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach ((string code, Sum sum) in _sums)
            {
                writer.WriteStartObject(code);
                writer.WriteString("count", sum.Count.ToString(CultureInfo.InvariantCulture));
                writer.WriteString("amount", sum.Text);
                writer.WriteEndObject();
            }
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private IEnumerable<(string Code, long Count, Int128 MinorUnits)> Present() =>
        _sums.Where(one => one.Value.Count != 0 || one.Value.MinorUnits != 0).Select(one => (one.Key, one.Value.Count, one.Value.MinorUnits));

    internal sealed class Sum(Currency currency)
    {
        internal Currency Currency { get; } = currency;

        internal long Count { get; set; }

        internal Int128 MinorUnits { get; set; }

        /// <summary>Major units with all digits of the currency.</summary>
        internal string Text
        {
            get
            {
                string digits = Int128.Abs(MinorUnits).ToString(CultureInfo.InvariantCulture).PadLeft(Currency.Exponent + 1, '0');
                string sign = MinorUnits < 0 ? "-" : "";
                return Currency.Exponent == 0 ? sign + digits : $"{sign}{digits[..^Currency.Exponent]}.{digits[^Currency.Exponent..]}";
            }
        }
    }
}
