using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// What .NET does not offer: fdatasync (fsync costs a second journal write of the file system), fsync of a directory, posix_fadvise, and how many
/// inodes are left.
/// </summary>
internal static partial class LibC
{
    private const int ReadOnly = 0;
    private const int DontNeed = 4; // POSIX_FADV_DONTNEED of Linux on x86-64 and arm64

    /// <summary>Content and size are durable on return; times need not be.</summary>
    internal static void SyncContent(SafeFileHandle file)
    {
        if (fdatasync(file) != 0)
        {
            throw new IOException($"fdatasync failed: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    /// <summary>A file's content, or a directory's names, are durable on return.</summary>
    internal static void SyncPath(string path)
    {
        int descriptor = open(path, ReadOnly);
        if (descriptor < 0)
        {
            throw new IOException($"open of {path} failed: {Marshal.GetLastPInvokeErrorMessage()}");
        }
        int result = fsync(descriptor);
        string error = result == 0 ? "" : Marshal.GetLastPInvokeErrorMessage();
        _ = close(descriptor);
        if (result != 0)
        {
            throw new IOException($"fsync of {path} failed: {error}");
        }
    }

    /// <summary>The clean pages of these bytes leave the page cache. Advice: whether it is taken is not said.</summary>
    internal static void DropCached(SafeFileHandle file, long offset, long length)
    {
        if (OperatingSystem.IsLinux())
        {
            _ = posix_fadvise(file, offset, length, DontNeed);
        }
    }

    /// <summary>What is left of the file system that holds <paramref name="path"/>. One that counts no inodes has no end of them.</summary>
    internal static DiskRoom Room(string path)
    {
        if (statvfs(path, out FileSystemState state) != 0)
        {
            throw new IOException($"statvfs of {path} failed: {Marshal.GetLastPInvokeErrorMessage()}");
        }
        long free = (long)Math.Min(state.AvailableBlocks, long.MaxValue / Math.Max(1, state.FragmentBytes)) * (long)state.FragmentBytes;
        return new DiskRoom(free, state.Files == 0 ? long.MaxValue : (long)Math.Min(state.AvailableFiles, long.MaxValue));
    }

    /// <summary>struct statvfs of 64-bit Linux, glibc and musl alike; what follows f_favail is not looked at.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    private struct FileSystemState
    {
        public ulong BlockBytes;
        public ulong FragmentBytes;
        public ulong Blocks;
        public ulong FreeBlocks;
        public ulong AvailableBlocks;
        public ulong Files;
        public ulong FreeFiles;
        public ulong AvailableFiles;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statvfs(string path, out FileSystemState state);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fdatasync(SafeFileHandle file);

    [LibraryImport("libc")]
    private static partial int posix_fadvise(SafeFileHandle file, long offset, long length, int advice);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
