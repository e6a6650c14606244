namespace HotPath.Core.Model;

/// <summary>Every time on the wire: <c>yyyyMMddHHmmss</c> in Beijing (UTC+8, no daylight saving). Inside: Unix milliseconds, UTC.</summary>
public static class BeijingTime
{
    /// <summary>Bytes of <c>yyyyMMddHHmmss</c>.</summary>
    public const int SecondsLength = 14;

    /// <summary>Bytes of <c>yyyyMMddHHmmssfff</c>.</summary>
    public const int MillisecondsLength = 17;

    /// <summary>Bytes of <c>yyyyMMdd</c>.</summary>
    public const int DayLength = 8;

    private const long OffsetMs = 8 * 3600 * 1000L;
    private const long DayMs = 24 * 3600 * 1000L;

    /// <summary>The Beijing day that this moment is in, counted from 1970-01-01.</summary>
    public static long DayNumber(long unixMs) => (unixMs + OffsetMs) / DayMs;

    /// <summary>The first moment of a Beijing day, Unix milliseconds.</summary>
    public static long StartOf(long dayNumber) => (dayNumber * DayMs) - OffsetMs;

    /// <summary>Writes <c>yyyyMMdd</c>.</summary>
    public static void FormatDay(long dayNumber, Span<byte> into)
    {
        Span<byte> time = stackalloc byte[SecondsLength];
        Format(StartOf(dayNumber), time);
        time[..DayLength].CopyTo(into);
    }

    /// <summary>Reads <c>yyyyMMddHHmmss</c>; false for anything that is not a real date and time.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long unixMs)
    {
        unixMs = 0;
        if (text.Length != SecondsLength || text.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0)
        {
            return false;
        }
        int year = Number(text[..4]), month = Number(text[4..6]), day = Number(text[6..8]);
        int hour = Number(text[8..10]), minute = Number(text[10..12]), second = Number(text[12..14]);
        if (year < 1970 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59)
        {
            return false;
        }
        var local = new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc);
        unixMs = ((local.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond) - OffsetMs;
        return true;
    }

    /// <summary>Writes <c>yyyyMMddHHmmss</c>.</summary>
    public static int Format(long unixMs, Span<byte> into)
    {
        DateTime local = Local(unixMs);
        Digits(into, 0, 4, local.Year);
        Digits(into, 4, 2, local.Month);
        Digits(into, 6, 2, local.Day);
        Digits(into, 8, 2, local.Hour);
        Digits(into, 10, 2, local.Minute);
        Digits(into, 12, 2, local.Second);
        return SecondsLength;
    }

    /// <summary>Writes <c>yyyyMMddHHmmssfff</c>.</summary>
    public static int FormatMilliseconds(long unixMs, Span<byte> into)
    {
        Format(unixMs, into);
        Digits(into, SecondsLength, 3, Local(unixMs).Millisecond);
        return MillisecondsLength;
    }

    private static DateTime Local(long unixMs) => DateTime.UnixEpoch.AddTicks((unixMs + OffsetMs) * TimeSpan.TicksPerMillisecond);

    private static int Number(ReadOnlySpan<byte> digits)
    {
        int number = 0;
        foreach (byte digit in digits)
        {
            number = (number * 10) + (digit - '0');
        }
        return number;
    }

    private static void Digits(Span<byte> into, int at, int count, int value)
    {
        for (int i = count - 1; i >= 0; i--)
        {
            into[at + i] = (byte)('0' + (value % 10));
            value /= 10;
        }
    }
}
