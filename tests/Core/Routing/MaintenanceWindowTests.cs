using HotPath.Core.Routing;
using HotPath.Core.Tests.Allocation;
using Xunit;

namespace HotPath.Core.Tests.Routing;

public class MaintenanceWindowTests
{
    [Theory]
    // The beginning belongs to it, the end does not.
    [InlineData("+08:00", "02:00", "04:00", "2026-11-23T01:59:59.999+08:00", false)]
    [InlineData("+08:00", "02:00", "04:00", "2026-11-23T02:00:00+08:00", true)]
    [InlineData("+08:00", "02:00", "04:00", "2026-11-23T03:59:59.999+08:00", true)]
    [InlineData("+08:00", "02:00", "04:00", "2026-11-23T04:00:00+08:00", false)]
    // By the zone's clock and no other.
    [InlineData("+08:00", "02:00", "04:00", "2026-11-22T18:00:00Z", true)]
    [InlineData("-03:30", "02:00", "04:00", "2026-11-23T05:29:59Z", false)]
    [InlineData("-03:30", "02:00", "04:00", "2026-11-23T05:30:00Z", true)]
    [InlineData("Asia/Hong_Kong", "02:00", "04:00", "2026-11-22T19:59:59Z", true)]
    // Over midnight, its beginning of the day before.
    [InlineData("+08:00", "23:30", "00:30", "2026-11-23T23:29:59+08:00", false)]
    [InlineData("+08:00", "23:30", "00:30", "2026-11-23T23:30:00+08:00", true)]
    [InlineData("+08:00", "23:30", "00:30", "2026-11-24T00:00:00+08:00", true)]
    [InlineData("+08:00", "23:30", "00:30", "2026-11-24T00:29:59+08:00", true)]
    [InlineData("+08:00", "23:30", "00:30", "2026-11-24T00:30:00+08:00", false)]
    [InlineData("+08:00", "22:00", "00:00", "2026-11-23T23:59:59+08:00", true)]
    [InlineData("+08:00", "22:00", "00:00", "2026-11-24T00:00:00+08:00", false)]
    // The last minute but one of a day that lasts all but a minute.
    [InlineData("+08:00", "00:01", "00:00", "2026-11-24T00:00:59+08:00", false)]
    [InlineData("+08:00", "00:01", "00:00", "2026-11-24T00:01:00+08:00", true)]
    // Berlin, 29 March 2026, 02:00 becomes 03:00: the beginning that is skipped is the change.
    [InlineData("Europe/Berlin", "02:30", "03:30", "2026-03-29T00:59:59Z", false)]
    [InlineData("Europe/Berlin", "02:30", "03:30", "2026-03-29T01:00:00Z", true)]
    [InlineData("Europe/Berlin", "02:30", "03:30", "2026-03-29T01:29:59Z", true)]
    [InlineData("Europe/Berlin", "02:30", "03:30", "2026-03-29T01:30:00Z", false)]
    // An end that is skipped is the change too.
    [InlineData("Europe/Berlin", "01:30", "02:30", "2026-03-29T00:59:59Z", true)]
    [InlineData("Europe/Berlin", "01:30", "02:30", "2026-03-29T01:00:00Z", false)]
    // Skipped whole: it does not take place, and is there again the next day.
    [InlineData("Europe/Berlin", "02:10", "02:50", "2026-03-29T00:59:59Z", false)]
    [InlineData("Europe/Berlin", "02:10", "02:50", "2026-03-29T01:00:00Z", false)]
    [InlineData("Europe/Berlin", "02:10", "02:50", "2026-03-29T01:30:00Z", false)]
    [InlineData("Europe/Berlin", "02:10", "02:50", "2026-03-30T00:10:00Z", true)]
    // Berlin, 25 October 2026, 03:00 becomes 02:00: the hour that comes twice is maintained throughout.
    [InlineData("Europe/Berlin", "02:30", "02:45", "2026-10-25T00:29:59Z", false)]
    [InlineData("Europe/Berlin", "02:30", "02:45", "2026-10-25T00:30:00Z", true)]
    [InlineData("Europe/Berlin", "02:30", "02:45", "2026-10-25T01:15:00Z", true)]
    [InlineData("Europe/Berlin", "02:30", "02:45", "2026-10-25T01:44:59Z", true)]
    [InlineData("Europe/Berlin", "02:30", "02:45", "2026-10-25T01:45:00Z", false)]
    // Samoa had no 30 December 2011: nor had its windows, and those over the midnights around it lasted until the next midnight there was.
    [InlineData("Pacific/Apia", "02:00", "03:00", "2011-12-30T09:59:59Z", false)]
    [InlineData("Pacific/Apia", "02:00", "03:00", "2011-12-30T10:00:00Z", false)]
    [InlineData("Pacific/Apia", "02:00", "03:00", "2011-12-30T12:30:00Z", true)]
    public void DailyWindow_IsOn(string zone, string from, string until, string instant, bool isOn)
    {
        MaintenanceWindow window = MaintenanceWindow.Daily(Time(from), Time(until), Zone(zone));
        long nowMs = Instant(instant);
        Assert.Equal(isOn, window.IsOn(nowMs));
        // Whatever it was asked before: what it keeps of that must not answer for another time.
        foreach (long otherMs in new[] { nowMs - 86_400_000, nowMs + 86_400_000, nowMs - 1, nowMs + 1, 0, nowMs - 3_600_000, nowMs + 3_600_000 })
        {
            window.IsOn(otherMs);
            Assert.Equal(isOn, window.IsOn(nowMs));
        }
    }

    [Fact]
    public void DatedWindow_IsOnBetweenTwoInstants()
    {
        MaintenanceWindow window = MaintenanceWindow.Once(DateTimeOffset.Parse("2026-12-01T01:00+08:00", Invariant), DateTimeOffset.Parse("2026-12-01T05:00+08:00", Invariant));
        Assert.False(window.IsOn(Instant("2026-11-30T16:59:59.999Z")));
        Assert.True(window.IsOn(Instant("2026-11-30T17:00:00Z")));
        Assert.True(window.IsOn(Instant("2026-11-30T20:59:59.999Z")));
        Assert.False(window.IsOn(Instant("2026-11-30T21:00:00Z")));
    }

    /// <summary>Minute by minute through both changes of a year, against a clock on the wall: it is on from the first time the clock shows the beginning to the last that it shows the end.</summary>
    [Theory]
    [InlineData("2026-03-27T00:00:00Z")]
    [InlineData("2026-10-23T00:00:00Z")]
    public void DailyWindow_AgreesWithTheWallClock_OutsideTheHoursOfTheChange(string begin)
    {
        TimeZoneInfo zone = Zone("Europe/Berlin");
        foreach ((string from, string until) in new[] { ("01:15", "03:40"), ("23:50", "00:20"), ("02:10", "02:20"), ("12:00", "11:00") })
        {
            MaintenanceWindow window = MaintenanceWindow.Daily(Time(from), Time(until), zone);
            for (int minute = 0; minute < 4 * 24 * 60; minute++)
            {
                DateTimeOffset now = DateTimeOffset.Parse(begin, Invariant).AddMinutes(minute);
                DateTime local = TimeZoneInfo.ConvertTime(now, zone).DateTime;
                if (local is { Month: 3, Day: 29, Hour: < 4 } or { Month: 10, Day: 25, Hour: < 4 })
                {
                    continue;
                }
                var time = TimeOnly.FromDateTime(local);
                bool isOn = Time(from) < Time(until) ? time >= Time(from) && time < Time(until) : time >= Time(from) || time < Time(until);
                Assert.True(isOn == window.IsOn(now.ToUnixTimeMilliseconds()), $"{from} to {until} at {now:O}");
            }
        }
    }

    [Fact]
    public void Window_IsAsked_WithoutAllocating()
    {
        MaintenanceWindow window = MaintenanceWindow.Daily(Time("02:00"), Time("03:00"), Zone("Asia/Hong_Kong"));
        long nowMs = Instant("2026-11-23T10:00:00Z");
        window.IsOn(nowMs);
        Assert.Equal(0, Allocated.LeastOnThisThread(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                window.IsOn(nowMs + i);
            }
        }));
    }

    private static System.Globalization.CultureInfo Invariant => System.Globalization.CultureInfo.InvariantCulture;

    private static TimeOnly Time(string text) => TimeOnly.ParseExact(text, "HH:mm", Invariant);

    private static long Instant(string text) => DateTimeOffset.Parse(text, Invariant).ToUnixTimeMilliseconds();

    private static TimeZoneInfo Zone(string name)
    {
        if (name[0] is not ('+' or '-'))
        {
            return TimeZoneInfo.FindSystemTimeZoneById(name);
        }
        var offset = TimeSpan.ParseExact(name[1..], @"hh\:mm", Invariant);
        return TimeZoneInfo.CreateCustomTimeZone(name, name[0] == '-' ? -offset : offset, name, name);
    }
}
