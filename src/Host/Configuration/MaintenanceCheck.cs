using System.Globalization;
using System.Text.RegularExpressions;
using HotPath.Core.Routing;

namespace HotPath.Host.Configuration;

/// <summary>Checks the times in which a route is maintained.</summary>
internal static partial class MaintenanceCheck
{
    // The offset is not to be forgotten: without one a time would be the machine's.
    private static readonly string[] Instants = ["yyyy-MM-dd'T'HH:mmzzz", "yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm'Z'", "yyyy-MM-dd'T'HH:mm:ss'Z'"];

    internal static List<MaintenanceWindow> Check(Faults faults, string path, IReadOnlyList<MaintenanceConfiguration>? windows)
    {
        var checkedOnes = new List<MaintenanceWindow>();
        if (windows is null)
        {
            return checkedOnes;
        }
        foreach ((string at, MaintenanceConfiguration window) in faults.Each(path, windows))
        {
            bool isDaily = window.Daily is not null, isOnce = window.From is not null || window.Until is not null;
            if (isDaily == isOnce)
            {
                faults.Add(at, "must have daily (and perhaps zone), or from and until");
            }
            else if ((isDaily ? Daily(faults, at, window) : Once(faults, at, window)) is { } good)
            {
                checkedOnes.Add(good);
            }
        }
        return checkedOnes;
    }

    private static MaintenanceWindow? Daily(Faults faults, string path, MaintenanceConfiguration window)
    {
        TimeZoneInfo? zone = Zone(window.Zone ?? "+08:00");
        if (zone is null)
        {
            faults.Add(path + ".zone", $"{window.Zone} is neither a time zone that this machine knows, like Asia/Hong_Kong, nor an offset like +08:00");
        }
        string[] times = window.Daily!.Split('-');
        if (times.Length != 2 || !IsTime(times[0], out TimeOnly from) || !IsTime(times[1], out TimeOnly until))
        {
            faults.Add(path + ".daily", $"{window.Daily} is not like 23:30-00:30");
            return null;
        }
        if (from == until)
        {
            faults.Add(path + ".daily", $"{window.Daily} ends when it begins: a route that is never to be taken has enabled false");
            return null;
        }
        return zone is null ? null : MaintenanceWindow.Daily(from, until, zone);
    }

    private static MaintenanceWindow? Once(Faults faults, string path, MaintenanceConfiguration window)
    {
        if (window.Zone is not null)
        {
            faults.Add(path + ".zone", "belongs to daily: from and until have their offsets");
        }
        DateTimeOffset? from = Instant(faults, path + ".from", window.From), until = Instant(faults, path + ".until", window.Until);
        if (from is null || until is null)
        {
            return null;
        }
        if (until <= from)
        {
            faults.Add(path + ".until", "is not after from");
            return null;
        }
        return MaintenanceWindow.Once(from.Value, until.Value);
    }

    private static DateTimeOffset? Instant(Faults faults, string path, string? text)
    {
        if (faults.Required(path, text) is not { } given)
        {
            return null;
        }
        if (DateTimeOffset.TryParseExact(given, Instants, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset instant))
        {
            return instant;
        }
        faults.Add(path, $"{given} is not a time with its offset, like 2026-12-01T01:00+08:00");
        return null;
    }

    private static bool IsTime(string text, out TimeOnly time) => TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out time);

    private static TimeZoneInfo? Zone(string name)
    {
        if (Offset().IsMatch(name))
        {
            var offset = TimeSpan.ParseExact(name[1..], @"hh\:mm", CultureInfo.InvariantCulture);
            return offset <= TimeSpan.FromHours(14) ? TimeZoneInfo.CreateCustomTimeZone(name, name[0] == '-' ? -offset : offset, name, name) : null;
        }
        return TimeZoneInfo.TryFindSystemTimeZoneById(name, out TimeZoneInfo? zone) ? zone : null;
    }

    [GeneratedRegex(@"^[+-][01][0-9]:[0-5][0-9]\z")]
    private static partial Regex Offset();
}
