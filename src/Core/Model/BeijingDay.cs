namespace HotPath.Core.Model;

/// <summary>A day in Beijing: <c>yyyyMMdd</c> on the wire, inside the number of days since 1970-01-01.</summary>
public readonly record struct BeijingDay(int Number) : IComparable<BeijingDay>
{
    /// <summary>Bytes of <c>yyyyMMdd</c>.</summary>
    public const int TextLength = 8;

    private static readonly byte[] Midnight = "000000"u8.ToArray();

    /// <summary>Its first moment, Unix milliseconds.</summary>
    public long StartMs => ((long)Number * 24 * 3600 * 1000) - (8 * 3600 * 1000L);

    /// <summary>The day that this moment is in.</summary>
    public static BeijingDay Of(long unixMs) => new((int)BeijingTime.DayNumber(unixMs));

    /// <summary>Reads <c>yyyyMMdd</c>; false for anything that is not a day of 1970 or later.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out BeijingDay day)
    {
        day = default;
        if (text.Length != TextLength)
        {
            return false;
        }
        Span<byte> moment = stackalloc byte[BeijingTime.SecondsLength];
        text.CopyTo(moment);
        Midnight.CopyTo(moment[TextLength..]);
        if (!BeijingTime.TryParse(moment, out long unixMs))
        {
            return false;
        }
        day = Of(unixMs);
        return true;
    }

    /// <summary>Writes the eight digits.</summary>
    public int Format(Span<byte> into)
    {
        Span<byte> moment = stackalloc byte[BeijingTime.SecondsLength];
        BeijingTime.Format(StartMs, moment);
        moment[..TextLength].CopyTo(into);
        return TextLength;
    }

    public int CompareTo(BeijingDay other) => Number.CompareTo(other.Number);

    public static BeijingDay operator +(BeijingDay day, int days) => new(day.Number + days);

    public static BeijingDay operator -(BeijingDay day, int days) => new(day.Number - days);

    public static bool operator <(BeijingDay left, BeijingDay right) => left.Number < right.Number;

    public static bool operator >(BeijingDay left, BeijingDay right) => left.Number > right.Number;

    public static bool operator <=(BeijingDay left, BeijingDay right) => left.Number <= right.Number;

    public static bool operator >=(BeijingDay left, BeijingDay right) => left.Number >= right.Number;

    public override string ToString()
    {
        Span<byte> text = stackalloc byte[TextLength];
        return System.Text.Encoding.ASCII.GetString(text[..Format(text)]);
    }
}
