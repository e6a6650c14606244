using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace HotPath.Core.Model;

/// <summary>An ISO 4217 currency: three letters, the three digits that stand for them in codes, and the number of digits of its minor unit.</summary>
/// <remarks>Packed into 32 bits so that it travels in journal records and structs without a string.</remarks>
public readonly record struct Currency
{
    // Minor units from the ISO 4217 list one (SIX), never from ICU/CLDR, which rounds to what shops show (IDR 0, HUF 0).
    // Behind each code the list's number, which is what an EMVCo code carries (tag 53).
    // Codes without a minor unit (gold, test codes) are left out: nobody pays with them.
    private const string ZeroDigits =
        "BIF108 CLP152 DJF262 GNF324 ISK352 JPY392 KMF174 KRW410 PYG600 RWF646 UGX800 UYI940 VND704 VUV548 XAF950 XOF952 XPF953";
    private const string ThreeDigits = "BHD048 IQD368 JOD400 KWD414 LYD434 OMR512 TND788";
    private const string TwoDigits =
        "AED784 AFN971 ALL008 AMD051 AOA973 ARS032 AUD036 AWG533 AZN944 BAM977 BBD052 BDT050 BMD060 BND096 BOB068 BOV984 BRL986 " +
        "BSD044 BTN064 BWP072 BYN933 BZD084 CAD124 CDF976 CHE947 CHF756 CHW948 CNY156 COP170 COU970 CRC188 CUP192 CVE132 CZK203 " +
        "DKK208 DOP214 DZD012 EGP818 ERN232 ETB230 EUR978 FJD242 FKP238 GBP826 GEL981 GHS936 GIP292 GMD270 GTQ320 GYD328 HKD344 " +
        "HNL340 HTG332 HUF348 IDR360 ILS376 INR356 IRR364 JMD388 KES404 KGS417 KHR116 KPW408 KYD136 KZT398 LAK418 LBP422 LKR144 " +
        "LRD430 LSL426 MAD504 MDL498 MGA969 MKD807 MMK104 MNT496 MOP446 MRU929 MUR480 MVR462 MWK454 MXN484 MXV979 MYR458 MZN943 " +
        "NAD516 NGN566 NIO558 NOK578 NPR524 NZD554 PAB590 PEN604 PGK598 PHP608 PKR586 PLN985 QAR634 RON946 RSD941 RUB643 SAR682 " +
        "SBD090 SCR690 SDG938 SEK752 SGD702 SHP654 SLE925 SOS706 SRD968 SSP728 STN930 SVC222 SYP760 SZL748 THB764 TJS972 TMT934 " +
        "TOP776 TRY949 TTD780 TWD901 TZS834 UAH980 USD840 USN997 UYU858 UZS860 VED926 VES928 WST882 XCD951 XCG532 YER886 ZAR710 " +
        "ZMW967 ZWG924";

    private static readonly FrozenDictionary<uint, Row> Rows = BuildRows();

    private readonly uint _packed;

    private Currency(uint packed, byte exponent) => _packed = (packed << 8) | exponent;

    private Currency(uint raw) => _packed = raw;

    /// <summary>Every currency there is.</summary>
    public static IEnumerable<Currency> All => Rows.Select(row => new Currency(row.Key, row.Value.Exponent));

    /// <summary>Digits after the decimal point: 0 for JPY, 2 for CNY, 3 for KWD.</summary>
    public int Exponent => (int)(_packed & 0xFF);

    /// <summary>ISO 4217's number: 156 for CNY, 36 for AUD (036). 0 for "no currency".</summary>
    public int NumericCode => Rows.TryGetValue(_packed >> 8, out Row row) ? row.NumericCode : 0;

    /// <summary>False for <c>default</c>, which stands for "no currency".</summary>
    public bool IsKnown => _packed != 0;

    /// <summary>The 32 bits a journal record stores.</summary>
    public uint ToRaw() => _packed;

    /// <summary>The currency a journal record stored.</summary>
    public static Currency FromRaw(uint raw) => new(raw);

    /// <summary>True when <paramref name="text"/> is three letters A to Z; says nothing about the currency's existence.</summary>
    public static bool IsWellFormed(ReadOnlySpan<byte> text) =>
        text.Length == 3 && text.IndexOfAnyExceptInRange((byte)'A', (byte)'Z') < 0;

    /// <summary>The currency of this code, or <c>default</c> when ISO 4217 has none.</summary>
    public static Currency Parse(ReadOnlySpan<byte> text)
    {
        if (!IsWellFormed(text))
        {
            return default;
        }
        uint packed = Pack(text[0], text[1], text[2]);
        return Rows.TryGetValue(packed, out Row row) ? new Currency(packed, row.Exponent) : default;
    }

    /// <inheritdoc cref="Parse(ReadOnlySpan{byte})"/>
    public static Currency Parse(string text) => Parse(Encoding.ASCII.GetBytes(text));

    /// <summary>Writes the three letters.</summary>
    public int Format(Span<byte> into)
    {
        into[0] = (byte)(_packed >> 24);
        into[1] = (byte)(_packed >> 16);
        into[2] = (byte)(_packed >> 8);
        return 3;
    }

    public override string ToString()
    {
        Span<byte> text = stackalloc byte[3];
        return IsKnown ? Encoding.ASCII.GetString(text[..Format(text)]) : "";
    }

    private static uint Pack(byte a, byte b, byte c) => ((uint)a << 16) | ((uint)b << 8) | c;

    private static FrozenDictionary<uint, Row> BuildRows()
    {
        var rows = new Dictionary<uint, Row>();
        foreach ((string codes, byte exponent) in new[] { (ZeroDigits, (byte)0), (TwoDigits, (byte)2), (ThreeDigits, (byte)3) })
        {
            foreach (string code in codes.Split(' '))
            {
                rows.Add(Pack((byte)code[0], (byte)code[1], (byte)code[2]), new Row(exponent, short.Parse(code.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture)));
            }
        }
        return rows.ToFrozenDictionary();
    }

    private readonly record struct Row(byte Exponent, short NumericCode);
}
