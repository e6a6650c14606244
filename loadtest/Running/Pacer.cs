using System.Diagnostics;
using System.Runtime.InteropServices;

namespace HotPath.LoadTest.Running;

/// <summary>Nanoseconds of the monotonic clock, and sleeping until one of them.</summary>
internal static partial class Pacer
{
    private const int ClockMonotonic = 1;
    private const int AbsoluteTime = 1;

    /// <summary>Now. On Linux this is CLOCK_MONOTONIC itself.</summary>
    public static long Now => Stopwatch.Frequency == 1_000_000_000
        ? Stopwatch.GetTimestamp()
        : (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));

    /// <summary>Blocks the thread until <paramref name="at"/>. Overshoots by about 60 µs on Linux, by a timer tick elsewhere.</summary>
    // Thread.Sleep counts whole milliseconds, spinning would take the core from the gateway: so the system's own absolute sleep.
    public static void SleepUntil(long at)
    {
        long left = at - Now;
        if (left <= 0)
        {
            return;
        }
        if (!OperatingSystem.IsLinux())
        {
            Thread.Sleep(TimeSpan.FromMicroseconds(left / 1000.0));
            return;
        }
        var time = new TimeSpec { Seconds = (nint)(at / 1_000_000_000), Nanoseconds = (nint)(at % 1_000_000_000) };
        // Ended early by a signal: the time is absolute, sleep on.
        while (ClockNanosleep(ClockMonotonic, AbsoluteTime, in time, 0) != 0 && Now < at)
        {
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_nanosleep")]
    private static partial int ClockNanosleep(int clock, int flags, in TimeSpec time, nint remaining);

    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
