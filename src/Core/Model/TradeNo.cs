using System.Text;

namespace HotPath.Core.Model;

/// <summary>
/// A number the gateway gives: trade_no, refund_id or resp_id. 28 digits: <c>yyyyMMddHHmmssfff</c> (Beijing), 3 digits of node,
/// 8 digits of a counter within that millisecond. Increasing per node, never given twice.
/// </summary>
/// <param name="Stamp">Unix milliseconds in the upper 41 bits, the counter in the lower 23.</param>
/// <param name="Node">The node that gave it, 0 to 999.</param>
public readonly record struct TradeNo(ulong Stamp, ushort Node) : IComparable<TradeNo>
{
    /// <summary>Digits of every number.</summary>
    public const int TextLength = 28;

    /// <summary>Bits of the counter: 8,388,608 numbers in each millisecond.</summary>
    public const int CounterBits = 23;

    private const ulong CounterMask = (1UL << CounterBits) - 1;
    private const int NodeDigits = 3;

    /// <summary>False for <c>default</c>, which stands for "no number".</summary>
    public bool IsAssigned => Stamp != 0;

    /// <summary>When it was given, as Unix milliseconds. Never behind the clock of its node, possibly ahead of it after a clock step.</summary>
    public long UnixMs => (long)(Stamp >> CounterBits);

    public int CompareTo(TradeNo other) =>
        Stamp != other.Stamp ? Stamp.CompareTo(other.Stamp) : Node.CompareTo(other.Node);

    public static bool operator <(TradeNo left, TradeNo right) => left.CompareTo(right) < 0;

    public static bool operator >(TradeNo left, TradeNo right) => left.CompareTo(right) > 0;

    public static bool operator <=(TradeNo left, TradeNo right) => left.CompareTo(right) <= 0;

    public static bool operator >=(TradeNo left, TradeNo right) => left.CompareTo(right) >= 0;

    /// <summary>Writes the 28 digits.</summary>
    public int Format(Span<byte> into)
    {
        int length = BeijingTime.FormatMilliseconds(UnixMs, into);
        Digits(into.Slice(length, NodeDigits), Node);
        Digits(into[(length + NodeDigits)..TextLength], Stamp & CounterMask);
        return TextLength;
    }

    /// <summary>Reads 28 digits; <c>default</c> for a number that this gateway's form cannot hold.</summary>
    public static TradeNo Parse(ReadOnlySpan<byte> text)
    {
        if (text.Length != TextLength || text.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0 ||
            !BeijingTime.TryParse(text[..BeijingTime.SecondsLength], out long unixMs))
        {
            return default;
        }
        unixMs += (long)Number(text[BeijingTime.SecondsLength..BeijingTime.MillisecondsLength]);
        ulong node = Number(text.Slice(BeijingTime.MillisecondsLength, NodeDigits));
        ulong counter = Number(text[(BeijingTime.MillisecondsLength + NodeDigits)..]);
        bool fits = unixMs > 0 && unixMs < 1L << (64 - CounterBits) && counter <= CounterMask;
        return fits ? new TradeNo(((ulong)unixMs << CounterBits) | counter, (ushort)node) : default;
    }

    public override string ToString()
    {
        Span<byte> text = stackalloc byte[TextLength];
        return Encoding.ASCII.GetString(text[..Format(text)]);
    }

    private static ulong Number(ReadOnlySpan<byte> digits)
    {
        ulong number = 0;
        foreach (byte digit in digits)
        {
            number = (number * 10) + (ulong)(digit - '0');
        }
        return number;
    }

    private static void Digits(Span<byte> into, ulong value)
    {
        for (int i = into.Length - 1; i >= 0; i--)
        {
            into[i] = (byte)('0' + (value % 10));
            value /= 10;
        }
    }
}
