using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HotPath.Bench.Grow;

/// <summary>After kill -9 everything is still in the page cache, after a loss of power nothing: both restarts are worth knowing.</summary>
internal static partial class PageCache
{
    private const int DontNeed = 4;

    /// <summary>Drops every file below <paramref name="directory"/> from the page cache, as far as it is written. Linux only.</summary>
    internal static void Drop(string directory)
    {
        foreach (string path in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
        {
            using SafeFileHandle file = File.OpenHandle(path, share: FileShare.ReadWrite);
            RandomAccess.FlushToDisk(file);
            _ = posix_fadvise(file, 0, 0, DontNeed);
        }
    }

    [LibraryImport("libc")]
    private static partial int posix_fadvise(SafeFileHandle file, long offset, long length, int advice);
}
