using System.Globalization;

namespace HotPath.Host.Tests.Recon;

/// <summary>The real clock, shifted: a day is over when a test says so. Day 0 is a few days ago, so that certificates that are made on it are valid for everybody.</summary>
internal sealed class ShiftedClock : TimeProvider
{
    private static readonly TimeSpan Beijing = TimeSpan.FromHours(8);

    private const int DayZero = -5;

    private long _offsetTicks;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Volatile.Read(ref _offsetTicks));

    /// <summary>It is that time of day in Beijing, so many days after day 0.</summary>
    internal void Set(int day, TimeSpan timeOfDay)
    {
        DateTimeOffset real = base.GetUtcNow();
        DateTimeOffset wanted = new DateTimeOffset(real.ToOffset(Beijing).Date, Beijing).AddDays(DayZero + day) + timeOfDay;
        Volatile.Write(ref _offsetTicks, (wanted - real).Ticks);
    }

    /// <summary>So many days after day 0 in Beijing, as settle_date.</summary>
    internal string Day(int day) =>
        new DateTimeOffset(base.GetUtcNow().ToOffset(Beijing).Date, Beijing).AddDays(DayZero + day).ToString("yyyyMMdd", CultureInfo.InvariantCulture);
}
