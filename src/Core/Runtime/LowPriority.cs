using System.Runtime.InteropServices;

namespace HotPath.Core.Runtime;

/// <summary>Lets a thread have what the others leave. .NET's thread priorities do nothing on Linux, where a thread has a nice value of its own.</summary>
internal static partial class LowPriority
{
    // Of -20 to 19. At 10 a thread has a tenth of the weight of an ordinary one: it takes an idle core whole, and a busy one hardly.
    private const int Nice = 10;
    private const int OfProcess = 0; // PRIO_PROCESS, which on Linux means the thread

    /// <summary>For good: a thread may not raise itself again.</summary>
    internal static void OfThisThread()
    {
        if (OperatingSystem.IsLinux())
        {
            // Where it is not allowed the work is done all the same, only less politely.
            _ = setpriority(OfProcess, 0, Nice);
        }
        else
        {
            Thread.CurrentThread.Priority = ThreadPriority.BelowNormal;
        }
    }

    [LibraryImport("libc")]
    private static partial int setpriority(int which, int who, int priority);
}
