using System.Buffers.Text;
using System.Text;
using HotPath.Core.Model;

namespace HotPath.Core.Qr;

/// <summary>
/// Reads what is in a code (qr_content; protocol, section 5): EMVCo merchant-presented mode when it begins with 000201, else an https
/// address, else opaque. It holds EMVCo codes to what decides about money and way, and no further (docs/decisions/0014).
/// </summary>
/// <remarks>Nothing is allocated and nothing thrown, whatever comes. The caller has checked that the bytes are UTF-8.</remarks>
public static class QrReader
{
    private const int ChecksumLength = 4;

    /// <summary>Longest tag 54, in characters.</summary>
    private const int MaxAmountLength = 13;

    /// <summary>Longest name of a host, in bytes (RFC 1035).</summary>
    private const int MaxHostLength = 253;

    private static readonly System.Buffers.SearchValues<byte> HostLetters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-"u8);

    /// <summary>The code by itself.</summary>
    public static QrReading Read(ReadOnlySpan<byte> content)
    {
        ReadOnlySpan<byte> https = "https://"u8;
        return content.StartsWith(EmvTags.Beginning) ? ReadEmv(content)
            : content.Length >= https.Length && Ascii.EqualsIgnoreCase(content[..https.Length], https) ? ReadAddress(content, https.Length)
            : new QrReading { Kind = QrKind.Opaque };
    }

    /// <summary>The code beside the request that it came in: its own defect, or where the two contradict each other.</summary>
    public static QrDefect Compare(in QrReading reading, ReadOnlySpan<byte> content, QrType type, Currency currency, Amount amount) =>
        reading.Defect != QrDefect.None ? reading.Defect
        : reading.Method != QrType.None && reading.Method != type ? QrDefect.OtherMethod
        : !reading.Currency.IsEmpty && !IsCurrency(reading.Currency.Of(content), currency) ? QrDefect.OtherCurrency
        : !reading.Amount.IsEmpty && !IsAmount(reading.Amount.Of(content), amount, currency.Exponent) ? QrDefect.OtherAmount
        : QrDefect.None;

    /// <summary>
    /// What a single-use code is known by: SHA-256 of its text, the letters of an EMVCo checksum made large. They may come in either case, and
    /// a code that was paid must not be another one for being spelled otherwise.
    /// </summary>
    public static Digest DigestOf(in QrReading reading, ReadOnlySpan<byte> content)
    {
        if (reading.Kind != QrKind.Emv || !content[^ChecksumLength..].ContainsAnyInRange((byte)'a', (byte)'f'))
        {
            return Digest.Of(content);
        }
        Span<byte> canonical = stackalloc byte[content.Length];
        content.CopyTo(canonical);
        Ascii.ToUpperInPlace(canonical[^ChecksumLength..], out _);
        return Digest.Of(canonical);
    }

    private static QrReading ReadEmv(ReadOnlySpan<byte> content)
    {
        var reading = new QrReading { Kind = QrKind.Emv };
        var objects = new EmvObjects(content);
        UInt128 seen = 0;
        EmvStep step;
        while ((step = objects.Next()) == EmvStep.Object)
        {
            UInt128 bit = UInt128.One << objects.Id;
            QrDefect defect = (seen & bit) != 0 ? QrDefect.RepeatedObject : Take(ref reading, objects);
            if (defect != QrDefect.None)
            {
                return new QrReading { Kind = QrKind.Emv, Defect = defect };
            }
            seen |= bit;
        }
        return step == EmvStep.Broken ? reading with { Defect = QrDefect.BadObject }
            : objects.Id != EmvTags.Checksum || objects.Characters != ChecksumLength ? reading with { Defect = QrDefect.NoChecksum }
            : reading with { Defect = CheckSum(content) };
    }

    private static QrDefect Take(ref QrReading reading, scoped in EmvObjects one)
    {
        switch (one.Id)
        {
            case EmvTags.Method:
                QrType method = one.Value.SequenceEqual("11"u8) ? QrType.Static : one.Value.SequenceEqual("12"u8) ? QrType.Dynamic : QrType.None;
                reading = reading with { Method = method };
                return method == QrType.None ? QrDefect.BadMethod : QrDefect.None;
            case >= EmvTags.FirstAccount and <= EmvTags.LastAccount:
                return CheckAccount(one.Value);
            case EmvTags.Currency:
                reading = reading with { Currency = one.Part };
                return QrDefect.None;
            case EmvTags.Amount:
                reading = reading with { Amount = one.Part };
                return QrDefect.None;
            case EmvTags.MerchantName when one.Characters <= Merchant.MaxNameCharacters:
                reading = reading with { MerchantName = one.Part };
                return QrDefect.None;
            case EmvTags.MerchantCity when one.Characters <= Merchant.MaxCityCharacters:
                reading = reading with { MerchantCity = one.Part };
                return QrDefect.None;
            default:
                return QrDefect.None;
        }
    }

    private static QrDefect CheckAccount(ReadOnlySpan<byte> template)
    {
        var objects = new EmvObjects(template);
        UInt128 seen = 0;
        EmvStep step;
        while ((step = objects.Next()) == EmvStep.Object)
        {
            UInt128 bit = UInt128.One << objects.Id;
            if ((seen & bit) != 0)
            {
                return QrDefect.BadTemplate;
            }
            seen |= bit;
        }
        return step == EmvStep.End && (seen & (UInt128.One << EmvTags.Guid)) != 0 ? QrDefect.None : QrDefect.BadTemplate;
    }

    private static QrDefect CheckSum(ReadOnlySpan<byte> content)
    {
        ReadOnlySpan<byte> digits = content[^ChecksumLength..];
        bool isHex = Utf8Parser.TryParse(digits, out ushort given, out int read, 'x') && read == ChecksumLength;
        return !isHex ? QrDefect.NoChecksum : given != Crc16.Of(content[..^ChecksumLength]) ? QrDefect.BadChecksum : QrDefect.None;
    }

    // RFC 3986: a host of letters, digits, hyphens and points (others are written in Punycode), a port, and then what begins with / ? or #.
    // A user's name before an @ would make the host look like another one; no code needs it.
    private static QrReading ReadAddress(ReadOnlySpan<byte> content, int begin)
    {
        ReadOnlySpan<byte> rest = content[begin..];
        int end = rest.IndexOfAny((byte)'/', (byte)'?', (byte)'#');
        ReadOnlySpan<byte> authority = end < 0 ? rest : rest[..end];
        int colon = authority.IndexOf((byte)':');
        ReadOnlySpan<byte> host = colon < 0 ? authority : authority[..colon];
        ReadOnlySpan<byte> port = colon < 0 ? default : authority[(colon + 1)..];
        bool isHost = host.Length is >= 1 and <= MaxHostLength && !host.ContainsAnyExcept(HostLetters) && char.IsAsciiLetterOrDigit((char)host[0]);
        bool isPort = port.Length <= 5 && IsDigits(port) && (colon < 0 || port.Length > 0);
        return isHost && isPort
            ? new QrReading { Kind = QrKind.Https, Host = new QrPart(begin, host.Length) }
            : new QrReading { Kind = QrKind.Https, Defect = QrDefect.BadAddress };
    }

    private static bool IsCurrency(ReadOnlySpan<byte> digits, Currency currency) =>
        digits.Length == 3 && IsDigits(digits) && ((digits[0] - '0') * 100) + ((digits[1] - '0') * 10) + digits[2] - '0' == currency.NumericCode;

    // By value: "88.8", "88.80" and "88.800" are one amount, "98" and "98." too (EMV QRCPS 1.1, 4.4). More than the currency's digits must be zeroes.
    private static bool IsAmount(ReadOnlySpan<byte> text, Amount amount, int exponent)
    {
        int point = text.IndexOf((byte)'.');
        ReadOnlySpan<byte> whole = point < 0 ? text : text[..point];
        ReadOnlySpan<byte> fraction = point < 0 ? default : text[(point + 1)..];
        if (text.Length > MaxAmountLength || whole.IsEmpty || !IsDigits(whole) || !IsDigits(fraction))
        {
            return false;
        }
        long minor = 0;
        foreach (byte digit in whole)
        {
            minor = (minor * 10) + (digit - '0');
        }
        for (int i = 0; i < exponent; i++)
        {
            minor = (minor * 10) + (i < fraction.Length ? fraction[i] - '0' : 0);
        }
        bool isExact = fraction.Length <= exponent || !fraction[exponent..].ContainsAnyExcept((byte)'0');
        return isExact && minor == amount.MinorUnits;
    }

    private static bool IsDigits(ReadOnlySpan<byte> text) => !text.ContainsAnyExceptInRange((byte)'0', (byte)'9');
}
