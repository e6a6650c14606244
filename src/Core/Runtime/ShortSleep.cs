using System.Runtime.InteropServices;

namespace HotPath.Core.Runtime;

/// <summary>Sleeping for less than a millisecond: Thread.Sleep rounds that down to nothing.</summary>
internal static partial class ShortSleep
{
    /// <summary>Blocks the thread for <paramref name="time"/>, and about 60 µs more on Linux; for whole milliseconds, rounded up, elsewhere.</summary>
    internal static void For(TimeSpan time)
    {
        if (!OperatingSystem.IsLinux())
        {
            Thread.Sleep((int)Math.Ceiling(time.TotalMilliseconds));
            return;
        }
        var wanted = new TimeSpec
        {
            Seconds = (nint)(time.Ticks / TimeSpan.TicksPerSecond),
            Nanoseconds = (nint)(time.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick),
        };
        // A signal may end it early; then the pause was shorter, and nothing depends on its length.
        _ = nanosleep(in wanted, 0);
    }

    [LibraryImport("libc")]
    private static partial int nanosleep(in TimeSpec time, nint remaining);

    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
