using System.Collections.Frozen;
using System.Text;

namespace HotPath.Core.Model;

/// <summary>An ISO 4217 currency: three letters and the number of digits of its minor unit.</summary>
/// <remarks>Packed into 32 bits so that it travels in journal records and structs without a string.</remarks>
public readonly record struct Currency
{
    // Minor units from the ISO 4217 list one (SIX), never from ICU/CLDR, which rounds to what shops show (IDR 0, HUF 0).
    // Codes without a minor unit (gold, test codes) are left out: nobody pays with them.
    private const string ZeroDigits = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
    private const string ThreeDigits = "BHD IQD JOD KWD LYD OMR TND";
    private const string TwoDigits =
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU " +
        "CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES " +
        "KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR " +
        "NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP " +
        "TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG";

    private static readonly FrozenDictionary<uint, byte> Exponents = BuildExponents();

    private readonly uint _packed;

    private Currency(uint packed, byte exponent) => _packed = (packed << 8) | exponent;

    private Currency(uint raw) => _packed = raw;

    /// <summary>Digits after the decimal point: 0 for JPY, 2 for CNY, 3 for KWD.</summary>
    public int Exponent => (int)(_packed & 0xFF);

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
        return Exponents.TryGetValue(packed, out byte exponent) ? new Currency(packed, exponent) : default;
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

    private static FrozenDictionary<uint, byte> BuildExponents()
    {
        var exponents = new Dictionary<uint, byte>();
        foreach ((string codes, byte exponent) in new[] { (ZeroDigits, (byte)0), (TwoDigits, (byte)2), (ThreeDigits, (byte)3) })
        {
            foreach (string code in codes.Split(' '))
            {
                exponents.Add(Pack((byte)code[0], (byte)code[1], (byte)code[2]), exponent);
            }
        }
        return exponents.ToFrozenDictionary();
    }
}
