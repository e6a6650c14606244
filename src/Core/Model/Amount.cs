using System.Buffers.Text;
using System.Globalization;

namespace HotPath.Core.Model;

/// <summary>What became of reading an amount.</summary>
public enum AmountForm : byte
{
    /// <summary>Read.</summary>
    Ok = 0,

    /// <summary>Not <c>^(0|[1-9][0-9]{0,12})(\.[0-9]{1,3})?$</c>, or more fraction digits than the currency has (C002).</summary>
    Malformed,

    /// <summary>Well formed, but zero (C003).</summary>
    Zero,
}

/// <summary>Money as a whole number of minor units (fen, cents, yen). Never a double, never a decimal, never rounded.</summary>
public readonly record struct Amount(long MinorUnits)
{
    /// <summary>Longest text of an amount, in bytes: 13 digits, a point, 3 digits.</summary>
    public const int MaxTextLength = 17;

    private const int MaxWholeDigits = 13;
    private const int MaxFractionDigits = 3;

    /// <summary>Reads major units ("88.80") into minor units of a currency with <paramref name="exponent"/> digits.</summary>
    public static AmountForm TryParse(ReadOnlySpan<byte> text, int exponent, out Amount amount)
    {
        amount = default;
        int point = text.IndexOf((byte)'.');
        ReadOnlySpan<byte> whole = point < 0 ? text : text[..point];
        ReadOnlySpan<byte> fraction = point < 0 ? default : text[(point + 1)..];
        bool wholeIsFine = whole.Length is >= 1 and <= MaxWholeDigits && IsDigits(whole) && (whole.Length == 1 || whole[0] != '0');
        bool fractionIsFine = point < 0 || (fraction.Length is >= 1 and <= MaxFractionDigits && IsDigits(fraction));
        if (!wholeIsFine || !fractionIsFine || fraction.Length > exponent)
        {
            return AmountForm.Malformed;
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
        amount = new Amount(minor);
        return minor == 0 ? AmountForm.Zero : AmountForm.Ok;
    }

    /// <summary>Writes major units with all digits of the currency ("88.80", "1200", "0.005").</summary>
    /// <returns>The number of bytes written.</returns>
    public int Format(Span<byte> into, int exponent)
    {
        long divisor = exponent switch { 0 => 1, 1 => 10, 2 => 100, _ => 1000 };
        Utf8Formatter.TryFormat(MinorUnits / divisor, into, out int length);
        if (exponent == 0)
        {
            return length;
        }
        into[length++] = (byte)'.';
        long rest = MinorUnits % divisor;
        for (int i = exponent - 1; i >= 0; i--)
        {
            into[length + i] = (byte)('0' + (rest % 10));
            rest /= 10;
        }
        return length + exponent;
    }

    public override string ToString() => MinorUnits.ToString(CultureInfo.InvariantCulture);

    private static bool IsDigits(ReadOnlySpan<byte> text) => text.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;
}
