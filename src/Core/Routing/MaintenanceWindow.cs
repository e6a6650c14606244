namespace HotPath.Core.Routing;

/// <summary>
/// A time in which a route takes no new payments: once, between two instants, or every day between two times of a zone's wall clock, over midnight
/// where the second is not after the first. The beginning belongs to it, the end does not.
/// </summary>
/// <remarks>
/// Where clocks change within a daily one: it lasts from the first instant at which the zone's clock shows its beginning to the last at which it
/// shows its end, so an hour that comes twice is maintained throughout; a time that is skipped counts as the instant of the change, and a window that is
/// skipped whole does not take place. The instants are worked out once a stretch (a window, or the time between two), not once a payment.
/// </remarks>
public sealed class MaintenanceWindow
{
    private readonly TimeOnly _from;
    private readonly TimeOnly _until;
    private readonly TimeZoneInfo? _zone;
    private volatile Stretch _stretch;

    private MaintenanceWindow(string text, TimeOnly from, TimeOnly until, TimeZoneInfo? zone, Stretch stretch)
    {
        Text = text;
        _from = from;
        _until = until;
        _zone = zone;
        _stretch = stretch;
    }

    /// <summary>The window in words: what it is told apart by.</summary>
    public string Text { get; }

    /// <summary>Every day, between two times of the zone's clock.</summary>
    /// <exception cref="ArgumentException">The times are the same: that says nothing.</exception>
    public static MaintenanceWindow Daily(TimeOnly from, TimeOnly until, TimeZoneInfo zone)
    {
        if (from == until)
        {
            throw new ArgumentException($"{from:HH:mm} to {until:HH:mm} is no time or all of it", nameof(until));
        }
        return new MaintenanceWindow($"daily {from:HH:mm:ss} to {until:HH:mm:ss} {zone.Id}", from, until, zone, new Stretch(0, 0, IsMaintenance: false));
    }

    /// <summary>Once.</summary>
    /// <exception cref="ArgumentException">It ends before it begins.</exception>
    public static MaintenanceWindow Once(DateTimeOffset from, DateTimeOffset until)
    {
        if (until <= from)
        {
            throw new ArgumentException($"{until:O} is not after {from:O}", nameof(until));
        }
        return new MaintenanceWindow(
            $"{from.ToUniversalTime():yyyy-MM-ddTHH:mm:ssZ} to {until.ToUniversalTime():yyyy-MM-ddTHH:mm:ssZ}", default, default, null,
            new Stretch(from.ToUnixTimeMilliseconds(), until.ToUnixTimeMilliseconds(), IsMaintenance: true));
    }

    /// <summary>Whether it is on at this instant.</summary>
    /// <param name="nowMs">Unix milliseconds.</param>
    public bool IsOn(long nowMs)
    {
        Stretch stretch = _stretch;
        if (_zone is null)
        {
            return stretch.Contains(nowMs);
        }
        if (!stretch.Contains(nowMs))
        {
            // Two at once work it out twice, and alike.
            _stretch = stretch = Around(nowMs, _zone);
        }
        return stretch.IsMaintenance;
    }

    // The window of the day before may reach into today, tomorrow's bounds the time between.
    private Stretch Around(long nowMs, TimeZoneInfo zone)
    {
        DateOnly today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTimeFromUtc(DateTimeOffset.FromUnixTimeMilliseconds(nowMs).UtcDateTime, zone));
        long before = long.MinValue, after = long.MaxValue;
        for (int day = -2; day <= 2; day++)
        {
            DateOnly date = today.AddDays(day);
            long from = Instant(date.ToDateTime(_from), zone, isLast: false);
            long until = Instant((_until > _from ? date : date.AddDays(1)).ToDateTime(_until), zone, isLast: true);
            if (from <= nowMs && nowMs < until)
            {
                return new Stretch(from, until, IsMaintenance: true);
            }
            if (until <= nowMs)
            {
                before = Math.Max(before, until);
            }
            else if (until > from)
            {
                after = Math.Min(after, from);
            }
        }
        return new Stretch(before, after, IsMaintenance: false);
    }

    /// <summary>When the zone's clock shows this, Unix milliseconds: of two instants the first or the last; the instant of the change for what it never shows.</summary>
    private static long Instant(DateTime local, TimeZoneInfo zone, bool isLast)
    {
        if (zone.IsInvalidTime(local))
        {
            // Clocks change at whole minutes: back to the first that is skipped, which is the change by the offset before it.
            DateTime change = local.AddTicks(-(local.Ticks % TimeSpan.TicksPerMinute));
            while (zone.IsInvalidTime(change.AddMinutes(-1)))
            {
                change = change.AddMinutes(-1);
            }
            return Utc(change, zone.GetUtcOffset(change.AddMinutes(-1)));
        }
        TimeSpan offset = zone.IsAmbiguousTime(local)
            ? isLast ? zone.GetAmbiguousTimeOffsets(local).Min() : zone.GetAmbiguousTimeOffsets(local).Max()
            : zone.GetUtcOffset(local);
        return Utc(local, offset);
    }

    private static long Utc(DateTime local, TimeSpan offset) => new DateTimeOffset(DateTime.SpecifyKind(local, DateTimeKind.Unspecified), offset).ToUnixTimeMilliseconds();

    private sealed record Stretch(long FromMs, long UntilMs, bool IsMaintenance)
    {
        internal bool Contains(long nowMs) => nowMs >= FromMs && nowMs < UntilMs;
    }
}
